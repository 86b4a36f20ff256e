"""Gaps: runs of nights on which a won deal of today's process lacked an item.

A gap opens on the night that first saw it and ends on the first night that no longer does; nothing escalates yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    """One gap; `ended_at` is None while it is open."""

    item: str
    is_hard: bool
    state: str
    detected_at: datetime
    ended_at: datetime | None


def gaps_of(seen: Seen, deal: Deal) -> list[Gap]:
    """Every gap of a deal, item by item."""
    return [gap for item in seen.rules.items for gap in _gaps_of_item(seen, deal, item)]


def _gaps_of_item(seen: Seen, deal: Deal, item: Mapping[str, Any]) -> Iterator[Gap]:
    detected: datetime | None = None
    for night in seen.nights:
        then = seen.by(night)
        win = win_of(then, deal)
        is_live = win is not None and win.state == "won" and not win.is_historic
        is_lacking = is_live and checklist.judge(then, deal, item).quality < 1
        if is_lacking and detected is None:
            detected = night
        elif not is_lacking and detected is not None:
            yield Gap(item["id"], item["hard"], "resolved" if is_live else "moot", detected, night)
            detected = None
    if detected is not None:
        yield Gap(item["id"], item["hard"], "open", detected, None)


def fact_gap(seen: Seen, deal: Deal, gap: Gap) -> dict[str, Any]:
    """The fact's row."""
    return {
        "gap_key": seen.key("gap", f"{deal.deal_id}|{gap.item}|{gap.detected_at:%Y-%m-%dT%H:%M:%S}"),
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
