"""When to work on gaps: once for every publication that may be acted on. Pure.

What is worked on is the job's. The one thing to know: that it was done is in the ledger (a duty of the calendar), under the run that
published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from assets.sensing.decision import Cursor, Decision, ask, nothing

JOB: Final = "remediate"


@dataclass(frozen=True)
class GapFacts:
    """What a tick sees: the publication, why it may not be acted on, whether its gaps were worked on, and the gaps that are open."""

    publication: str | None
    why_not: str | None
    is_done: bool
    gap_ids: Sequence[str]
    is_under_way: bool


def decide(cursor: str | None, facts: GapFacts, now: datetime) -> Decision:
    """Ask for a run on all open gaps of a new publication."""
    known = Cursor.read(cursor)
    if facts.publication is None:
        return nothing(known, "Nothing is published yet.")
    if facts.is_done:
        return nothing(
            replace(known, done=facts.publication, asked="", tries=0, asked_at=""), "The gaps of what is published were worked on."
        )
    if facts.why_not is not None:
        return nothing(known, f"Nothing is proposed: {facts.why_not}.")
    return ask(known, JOB, facts.gap_ids, facts.publication, now, is_under_way=facts.is_under_way)
