"""The policy as small tables (schema `policy`), so that SQL models join what the MSP means instead of spelling it.

Pure: policy and names in, Polars frames out. Every table is rewritten each night; SQL compares names in lower case. What depends on the
night (documents, items, controls, risks) is in `dated_frames.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

import polars as pl

from handoff_pipeline.clock import Calendar, CalendarDay
from handoff_pipeline.policy.models import Policy
from handoff_pipeline.policy.targets import playbook_frame, target_frame
from handoff_pipeline.tables import METRICS

RATE = pl.Decimal(18, 8)
REPORTED_WEEKS = 260
"""Weeks of kpi_weekly, five years: a record of long ago makes no thousands of empty ones (docs/kpis.md, Rows)."""
_POLARS_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
    "int": pl.Int64,
    "str": pl.String,
    "bool": pl.Boolean,
}


def policy_frames(policy: Policy, tenant: str, links_base: str) -> dict[str, pl.DataFrame]:
    """Table name to frame.

    Args:
        policy: the policy of the night.
        tenant: the tenant's name, part of every key.
        links_base: address that links to HaloPSA's pages begin with, without a trailing slash.
    """
    return {
        "setting": _setting(policy, tenant, links_base),
        "name_list": pl.DataFrame(list(_names(policy)), schema={"meaning": pl.String, "name": pl.String}, orient="row"),
        "id_list": pl.DataFrame(list(_ids(policy)), schema={"meaning": pl.String, "id": pl.Int64}, orient="row"),
        "custom_field": pl.DataFrame(
            list(_custom_fields(policy)), schema={"entity": pl.String, "meaning": pl.String, "name": pl.String}, orient="row"
        ),
        "change_origin": pl.DataFrame(
            [(label.strip().casefold(), origin) for label, origin in policy.change_request.origins.items()],
            schema={"label": pl.String, "origin": pl.String},
            orient="row",
        ),
        "exchange_rate": pl.DataFrame(
            [(currency, since, rate) for currency, rates in policy.exchange_rates.items() for since, rate in rates.items()],
            schema={"currency": pl.String, "valid_from": pl.Date, "rate": RATE},
            orient="row",
        ),
        "charge_rate": pl.DataFrame(
            list(policy.billing.charge_rates.items()), schema={"charge_rate": pl.Int64, "rate": pl.Decimal(18, 4)}, orient="row"
        ),
        "metric": _metrics(policy),
        "target": target_frame(policy.targets),
        "playbook_target": playbook_frame(is_on=policy.playbook_targets),
        "calendar_day": _calendar(policy.business_calendar),
    }


def _setting(policy: Policy, tenant: str, links_base: str) -> pl.DataFrame:
    """The policy's single values, as one row."""
    row: dict[str, Any] = {
        "tenant": tenant,
        "links_base": links_base,
        "time_zone": policy.tenant.time_zone,
        "base_currency": policy.tenant.base_currency,
        "go_live": policy.tenant.go_live,
        "policy_version": policy.version,
        "default_business_days": policy.kickoff.default_business_days,
        "kickoff_target_days": policy.kickoff.target_days,
        "billing_lag_days": policy.billing.lag_days,
        "reported_weeks": REPORTED_WEEKS,
        "has_charge_amounts": policy.billing.charge_amounts,
        "entry_invoice_field": policy.billing.entry_invoice_field or "",
    }
    return pl.DataFrame([row])


def _names(policy: Policy) -> Iterator[tuple[str, str]]:
    lists = {
        "opportunity_type": policy.ticket_types.opportunity,
        "project_type": policy.ticket_types.project,
        "task_type": policy.ticket_types.task,
        "change_request_type": policy.ticket_types.change_request,
        "won_status": policy.won.statuses,
        "lost_status": policy.lost.statuses,
        "cancelled_status": policy.project.cancelled_statuses,
        "client_hold_status": policy.project.client_hold_statuses,
        "change_approved_status": policy.change_request.approved_statuses,
        "change_rejected_status": policy.change_request.rejected_statuses,
        "change_withdrawn_status": policy.change_request.withdrawn_statuses,
        "kickoff_appointment_type": policy.kickoff.appointment_types,
        "kickoff_milestone": policy.kickoff.milestones,
        "time_and_material": policy.billing.time_and_material,
        "time_and_material_type": policy.billing.time_and_material_types,
        "signoff_step": policy.signoff.steps,
        "delivery_team": policy.signoff.delivery_teams,
        "delivery_agent": policy.signoff.delivery_agents,
        **{meaning: [name for name in named if isinstance(name, str)] for meaning, named in _pilot(policy).items()},
    }
    for meaning, names in lists.items():
        yield from ((meaning, name) for name in sorted({name.strip().casefold() for name in names}))


def _pilot(policy: Policy) -> dict[str, Sequence[int | str]]:
    """The lists of the pilot's cohort: names, and numbers of clients and agents."""
    pilot = policy.rollout.pilot
    return {"pilot_team": pilot.teams, "pilot_client": pilot.clients, "pilot_deal_type": pilot.deal_types, "pilot_agent": pilot.agents}


def _ids(policy: Policy) -> Iterator[tuple[str, int]]:
    yield from (("accepted_quotation_status", status) for status in sorted(set(policy.quotation.accepted_statuses)))
    yield from (("labour_item", item) for item in sorted(set(policy.quotation.labour_items)))
    yield from ((f"signoff_{meaning}", number) for meaning, number in policy.signoff.results.model_dump().items())
    # SQL takes the first filled date: the position says which comes first.
    yield from ((f"win_date_{name}", position) for position, name in enumerate(policy.won.date_fields))
    for meaning, named in _pilot(policy).items():
        yield from ((meaning, number) for number in sorted({number for number in named if isinstance(number, int)}))


def _custom_fields(policy: Policy) -> Iterator[tuple[str, str, str]]:
    yield from (("opportunity", meaning, name) for meaning, name in policy.fields.opportunity.items())
    yield from (("project", meaning, name) for meaning, name in policy.fields.project.items())
    yield from (("change_request", meaning, name) for meaning, name in policy.change_request.custom_fields.items() if name)
    if policy.billing.type_field is not None:
        yield "project", "billing_type", policy.billing.type_field


def _metrics(policy: Policy) -> pl.DataFrame:
    owners = policy.metric_owners
    default = owners.get("default", "Service delivery lead")
    return pl.DataFrame([{**asdict(metric), "owner": owners.get(metric.metric, default)} for metric in METRICS])


@lru_cache(maxsize=8)
def _calendar(calendar: Calendar) -> pl.DataFrame:
    """Every day of seventy years: made once for a calendar, since most changes of a policy leave it as it is."""
    schema = {field.name: _POLARS_TYPES[str(field.type)] for field in fields(CalendarDay)}
    row = attrgetter(*schema)
    return pl.DataFrame([row(day) for day in calendar.days()], schema=schema, orient="row")
