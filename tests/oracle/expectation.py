"""The oracle's one entrance: every filled table of the contract, computed from what really happened.

Only the order of computing is here. Texts that are free to say (reasons, details, descriptions) are not expected at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from handoff_pipeline.simulator.truth import Truth
from tests.oracle import dimensions, handoffs
from tests.oracle.approvals import approvals, fact_approval, fact_request, requests
from tests.oracle.baselines import Freeze, kpi_baseline
from tests.oracle.bypasses import bypasses, fact_bypass
from tests.oracle.changes import fact_change_request
from tests.oracle.days import Days
from tests.oracle.deliveries import fact_delivery, fact_feedback, feedback, intents
from tests.oracle.exceptions import fact_override, overrides
from tests.oracle.gaps import fact_gap
from tests.oracle.margin import fact_project_margin
from tests.oracle.members import kpi_member
from tests.oracle.night import night_of, nights_until
from tests.oracle.observation import Seen
from tests.oracle.restatements import kpi_restatement
from tests.oracle.rules import Rules
from tests.oracle.said import NOTHING, Said
from tests.oracle.sector import with_sector
from tests.oracle.targets import kpi_target
from tests.oracle.weekly import kpi_kickoff_survival

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
        "minimum_n": "bigint", "owner": "text", "target_days": "bigint",
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


Documents = Sequence[tuple[datetime, Mapping[str, Any]]]
"""Policies that nights ran on, each with the first of these nights, oldest first."""


def look(
    truth: Truth,
    policy: Mapping[str, Any],
    nights: Sequence[datetime],
    web_base: str,
    *,
    has_dated_costs: bool = False,
    documents: Documents = (),
    said: Said = NOTHING,
) -> Seen:
    """The tenant as the nights saw it."""
    moments = tuple(sorted(night.astimezone(UTC) for night in nights))
    dated = tuple((first.astimezone(UTC), Rules(with_sector(document))) for first, document in documents)
    return Seen(truth, Rules(with_sector(policy)), Days.of(policy), moments, web_base.rstrip("/"), has_dated_costs, dated, said)


def expected(
    truth: Truth,
    policy: Mapping[str, Any],
    nights: Sequence[datetime],
    web_base: str,
    *,
    has_dated_costs: bool = False,
    documents: Documents = (),
    freezes: Sequence[Freeze] = (),
    said: Said = NOTHING,
) -> Tables:
    """Every filled table after the pipeline landed a pull at each of `nights` (aware moments; the last one is the as-of).

    Args:
        truth: What happened at the tenant.
        policy: handoff.yaml as `yaml.safe_load` gives it.
        nights: As-of moments of the landed pulls.
        web_base: Address of HaloPSA's pages, for links.
        has_dated_costs: Whether the tenant grants SQL reporting, which alone gives the dated costs of agents.
        documents: Every policy that a night ran on, tonight's as well; none where there was only the one.
        freezes: Baselines that were frozen, each after the night whose figures it takes.
        said: What people decided and the product did, as the ledger was told.

    Returns:
        Table -> rows; times are naive UTC, money is Decimal with four places, only columns that the oracle decides.
    """
    seen = look(truth, policy, nights, web_base, has_dated_costs=has_dated_costs, documents=documents, said=said)
    night = night_of(seen, freezes)
    every = night.handoffs
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
        "fact_gap": [fact_gap(seen, each.deal, each.first, gap) for each in every for gap in each.gaps],
        "fact_change_request": [fact_change_request(seen, change) for change in night.changes],
        "fact_project_margin": [fact_project_margin(seen, row) for row in night.margins],
        "fact_bypass": [fact_bypass(seen, bypass) for bypass in bypasses(seen, every)],
        "fact_approval": [fact_approval(seen, approval) for approval in approvals(seen, every)]
        + [fact_request(seen, request) for request in requests(seen, every)],
        "fact_override": [fact_override(seen, override) for override in overrides(seen)],
        "fact_delivery": [fact_delivery(seen, intent) for intent in intents(seen)],
        "fact_feedback": [fact_feedback(seen, each) for each in feedback(seen)],
        "kpi_member": [kpi_member(seen, member) for member in night.members],
        "kpi_weekly": night.weekly,
        "kpi_kickoff_survival": list(kpi_kickoff_survival(night.series)),
        "kpi_restatement": list(kpi_restatement(nights_until(night))),
        "kpi_baseline": kpi_baseline(seen, night.baselines),
        "kpi_target": list(kpi_target(seen, night.current)),
        "kpi_movement": night.movement,
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
