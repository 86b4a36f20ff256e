"""What a tombstone means: the record is gone from now on, and what it was stays in the past."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.sql.tenant import APPROVED, FIRST_NIGHT, OPEN, TASK, Tenant, at, later

HANDOFF = "marts.fact_handoff"
PROJECT = "marts.dim_project"
MARGIN = "marts.fact_project_margin"
CHANGE = "marts.fact_change_request"


@pytest.fixture
def sold(tenant: Tenant) -> Tenant:
    """A deal won on the first night with its quotation, its project and one missing checklist item at least."""
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    tenant.project(status_id=OPEN, dateclosed=None)
    return tenant


def signoff(tenant: Tenant, *, result: int, key: int = 1) -> None:
    """Delivery's sign-off of the project."""
    tenant.put(
        "approval",
        ticket_id=2,
        seq=key,
        result=result,
        agent_id=30,
        datetime=at(7, 6, 12),
        dateapproved=at(7, 6, 15) if result else "1900-01-01T00:00:00",
        step_name="Delivery sign-off",
    )


def kickoff(tenant: Tenant, *, status: int) -> None:
    """A kickoff meeting on 10 July."""
    tenant.put("appointment", id=801, ticket_id=2, appointment_type_name="Kickoff", start_date=at(7, 10), complete_status=status)


def test_a_deleted_deal_keeps_everything_but_its_state(sold: Tenant) -> None:
    before = sold.built(HANDOFF, "marts.dim_handoff").row(HANDOFF)
    sold.night(later(1))
    sold.remove("opportunity", 1)
    after = sold.built(HANDOFF, "marts.dim_handoff").row(HANDOFF)
    moved = {name for name, value in after.items() if value != before[name]}

    assert sold.row("marts.dim_handoff")["deal_state"] == "deleted"
    assert moved == {"open_gaps", "hard_gaps", "kickoff_state"}
    assert (after["open_gaps"], after["kickoff_state"]) == (0, "cancelled")


def test_the_gaps_of_a_deleted_deal_are_moot(sold: Tenant) -> None:
    sold.night(later(1))
    sold.remove("opportunity", 1)
    gaps = sold.built("marts.fact_gap").rows("marts.fact_gap")

    assert {gap["state"] for gap in gaps} == {"moot"}
    assert {gap["resolved_at_utc"] for gap in gaps} == {datetime(2026, 7, 8, 1, 30)}


def test_metrics_do_not_count_a_deleted_deal(sold: Tenant) -> None:
    sold.night(later(1))
    counted = sold.built("kpi.handoff_cohort").rows("kpi.handoff_cohort")
    sold.remove("opportunity", 1)

    assert counted
    assert sold.built("kpi.handoff_cohort").rows("kpi.handoff_cohort") == []


def test_a_deal_that_comes_back_is_won_again_with_its_history(sold: Tenant) -> None:
    sold.night(later(1))
    sold.remove("opportunity", 1)
    sold.night(later(2))
    sold.deal()
    row = sold.built(HANDOFF, "marts.dim_handoff").row(HANDOFF)

    assert sold.row("marts.dim_handoff")["deal_state"] == "won"
    assert (row["won_at_utc"], row["sold_revenue"]) == (datetime(2026, 7, 6, 9), Decimal(50_000))


def test_a_deleted_project_says_so_and_is_first_only_without_another(sold: Tenant) -> None:
    sold.project(5, status_id=OPEN, dateclosed=None)
    sold.night(later(1))
    sold.remove("project", 2)
    projects = {row["project_id"]: row for row in sold.built(PROJECT).rows(PROJECT)}

    assert (projects[2]["project_state"], projects[2]["is_first"], projects[2]["origin"]) == ("deleted", False, "opportunity")
    assert (projects[5]["project_state"], projects[5]["is_first"]) == ("open", True)


def test_a_deleted_project_is_active_up_to_its_deletion(sold: Tenant) -> None:
    sold.night(later(10))
    sold.remove("project", 2)
    row = sold.built("kpi.project_cohort").row("kpi.project_cohort")

    assert row["ended_day"] == date(2026, 7, 17)


