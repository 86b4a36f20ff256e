"""Margins of hand-made projects, open and delivered, each worked out by hand in the test; first of all the contract's golden bridge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from handoff_pipeline.simulator.truth import (
    AgentCost,
    ChangeRequest,
    Charge,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    ProjectBudget,
    TimeEntry,
    Truth,
)
from tests.oracle import handoffs
from tests.oracle.billing import change_hours
from tests.oracle.changes import linked_changes
from tests.oracle.expectation import look
from tests.oracle.hand_made import DEAL, GOLDEN_CHANGE, PROJECT, QUOTE, WEB, always, at, delivered, night, world
from tests.oracle.keys import key
from tests.oracle.margin import BRIDGE, fact_project_margin, margin_rows

CLOSE_WEEK = date(2026, 8, 16)
Rows = Callable[..., dict[date, dict[str, Any]]]


@pytest.fixture
def rows(policy: dict[str, Any]) -> Rows:
    """Rows of one project (the only one, or that of `project_id`; 0 is the rest of the deal), by Sunday, as of a night."""

    def of(truth: Truth, moment: datetime, project_id: int = 2, rules: dict[str, Any] | None = None) -> dict[date, dict[str, Any]]:
        seen = look(truth, rules or policy, [moment], WEB)
        every = handoffs.handoffs(seen)
        changes = linked_changes(seen, {each.deal.deal_id: each for each in every})
        made = [fact_project_margin(seen, row) for row in margin_rows(seen, every, changes)]
        wanted = key("acme", "project", project_id) if project_id else 0
        return {row["as_of_date"]: row for row in made if row["project_key"] == wanted}

    return of


def billed(number: int, ticket: int | None, net: int, month: int, day: int, **parts: Any) -> Invoice:
    """An invoice of one line, posted a day after it was made."""
    line = InvoiceLine(number * 10, ticket, "Line", Decimal(1), Decimal(net), **{k: v for k, v in parts.items() if k == "order_seq"})
    head = {name: value for name, value in parts.items() if name in {"order_id", "currency"}}
    return Invoice(number, 11, at(month, day), head.pop("currency", "GBP"), (line,), at(month, day, 11), **head)


def bridge(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[f"bridge_{name}"] for name in BRIDGE}


ORDER = Order(
    301, 1, 11, 501, at(7, 6, 9, 20), "GBP",
    (OrderLine(1, "Engineering", 100, Decimal(300), Decimal(140), Decimal(80)),
     OrderLine(2, "Switches", 200, Decimal(2), Decimal(4_000), Decimal(3_200))),
)  # fmt: skip
EXTRA = ChangeRequest(5, 11, 2, "Not asked for", at(8, 3), "rejected", "Client request", at(8, 4))


def golden() -> Truth:
    """The contract's example: a credit of 1,500, third party of 6,400, and 10 hours on a change that nobody approved or billed."""
    work = (*delivered().time_entries, TimeEntry(5, 1, 30, at(8, 7), at(8, 7), Decimal(10)))
    return delivered(orders=(ORDER,), changes=(GOLDEN_CHANGE, EXTRA), time_entries=work, invoices=(billed(901, 2, -1_500, 8, 13),))


def test_the_golden_bridge(rows: Rows) -> None:
    row = rows(golden(), night(8, 21))[CLOSE_WEEK]

    assert (row["sold_revenue_base"], row["sold_cost_base"]) == (50_000, 30_000)
    assert (row["forecast_revenue_base"], row["forecast_cost_base"]) == (54_000, 39_550)
    assert (row["actual_revenue_base"], row["actual_cost_base"]) == (54_000, 39_550)
    assert (row["margin_state"], row["erosion_amount_base"]) == ("complete", 5_550)
    assert bridge(row) == dict(zip(BRIDGE, (3_200, 1_700, 400, 1_500, 850, -2_100, 0), strict=True))
    assert row["sold_margin_pct"] == 40
    assert round(row["forecast_margin_pct"], 2) == 26.76
    assert round(row["erosion_pp"], 2) == 13.24


def test_the_golden_project_was_open_before_its_close(rows: Rows) -> None:
    row = rows(golden(), night(8, 21))[date(2026, 7, 26)]

    # 340 hours were logged by then, more than the 300 that were sold, and no change was raised yet.
    assert (row["is_delivered"], row["forecast_method"], row["logged_hours_week"]) == (False, "budget_or_logged", 340)
    assert (row["forecast_revenue_base"], row["forecast_cost_base"]) == (50_000, 340 * 85 + 6_400)
    assert (row["actual_revenue_base"], row["actual_cost_base"]) == (50_000, 340 * 85 + 6_400)


