"""An id that HaloPSA uses again: the new record takes the row, and nothing of the old one is mixed into it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tests.sql.tenant import FIRST_NIGHT, OPEN, Tenant, at, later

HANDOFF = "marts.fact_handoff"


@pytest.fixture
def former(tenant: Tenant) -> Tenant:
    """A won deal with its quotation and a project with time, a sign-off and a kickoff, on the first night."""
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    tenant.project(status_id=OPEN, dateclosed=None)
    tenant.hours(2, 7, worked=at(7, 6))
    tenant.put("ticket_detail", id=2, createdfrom_id=1, budgets=[{"id": 1, "hours": 99}])
    tenant.put("milestone", id=1, ticket_id=2, name="Kickoff", target_date=at(7, 20, 0))
    tenant.put(
        "approval", ticket_id=2, seq=1, result=1, agent_id=30, datetime=at(7, 6), dateapproved=at(7, 6), step_name="Delivery sign-off"
    )
    tenant.put("appointment", id=801, ticket_id=2, appointment_type_name="Kickoff", start_date=at(7, 6), complete_status=1)
    return tenant


@pytest.mark.parametrize("days", [0, 1], ids=["in_the_same_night", "a_night_later"])
def test_the_new_deal_has_nothing_of_the_old_one(former: Tenant, days: int) -> None:
    former.night(later(1))
    former.remove("opportunity", 1)
    if days:
        former.night(later(1 + days))
    former.deal(dateoccurred=at(7, 7, 20), oppconverteddate=at(7, 7, 21), agent_id=30)
    row = former.built(HANDOFF, "core.win").row(HANDOFF)

    assert len(former.rows("core.win")) == 1
    assert (row["first_won_at_utc"], row["sold_basis"], row["sales_agent_key"]) == (
        datetime(2026, 7, 7, 21),
        "none",
        former.key("agent", 30),
    )


def test_a_new_deal_that_is_not_won_ends_the_old_ones_row(former: Tenant) -> None:
    former.night(later(1))
    former.remove("opportunity", 1)
    former.deal(dateoccurred=at(7, 7, 20), oppconverteddate=None, status_id=OPEN)

    assert former.built(HANDOFF).rows(HANDOFF) == []


def test_the_new_project_has_no_time_no_plan_and_no_signoff_of_the_old_one(former: Tenant) -> None:
    former.night(later(1))
    former.remove("project", 2)
    former.project(status_id=OPEN, dateclosed=None, dateoccurred=at(7, 7, 20))
    row = former.built(HANDOFF, "marts.dim_project").row("marts.dim_project")
    handoff = former.row(HANDOFF)

    # The hours that were sold, not the 99 of the old project's budget.
    assert (row["logged_hours"], row["baseline_hours"], row["project_state"]) == (0, Decimal(300), "open")
    assert (handoff["signoff_state"], handoff["kickoff_actual_at_utc"]) == ("none", None)


def test_the_new_project_has_what_came_with_it(former: Tenant) -> None:
    former.night(later(1))
    former.remove("project", 2)
    former.project(status_id=OPEN, dateclosed=None, dateoccurred=at(7, 7, 20))
    former.remove("action", "2:1")
    former.hours(2, 4, worked=at(7, 7, 22))

    assert former.built("marts.dim_project").row("marts.dim_project")["logged_hours"] == Decimal(4)


def test_a_record_that_comes_back_is_the_same_one(former: Tenant) -> None:
    former.night(later(1))
    former.remove("project", 2)
    former.night(later(2))
    former.project(status_id=OPEN, dateclosed=None, dateoccurred=at(7, 8).replace("T", " ") + ".000")
    row = former.built("marts.dim_project").row("marts.dim_project")

    assert (row["logged_hours"], row["baseline_hours"]) == (Decimal(7), Decimal(99))
    assert former.rows("staging.reused_id") == []


def test_a_quotation_of_the_old_deal_is_nobodys(former: Tenant) -> None:
    former.night(later(1))
    former.remove("opportunity", 1)
    former.deal(dateoccurred=at(7, 7, 20), oppconverteddate=at(7, 7, 21))
    former.sale(key=502, lines=[{"id": 1, "item_id": 100, "quantity": 1, "price": 90, "costprice": 80}])

    assert former.built(HANDOFF).row(HANDOFF)["sold_revenue"] == Decimal(90)


def test_the_new_project_is_not_linked_by_the_old_ones_details(former: Tenant) -> None:
    former.night(later(1))
    former.remove("project", 2)
    former.project(status_id=OPEN, dateclosed=None, dateoccurred=at(7, 7, 20), parent_id=None)

    assert former.built("marts.dim_project").row("marts.dim_project")["origin"] == "no_opportunity"


def test_a_record_that_replaces_another_in_one_night_is_a_new_one_even_without_a_date_of_birth(former: Tenant) -> None:
    former.night(later(1))
    former.remove("opportunity", 1)
    former.deal(dateoccurred="1900-01-01T00:00:00", oppconverteddate=at(7, 7, 21))

    assert former.built("staging.reused_id").row("staging.reused_id")["since_batch"] == 2
