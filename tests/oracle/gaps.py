"""Gaps: runs of nights on which a won deal of today's process lacked an item.

A gap opens on the night that first saw it and ends on the first night that no longer does; nothing escalates yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff_pipeline.simulator.truth import Deal
from tests.oracle import checklist
from tests.oracle.keys import date_key, utc
from tests.oracle.observation import Seen
from tests.oracle.wins import win_of


@dataclass(frozen=True)
class Gap:
    """One gap; `ended_at` is None while it is open. `is_hard` as the item was when it opened."""

    item: str
    is_hard: bool
    state: str
    detected_at: datetime
    ended_at: datetime | None


def gaps_of(seen: Seen, deal: Deal) -> list[Gap]:
    """Every gap of a deal, item by item of every policy that was in force."""
    ids = dict.fromkeys(item["id"] for night in seen.nights for item in seen.by(night).policy.items)
    return [gap for item_id in ids for gap in _gaps_of_item(seen, deal, item_id)]


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


def gap_key(seen: Seen, deal: Deal, gap: Gap) -> int:
    """The gap's key."""
    return seen.key("gap", f"{deal.deal_id}|{gap.item}|{gap.detected_at:%Y-%m-%dT%H:%M:%S}")


def fact_gap(seen: Seen, deal: Deal, gap: Gap) -> dict[str, Any]:
    """The fact's row."""
    return {
        "gap_key": gap_key(seen, deal, gap),
        "handoff_key": seen.key("handoff", deal.deal_id),
        "item_key": seen.key("item", gap.item),
        "client_key": seen.client_key(deal.client_id),
        "owner_agent_key": seen.agent_key(deal.agent_id),
        "is_hard": gap.is_hard,
        "state": gap.state,
        "detected_at_utc": utc(gap.detected_at),
        "resolved_at_utc": utc(gap.ended_at) if gap.ended_at else None,
        "detected_date_key": date_key(seen.days.local(gap.detected_at)),
        "due_at_utc": None,
        "acknowledged_at_utc": None,
        "first_escalated_at_utc": None,
        "escalation_level": 0,
        "open_hours": seen.days.business_hours(gap.detected_at, gap.ended_at or seen.as_of),
        "within_sla": None,
        "source_url": seen.url(deal.deal_id),
    }