def test_rows_run_from_the_creation_to_13_weeks_after_the_close(rows: Rows) -> None:
    sundays = sorted(rows(golden(), night(12, 20)))

    assert (sundays[0], sundays[-1]) == (date(2026, 7, 12), date(2026, 11, 15))
    assert len(sundays) == (sundays[-1] - sundays[0]).days / 7 + 1


def test_an_open_project_runs_to_the_running_week_and_a_cancelled_one_to_the_sunday_before(rows: Rows) -> None:
    still_open = world(deals=(DEAL,), quotes=(QUOTE,), projects=(PROJECT,))
    cancelled = world(deals=(DEAL,), quotes=(QUOTE,), projects=(replace(PROJECT, cancelled_at=at(7, 26, 9)),))

    assert sorted(rows(still_open, night(7, 22))) == [date(2026, 7, 12), date(2026, 7, 19), date(2026, 7, 26)]
    assert sorted(rows(cancelled, night(8, 22))) == [date(2026, 7, 12), date(2026, 7, 19)]


def test_a_project_without_work_is_forecast_as_sold_and_has_a_bridge_of_noughts(rows: Rows) -> None:
    row = rows(world(deals=(DEAL,), quotes=(QUOTE,), projects=(PROJECT,)), night(7, 10))[date(2026, 7, 12)]

    assert (row["forecast_revenue_base"], row["forecast_cost_base"]) == (50_000, 30_000)
    assert (row["actual_revenue_base"], row["actual_cost_base"]) == (8_000, 6_000)  # the switches
    assert set(bridge(row).values()) == {0}


def test_an_open_forecast_takes_the_hours_to_come_at_the_current_rate(rows: Rows) -> None:
    budget = ProjectBudget(1, "Engineering", Decimal(320), Decimal(140), at(7, 8, 12))
    change = replace(GOLDEN_CHANGE, declared_hours=Decimal(50))
    work = (TimeEntry(3, 1, 30, at(7, 20), at(7, 20), Decimal(85)), TimeEntry(4, 1, 30, at(8, 6), at(8, 6), Decimal(40)))
    truth = world(deals=(DEAL,), quotes=(QUOTE,), projects=(replace(PROJECT, budgets=(budget,)),), changes=(change,), time_entries=work)
    row = rows(truth, night(8, 10))[date(2026, 8, 9)]

    assert row["forecast_cost_base"] == 320 * 85 + 50 * 85 + 6_000
    assert row["actual_cost_base"] == 125 * 85 + 6_000
    assert row["forecast_revenue_base"] == 55_500
    assert row["actual_revenue_base"] == Decimal(8000) + round(Decimal(42_000) * 85 / 320, 4) + 5_500
    assert (row["rebased_revenue_base"], row["rebased_cost_base"]) == (55_500, 30_000 + 50 * 80)
    assert bridge(row) == dict(zip(BRIDGE, (1_600, 1_600, 0, 0, 0, 50 * 85 - 5_500, 0), strict=True))


def test_declared_hours_count_only_where_the_policy_names_their_field(rows: Rows, policy: dict[str, Any]) -> None:
    change = replace(GOLDEN_CHANGE, declared_hours=Decimal(50))
    unnamed = {name: value for name, value in policy["change_request"].items() if name != "hours_field"}
    row = rows(delivered(changes=(change,)), night(8, 21), rules={**policy, "change_request": unnamed})[CLOSE_WEEK]

    assert row["rebased_cost_base"] == 30_000 + 40 * 85


def test_a_change_costs_as_unapproved_until_the_day_of_its_approval(rows: Rows) -> None:
    late = replace(GOLDEN_CHANGE, decided_at=at(8, 18))
    before, after = (rows(delivered(changes=(late,)), night(8, 21))[day] for day in (CLOSE_WEEK, date(2026, 8, 23)))

    assert (before["bridge_unapproved_change"], before["bridge_approved_change"]) == (3_400, 0)
    assert (after["bridge_unapproved_change"], after["bridge_approved_change"]) == (0, 3_400 - 5_500)


def test_what_nobody_wrote_hours_down_for_costs_at_least_what_its_labour_was_sold_for(rows: Rows) -> None:
    lines = tuple(replace(line, item_id=999) if line.item_id == 100 else line for line in QUOTE.lines)
    # No line is labour: everything is third party, sold labour cost is nought and sold hours are unknown.
    truth = world(deals=(DEAL,), quotes=(replace(QUOTE, lines=lines),), projects=(PROJECT,))
    row = rows(truth, night(7, 10))[date(2026, 7, 12)]

    assert (row["forecast_cost_base"], row["margin_state"]) == (30_000, "complete")
    assert (row["bridge_hours"], row["bridge_rate"], row["bridge_unexplained"]) == (None, None, 0)


