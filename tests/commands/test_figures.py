"""The last quarter, pooled: golden numbers of the contract, and what cannot be known stays unknown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from handoff_pipeline.commands.figures import pooled_figure
from handoff_pipeline.tables import METRICS

NAMED = {each.metric: each for each in METRICS}
MONDAY, BEFORE = date(2026, 9, 21), date(2026, 9, 14)


def week(monday: date = MONDAY, **values: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(
        ("numerator", "denominator", "numerator_2", "denominator_2", "sum_of_squares", "value", "ci_low", "ci_high", "target_value")
    )
    return empty | {"week_start": monday, "n": 1, "n_excluded": 0, "status": "no_target", "target_due": None} | values


def figure(metric: str, *weeks: dict[str, Any]):
    return pooled_figure(NAMED[metric], weeks)


def test_a_rate_pools_its_weeks_and_takes_wilsons_interval():
    made = figure("kickoff_delay_rate", week(BEFORE, numerator=2, denominator=8), week(numerator=3, denominator=12))
    assert made.value == 0.25
    assert (made.low, made.high) == (pytest.approx(0.1119, abs=1e-4), pytest.approx(0.4687, abs=1e-4))


def test_an_event_rate_takes_the_exact_poisson_interval():
    made = figure("scope_change_frequency", week(numerator=0, denominator=100))
    assert (made.value, made.low) == (0, 0)
    assert made.high == pytest.approx(0.036889, abs=1e-5)


def test_a_mean_takes_students_interval_from_the_handoffs_themselves():
    made = figure("handoff_completeness", week(numerator=240, denominator=3, sum_of_squares=60**2 + 80**2 + 100**2))
    assert made.value == 80
    assert (made.low, made.high) == (pytest.approx(30.317, abs=1e-3), pytest.approx(129.683, abs=1e-3))


def test_a_mean_without_its_handoffs_has_no_interval():
    made = figure("handoff_completeness", week(numerator=240, denominator=3))
    assert (made.value, made.low, made.high) == (80, None, None)


@pytest.mark.parametrize(
    "metric", ["days_to_kickoff_median", "kickoff_within_target", "projects_with_change_rate", "open_margin_erosion_pp"]
)
def test_a_rolling_figure_is_the_newest_weeks_own(metric):
    older = week(BEFORE, value=99, n=99, numerator=7, denominator=9)
    made = figure(metric, older, week(value=12, ci_low=3, n=10, numerator=1, denominator=2))
    assert (made.value, made.low, made.high, made.n) == (12, 3, None, 10)


def test_a_difference_of_margins_is_in_percentage_points():
    made = figure("margin_erosion_pp", week(numerator=20_000, denominator=50_000, numerator_2=14_450, denominator_2=54_000))
    assert made.value == pytest.approx(13.24, abs=5e-3)
    assert (made.low, made.high) == (None, None)


def test_money_lost_in_a_quarter_is_the_sum_of_its_weeks():
    assert figure("margin_erosion_amount", week(BEFORE, numerator=1_000.0), week(numerator=-250.0)).value == 750


def test_status_and_target_are_the_newest_weeks():
    older = week(BEFORE, numerator=1, denominator=2, status="behind", target_value=0.4, target_due=date(2026, 10, 1))
    made = figure(
        "kickoff_delay_rate", older, week(numerator=1, denominator=4, status="ahead", target_value=0.3, target_due=date(2026, 11, 1))
    )
    assert (made.status, made.target_value, made.target_due) == ("ahead", 0.3, date(2026, 11, 1))


@pytest.mark.parametrize("denominator", [0, None])
def test_nothing_over_nothing_is_unknown(denominator):
    made = figure("kickoff_delay_rate", week(numerator=0, denominator=denominator))
    assert (made.value, made.low, made.high) == (None, None, None)
