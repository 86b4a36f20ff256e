"""When to escalate: as soon as a gap stands at a level that it was not told at. Pure.

Levels and deadlines are governance's. The one thing to know: what is due is worked out anew at every tick from the ledger, so a card that
was proposed is due no more, whoever proposed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assets.sensing.decision import Cursor, Decision, ask, nothing
from handoff_pipeline.ledger.canonical import sha256_of

JOB: Final = "escalate"


@dataclass(frozen=True)
class EscalationFacts:
    """What a tick sees: the keys of the cards that are due and not proposed, and the gaps that they are about."""

    why_not: str | None
    due_keys: Sequence[str]
    gap_ids: Sequence[str]
    is_under_way: bool


def decide(cursor: str | None, facts: EscalationFacts, now: datetime) -> Decision:
    """Ask for a run on the gaps that are due."""
    known = Cursor.read(cursor)
    if facts.why_not is not None:
        return nothing(known, f"Nothing is proposed: {facts.why_not}.")
    if not facts.due_keys:
        return nothing(Cursor(), "No gap is due at a level that it was not told at.")
    work = sha256_of("\n".join(sorted(facts.due_keys)))[:32]
    return ask(known, JOB, sorted(set(facts.gap_ids)), work, now, is_under_way=facts.is_under_way)
