"""Gaps: runs of nights on which a won deal of today's process lacked an item.

A gap opens on the night that first saw it and ends on the first night that no longer does; one over which a waiver stands has ended when
that began. Owner, deadline and what people answered are in `remedies`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from handoff_pipeline.simulator.truth import Deal, Project
from tests.oracle import checklist
from tests.oracle.exceptions import spans_of
from tests.oracle.keys import date_key, utc
from tests.oracle.observation import Seen
from tests.oracle.remedies import acknowledged_at, due_at, escalations_of, owner_of
from tests.oracle.wins import win_of


@dataclass(frozen=True)
class Gap:
    """One gap; `ended_at` is None while it is open, and open again. `is_hard` as the item was when it opened."""

    item: str
    is_hard: bool
    state: str
    detected_at: datetime
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to close it."""
        return self.ended_at is None


def gaps_of(seen: Seen, deal: Deal) -> list[Gap]:
    """Every gap of a deal, item by item of every policy that was in force."""
    ids = dict.fromkeys(item["id"] for night in seen.nights for item in seen.by(night).policy.items)
    return [_waived(seen, deal, gap) for item_id in ids for gap in _gaps_of_item(seen, deal, item_id)]


def _gaps_of_item(seen: Seen, deal: Deal, item_id: str) -> Iterator[Gap]:
    detected: datetime | None = None
    is_hard = False
    for night in seen.nights:
        then = seen.by(night)
        win, item = win_of(then, deal), checklist.item_of(then, item_id)
        is_live = win is not None and win.state == "won" and not win.is_historic
        judged = checklist.judge(then, deal, item) if is_live and item is not None else None
        if judged is not None and judged.is_lacking:
            if item is not None and detected is None:
                detected, is_hard = night, item["hard"]
        elif detected is not None:
            yield Gap(item_id, is_hard, "resolved" if judged is not None and judged.quality == 1 else "moot", detected, night)
            detected = None
    if detected is not None:
        yield Gap(item_id, is_hard, "open", detected, None)


def _waived(seen: Seen, deal: Deal, gap: Gap) -> Gap:
    """The gap as a waiver leaves it: ended where one stands to its end or the last night, open again where one has run out before."""
    until = gap.ended_at or seen.as_of
    begun = [span for span in spans_of(seen, deal.deal_id, gap.item) if span[0] <= until and span[1] > gap.detected_at]
    standing = [span for span in begun if span[1] > until]
    if standing:
        return replace(gap, state="waived", ended_at=max(standing[0][0], gap.detected_at))
    return replace(gap, state="waiver_expired") if begun and gap.is_open else gap


def gap_id(deal: Deal, gap: Gap) -> str:
    """The gap's name in the ledger."""
    return f"{deal.deal_id}|{gap.item}|{gap.detected_at:%Y-%m-%dT%H:%M:%S}"


def gap_key(seen: Seen, deal: Deal, gap: Gap) -> int:
    """The gap's key."""
    return seen.key("gap", gap_id(deal, gap))


def _within_sla(seen: Seen, gap: Gap) -> bool | None:
    """Whether it was resolved in time; None where that is open still, or it became moot or was waived."""
    due = due_at(seen, gap.detected_at, is_hard=gap.is_hard)
    if gap.ended_at is None:
        return False if seen.as_of > due else None
    return gap.ended_at <= due if gap.state == "resolved" else None


def fact_gap(seen: Seen, deal: Deal, first: Project | None, gap: Gap) -> dict[str, Any]:
    """The fact's row."""
    name = gap_id(deal, gap)
    levels = escalations_of(seen, name)
    return {
        "gap_key": gap_key(seen, deal, gap),
        "handoff_key": seen.key("handoff", deal.deal_id),
        "item_key": seen.key("item", gap.item),
        "client_key": seen.client_key(deal.client_id),
        "owner_agent_key": seen.agent_key(owner_of(seen, deal, first, gap.item)),
        "is_hard": gap.is_hard,
        "state": gap.state,
        "detected_at_utc": utc(gap.detected_at),
        "resolved_at_utc": utc(gap.ended_at) if gap.ended_at else None,
        "detected_date_key": date_key(seen.days.local(gap.detected_at)),
        "due_at_utc": utc(due_at(seen, gap.detected_at, is_hard=gap.is_hard)),
        "acknowledged_at_utc": utc(acknowledged_at(seen, deal, name, gap.detected_at, gap.ended_at)),
        "first_escalated_at_utc": utc(min((each.at for each in levels), default=None)),
        "escalation_level": max((each.level for each in levels), default=0),
        "open_hours": seen.days.business_hours(gap.detected_at, gap.ended_at or seen.as_of),
        "within_sla": _within_sla(seen, gap),
        "source_url": seen.url(deal.deal_id),
    }
