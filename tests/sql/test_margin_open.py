"""Rows of a project from its creation on, and the forecast while it is open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.sql.margin_tenant import MARGIN, bill, bridge, change, row, sold
from tests.sql.tenant import CANCELLED, FIRST_NIGHT, OPEN, Tenant, at, later


@pytest.fixture
def running(tenant: Tenant) -> Tenant:
    """Open, on Sunday 16 August."""
    return sold(tenant, is_open=True)


def days(tenant: Tenant) -> list[date]:
    return sorted(found["as_of_date"] for found in tenant.built(MARGIN).rows(MARGIN))


def test_rows_run_from_the_week_of_creation_to_thirteen_weeks_after_the_close(tenant: Tenant) -> None:
    sold(tenant)
    tenant.night(later(200))
    found = tenant.built(MARGIN).rows(MARGIN)

    assert sorted(each["as_of_date"] for each in found) == [date.fromordinal(date(2026, 7, 12).toordinal() + 7 * n) for n in range(19)]
    assert {each["as_of_date"] for each in found if not each["is_delivered"]} == {date(2026, 7, 12 + 7 * n) for n in range(3)} | {
        date(2026, 8, 2),
        date(2026, 8, 9),
    }
    assert [each["as_of_date"] for each in found if each["is_active"]][-1] == date(2026, 8, 16)


def test_an_open_project_has_rows_to_the_running_week(running: Tenant) -> None:
    running.night(later(42))

    assert days(running)[-1] == date(2026, 8, 23)


@pytest.mark.parametrize(("cancelled", "last"), [(at(8, 9), date(2026, 8, 2)), (at(8, 10), date(2026, 8, 9))])
def test_a_cancelled_project_has_rows_up_to_the_sunday_before(running: Tenant, cancelled: str, last: date) -> None:
    running.project(status_id=CANCELLED, dateclosed=cancelled)

    assert days(running)[-1] == last


def test_a_project_closed_before_it_was_made_begins_with_its_close(tenant: Tenant) -> None:
    sold(tenant)
    tenant.project(dateoccurred=at(8, 14), dateclosed=at(8, 4))

    assert days(tenant)[0] == date(2026, 8, 9)


def test_before_the_first_hour_the_forecast_is_what_was_sold(running: Tenant) -> None:
    found = row(running)

    assert (found["forecast_revenue_base"], found["forecast_cost_base"]) == (50_000, 30_000)
    # The products count as delivered, of the work nothing yet.
    assert (found["actual_revenue_base"], found["actual_cost_base"]) == (8_000, 6_000)
    assert (found["is_delivered"], found["forecast_method"], bridge(found)) == (False, "budget_or_logged", {})


def test_hours_to_come_cost_what_hours_have_cost(running: Tenant) -> None:
    running.hours(2, 100)
    running.put("agent", id=31, name="Eve", team="Projects", costprice=92)
    running.put("action", id=2, ticket_id=2, who_agentid=31, actionarrivaldate=at(8, 5), actiondatecreated=at(8, 5), timetaken=100)
    found = row(running)

    # 200 hours at 86 on average, 100 to come
    assert found["forecast_cost_base"] == 6_000 + 17_200 + 8_600
    assert (found["actual_cost_base"], found["actual_revenue_base"]) == (23_200, 8_000 + 28_000)
    assert bridge(found) == {"rate": 1_800}


def test_more_hours_than_planned_are_all_that_is_forecast(running: Tenant) -> None:
    running.hours(2, 310)
    found = row(running)

    assert (found["forecast_cost_base"], found["actual_revenue_base"]) == (30_800, 50_000)


def test_a_budget_is_the_baseline_before_the_sold_hours(running: Tenant) -> None:
    running.put("ticket_detail", id=2, budgets=[{"id": 1, "hours": 330}])
    found = row(running)

    assert (found["forecast_cost_base"], bridge(found)) == (32_400, {"hours": 2_400})


def test_declared_hours_of_an_approved_change_are_forecast_until_they_are_logged(running: Tenant) -> None:
    change(running, 4, price=2_000, hours=20)
    change(running, 6, price=500, hours=4)
    running.hours(4, 5)
    running.hours(6, 8)
    before = row(running, date(2026, 8, 2))
    found = row(running)

    assert before["forecast_cost_base"] == 30_000
    # 20 and 8 hours at 80
    assert (found["forecast_cost_base"], found["forecast_revenue_base"]) == (30_000 + 2_240, 52_500)
    assert (found["actual_cost_base"], bridge(found)) == (6_000 + 13 * 80, {"approved_change": -260})


def test_what_is_rebased_is_the_sale_with_its_approved_changes(running: Tenant) -> None:
    change(running, 4, price=2_000, hours=20)
    change(running, 6, price=500)
    change(running, 8, decided=None, price=700, hours=9)
    running.hours(6, 8)
    found = row(running)

    # declared hours at the sold rate, where none are declared what was logged
    assert (found["rebased_revenue_base"], found["rebased_cost_base"]) == (52_500, 30_000 + 1_600 + 640)
    assert found["rebased_margin_pct"] == pytest.approx(100 * (52_500 - 32_240) / 52_500)
    assert found["erosion_rebased_pp"] == pytest.approx(found["rebased_margin_pct"] - found["forecast_margin_pct"])


def test_a_change_counts_as_approved_from_the_day_of_its_decision(running: Tenant) -> None:
    change(running, decided=at(8, 10), price=2_000)
    running.hours(4, 10)
    bill(running, 4, 300, on=at(8, 6))

    assert bridge(row(running, date(2026, 8, 9))) == {"unapproved_change": 500}
    assert bridge(row(running)) == {"approved_change": -1_200}


@pytest.mark.parametrize(
    ("hours", "cost", "erosion", "earned"), [(0, 24_000, 0, "0"), (100, 24_000, 0, "17708.3333"), (400, 34_000, 10_000, "50000")]
)
def test_without_baseline_hours_the_sold_labour_is_forecast(tenant: Tenant, hours: int, cost: int, erosion: int, earned: str) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    # Labour by its item, for which somebody noted that no hours were planned.
    tenant.sale(lines=[{"id": 1, "item_id": 100, "quantity": 1, "costprice": 24_000, "total_net_total": 50_000, "budgets": [{"hours": 0}]}])
    tenant.night(later(40))
    tenant.project(status_id=OPEN, dateclosed=None)
    tenant.hours(2, hours)
    found = row(tenant)

    assert (found["forecast_cost_base"], found["erosion_amount_base"], found["bridge_unexplained"]) == (cost, erosion, erosion)
    assert (found["margin_state"], found["bridge_hours"], found["bridge_rate"]) == ("complete", None, None)
    assert found["actual_revenue_base"] == Decimal(earned)


def test_hours_to_come_without_any_rate_are_uncosted(running: Tenant) -> None:
    running.conn.execute("delete from policy.id_list where meaning = 'labour_item'")
    running.put("ticket_detail", id=2, budgets=[{"id": 1, "hours": 330}])
    found = row(running)

    assert (found["margin_state"], found["forecast_cost_base"], found["actual_cost_base"]) == ("uncosted", None, 30_000)
    assert (found["uncosted_hours"], found["erosion_amount_base"], found["bridge_unexplained"]) == (0, None, None)


def test_the_past_of_a_closed_project_stays_open(tenant: Tenant) -> None:
    sold(tenant)
    tenant.hours(2, 320, worked=at(8, 10))
    before, after = row(tenant, date(2026, 8, 9)), row(tenant)

    assert (before["is_delivered"], before["erosion_amount_base"], before["logged_hours_week"]) == (False, 0, 0)
    assert (after["is_delivered"], after["erosion_amount_base"], after["logged_hours_week"]) == (True, Decimal(1_600), 320)


def test_time_before_the_first_week_counts_and_is_of_no_week(running: Tenant) -> None:
    running.hours(2, 5, worked=at(7, 1))
    first = row(running, date(2026, 7, 12))

    assert (first["actual_cost_base"], first["logged_hours_week"]) == (6_400, 0)


def test_a_project_is_active_from_its_kickoff(running: Tenant) -> None:
    running.project(status_id=OPEN, dateclosed=None, customfields=[{"id": 121, "name": "CFKickoffHeld", "value": "2026-08-10T00:00:00"}])
    found = {each["as_of_date"]: each["is_active"] for each in running.built(MARGIN).rows(MARGIN)}

    assert (found[date(2026, 8, 9)], found[date(2026, 8, 16)]) == (False, True)
