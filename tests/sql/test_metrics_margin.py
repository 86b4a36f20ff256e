"""The metrics of margin, each with a worked example."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.sql.metric_facts import Facts, day

CLOSED = day(7, 15)
SUNDAY = day(7, 19)
LATER = SUNDAY + timedelta(56)
PP, AMOUNT, OPEN = "margin_erosion_pp", "margin_erosion_amount", "open_margin_erosion_pp"


def closed(facts: Facts, key: int, when: date = CLOSED, *, deleted: date | None = None) -> None:
    facts.won(key, day(7, 1))
    facts.project(key * 10, key, created=day(7, 1), closed=when, deleted=deleted)


def test_erosion_is_the_contracts_golden_number_eight_weeks_later(facts: Facts) -> None:
    closed(facts, 1)
    facts.margin(10, 1, SUNDAY, sold=(50_000, 30_000), now=(50_000, 30_000))
    facts.margin(10, 1, LATER, sold=(50_000, 30_000), now=(54_000, 39_550))
    facts.margin(10, 1, LATER + timedelta(7), sold=(50_000, 30_000), now=(50_000, 50_000))
    facts.built()
    points, amount = facts.point(PP, CLOSED), facts.point(AMOUNT, CLOSED)

    assert round(points["value"], 2) == 13.24
    assert [points[name] for name in ("numerator", "denominator", "numerator_2", "denominator_2")] == [20_000, 50_000, 14_450, 54_000]
    assert (amount["value"], amount["value_amount"], amount["denominator"], amount["n"]) == (5_550, Decimal(5_550), None, 1)


def test_a_portfolio_is_a_ratio_of_sums_over_the_complete_ones(facts: Facts) -> None:
    for key, state in enumerate(["complete", "complete", "uncosted", "no_rate"], start=1):
        closed(facts, key)
        facts.margin(key * 10, key, LATER, sold=(1_000 * key, 500 * key), now=(1_000 * key, 800), state=state)
    facts.built()
    row = facts.point(PP, CLOSED)

    assert row["value"] == pytest.approx((1_500 / 3_000 - 1_400 / 3_000) * 100)
    assert (row["n"], row["n_excluded"], facts.point(AMOUNT, CLOSED)["value_amount"]) == (2, 2, Decimal(100))
    assert {each["exclusion"] for each in facts.members(PP)} == {None, "uncosted", "no_rate"}
    assert all(each["numerator"] is None for each in facts.members(PP) if not each["is_counted"])


def test_a_young_week_takes_the_latest_sunday_there_is(facts: Facts) -> None:
    closed(facts, 1, day(11, 18))
    facts.margin(10, 1, day(11, 29), sold=(100, 50), now=(100, 60))
    facts.margin(10, 1, day(12, 6), sold=(100, 50), now=(100, 70))
    row = facts.built().point(PP, day(11, 18))

    assert (row["value"], row["is_partial_week"]) == (pytest.approx(20), True)


def test_a_project_that_was_deleted_before_then_is_left_out(facts: Facts) -> None:
    closed(facts, 1, deleted=day(8, 1))
    facts.margin(10, 1, SUNDAY, sold=(100, 50), now=(100, 60))
    row = facts.built().point(PP, CLOSED)

    assert (row["value"], row["n"], row["n_excluded"]) == (None, 0, 1)
    assert [each["exclusion"] for each in facts.members(AMOUNT)] == ["deleted"]


def test_money_adds_up_to_the_last_decimal(facts: Facts) -> None:
    closed(facts, 1)
    closed(facts, 2)
    for key in (1, 2):
        facts.add(
            "marts.fact_project_margin", project_key=facts.key("project", key * 10), handoff_key=facts.key("handoff", key),
            as_of_date=LATER, is_delivered=True, margin_state="complete", sold_revenue_base=Decimal("98765432.1234"),
            sold_cost_base=Decimal("0.1"), forecast_revenue_base=Decimal("98765432.1234"), forecast_cost_base=Decimal("12345678.2001"),
            erosion_amount_base=Decimal("12345678.1001"),
        )  # fmt: skip
    facts.built()

    assert facts.point(AMOUNT, CLOSED)["value_amount"] == Decimal("24691356.2002")
    assert facts.point(PP, CLOSED)["denominator"] == 197530864.2468


def test_open_projects_count_by_their_forecast_as_of_each_sunday(facts: Facts) -> None:
    for key in (1, 2, 3):
        facts.won(key, day(7, 1))
    facts.project(10, 1, created=day(7, 1), closed=day(7, 22))
    facts.project(20, 2, created=day(7, 1), cancelled=day(7, 22))
    facts.project(30, 3, created=day(7, 1))
    for key, cost in ((1, 60), (2, 70), (3, 80)):
        facts.margin(key * 10, key, SUNDAY, sold=(100, 50), now=(100, cost), delivered=False)
    facts.margin(10, 1, day(7, 26), sold=(100, 50), now=(100, 60))
    facts.margin(20, 2, day(7, 26), sold=(100, 50), now=(100, 70), delivered=False)
    facts.margin(30, 3, day(7, 26), sold=(100, 50), now=(100, 90), delivered=False, state="no_baseline")
    facts.built()
    first, second = facts.point(OPEN, SUNDAY), facts.point(OPEN, day(7, 26))

    assert (first["value"], first["n"]) == (pytest.approx((150 / 300 - 90 / 300) * 100), 3)
    # One was closed, one cancelled, and of the last nobody knows what was sold.
    assert (second["value"], second["n"], second["n_excluded"]) == (None, 0, 1)


def test_an_unallocated_remainder_and_a_project_without_a_deal_are_in_no_metric_of_margin(facts: Facts) -> None:
    facts.won(1, day(7, 1))
    facts.project(7, None, created=day(7, 1), closed=CLOSED)
    facts.margin(7, 1, LATER, sold=(100, 50), now=(100, 60))
    facts.add(
        "marts.fact_project_margin", project_key=0, handoff_key=facts.key("handoff", 1), as_of_date=SUNDAY, is_delivered=False,
        margin_state="undefined",
    )  # fmt: skip
    facts.built()

    assert [facts.members(metric) for metric in (PP, AMOUNT, OPEN)] == [[], [], []]
