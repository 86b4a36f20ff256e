"""Every metric of a hand-made world: who is a member, which week it lands in and what the week comes to, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from handoff_pipeline.simulator.truth import Invoice, InvoiceLine, TimeEntry
from tests.oracle import expected
from tests.oracle.hand_made import (
    DEAL,
    GOLDEN_CHANGE,
    PROJECT,
    QUOTE,
    WEB,
    always,
    asked,
    at,
    delivered,
    members,
    night,
    one,
    sold,
    weekly,
    world,
)
from tests.oracle.keys import key
from tests.oracle.metrics import METRICS

WIN_WEEK = date(2026, 7, 6)


def test_completeness_is_the_mean_score_at_the_win(policy: dict[str, Any]):
    half = replace(
        DEAL,
        deal_id=5,
        delivery_assumptions=always("Somebody of theirs is on site for every visit"),
        dependencies=always("The landlord lets us into the server room"),
        acceptance_criteria=always("It works"),
    )
    tables = expected(world(deals=(DEAL, half), quotes=(QUOTE, replace(QUOTE, quote_id=502, deal_id=5))), policy, [night(7, 7)], WEB)
    row = weekly(tables, "handoff_completeness", WIN_WEEK)

    assert (row["numerator"], row["denominator"], row["n"], row["value"]) == (192.5, 2.0, 2, 96.25)
    # 3.75 either side of the mean: 12.706 x 5.3033 / sqrt 2
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(48.602, abs=1e-3), pytest.approx(143.898, abs=1e-3))


@pytest.mark.parametrize(("first", "share"), [("accepted", 1.0), ("rejected", 0.0)])
def test_first_pass_is_the_first_decision_and_its_week(policy: dict[str, Any], first: str, share: float):
    signoffs = (asked(1, first, 5), asked(2, "accepted", 60 * 24 * 7))
    tables = expected(sold(signoffs=signoffs), policy, [night(7, 10), night(7, 20)], WEB)

    assert weekly(tables, "first_pass_acceptance", WIN_WEEK)["value"] == share
    assert weekly(tables, "first_pass_acceptance", date(2026, 7, 13))["n"] == 0


def test_a_decision_of_somebody_who_may_not_decide_is_no_first_pass(policy: dict[str, Any]):
    tables = expected(sold(signoffs=(replace(asked(1, "accepted", 5), agent_id=10),)), policy, [night(7, 10)], WEB)

    assert not members(tables, "first_pass_acceptance")
    assert one(tables, "fact_approval")["result"] == "accepted"


@pytest.mark.parametrize(("seen_on", "share"), [(night(8, 31), 0.0), (night(9, 1), 1.0)])
def test_a_date_of_its_own_counts_when_it_was_seen_within_56_days_of_the_win(policy: dict[str, Any], seen_on: datetime, share: float):
    late = replace(DEAL, kickoff_committed=always(date(2026, 9, 20), at(8, 20)))
    row = weekly(expected(sold(deals=(late,)), policy, [night(7, 7), seen_on], WEB), "no_commit_rate", WIN_WEEK)

    assert (row["value"], row["n"], row["is_partial_week"]) == (share, 1, True)


@pytest.mark.parametrize(("as_of", "partial"), [(at(9, 6, 22, 59), True), (at(9, 6, 23, 0), False)])
def test_a_week_with_a_follow_up_is_partial_until_8_weeks_after_its_sunday(policy: dict[str, Any], as_of: datetime, partial: bool):
    tables = expected(sold(), policy, [night(7, 7), as_of], WEB)

    for metric, fixed in METRICS.items():
        assert weekly(tables, metric, WIN_WEEK)["is_partial_week"] is (partial and fixed.waits)


def test_a_kickoff_without_signoff_is_counted_in_its_own_week(policy: dict[str, Any]):
    tables = expected(delivered(), policy, [night(8, 21)], WEB)
    row = weekly(tables, "kickoff_without_signoff", date(2026, 7, 13))

    assert (row["numerator"], row["denominator"], row["status"]) == (1.0, 1.0, "no_target")


def test_the_wait_for_a_kickoff_is_looked_back_on_for_13_weeks(policy: dict[str, Any]):
    tables = expected(delivered(), policy, [night(10, 12)], WEB)
    waits = members(tables, "days_to_kickoff_median")

    assert [row["week_start"] for row in waits] == [WIN_WEEK + timedelta(weeks=place) for place in range(13)]
    assert [(row["duration"], row["is_event"]) for row in waits[:2]] == [(6.0, False), (9.0, True)]
    assert weekly(tables, "days_to_kickoff_median", date(2026, 7, 13))["value"] == 9.0
    assert weekly(tables, "kickoff_within_target", date(2026, 7, 13))["value"] == 1.0
    assert weekly(tables, "kickoff_within_target", WIN_WEEK)["value"] is None  # followed for 6 days, asked for 14


def test_a_kickoff_before_the_win_is_left_out_of_the_wait(policy: dict[str, Any]):
    early = replace(PROJECT, kickoff_recorded=always(date(2026, 7, 3), at(7, 8)))
    row = weekly(expected(sold(projects=(early,)), policy, [night(7, 9)], WEB), "days_to_kickoff_median", WIN_WEEK)

    assert (row["n"], row["n_excluded"], row["value"], row["status"]) == (0, 1, None, "not_enough_data")


@pytest.mark.parametrize(("raised", "share"), [(at(9, 9), 1.0), (at(9, 10), 0.0), (at(7, 10), 1.0)])
def test_an_assumption_is_missed_by_a_sales_gap_within_56_days_of_the_kickoff(policy: dict[str, Any], raised: datetime, share: float):
    change = replace(GOLDEN_CHANGE, raised_at=raised, outcome="raised", decided_at=None)
    tables = expected(delivered(changes=(change,)), policy, [night(9, 20)], WEB)

    assert weekly(tables, "missed_assumption_rate", date(2026, 7, 13))["value"] == share


def test_a_change_of_another_origin_misses_no_assumption(policy: dict[str, Any]):
    tables = expected(delivered(changes=(replace(GOLDEN_CHANGE, origin="Client request"),)), policy, [night(9, 20)], WEB)

    assert weekly(tables, "missed_assumption_rate", date(2026, 7, 13))["value"] == 0.0


def test_changes_per_100_hours_count_the_weeks_hours_of_active_projects(policy: dict[str, Any]):
    change = replace(GOLDEN_CHANGE, raised_at=at(7, 20), decided_at=at(7, 22))
    tables = expected(delivered(changes=(change,)), policy, [night(8, 21)], WEB)
    row, idle = (weekly(tables, "scope_changes_per_100h", week) for week in (date(2026, 7, 20), date(2026, 7, 27)))

    assert (row["numerator"], row["denominator"], row["n"]) == (100.0, 340.0, 340)
    assert row["value"] == pytest.approx(100 / 340)
    assert row["ci_high"] == pytest.approx(5.5716434 / 3.4)  # chi-squared, 4 degrees, 97.5 % / 2
    assert (idle["denominator"], idle["value"], idle["n"]) == (0.0, None, 0)


def test_hours_are_counted_whole_and_rounded_down(policy: dict[str, Any]):
    more = TimeEntry(3, 9, 30, at(7, 24), at(7, 24), Decimal("0.75"))
    tables = expected(delivered(time_entries=(*delivered().time_entries, more)), policy, [night(8, 21)], WEB)
    row = weekly(tables, "scope_changes_per_100h", date(2026, 7, 20))

    assert (row["denominator"], row["n"]) == (340.75, 340)


@pytest.mark.parametrize(("decided", "shares"), [(at(8, 5), [1.0, 1.0]), (at(8, 20), [0.0, 1.0])])
def test_a_closed_project_has_a_change_when_it_was_approved_by_the_weeks_end(
    policy: dict[str, Any], decided: datetime, shares: list[float]
):
    tables = expected(delivered(changes=(replace(GOLDEN_CHANGE, decided_at=decided),)), policy, [night(8, 24)], WEB)
    weeks = [date(2026, 8, 10), date(2026, 8, 17)]

    assert [weekly(tables, "projects_with_change_rate", week)["value"] for week in weeks] == shares


def test_erosion_is_told_in_points_and_in_money_of_the_same_projects(policy: dict[str, Any]):
    tables = expected(delivered(), policy, [night(8, 21)], WEB)
    week = date(2026, 8, 10)
    points, amount = weekly(tables, "margin_erosion_pp", week), weekly(tables, "margin_erosion_amount", week)
    margin = max((row for row in tables["fact_project_margin"] if row["is_delivered"]), key=lambda row: row["as_of_date"])

    assert points["value"] == pytest.approx(margin["erosion_pp"])
    assert (points["numerator"], points["denominator"]) == (20_000.0, 50_000.0)
    assert (amount["value_amount"], amount["numerator"], amount["denominator"]) == (
        margin["erosion_amount_base"],
        float(margin["erosion_amount_base"]),
        None,
    )


def test_a_project_that_is_not_complete_is_left_out_with_its_state(policy: dict[str, Any]):
    unknown = (TimeEntry(2, 2, 31, at(8, 4), at(8, 4), Decimal(2)),)
    tables = expected(delivered(time_entries=unknown), policy, [night(8, 21)], WEB)

    for metric in ("margin_erosion_pp", "margin_erosion_amount"):
        row = weekly(tables, metric, date(2026, 8, 10))
        assert (row["n"], row["n_excluded"], row["value"]) == (0, 1, None)
        assert [each["exclusion"] for each in members(tables, metric)] == ["uncosted"]


def test_open_projects_are_told_by_their_forecast_of_each_sunday(policy: dict[str, Any]):
    tables = expected(delivered(), policy, [night(8, 21)], WEB)
    open_rows = {row["as_of_date"] - timedelta(days=6): row for row in tables["fact_project_margin"] if not row["is_delivered"]}

    assert set(open_rows) == {row["week_start"] for row in members(tables, "open_margin_erosion_pp")}
    assert open_rows
    for week, row in open_rows.items():
        assert weekly(tables, "open_margin_erosion_pp", week)["value"] == pytest.approx(row["erosion_pp"])


def test_hours_on_a_change_are_unbilled_from_the_lag_to_the_bill(policy: dict[str, Any]):
    bill = Invoice(901, 11, at(9, 9), "GBP", (InvoiceLine(1, 4, "More", Decimal(1), Decimal(5_500)),), posted_at=at(9, 10))
    rules = {**policy, "billing": {**policy["billing"], "lag_days": 30}}
    tables = expected(delivered(invoices=(bill,)), rules, [night(9, 20)], WEB)
    hours = [row for row in tables["kpi_weekly"] if row["metric_key"] == key("acme", "metric", "unbilled_scope_hours")]

    # worked on 6 August: 31 days old on Sunday 6 September
    assert [(row["week_start"], row["value"]) for row in hours if row["segment_type"] == "all" and row["value"]] == [
        (date(2026, 8, 31), 40)
    ]
