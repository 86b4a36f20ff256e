"""Kickoffs that are planned as milestones, where the policy names them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.sql.tenant import FIRST_NIGHT, OPEN, Tenant, at, later, opened

HANDOFF = "marts.fact_handoff"


@pytest.fixture
def planned(checkout: Path) -> Tenant:
    """A won deal with an open project whose plan has a kickoff on 20 July, which the second night saw first."""
    tenant = opened(checkout, changed=("milestones: []", "milestones: [Kick-off]"))
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.project(status_id=OPEN, dateclosed=None)
    tenant.put("milestone", id=1, ticket_id=2, name="Kick-off", target_date="1900-01-01T00:00:00", start_date=None)
    tenant.put("milestone", id=2, ticket_id=-40, name="Kick-off", target_date=at(7, 1, 0))
    tenant.night(later(1))
    tenant.put("milestone", id=1, ticket_id=2.0, name=" KICK-OFF ", target_date="2026-07-19T23:00:00")
    return tenant


def plan(tenant: Tenant) -> tuple[datetime | None, datetime | None]:
    row = tenant.built(HANDOFF).row(HANDOFF)
    return row["kickoff_scheduled_at_utc"], row["kickoff_schedule_seen_at_utc"]


def test_the_target_of_a_kickoff_milestone_is_the_planned_start_at_noon(planned: Tenant) -> None:
    assert plan(planned) == (datetime(2026, 7, 20, 11), datetime(2026, 7, 8, 1, 30))


def test_an_appointment_comes_before_a_milestone_and_the_plan_was_seen_with_the_first(planned: Tenant) -> None:
    planned.night(later(2))
    planned.put("appointment", id=801, ticket_id=2, appointment_type_name="Kickoff", start_date=at(7, 22), complete_status=0)

    assert plan(planned) == (datetime(2026, 7, 22, 10), datetime(2026, 7, 8, 1, 30))


def test_an_appointment_that_got_another_id_when_it_was_held_was_seen_with_the_first(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.project(status_id=OPEN, dateclosed=None)
    tenant.put("appointment", id=801, ticket_id=2, appointment_type_name="Kickoff", start_date=at(7, 22), complete_status=0)
    tenant.night(later(1))
    tenant.remove("appointment", 801)
    tenant.put("appointment", id=802, ticket_id=2, appointment_type_name="Kickoff", start_date=at(7, 22), complete_status=1)

    assert plan(tenant)[1] == FIRST_NIGHT.replace(tzinfo=None)


def test_a_milestone_that_is_gone_plans_nothing(planned: Tenant) -> None:
    planned.night(later(2))
    planned.remove("milestone", 1)

    assert plan(planned) == (None, None)


def test_a_milestone_that_the_policy_does_not_name_plans_no_kickoff(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.project(status_id=OPEN, dateclosed=None)
    tenant.put("milestone", id=1, ticket_id=2, name="Kick-off", target_date=at(7, 20, 0))

    assert plan(tenant) == (None, None)