def test_the_margin_of_a_deleted_project_ends_with_it_and_its_past_stays(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    tenant.project(dateclosed=at(7, 6, 12))
    tenant.night(later(15))
    tenant.remove("project", 2)

    assert [row["as_of_date"] for row in tenant.built(MARGIN).rows(MARGIN)] == [date(2026, 7, 12), date(2026, 7, 19)]


def test_deleted_time_counts_in_the_weeks_that_ended_before(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    tenant.project(dateclosed=at(7, 6, 12))
    tenant.hours(2, 8, worked=at(7, 6))
    tenant.hours(2, 3, key=2, worked=at(7, 6))
    tenant.night(later(9))
    tenant.remove("action", "2:1")
    weeks = {row["as_of_date"]: row["actual_cost_base"] for row in tenant.built(MARGIN, PROJECT).rows(MARGIN)}

    assert tenant.row(PROJECT)["logged_hours"] == Decimal(3)
    assert weeks == {date(2026, 7, 12): Decimal(11 * 85 + 6_000), date(2026, 7, 19): Decimal(3 * 85 + 6_000)}


def test_time_on_a_deleted_task_was_worked_on_its_project(sold: Tenant) -> None:
    sold.put("project", id=3, summary="Build", tickettype_id=TASK, status_id=OPEN, parent_id=2, dateoccurred=at(7, 6))
    sold.hours(3, 5, worked=at(7, 6))
    sold.night(later(1))
    sold.remove("project", 3)

    assert sold.built(PROJECT).row(PROJECT)["logged_hours"] == Decimal(5)


@pytest.mark.parametrize(("status", "state", "decided_on"), [(OPEN, "withdrawn", 8), (APPROVED, "approved", 7)])
def test_a_deleted_change_is_withdrawn_unless_it_was_decided(sold: Tenant, status: int, state: str, decided_on: int) -> None:
    sold.change(status_id=status)
    sold.night(later(1))
    sold.remove("change_request", 4)
    row = sold.built(CHANGE).row(CHANGE)

    assert (row["state"], row["decided_at_utc"], row["link_kind"]) == (state, datetime(2026, 7, decided_on, 1, 30), "parent")


def test_a_deleted_change_without_a_project_is_not_counted_as_unlinked(sold: Tenant) -> None:
    sold.change(parent_id=None)
    sold.night(later(1))
    sold.remove("change_request", 4)

    assert sold.built("core.change_request").rows("core.change_request") == []


def test_a_quotation_deleted_before_the_freeze_was_not_sold(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.sale()
    tenant.night(later(1))
    tenant.remove("quotation", 501)
    tenant.deal(oppconverteddate=at(7, 7))

    assert tenant.built(HANDOFF).row(HANDOFF)["sold_basis"] == "none"


def test_what_was_sold_stands_when_its_quotation_is_deleted(sold: Tenant) -> None:
    sold.night(later(1))
    sold.remove("quotation", 501)

    assert sold.built(HANDOFF).row(HANDOFF)["sold_revenue"] == Decimal(50_000)


def test_a_deleted_order_shares_no_money_and_still_links_its_project(sold: Tenant) -> None:
    sold.project(5, parent_id=None)
    line = {"id": 1, "item_id": 100, "quantity": 80, "price": 140, "costprice": 80, "project_id": 5}
    sold.put("sales_order", id=301, ticket_id=1, quotation_id=501, currency_code_name="GBP", lines=[line])
    sold.night(later(1))
    sold.remove("sales_order", 301)
    projects = {row["project_id"]: row["origin"] for row in sold.built(PROJECT, "core.project_share").rows(PROJECT)}
    shares = {row["project_id"]: row["revenue_base"] for row in sold.rows("core.project_share")}

    assert projects == {2: "opportunity", 5: "sales_order"}
    assert shares == {2: Decimal(50_000), 5: None}


def test_a_living_order_decides_before_a_deleted_one(sold: Tenant) -> None:
    line = {"id": 1, "item_id": 100, "quantity": 80, "price": 140, "costprice": 80, "project_id": 5}
    sold.deal(9)
    sold.project(5, parent_id=None)
    sold.put("sales_order", id=301, ticket_id=1, lines=[line])
    sold.put("sales_order", id=302, ticket_id=9, lines=[line])
    sold.night(later(1))
    sold.remove("sales_order", 301)

    assert sold.built(PROJECT).row(PROJECT, "project_id = 5")["handoff_key"] == sold.key("handoff", 9)


def test_a_deleted_acceptance_is_void_from_then_on(sold: Tenant) -> None:
    signoff(sold, result=1)
    accepted = sold.built(HANDOFF).row(HANDOFF)["signoff_state"]
    sold.night(later(1))
    sold.remove("approval", "2:1")
    bypass = sold.built(HANDOFF, "marts.fact_bypass").row("marts.fact_bypass", "kind = 'edited_after_signoff'")

    assert (accepted, sold.row(HANDOFF)["signoff_state"]) == ("accepted", "void")
    assert (bypass["detected_at_utc"], bypass["detail"]) == (datetime(2026, 7, 8, 1, 30), "The sign-off was deleted after it was given")


@pytest.mark.parametrize(("result", "state"), [(0, "none"), (2, "rejected")])
def test_a_deleted_request_is_asked_no_more_and_a_refusal_stays(sold: Tenant, result: int, state: str) -> None:
    signoff(sold, result=result)
    sold.night(later(1))
    sold.remove("approval", "2:1")

    assert sold.built(HANDOFF).row(HANDOFF)["signoff_state"] == state


@pytest.mark.parametrize(("status", "scheduled"), [(0, None), (1, datetime(2026, 7, 10, 10))])
def test_a_deleted_meeting_is_gone_unless_it_was_held(sold: Tenant, status: int, scheduled: datetime | None) -> None:
    kickoff(sold, status=status)
    sold.night(later(7))
    sold.remove("appointment", 801)

    assert sold.built(HANDOFF).row(HANDOFF)["kickoff_scheduled_at_utc"] == scheduled


def test_a_deleted_client_and_a_deleted_agent_stay_and_say_so(sold: Tenant) -> None:
    sold.night(later(1))
    sold.remove("client", 11)
    sold.remove("agent", 30)
    sold.built(HANDOFF, "marts.dim_client", "marts.dim_agent")

    assert sold.row("marts.dim_client")["is_deleted"] is True
    assert sold.row("marts.dim_agent", "halo_agent_id = 30")["is_active"] is False
    assert (sold.row(HANDOFF)["client_key"], sold.row(HANDOFF)["delivery_agent_key"]) == (sold.key("client", 11), sold.key("agent", 30))