def test_planned_hours_without_any_rate_cannot_be_costed_before_the_first_is_worked(rows: Rows) -> None:
    lines = tuple(replace(line, item_id=999) if line.item_id == 100 else line for line in QUOTE.lines)
    budget = ProjectBudget(1, "Engineering", Decimal(20), Decimal(140), at(7, 8, 12))
    project = replace(PROJECT, budgets=(budget,))
    work = (TimeEntry(3, 1, 30, at(7, 14), at(7, 14), Decimal(5)),)
    truth = world(deals=(DEAL,), quotes=(replace(QUOTE, lines=lines),), projects=(project,), time_entries=work)
    before, after = (rows(truth, night(7, 17))[day] for day in (date(2026, 7, 12), date(2026, 7, 19)))

    assert (before["margin_state"], before["forecast_cost_base"], before["actual_cost_base"]) == ("uncosted", None, 30_000)
    assert before["uncosted_hours"] == 0
    assert (after["margin_state"], after["forecast_cost_base"]) == ("complete", 30_000 + 20 * 85)


def test_without_sold_hours_the_labour_stays_unexplained(rows: Rows) -> None:
    lines = tuple(replace(line, item_id=999) if line.item_id == 100 else line for line in QUOTE.lines)
    row = rows(delivered(quotes=(replace(QUOTE, lines=lines),), changes=(), time_entries=delivered().time_entries[:4]), night(8, 21))[
        CLOSE_WEEK
    ]

    assert (row["bridge_hours"], row["bridge_unexplained"], row["erosion_amount_base"]) == (None, 340 * 85, 340 * 85)


BY_HOUR = replace(PROJECT, closed_at=at(8, 14), kickoff_recorded=always(date(2026, 7, 15), at(7, 15)), billing_type=" time and MATERIALS ")


def by_the_hour(*entries: TimeEntry, **parts: Any) -> Truth:
    whole = {"projects": (BY_HOUR,), "changes": (), "time_entries": entries, **parts}
    return delivered(**whole)


def charged(day: datetime, hours: int, charge: Charge | None, seq: int = 1) -> TimeEntry:
    return TimeEntry(3, seq, 30, day, day, Decimal(hours), charge)


def test_work_by_the_hour_brings_what_was_billed_and_what_is_still_to_bill(rows: Rows) -> None:
    early, late = charged(at(7, 20), 10, Charge(Decimal(10), Decimal(1_000))), charged(at(8, 12), 4, Charge(Decimal(4), Decimal(400)), 2)
    truth = by_the_hour(early, late, invoices=(billed(901, 3, 900, 8, 3), billed(902, 2, -50, 8, 4)))
    by_day = rows(truth, night(8, 21))

    assert by_day[CLOSE_WEEK]["forecast_revenue_base"] == 8_000 + 900 + 400 - 50  # the invoice billed the ten hours before it
    assert by_day[CLOSE_WEEK]["bridge_discount"] == 50_000 - 9_250
    before = by_day[date(2026, 7, 26)]
    # Open then: 290 hours to come at what the first ten are charged.
    assert (before["actual_revenue_base"], before["forecast_revenue_base"]) == (9_000, 9_000 + 290 * 100)


def test_before_any_hour_work_by_the_hour_is_forecast_at_the_price_that_was_sold(rows: Rows) -> None:
    row = rows(by_the_hour(projects=(replace(BY_HOUR, closed_at=None),)), night(7, 10))[date(2026, 7, 12)]

    assert (row["actual_revenue_base"], row["forecast_revenue_base"]) == (8_000, 50_000)


@pytest.mark.parametrize(
    ("charge", "revenue"),
    [
        (None, 8_000 + 95 * 4),
        (Charge(Decimal(2)), 8_000 + 95 * 2),
        (Charge(Decimal(2), Decimal(7), rate=2), 8_007),
        (Charge(Decimal(0), Decimal(400)), 8_000),
        (Charge(Decimal(4), Decimal(0), rate=2), 8_000 + 140 * 4),
        (Charge(Decimal(4), rate=77), None),
    ],
)
def test_an_hour_is_charged_by_its_amount_else_by_its_rate(rows: Rows, charge: Charge | None, revenue: int | None) -> None:
    row = rows(by_the_hour(charged(at(7, 20), 4, charge)), night(8, 21))[CLOSE_WEEK]

    assert row["forecast_revenue_base"] == revenue
    assert row["margin_state"] == ("undefined" if revenue is None else "complete")


