"""When to deliver: as soon as anything approved is due, or a dead run has left something behind. Pure.

What may be sent is asked again for each intent by the delivery. The one thing to know: what cannot go out now (no channel, phase, kill
switch) asks for no run, or a night would be full of runs that do nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assets.sensing.decision import Cursor, Decision, ask, nothing
from handoff_pipeline.ledger.canonical import sha256_of

JOB: Final = "deliver"


@dataclass(frozen=True)
class DeliveryFacts:
    """What a tick sees: due intents that may go out, how many wait (for a channel, a phase, working hours), what a dead run left behind."""

    due: Sequence[str]
    held: int
    left_behind: Sequence[str]
    is_killed: bool
    is_under_way: bool


def decide(cursor: str | None, facts: DeliveryFacts, now: datetime) -> Decision:
    """Ask for one delivery of all that is due."""
    known = Cursor.read(cursor)
    if facts.is_killed:
        return nothing(known, "The kill switch is thrown; nothing is sent.")
    ids = [*facts.left_behind, *facts.due]
    if not ids:
        waiting = f" {facts.held} wait for a channel, for working hours, or for the rollout." if facts.held else ""
        return nothing(Cursor(), f"Nothing is due.{waiting}")
    work = sha256_of("\n".join(sorted(ids)))[:32]
    return ask(known, JOB, ids, work, now, is_under_way=facts.is_under_way)
