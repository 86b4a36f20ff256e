"""Keys, money and links: how a natural key becomes a BIGINT, an amount DECIMAL(18,4) and a ticket an address.

No figure is computed here. Key 0 means unknown; a key is the first 52 bits of SHA-256 over "tenant|entity|natural key".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = 0
UNASSIGNED_AGENT = 1
UNKNOWN_CLIENT = 1
EPOCH = date(1900, 1, 1)
"""The day of every dimension's row 0."""
PLACES = Decimal("0.0001")

GRAIN: dict[str, tuple[str, ...]] = {
    "dim_date": ("date_key",),
    "dim_tenant": ("tenant_key",),
    "dim_client": ("client_key",),
    "dim_agent": ("agent_key",),
    "dim_metric": ("metric_key",),
    "dim_checklist_item": ("item_key",),
    "dim_control": ("control_key",),
    "dim_risk": ("risk_key",),
    "dim_handoff": ("handoff_key",),
    "dim_project": ("project_key",),
    "fact_handoff": ("handoff_key",),
    "fact_handoff_check": ("handoff_key", "item_key", "stage"),
    "fact_gap": ("gap_key",),
    "fact_change_request": ("change_key",),
    "fact_project_margin": ("project_key", "handoff_key", "as_of_date"),
    "fact_bypass": ("bypass_key",),
    "fact_approval": ("approval_key",),
    "fact_override": ("override_key",),
    "fact_delivery": ("delivery_key",),
    "fact_feedback": ("feedback_key",),
    "kpi_member": ("metric_key", "week_start", "record", "record_key"),
    "kpi_baseline": ("metric_key", "segment_type", "segment_key", "frozen_at_utc"),
    "kpi_movement": ("metric_key", "segment_type", "segment_key", "horizon_weeks"),
    "kpi_restatement": ("metric_key", "week_start", "segment_type", "segment_key", "restated_at_utc"),
    "kpi_target": ("metric_key", "segment_type", "segment_key", "kind", "due"),
    "kpi_weekly": ("metric_key", "week_start", "segment_type", "segment_key"),
    "kpi_kickoff_survival": ("week_start", "segment_type", "segment_key", "day"),
}
"""What is unique together in each table that the oracle computes, as contract.yaml says."""


def key(tenant: str, entity: str, natural: object) -> int:
    """The key of one thing of the tenant; 13 hexadecimal digits are 52 bits."""
    return int(hashlib.sha256(f"{tenant}|{entity}|{natural}".encode()).hexdigest()[:13], 16)


def sha256(text: str) -> str:
    """Lower-case hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def money(amount: Decimal | None) -> Decimal | None:
    """An amount as it is published: four places, halves away from zero."""
    return None if amount is None else amount.quantize(PLACES, rounding=ROUND_HALF_UP)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts; 0 of none."""
    return sum(amounts, Decimal(0))


def margin_pct(revenue: Decimal | None, cost: Decimal | None) -> Decimal | None:
    """Margin in per cent of revenue; None where an amount is unknown or nothing is earned."""
    if revenue is None or cost is None or revenue <= 0:
        return None
    return (revenue - cost) / revenue * 100


def number(value: Decimal | None) -> float | None:
    """A Decimal as the double that is published."""
    return None if value is None else float(value)


def utc(moment: datetime | None) -> datetime | None:
    """A moment as it is published: naive, UTC."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def date_key(day: date | None) -> int:
    """The local day as yyyymmdd; 0 = none."""
    return UNKNOWN if day is None else day.year * 10_000 + day.month * 100 + day.day


def ticket_url(web_base: str, ticket_id: int) -> str:
    """HaloPSA's page of an opportunity, project or change request."""
    return f"{web_base}/tickets?id={ticket_id}"
