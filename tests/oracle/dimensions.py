"""Dimensions that are lists: tenant, people, clients, projects, the policy's own lists, metrics and days; and every row 0.

The handoff's own dimension is in `handoffs`, because its columns are decided there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.oracle.baseline import baseline_hours
from tests.oracle.days import monday, span
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import EPOCH, UNKNOWN, date_key, money, utc
from tests.oracle.kpis import RELEASED
from tests.oracle.observation import Seen
from tests.oracle.projects import (
    closed_day,
    deal_of,
    first_project,
    handoff_key,
    hours,
    is_cancelled,
    is_closed,
    origin_of,
    state_of_project,
    time_on,
)

Row = dict[str, Any]
UNKNOWN_TEXT = "(unknown)"

METRICS: dict[str, tuple[str, str, str, str, int]] = {
    "handoff_completeness": ("score", "up", "mean", "xmr", 5),
    "first_pass_acceptance": ("fraction", "up", "ratio", "xmr", 5),
    "kickoff_delay_rate": ("fraction", "down", "ratio", "xmr", 5),
    "no_commit_rate": ("fraction", "down", "ratio", "xmr", 5),
    "days_to_kickoff_median": ("days", "down", "median", "none", 10),
    "kickoff_within_target": ("fraction", "up", "ratio", "none", 10),
    "kickoff_without_signoff": ("fraction", "down", "ratio", "between_events", 1),
    "scope_change_frequency": ("per_project_week", "down", "ratio", "u", 5),
    "scope_changes_per_100h": ("per_100_hours", "down", "ratio", "u", 100),
    "projects_with_change_rate": ("fraction", "down", "ratio", "none", 10),
    "missed_assumption_rate": ("fraction", "down", "ratio", "between_events", 5),
    "margin_erosion_pp": ("pp", "down", "ratio_difference", "xmr", 5),
    "margin_erosion_amount": ("amount", "down", "sum", "none", 1),
    "open_margin_erosion_pp": ("pp", "down", "ratio_difference", "none", 5),
    "unbilled_scope_hours": ("hours", "down", "level", "none", 1),
    "gap_resolution_hours": ("hours", "down", "median", "none", 10),
    "gap_within_sla_rate": ("fraction", "up", "ratio", "none", 10),
    "escalation_ack_hours": ("hours", "down", "median", "none", 10),
    "decision_overdue_rate": ("fraction", "down", "level", "none", 5),
    "approval_under_a_minute_rate": ("fraction", "down", "ratio", "xmr", 5),
    "override_rate": ("fraction", "down", "ratio", "xmr", 5),
    "expired_overrides_open": ("count", "down", "level", "none", 0),
}
"""Unit, direction, aggregation, chart and minimum n of each metric of the contract."""


def metric_keys_to_come(seen: Seen) -> set[tuple[int]]:
    """Keys of the contract's metrics that this release need not list."""
    return {(seen.key("metric", metric),) for metric in METRICS if metric not in RELEASED}


def dim_tenant(seen: Seen) -> Iterator[Row]:
    """The tenant."""
    yield {
        "tenant_key": seen.key("tenant", seen.truth.tenant),
        "tenant": seen.truth.tenant,
        "base_currency": seen.rules.base_currency,
        "time_zone": str(seen.days.zone),
    }


def dim_client(seen: Seen) -> Iterator[Row]:
    """Clients that count as somebody."""
    for client in seen.truth.clients:
        if client.client_id in seen.client_ids:
            yield {
                "client_key": seen.key("client", client.client_id),
                "tenant_key": seen.key("tenant", seen.truth.tenant),
                "halo_client_id": client.client_id,
                "client_name": client.name,
                "is_deleted": False,
            }


def dim_agent(seen: Seen) -> Iterator[Row]:
    """Agents that count as somebody."""
    for agent in seen.agents.values():
        yield {
            "agent_key": seen.key("agent", agent.agent_id),
            "tenant_key": seen.key("tenant", seen.truth.tenant),
            "halo_agent_id": agent.agent_id,
            "agent_name": agent.name,
            "team": agent.team or None,
            "role": agent.role or None,
            "is_active": agent.is_active,
        }


