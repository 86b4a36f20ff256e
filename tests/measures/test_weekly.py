"""Intervals of KPI points: each kind equals its scalar, and counts that cannot be are refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from handoff_pipeline.measures import MeasureError, poisson_rate_interval, student_t_interval, wilson
from handoff_pipeline.measures.weekly import with_intervals
from handoff_pipeline.tables import METRICS, Metric

SCHEMA = {
    "metric": pl.String,
    "week_start": pl.Date,
    "segment_type": pl.String,
    "segment": pl.String,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "numerator_2": pl.Float64,
    "denominator_2": pl.Float64,
    "n": pl.Int64,
    "n_excluded": pl.Int64,
    "value": pl.Float64,
    "sum_of_squares": pl.Float64,
    "interval": pl.String,
}


def point(interval: str, numerator: float | None, denominator: float | None, **more: Any) -> dict[str, Any]:
    value = numerator / denominator if numerator is not None and denominator else None
    row = {
        "metric": "kickoff_delay_rate",
        "week_start": date(2026, 8, 31),
        "segment_type": "all",
        "segment": "all",
        "n": 1,
        "n_excluded": 0,
    }
    return row | {"numerator": numerator, "denominator": denominator, "value": value, "interval": interval} | more


def points(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def ends(frame: pl.DataFrame) -> list[tuple[float | None, float | None]]:
    return [(low, high) for low, high in with_intervals(frame).select("ci_low", "ci_high").rows()]


def test_every_kind_gives_its_own_interval_in_one_frame() -> None:
    scores = [60.0, 75.0, 100.0, 85.0]
    got = ends(
        points(
            point("wilson", 2, 8),
            point("student_t", sum(scores), 4, sum_of_squares=sum(score**2 for score in scores)),
            point("poisson", 3, 12),
            point("none", 3, 12),
            point("log_log", 3, 12),
        )
    )
    sd = pl.Series(scores).std()
    assert isinstance(sd, float)
    expected = [wilson(2, 8), student_t_interval(80, sd, 4), poisson_rate_interval(3, 12), (None, None), (None, None)]
    assert got == [pytest.approx(pair) for pair in expected]


def test_changes_per_100_hours_count_each_change_once() -> None:
    low, high = ends(points(point("poisson", 300, 250, metric="scope_changes_per_100h")))[0]
    alone = poisson_rate_interval(3, 250)
    assert alone is not None
    assert (low, high) == pytest.approx((100 * alone.low, 100 * alone.high))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.metric)
def test_every_metric_of_the_contract_has_its_interval_or_none(metric: Metric) -> None:
    numerator, denominator = {"per_100_hours": (300.0, 250.0), "score": (640.0, 8.0)}.get(metric.unit, (2.0, 8.0))
    row = point(metric.interval, numerator, denominator, metric=metric.metric, sum_of_squares=52_000.0)
    low, high = ends(points(row))[0]
    if metric.interval in {"none", "log_log"}:
        assert (low, high) == (None, None)
    else:
        assert low < row["value"] < high


def test_a_level_that_is_a_share_has_wilsons_interval() -> None:
    assert ends(points(point("wilson", 2, 8, metric="decision_overdue_rate")))[0] == pytest.approx(wilson(2, 8))


def test_a_point_without_value_or_cohort_has_no_interval() -> None:
    frame = points(
        point("wilson", None, None), point("wilson", 0, 0), point("poisson", 0, 0), point("student_t", 80, 1, sum_of_squares=6400)
    )
    assert ends(frame) == [(None, None)] * 4


def test_equal_values_have_an_interval_without_width() -> None:
    total = 0.1 * 3
    low, high = ends(points(point("student_t", total, 3, sum_of_squares=0.1**2 * 3)))[0]
    assert low == pytest.approx(0.1, abs=1e-6)
    assert high == pytest.approx(0.1, abs=1e-6)


def test_rows_and_other_columns_stay_as_they_came() -> None:
    frame = points(point("poisson", 3, 12), point("wilson", 2, 8), point("none", None, None))
    assert_frame_equal(with_intervals(frame).drop("ci_low", "ci_high"), frame)
    assert with_intervals(frame.clear()).schema == frame.schema | {"ci_low": pl.Float64, "ci_high": pl.Float64}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=20))
def test_a_column_of_shares_equals_each_share_alone(shares: list[tuple[int, int]]) -> None:
    got = ends(points(*(point("wilson", *share) for share in shares)))
    assert got == [pytest.approx(wilson(*share)) for share in shares]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (point("wilson", 7, 5), "numerator is 7"),
        (point("wilson", 1.5, 5), "numerator is 1.5"),
        (point("wilson", 2, 5.5), "denominator is 5.5"),
        (point("poisson", -1, 5), "numerator is -1"),
        (point("poisson", 1.5, 5), "numerator is 1.5"),
        (point("poisson", 1, -5), "denominator is -5"),
        (point("student_t", 80, 4), "sum_of_squares is None"),
        (point("newcombe", 1, 2), "interval is newcombe"),
    ],
)
def test_a_count_that_cannot_be_is_refused_by_name_and_value(row: dict[str, Any], named: str) -> None:
    with pytest.raises(MeasureError, match=named):
        with_intervals(points(row))


def test_a_missing_column_is_refused_by_name() -> None:
    with pytest.raises(MeasureError, match="lacks sum_of_squares"):
        with_intervals(points(point("none", 1, 2)).drop("sum_of_squares"))
