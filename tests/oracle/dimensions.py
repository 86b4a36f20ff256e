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
from tests.oracle.metrics import METRICS
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
    for metric, fixed in METRICS.items():
        yield {
            "metric_key": seen.key("metric", metric),
            "metric": metric,
            "unit": fixed.unit,
            "direction": fixed.direction,
            "aggregation": fixed.aggregation,
            "chart": fixed.chart,
            "minimum_n": fixed.minimum_n,
            "owner": seen.rules.metric_owner(metric),
            "target_days": seen.rules.kickoff_target_days if metric == "kickoff_within_target" else None,
        }


def dim_checklist_item(seen: Seen) -> Iterator[Row]:
    """The checklist of every policy that was in force: an item of an earlier one alone is retired, as it was last."""
    last = {item["id"]: (rules, item) for rules in seen.policies for item in rules.items}
    for item_id, (rules, item) in last.items():
        yield {
            "item_key": seen.key("item", item["id"]),
            "item": item["id"],
            "title": item["title"],
            "weight": float(item["weight"]),
            "is_hard": item["hard"],
            "mode": item.get("mode", "shadow"),
            "control_ids": ", ".join(item.get("control_ids") or ()),
            "is_retired": item_id not in {each["id"] for each in seen.policy.items},
            "policy_version": rules.version,
        }


def dim_control(seen: Seen) -> Iterator[Row]:
    """The controls of every policy that was in force."""
    for control, is_retired in _registered(seen, "controls"):
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
            "is_retired": is_retired,
        }


def dim_risk(seen: Seen) -> Iterator[Row]:
    """The risk register of every policy that was in force."""
    for risk, is_retired in _registered(seen, "risks"):
        texts = {name: risk[name] for name in ("title", "cause", "effect", "owner", "likelihood", "impact", "treatment")}
        yield {"risk_key": seen.key("risk", risk["id"]), "risk_id": risk["id"], **texts, "is_retired": is_retired}


def _registered(seen: Seen, register: str) -> Iterator[tuple[Row, bool]]:
    """Rows of a register as they were last, and whether the policy in force lacks them."""
    last = {row["id"]: row for rules in seen.policies for row in rules.raw[register]}
    living = {row["id"] for row in seen.policy.raw[register]}
    return ((row, number not in living) for number, row in last.items())


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
