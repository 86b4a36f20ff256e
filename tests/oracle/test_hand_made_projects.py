"""Projects of hand-made worlds: margin, changes, waiting and origin, each worked out by hand in the test."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from handoff_pipeline.simulator.truth import AgentCost, Invoice, InvoiceLine, Order, OrderLine, ProjectBudget, TimeEntry
from tests.oracle import expected
from tests.oracle.hand_made import DEAL, GOLDEN_CHANGE, PROJECT, QUOTE, WEB, at, delivered, night, one, world
from tests.oracle.keys import key, utc


def test_margin_erosion_is_sold_less_delivered(policy: dict[str, Any]):
    tables = expected(delivered(), policy, [night(8, 21)], WEB)
    row = one(tables, "fact_project_margin", as_of_date=date(2026, 8, 16))

    assert row["actual_revenue_base"] == Decimal(55_500)
    assert row["actual_cost_base"] == Decimal(340 * 85 + 6_000 + 40 * 85)
    assert (row["margin_state"], row["erosion_amount_base"]) == ("complete", Decimal(20_000 - (55_500 - 38_300)))
    assert row["erosion_pp"] == pytest.approx(40 - (55_500 - 38_300) / 55_500 * 100)
    assert [each["as_of_date"] for each in tables["fact_project_margin"] if each["is_delivered"]] == [date(2026, 8, 16), date(2026, 8, 23)]
    metric = one(
        tables, "kpi_weekly", metric_key=key("acme", "metric", "margin_erosion_pp"), segment_type="all", week_start=date(2026, 8, 10)
    )
    assert metric["value"] == pytest.approx(row["erosion_pp"])
    assert (metric["n"], metric["status"], metric["is_partial_week"]) == (1, "not_enough_data", True)


def test_hours_on_a_change_that_nobody_approved_cost_and_bring_what_was_billed(policy: dict[str, Any]):
    lines = (InvoiceLine(1, 4, "More", Decimal(2), Decimal(450)), InvoiceLine(2, None, "Travel", Decimal(1), Decimal(85)))
    bill = Invoice(901, 11, at(8, 15), "GBP", lines, posted_at=at(8, 18))
    truth = delivered(changes=(replace(GOLDEN_CHANGE, outcome="rejected"),), invoices=(bill,))
    tables = expected(truth, policy, [night(8, 21)], WEB)
    before, after = (one(tables, "fact_project_margin", as_of_date=day) for day in (date(2026, 8, 16), date(2026, 8, 23)))
    change = one(tables, "fact_change_request")

    assert (before["actual_revenue_base"], after["actual_revenue_base"]) == (Decimal(50_000), Decimal(50_900))
    assert before["actual_cost_base"] == after["actual_cost_base"] == Decimal(380 * 85 + 6_000)
    assert (before["margin_state"], change["is_billed"], change["billed_at_utc"]) == ("complete", True, utc(at(8, 18)))


def test_a_draft_bills_nothing(policy: dict[str, Any]):
    draft = Invoice(901, 11, at(8, 15), "GBP", (InvoiceLine(1, 4, "More", Decimal(1), Decimal(900)),))
    change = one(expected(delivered(invoices=(draft,)), policy, [night(8, 21)], WEB), "fact_change_request")

    assert (change["is_billed"], change["billed_at_utc"]) == (False, None)


def test_a_credit_bills_nothing(policy: dict[str, Any]):
    credit = Invoice(901, 11, at(8, 15), "GBP", (InvoiceLine(1, 4, "More", Decimal(-1), Decimal(900)),), posted_at=at(8, 18))
    change = one(expected(delivered(invoices=(credit,)), policy, [night(8, 21)], WEB), "fact_change_request")

    assert (change["is_billed"], change["billed_at_utc"]) == (False, None)


@pytest.mark.parametrize(
    ("links", "kind"),
    [
        ({"parent_id": 3, "related_project_id": 2, "created_from_id": 2}, "parent"),
        ({"parent_id": None, "related_project_id": 2, "created_from_id": 3}, "related"),
        ({"parent_id": None, "created_from_id": 3}, "created_from"),
        ({"parent_id": 1, "created_from_id": 2}, "created_from"),
    ],
)
def test_a_change_finds_its_project_by_the_first_link_that_leads_to_one(policy: dict[str, Any], links: dict[str, Any], kind: str):
    change = one(expected(delivered(changes=(replace(GOLDEN_CHANGE, **links),)), policy, [night(8, 21)], WEB), "fact_change_request")

    assert (change["project_key"], change["link_kind"]) == (key("acme", "project", 2), kind)


def test_a_change_without_any_link_is_left_out(policy: dict[str, Any]):
    assert not expected(delivered(changes=(replace(GOLDEN_CHANGE, parent_id=None),)), policy, [night(8, 21)], WEB)["fact_change_request"]


def test_the_baseline_is_the_first_budget_seen_and_what_was_sold_before_it(policy: dict[str, Any]):
    budgets = (
        ProjectBudget(1, "Engineering", Decimal(280), Decimal(140), at(7, 9)),
        ProjectBudget(2, "Travel", Decimal("12.5"), Decimal(60), at(7, 9)),
        ProjectBudget(3, "Engineering", Decimal(8), Decimal(140), at(7, 20)),
    )
    truth = world(deals=(DEAL,), quotes=(QUOTE,), projects=(replace(PROJECT, budgets=budgets),))
    seen_on = [[night(7, 9)], [night(7, 9), night(7, 10), night(7, 21)], [night(7, 21)]]
    hours = [one(expected(truth, policy, nights, WEB), "dim_project", project_id=2)["baseline_hours"] for nights in seen_on]

    assert hours == [Decimal(300), Decimal("292.5"), Decimal("300.5")]


def test_dated_costs_count_only_where_reporting_gives_them(policy: dict[str, Any]):
    costs = (AgentCost(30, date(2026, 1, 1), Decimal(70)), AgentCost(30, date(2026, 7, 22), Decimal(90)))
    truth = delivered(agent_costs=costs, changes=(), time_entries=delivered().time_entries[:4])
    plain, dated = (
        expected(truth, policy, [night(8, 15)], WEB, has_dated_costs=has_dated)["fact_project_margin"][-1]["actual_cost_base"]
        for has_dated in (False, True)
    )

    # 85 hours a day on 20, 21, 22 and 23 July, and third party of 6,000
    assert (plain, dated) == (Decimal(340 * 85 + 6_000), Decimal(170 * 70 + 170 * 90 + 6_000))


def test_an_hour_without_a_cost_gives_no_percentage(policy: dict[str, Any]):
    row = one(
        expected(delivered(time_entries=(TimeEntry(2, 2, 31, at(8, 4), at(8, 4), Decimal(2)),)), policy, [night(8, 15)], WEB),
        "fact_project_margin",
        is_delivered=True,
    )

    assert (row["margin_state"], row["uncosted_hours"], row["actual_cost_base"], row["erosion_pp"]) == ("uncosted", Decimal(2), None, None)


def test_lines_that_name_a_project_leave_a_rest_that_sums_to_the_deal(policy: dict[str, Any]):
    lines = (
        OrderLine(1, "Engineering", 100, Decimal(300), Decimal(140), Decimal(80), project_id=2),
        OrderLine(2, "Switches", 200, Decimal(2), Decimal(4_000), Decimal(3_000)),
    )
    tables = expected(delivered(orders=(Order(301, 1, 11, 501, at(7, 6, 9, 20), "GBP", lines),)), policy, [night(8, 15)], WEB)
    own = one(tables, "fact_project_margin", project_key=key("acme", "project", 2), is_delivered=True)
    rest = one(tables, "fact_project_margin", project_key=0, is_delivered=True)

    assert (own["sold_revenue_base"], own["sold_cost_base"]) == (Decimal(42_000), Decimal(24_000))
    assert own["actual_cost_base"] == Decimal(380 * 85)  # the switches name no project
    assert (rest["sold_revenue_base"], rest["sold_cost_base"], rest["margin_state"]) == (Decimal(8_000), Decimal(6_000), "undefined")


def test_changes_count_in_the_week_of_the_decision_over_active_projects(policy: dict[str, Any]):
    tables = expected(delivered(), policy, [night(8, 21)], WEB)
    weekly = [
        row
        for row in tables["kpi_weekly"]
        if row["metric_key"] == key("acme", "metric", "scope_change_frequency") and row["segment_type"] == "all"
    ]

    assert [(row["week_start"].isoformat(), row["numerator"], row["denominator"]) for row in weekly] == [
        ("2026-07-06", 0, 0),
        ("2026-07-13", 0, 1),
        ("2026-07-20", 0, 1),
        ("2026-07-27", 0, 1),
        ("2026-08-03", 1, 1),
        ("2026-08-10", 0, 1),
        ("2026-08-17", 0, 0),
    ]


def test_a_deal_that_nobody_started_waits_until_the_end_of_each_week(policy: dict[str, Any]):
    tables = expected(world(deals=(DEAL,), projects=(replace(PROJECT, cancelled_at=at(7, 20)),)), policy, [night(7, 22)], WEB)
    delay = one(
        tables, "kpi_weekly", metric_key=key("acme", "metric", "kickoff_delay_rate"), segment_type="all", week_start=date(2026, 7, 13)
    )
    medians = [
        row
        for row in tables["kpi_weekly"]
        if row["metric_key"] == key("acme", "metric", "days_to_kickoff_median") and row["segment_type"] == "all"
    ]

    assert (delay["numerator"], delay["n"], delay["n_excluded"]) == (1, 1, 0)  # cancelled after the committed 15 July
    assert [(row["n"], row["value"]) for row in medians] == [(1, None)] * 3
    assert one(tables, "fact_handoff")["kickoff_state"] == "cancelled"


def test_a_project_of_no_opportunity_is_a_bypass_and_an_order_line_gives_it_one(policy: dict[str, Any]):
    stray = replace(PROJECT, deal_id=None)
    alone = expected(world(projects=(stray,)), policy, [night(7, 10)], WEB)
    order = Order(301, 1, 11, None, at(7, 6, 9, 20), "GBP", (OrderLine(1, "Work", 100, Decimal(1), Decimal(1), Decimal(1), project_id=2),))
    named = expected(world(deals=(DEAL,), orders=(order,), projects=(stray,)), policy, [night(7, 10)], WEB)

    assert one(alone, "fact_bypass")["bypass_key"] == key("acme", "bypass", "project_without_opportunity|0|2|")
    assert one(named, "dim_project", project_id=2)["origin"] == "sales_order"
    assert one(named, "fact_handoff")["sold_basis"] == "order_first_seen"
