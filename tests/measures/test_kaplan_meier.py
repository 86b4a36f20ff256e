"""Survival: the contract's golden numbers, agreement with statsmodels, and what the curve refuses to say."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from handoff_pipeline.measures import Estimate, MeasureError, kaplan_meier, median_with_interval, survival_at

GOLDEN = [(3, 1), (5, 1), (6, 0), (7, 1), (8, 0), (10, 1), (12, 1), (14, 0), (21, 0), (30, 0)]
observations = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1)), min_size=1, max_size=60)


def counts(rows: list[tuple[int, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        {"day": [day for day, _ in rows], "events": [event for _, event in rows], "censored": [1 - event for _, event in rows]}
    )


def test_the_golden_curve_steps_where_somebody_kicked_off() -> None:
    steps = kaplan_meier(counts(GOLDEN)).steps
    assert steps.get_column("day").to_list() == [3, 5, 7, 10, 12]
    assert steps.get_column("survival").round(4).to_list() == [0.9, 0.8, 0.6857, 0.5486, 0.4114]
    assert steps.get_column("at_risk").to_list() == [10, 9, 7, 5, 4]
    assert steps.get_column("censored").to_list() == [0, 0, 1, 1, 0]


def test_the_golden_share_kicked_off_by_day_10_and_its_interval() -> None:
    estimate = survival_at(kaplan_meier(counts(GOLDEN)), 10)
    assert estimate.value is not None
    assert estimate.ci_low is not None
    assert estimate.ci_high is not None
    assert round(100 * (1 - estimate.value), 2) == 45.14
    assert (round(estimate.ci_low, 3), round(estimate.ci_high, 3)) == (0.187, 0.806)


def test_the_golden_median_is_12_from_3_to_not_reached() -> None:
    assert median_with_interval(kaplan_meier(counts(GOLDEN))) == Estimate(12.0, 3.0, None)


def test_counting_started_projects_only_would_say_median_7() -> None:
    started = kaplan_meier(counts([row for row in GOLDEN if row[1]]))
    assert median_with_interval(started).value == 7
    assert survival_at(started, 10).value == pytest.approx(0.2)


def test_a_median_that_is_not_reached_is_none() -> None:
    assert median_with_interval(kaplan_meier(counts([(1, 1), (9, 0), (9, 0), (9, 0)]))).value is None


def test_a_curve_that_touches_one_half_exactly_has_reached_its_median() -> None:
    # 3/4 x 2/3 is one half, and in floating point it need not be.
    assert median_with_interval(kaplan_meier(counts([(1, 1), (2, 1), (3, 0), (4, 0)]))).value == 2


def test_a_single_kickoff_does_not_claim_to_know_the_median_exactly() -> None:
    assert median_with_interval(kaplan_meier(counts([(5, 1)]))) == Estimate(5.0, 5.0, None)


def test_a_cohort_that_has_all_kicked_off_still_has_an_upper_end() -> None:
    estimate = median_with_interval(kaplan_meier(counts([(day, 1) for day in range(1, 31)])))
    assert estimate.value == 15
    assert estimate.ci_low is not None
    assert estimate.ci_high is not None
    assert estimate.ci_low < 15 < estimate.ci_high < 30


def test_the_last_step_to_zero_has_no_interval() -> None:
    last = kaplan_meier(counts([(1, 1), (2, 1)])).steps.row(-1, named=True)
    assert (last["survival"], last["ci_low"], last["ci_high"]) == (0.0, None, None)


def test_who_is_censored_on_a_day_is_at_risk_on_it() -> None:
    steps = kaplan_meier(counts([(2, 1), (2, 0), (3, 1)])).steps
    assert steps.select("at_risk", "censored").rows() == [(3, 0), (1, 1)]


def test_nothing_is_said_past_the_last_day_of_follow_up() -> None:
    curve = kaplan_meier(counts([(2, 1), (5, 0)]))
    assert survival_at(curve, 5).value == 0.5
    assert survival_at(curve, 6) == Estimate(None, None, None)
    assert survival_at(curve, 1) == Estimate(1.0, None, None)
    assert survival_at(kaplan_meier(counts([(2, 1)])), 99).value == 0.0


def test_an_empty_cohort_has_no_steps_and_no_estimates() -> None:
    curve = kaplan_meier(counts([]).cast(pl.Int64))
    assert (curve.n, curve.steps.height) == (0, 0)
    assert median_with_interval(curve) == survival_at(curve, 1) == Estimate(None, None, None)


@pytest.mark.parametrize(
    ("column", "values"),
    [("day", [-1, 2]), ("events", [-1, 2]), ("censored", [None, 1]), ("day", [float("nan"), 1.0])],
)
def test_a_number_that_cannot_be_is_refused_by_name(column: str, values: list[float | None]) -> None:
    table = pl.DataFrame({"day": [1, 2], "events": [1, 1], "censored": [0, 0]}).with_columns(pl.Series(column, values))
    with pytest.raises(MeasureError, match=f"{column} is {values[0]}"):
        kaplan_meier(table)


def test_a_missing_column_is_refused_by_name() -> None:
    with pytest.raises(MeasureError, match="lacks censored"):
        kaplan_meier(pl.DataFrame({"day": [1], "events": [1]}))


@settings(max_examples=60, deadline=None)
@given(observations)
def test_the_curve_agrees_with_statsmodels(rows: list[tuple[int, int]]) -> None:
    survival = pytest.importorskip("statsmodels.duration.survfunc")
    theirs = survival.SurvfuncRight([day for day, _ in rows], [event for _, event in rows])
    steps = kaplan_meier(counts(rows)).steps
    happened = theirs.n_events > 0
    assert steps.get_column("day").to_list() == theirs.surv_times[happened].tolist()
    np.testing.assert_array_equal(steps.get_column("at_risk").to_numpy(), theirs.n_risk[happened])
    np.testing.assert_allclose(steps.get_column("survival").to_numpy(), theirs.surv_prob[happened], atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(observations)
def test_the_median_and_its_interval_agree_with_statsmodels(rows: list[tuple[int, int]]) -> None:
    survival = pytest.importorskip("statsmodels.duration.survfunc")
    curve = kaplan_meier(counts(rows))
    steps = curve.steps
    # statsmodels cannot give an interval to a curve without a step, and takes the step to zero for an upper end.
    if steps.is_empty() or steps.item(-1, "survival") == 0 or (steps.get_column("survival") - 0.5).abs().min() < 1e-9:  # type: ignore[operator]
        return
    theirs = survival.SurvfuncRight([day for day, _ in rows], [event for _, event in rows])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        median = theirs.quantile(0.5)
        low, high = theirs.quantile_ci(0.5, method="cloglog")
    ours = median_with_interval(curve)
    assert ours.value == (None if np.isinf(median) or np.isnan(median) else median)
    if not np.isnan(low):
        assert ours.ci_low == (None if np.isinf(low) else low)
        assert ours.ci_high == (None if np.isinf(high) else high)


@settings(max_examples=60, deadline=None)
@given(observations)
def test_order_and_grouping_of_the_counts_do_not_matter(rows: list[tuple[int, int]]) -> None:
    table = counts(rows)
    grouped = table.group_by("day").agg(pl.col("events", "censored").sum())
    assert_frame_equal(kaplan_meier(table.reverse()).steps, kaplan_meier(grouped).steps)


@settings(max_examples=60, deadline=None)
@given(observations)
def test_at_risk_falls_by_events_and_censorings_and_the_interval_holds_the_curve(rows: list[tuple[int, int]]) -> None:
    steps = kaplan_meier(counts(rows)).steps
    expected = len(rows)
    for row in steps.iter_rows(named=True):
        expected -= row["censored"]
        assert row["at_risk"] == expected
        expected -= row["events"]
        if row["ci_low"] is not None:
            assert 0 <= row["ci_low"] <= row["survival"] <= row["ci_high"] <= 1
