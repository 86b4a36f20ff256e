"""Bypass of the checklist in mode enforce: a deal that the product had blocked was moved on while the gap was still open. Pure.

Bypasses that the records alone show are `sql/core/bypass.sql`'s; this kind (`enforcement_off`) needs the ledger as well. The one thing to
know: it is judged by what HaloPSA held and not by who was allowed to, so it is found where HaloPSA let the change through.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from handoff_pipeline.governance.remediation_rows import GapRow
from handoff_pipeline.ledger.records_action import Intent

BypassKind = Literal[
    "won_without_checklist", "kickoff_scheduled_without_signoff", "kickoff_without_signoff", "project_without_opportunity",
    "enforcement_off", "edited_after_signoff",
]  # fmt: skip
BypassState = Literal["open", "explained", "corrected"]
_DONE: Final = frozenset({"confirmed", "accepted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypass:
    """One bypass, as in fact_bypass; `discriminator` tells two of one kind on one record apart, `agent_id` None is not known.

    `state`: explained where an exception was approved since, corrected where what was gone around is put right.
    """

    kind: BypassKind
    handoff_id: int | None
    project_id: int | None
    discriminator: str
    agent_id: int | None
    happened_at: datetime
    detected_at: datetime
    detail: str
    state: BypassState = "open"
    source_url: str = ""

    @property
    def sort_key(self) -> tuple[datetime, str, int, int, str]:
        """For an order that does not depend on the rows'."""
        return (self.detected_at, self.kind, self.handoff_id or 0, self.project_id or 0, self.discriminator)


@dataclass(frozen=True, slots=True)
class StatusSpell:
    """A stretch of nights or hours in which an opportunity had one status: first seen so `at`, no more so `to` (None: it still has it)."""

    handoff_id: int
    status_id: int
    at: datetime
    to: datetime | None


@dataclass(frozen=True, slots=True)
class Waived:
    """A stretch of time in which an item of a handoff was waived: from `at` up to `to`; without an item, all of it."""

    handoff_id: int
    item: str
    at: datetime
    to: datetime

    def covers(self, gap: GapRow, moment: datetime) -> bool:
        """Whether the gap was waived at a moment."""
        return self.handoff_id == gap.handoff_id and self.item in {"", gap.item} and self.at <= moment < self.to


def enforcement_off(
    blocks: Sequence[Intent],
    spells: Sequence[StatusSpell],
    gaps: Sequence[GapRow],
    waivers: Sequence[Waived] = (),
    released: Sequence[tuple[int, datetime]] = (),
) -> list[Bypass]:
    """A bypass for every block that took effect and was undone in HaloPSA while an item of mode enforce was open; once for each block.

    Args:
        blocks: intents of the action halo_blocking; those that were only recorded, that are not settled or that moved no status are none,
            and so is one that was taken back: until then the deal was as it had been blocked.
        spells: the statuses of these opportunities, from before the block on.
        gaps: all gaps of these handoffs.
        waivers: when items of theirs were waived; whoever moved the deal on then was allowed to.
        released: handoff and moment of every status that the product itself put back; what happens later goes around no earlier block.
    """
    found = []
    taken_back = {one.rollback_of for one in blocks if one.rollback_of is not None and one.state in _DONE}
    for block in blocks:
        status = json.loads(block.content).get("status_id")
        if block.is_shadow or block.state not in _DONE or block.handoff_id is None or block.settled_at is None or status is None:
            continue
        if block.rollback_of is not None or block.intent_id in taken_back:
            continue
        mine = sorted((one for one in spells if one.handoff_id == block.handoff_id and one.at > block.settled_at), key=lambda one: one.at)
        moved = next((one for one in mine if one.status_id != status), None)
        if moved is None or any(handoff == block.handoff_id and block.settled_at < at <= moved.at for handoff, at in released):
            continue
        enforced = _enforced_at(gaps, block.handoff_id, moved.at, waivers)
        if enforced:
            found.append(_bypass(block.handoff_id, block.intent_id, moved.at, enforced))
    return sorted(found, key=lambda one: one.sort_key)


def _bypass(handoff_id: int, block_id: str, at: datetime, gaps: Sequence[GapRow]) -> Bypass:
    titles = ", ".join(sorted(gap.title for gap in gaps))
    return Bypass(
        kind="enforcement_off", handoff_id=handoff_id, project_id=None, discriminator=block_id, agent_id=None, happened_at=at,
        detected_at=at, detail=f"The blocked deal was moved on with open items: {titles}", state=_state_of(gaps),
        source_url=min(gap.source_url for gap in gaps),
    )  # fmt: skip


def _state_of(gaps: Sequence[GapRow]) -> BypassState:
    """What became of the gaps that were gone around: as long as one is open, so is the bypass; a waiver explains it."""
    if any(gap.is_open for gap in gaps):
        return "open"
    return "explained" if any(gap.state == "waived" for gap in gaps) else "corrected"


def _enforced_at(gaps: Sequence[GapRow], handoff_id: int, at: datetime, waivers: Sequence[Waived]) -> list[GapRow]:
    """The gaps of mode enforce that were open at a moment; one that was waived by then is not, one waived later, or no more, is."""
    return [
        gap for gap in gaps
        if gap.handoff_id == handoff_id and gap.mode == "enforce" and not gap.is_historic and gap.detected_at <= at
        and (gap.state != "waived" if gap.resolved_at is None else gap.resolved_at > at)
        and not any(waiver.covers(gap, at) for waiver in waivers)
    ]  # fmt: skip