def test_an_entry_that_names_its_invoice_is_billed_by_that_one_where_the_policy_believes_it(rows: Rows, policy: dict[str, Any]) -> None:
    entry = charged(at(7, 20), 10, Charge(Decimal(10), Decimal(1_000), invoice_id=902))
    draft = replace(billed(902, 3, 1_000, 8, 3), posted_at=None)
    truth = by_the_hour(entry, invoices=(billed(901, 3, 300, 8, 3), draft))
    believing = {**policy, "billing": {**policy["billing"], "entry_invoice_field": "actioninvoicenumber"}}
    revenues = [rows(truth, night(8, 21), rules=each)[CLOSE_WEEK]["forecast_revenue_base"] for each in (policy, believing)]

    assert revenues == [8_300, 9_300]


def test_a_bill_of_order_lines_is_no_bill_for_work_by_the_hour(rows: Rows) -> None:
    entry = charged(at(7, 20), 10, Charge(Decimal(10), Decimal(1_000)))
    row = rows(by_the_hour(entry, orders=(ORDER,), invoices=(billed(901, 3, 8_000, 8, 3, order_seq=2, order_id=301),)), night(8, 21))[
        CLOSE_WEEK
    ]

    assert row["forecast_revenue_base"] == 9_000


def test_a_credit_without_a_ticket_goes_to_the_first_project_of_the_orders_deal(rows: Rows) -> None:
    credit = billed(901, None, -200, 8, 13, order_id=301)
    named = replace(ORDER, lines=tuple(replace(line, project_id=2) for line in ORDER.lines))
    whole, parted = (rows(delivered(orders=(order,), invoices=(credit,)), night(8, 21))[CLOSE_WEEK] for order in (ORDER, named))

    assert (whole["bridge_discount"], parted["bridge_discount"]) == (200, 0)


def test_a_bill_in_a_currency_without_a_rate_leaves_the_margin_without_one(rows: Rows) -> None:
    truth = delivered(changes=(replace(GOLDEN_CHANGE, outcome="rejected"),), invoices=(billed(901, 4, 300, 8, 18, currency="USD"),))
    before, after = (rows(truth, night(8, 21))[day] for day in (CLOSE_WEEK, date(2026, 8, 23)))

    assert (before["margin_state"], after["margin_state"], after["forecast_revenue_base"]) == ("complete", "no_rate", None)
    assert after["forecast_cost_base"] == before["forecast_cost_base"]


def test_the_rest_of_a_deal_is_delivered_when_every_project_is(rows: Rows) -> None:
    lines = (replace(ORDER.lines[0], project_id=2), ORDER.lines[1])
    rest = rows(delivered(orders=(replace(ORDER, lines=lines),)), night(8, 21), project_id=0)

    assert [rest[day]["is_delivered"] for day in (date(2026, 8, 9), CLOSE_WEEK)] == [False, True]
    assert (rest[CLOSE_WEEK]["sold_revenue_base"], rest[CLOSE_WEEK]["sold_cost_base"]) == (8_000, 6_000)
    assert (rest[CLOSE_WEEK]["forecast_revenue_base"], rest[CLOSE_WEEK]["margin_state"]) == (None, "undefined")


def test_an_hour_on_a_change_is_late_a_day_after_the_lag_until_an_invoice_bills_it(policy: dict[str, Any]) -> None:
    truth = delivered(invoices=(billed(901, 4, 3_000, 9, 10), billed(902, 4, -100, 8, 10)))
    seen = look(truth, policy, [night(9, 20)], WEB)
    every = handoffs.handoffs(seen)
    hour = next(change_hours(seen, linked_changes(seen, {each.deal.deal_id: each for each in every})))

    # Worked on 6 August, 30 days of lag; the credit of August bills no hours.
    assert (hour.late_from, hour.billed_day) == (date(2026, 9, 6), date(2026, 9, 10))
    assert [hour.is_unbilled_on(date(2026, 9, day)) for day in (5, 6, 9, 10)] == [False, True, True, False]


def test_hours_keep_the_cost_of_their_day_and_those_to_come_take_the_average(policy: dict[str, Any]) -> None:
    costs = (AgentCost(30, date(2026, 1, 1), Decimal(70)), AgentCost(30, date(2026, 7, 22), Decimal(90)))
    work = delivered().time_entries[:4]
    truth = world(deals=(DEAL,), quotes=(QUOTE,), projects=(PROJECT,), time_entries=work[1:3], agent_costs=costs)
    seen = look(truth, policy, [night(8, 1)], WEB, has_dated_costs=True)
    row = fact_project_margin(seen, margin_rows(seen, handoffs.handoffs(seen), [])[-1])

    assert row["forecast_cost_base"] == 85 * 70 + 85 * 90 + 130 * 80 + 6_000