def dim_metric(seen: Seen) -> Iterator[Row]:
    """The contract's metrics, as far as the contract fixes their columns."""
    for metric, (unit, direction, aggregation, chart, minimum_n) in METRICS.items():
        yield {
            "metric_key": seen.key("metric", metric),
            "metric": metric,
            "unit": unit,
            "direction": direction,
            "aggregation": aggregation,
            "chart": chart,
            "minimum_n": minimum_n,
            "owner": seen.rules.metric_owner(metric),
        }


def dim_checklist_item(seen: Seen) -> Iterator[Row]:
    """The policy's checklist."""
    for item in seen.rules.items:
        yield {
            "item_key": seen.key("item", item["id"]),
            "item": item["id"],
            "title": item["title"],
            "weight": float(item["weight"]),
            "is_hard": item["hard"],
            "mode": item["mode"],
            "control_ids": ", ".join(item["control_ids"]),
            "is_retired": False,
            "policy_version": seen.rules.version,
        }


def dim_control(seen: Seen) -> Iterator[Row]:
    """The policy's controls."""
    for control in seen.rules.raw["controls"]:
        yield {
            "control_key": seen.key("control", control["id"]),
            "control_id": control["id"],
            "title": control["title"],
            "objective": control["objective"],
            "owner": control["owner"],
            "frequency": control["frequency"],
            "psf": control.get("psf"),
            "pai8": control.get("pai8"),
            "other_references": control.get("other_references"),
            "risk_ids": ", ".join(control["risks"]),
            "is_retired": False,
        }


def dim_risk(seen: Seen) -> Iterator[Row]:
    """The policy's risk register."""
    for risk in seen.rules.raw["risks"]:
        texts = {name: risk[name] for name in ("title", "cause", "effect", "owner", "likelihood", "impact", "treatment")}
        yield {"risk_key": seen.key("risk", risk["id"]), "risk_id": risk["id"], **texts, "is_retired": False}


def dim_project(seen: Seen, handoffs: Mapping[int, Handoff]) -> Iterator[Row]:
    """Every project; `handoffs` by deal id."""
    for project in seen.projects:
        deal = deal_of(seen, project)
        handoff = handoffs[deal.deal_id] if deal else None
        yield {
            "project_key": seen.key("project", project.project_id),
            "tenant_key": seen.key("tenant", seen.truth.tenant),
            "project_id": project.project_id,
            "handoff_key": handoff_key(seen, deal),
            "client_key": seen.client_key(project.client_id),
            "project_name": project.name,
            "origin": origin_of(seen, project).kind,
            "is_first": deal is not None and first_project(seen, deal) is project,
            "project_state": state_of_project(seen, project),
            "created_at_utc": utc(project.created_at),
            "closed_at_utc": utc(project.closed_at) if is_closed(seen, project) else None,
            "closed_date_key": date_key(closed_day(seen, project)),
            "cancelled_at_utc": utc(project.cancelled_at) if is_cancelled(seen, project) else None,
            "baseline_hours": baseline_hours(seen, handoff, project),
            "logged_hours": money(hours(time_on(seen, project))),
            "source_url": seen.url(project.project_id),
        }


def dim_date(seen: Seen, keys_of_facts: Iterable[int]) -> Iterator[Row]:
    """Whole years around every date key and the as-of day, and the day that stands for none."""
    years = {key // 10_000 for key in keys_of_facts if key != UNKNOWN} | {seen.today.year}
    yield {**_day_row(seen, EPOCH), "date_key": UNKNOWN, "is_business_day": False}
    for day in span(date(min(years), 1, 1), date(max(years), 12, 31)):
        yield _day_row(seen, day)


def _day_row(seen: Seen, day: date) -> Row:
    iso = day.isocalendar()
    return {
        "date_key": date_key(day),
        "date": day,
        "iso_year": iso.year,
        "iso_week": iso.week,
        "week_start": monday(day),
        "month_start": day.replace(day=1),
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "year": day.year,
        "is_business_day": seen.days.is_business_day(day),
    }


def row_zero(column_types: dict[str, str]) -> Row:
    """A dimension's row for the unknown, by the contract's types."""
    nothing: dict[str, Any] = {
        "bigint": 0,
        "double": 0.0,
        "money": Decimal(0),
        "bool": False,
        "text": UNKNOWN_TEXT,
        "date": EPOCH,
        "utc": datetime(1900, 1, 1),
    }
    return {column: nothing[kind] for column, kind in column_types.items()}
