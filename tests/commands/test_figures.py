"""The last quarter, pooled: golden numbers of the contract, and what cannot be known stays unknown."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from handoff_pipeline.commands.figures import pooled_figures

SCHEMA = {
    "metric": pl.String,
    "title": pl.String,
    "unit": pl.String,
    "aggregation": pl.String,
    "first_week": pl.Date,
    "last_week": pl.Date,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "numerator_2": pl.Float64,
    "denominator_2": pl.Float64,
    "n": pl.Int64,
    "newest": pl.Float64,
    "newest_n": pl.Int64,
    "newest_low": pl.Float64,
    "newest_high": pl.Float64,
    "sum_of_squares": pl.Float64,
}


def figure(metric: str, unit: str, aggregation: str, **values: float | None):
    row: dict[str, object] = {"metric": metric, "title": metric, "unit": unit, "aggregation": aggregation, "n": 20, "newest_n": 0}
    row |= {"first_week": date(2026, 6, 29), "last_week": date(2026, 9, 21)}
    row |= values
    [made] = pooled_figures(pl.DataFrame([row], schema=SCHEMA))
    return made


def test_a_rate_pools_its_weeks_and_takes_wilsons_interval():
    made = figure("kickoff_delay_rate", "fraction", "ratio", numerator=5, denominator=20)
    assert made.value == 0.25
    assert (made.low, made.high) == (pytest.approx(0.1119, abs=1e-4), pytest.approx(0.4687, abs=1e-4))


def test_an_event_rate_takes_the_exact_poisson_interval():
    made = figure("scope_change_frequency", "per_project_week", "ratio", numerator=0, denominator=100)
    assert (made.value, made.low) == (0, 0)
    assert made.high == pytest.approx(0.036889, abs=1e-5)


def test_a_mean_takes_students_interval_from_the_handoffs_themselves():
    made = figure("handoff_completeness", "score", "mean", numerator=240, denominator=3, sum_of_squares=60**2 + 80**2 + 100**2)
    assert made.value == 80
    assert (made.low, made.high) == (pytest.approx(30.317, abs=1e-3), pytest.approx(129.683, abs=1e-3))


def test_a_mean_without_its_handoffs_has_no_interval():
    made = figure("handoff_completeness", "score", "mean", numerator=240, denominator=3)
    assert (made.value, made.low, made.high) == (80, None, None)


def test_a_median_is_the_newest_weeks_own():
    made = figure("days_to_kickoff_median", "days", "median", newest=12, newest_n=10, newest_low=3)
    assert (made.value, made.low, made.high, made.n) == (12, 3, None, 10)


def test_a_difference_of_margins_is_in_percentage_points():
    made = figure(
        "margin_erosion_pp", "pp", "ratio_difference", numerator=20_000, denominator=50_000, numerator_2=14_450, denominator_2=54_000
    )
    assert made.value == pytest.approx(13.24, abs=5e-3)
    assert (made.low, made.high) == (None, None)


@pytest.mark.parametrize("denominator", [0, None])
def test_nothing_over_nothing_is_unknown(denominator):
    made = figure("kickoff_delay_rate", "fraction", "ratio", numerator=0, denominator=denominator)
    assert (made.value, made.low, made.high) == (None, None, None)
