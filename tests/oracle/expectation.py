"""The oracle's one entrance: every filled table of the contract, computed from what really happened.

Only the order of computing is here. Texts that are free to say (reasons, details, descriptions) are not expected at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from handoff_pipeline.simulator.truth import Truth
from tests.oracle import dimensions, handoffs
from tests.oracle.bypasses import bypasses, fact_bypass
from tests.oracle.changes import fact_change_request, linked_changes
from tests.oracle.days import Days
from tests.oracle.gaps import fact_gap
from tests.oracle.kpis import facts_of
from tests.oracle.margin import fact_project_margin, margin_rows
from tests.oracle.observation import Seen
from tests.oracle.rules import Rules
from tests.oracle.weekly import kpi_kickoff_survival, kpi_weekly

Row = dict[str, Any]
Tables = dict[str, list[Row]]

ZERO_TYPES: dict[str, dict[str, str]] = {
    "dim_tenant": {"tenant_key": "bigint", "tenant": "text", "base_currency": "text", "time_zone": "text"},
    "dim_client": {"client_key": "bigint", "tenant_key": "bigint", "halo_client_id": "bigint", "client_name": "text", "is_deleted": "bool"},
    "dim_agent": {
        "agent_key": "bigint", "tenant_key": "bigint", "halo_agent_id": "bigint", "agent_name": "text", "team": "text", "role": "text",
        "is_active": "bool",
    },
    "dim_metric": {
        "metric_key": "bigint", "metric": "text", "unit": "text", "direction": "text", "aggregation": "text", "chart": "text",
        "minimum_n": "bigint", "owner": "text",
    },
    "dim_checklist_item": {
        "item_key": "bigint", "item": "text", "title": "text", "weight": "double", "is_hard": "bool", "mode": "text", "control_ids": "text",
        "is_retired": "bool", "policy_version": "text",
    },
    "dim_control": {
        "control_key": "bigint", "control_id": "text", "title": "text", "objective": "text", "owner": "text", "frequency": "text",
        "psf": "text", "pai8": "text", "other_references": "text", "risk_ids": "text", "is_retired": "bool",
    },
    "dim_risk": {
        "risk_key": "bigint", "risk_id": "text", "title": "text", "cause": "text", "effect": "text", "owner": "text", "likelihood": "text",
        "impact": "text", "treatment": "text", "is_retired": "bool",
    },
    "dim_handoff": {
        "handoff_key": "bigint", "tenant_key": "bigint", "handoff_id": "bigint", "title": "text", "deal_state": "text", "stage": "text",
        "deal_type": "text", "service_template": "text", "is_historic": "bool", "in_pilot": "bool", "source_url": "text",
    },
    "dim_project": {
        "project_key": "bigint", "tenant_key": "bigint", "project_id": "bigint", "handoff_key": "bigint", "client_key": "bigint",
        "project_name": "text", "origin": "text", "is_first": "bool", "project_state": "text", "created_at_utc": "utc",
        "closed_at_utc": "utc", "closed_date_key": "bigint", "cancelled_at_utc": "utc", "baseline_hours": "money", "logged_hours": "money",
        "source_url": "text",
    },
}  # fmt: skip
"""The contract's types of each dimension that holds a row 0, as far as the oracle fills it."""


def look(truth: Truth, policy: Mapping[str, Any], nights: Sequence[datetime], web_base: str, *, has_dated_costs: bool = False) -> Seen:
    """The tenant as the nights saw it."""
    moments = tuple(sorted(night.astimezone(UTC) for night in nights))
    return Seen(truth, Rules(policy), Days.of(policy), moments, web_base.rstrip("/"), has_dated_costs)


def expected(
    truth: Truth, policy: Mapping[str, Any], nights: Sequence[datetime], web_base: str, *, has_dated_costs: bool = False
) -> Tables:
    """Every filled table after the pipeline landed a pull at each of `nights` (aware moments; the last one is the as-of).

    Args:
        truth: What happened at the tenant.
        policy: handoff.yaml as `yaml.safe_load` gives it.
        nights: As-of moments of the landed pulls.
        web_base: Address of HaloPSA's pages, for links.
        has_dated_costs: Whether the tenant grants SQL reporting, which alone gives the dated costs of agents.

    Returns:
        Table -> rows; times are naive UTC, money is Decimal with four places, only columns that the oracle decides.
    """
    seen = look(truth, policy, nights, web_base, has_dated_costs=has_dated_costs)
    every = handoffs.handoffs(seen)
    changes = linked_changes(seen, {each.deal.deal_id: each for each in every})
    margins = margin_rows(seen, every, changes)
    facts = facts_of(seen, every, changes, margins)
    teams = {each.team for each in every if each.team is not None}
    tables: Tables = {
        "dim_tenant": list(dimensions.dim_tenant(seen)),
        "dim_client": list(dimensions.dim_client(seen)),
        "dim_agent": list(dimensions.dim_agent(seen)),
        "dim_metric": list(dimensions.dim_metric(seen)),
        "dim_checklist_item": list(dimensions.dim_checklist_item(seen)),
        "dim_control": list(dimensions.dim_control(seen)),
        "dim_risk": list(dimensions.dim_risk(seen)),
        "dim_handoff": [handoffs.dim_handoff(seen, each) for each in every],
        "dim_project": list(dimensions.dim_project(seen, {each.deal.deal_id: each for each in every})),
        "fact_handoff": [handoffs.fact_handoff(seen, each) for each in every],
        "fact_handoff_check": [row for each in every for row in handoffs.fact_handoff_check(seen, each)],
        "fact_gap": [fact_gap(seen, each.deal, gap) for each in every for gap in each.gaps],
        "fact_change_request": [fact_change_request(seen, change) for change in changes],
        "fact_project_margin": [fact_project_margin(seen, row) for row in margins],
        "fact_bypass": [fact_bypass(seen, bypass) for bypass in bypasses(seen, every)],
        "kpi_weekly": list(kpi_weekly(facts, teams)),
        "kpi_kickoff_survival": list(kpi_kickoff_survival(facts, teams)),
    }
    for table, types in ZERO_TYPES.items():
        tables[table].append(dimensions.row_zero(types))
    tables["dim_date"] = list(dimensions.dim_date(seen, date_keys(tables)))
    return tables


def date_keys(tables: Tables) -> set[int]:
    """Every date key of every fact."""
    return {
        value
        for table, rows in tables.items()
        if table.startswith("fact_")
        for row in rows
        for column, value in row.items()
        if column.endswith("_date_key")
    }
