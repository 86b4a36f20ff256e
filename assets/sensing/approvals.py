"""When to read approvals: every so often while any waits for an answer, or an intent waits to be asked about. Pure.

What an answer is worth is governance's. The one thing to know: HaloPSA tells nobody that somebody has answered, so it has to be asked, and
every question costs requests of the tenant's limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from assets.sensing.decision import MOST, Cursor, Decision, Request, nothing

JOB: Final = "approve"
EVERY: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class ApprovalFacts:
    """What a tick sees: approvals that wait at HaloPSA, what nobody was asked about yet, and whether HaloPSA may be written to."""

    waiting: Sequence[str]
    unasked: Sequence[str]
    has_writer: bool
    is_under_way: bool


def decide(cursor: str | None, facts: ApprovalFacts, now: datetime) -> Decision:
    """Ask for a run while anything waits, and not more often than every ten minutes."""
    known = Cursor.read(cursor)
    ids = [*facts.waiting, *facts.unasked]
    if not ids:
        return nothing(replace(known, asked="", tries=0), "Nothing waits for an approver.")
    if not facts.has_writer:
        return nothing(known, "No writer of HaloPSA is set up, so nobody can be asked there: set HANDOFF_HALO_WRITER_CLIENT_ID.")
    if facts.is_under_way:
        return nothing(known, f"A run of {JOB} is under way.")
    if known.asked_at and now < datetime.fromisoformat(known.asked_at) + EVERY:
        return nothing(known, f"Approvals were read at {known.asked_at[:16]} UTC.")
    moved = Cursor(known.done, "approvals", 1, now.isoformat())
    return Decision(Request(JOB, tuple(ids[:MOST])), moved.text(), f"{len(ids)} wait for an approver.")
