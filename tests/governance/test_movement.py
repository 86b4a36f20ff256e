"""Movement since a baseline: the window, the pooled figures, the interval's method and the words, each by hand."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import stdev
from typing import Any

import polars as pl
import pytest

from handoff_pipeline.governance.movement import NO_CHANGE, NOT_OVER, TOO_FEW, movement, movements, window, words
from handoff_pipeline.governance.pooling import USED, pooled
from handoff_pipeline.measures import Interval, student_t_interval, wilson
from handoff_pipeline.measures.movement import conditional_exact, newcombe, welch
from handoff_pipeline.tables import METRICS, TABLES, polars_schema

METRIC = {each.metric: each for each in METRICS}
FREEZE_WEEK = date(2026, 8, 31)  # the freeze is on Wednesday 2 September
WEEKS = [FREEZE_WEEK + timedelta(weeks=number) for number in range(1, 9)]
SETTLED = frozenset(WEEKS)


def week(number: int, **values: Any) -> dict[str, Any]:
    return dict.fromkeys(USED) | {"week_start": FREEZE_WEEK + timedelta(weeks=number), "n": 0} | values


def rate(number: int, late: float, of: float) -> dict[str, Any]:
    return week(number, numerator=late, denominator=of, n=int(of), value=late / of if of else None)


def baseline(metric: str, value: float, **changed: Any) -> dict[str, Any]:
    row = {"metric": metric, "metric_key": 5, "segment_type": "all", "segment_key": 0, "segment": "all", "value": value, "n": 20}
    sums = dict.fromkeys(("numerator", "denominator", "sum_of_squares"))
    return row | sums | {"frozen_date_key": 20260902} | changed


LATE = baseline("kickoff_delay_rate", 0.6, numerator=60.0, denominator=100.0, n=100)


def test_the_window_is_the_four_weeks_that_end_so_many_weeks_after_the_freezes_week():
    assert window(date(2026, 9, 2), 4) == (date(2026, 9, 7), date(2026, 9, 28))
    assert window(date(2026, 9, 6), 8) == (date(2026, 10, 5), date(2026, 10, 26))
    assert window(date(2026, 8, 31), 4) == window(date(2026, 9, 6), 4)


def test_a_rate_is_pooled_over_the_window_alone_and_compared_by_newcombe():
    rows = [rate(0, 9, 9), *(rate(number, 2, 10) for number in (1, 2, 3, 4)), rate(5, 9, 9)]
    found = movement(LATE, rows, SETTLED, 4)
    interval = newcombe(8, 40, 60, 100)
    assert interval is not None
    assert (found["n"], found["value"], found["method"]) == (40, 0.2, "newcombe")
    assert (found["difference"], found["ci_low"], found["ci_high"]) == (pytest.approx(-0.4), interval.low, interval.high)
    assert (found["window_start"], found["window_end"]) == (date(2026, 9, 7), date(2026, 10, 4))
    ends = f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}"
    assert found["words"] == f"better: a change of -40.0 percentage points (95 % interval {ends})"


def test_a_mean_is_compared_by_welch_from_sums_of_squares():
    scores = {1: [80.0, 90.0], 2: [85.0], 3: [70.0, 95.0, 90.0], 4: []}
    rows = [
        week(number, numerator=sum(of), denominator=float(len(of)), sum_of_squares=sum(one**2 for one in of), n=len(of))
        for number, of in scores.items()
    ]
    before = [60.0, 70.0, 65.0, 75.0, 80.0]
    frozen = baseline("handoff_completeness", 70.0, numerator=350.0, denominator=5.0, sum_of_squares=sum(one**2 for one in before), n=5)
    found = movement(frozen, rows, SETTLED, 4)
    every = [one for of in scores.values() for one in of]
    sd = [stdev(sample) for sample in (every, before)]
    interval = welch(85.0, sd[0], 6, 70.0, sd[1], 5)
    assert interval is not None
    assert (found["value"], found["n"], found["method"]) == (85.0, 6, "welch")
    assert (found["ci_low"], found["ci_high"]) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert found["words"].startswith("better: a change of +15.0 points (95 % interval +")


def test_changes_per_100_hours_are_compared_by_their_number():
    rows = [week(number, numerator=200.0, denominator=100.0, n=100) for number in (1, 2, 3, 4)]
    frozen = baseline("scope_changes_per_100h", 5.0, numerator=6500.0, denominator=1300.0, n=1300)
    found = movement(frozen, rows, SETTLED, 4)
    interval = conditional_exact(8, 400.0, 65, 1300.0).interval
    assert interval is not None
    assert (found["value"], found["method"]) == (2.0, "conditional_exact")
    assert found["ci_low"] == pytest.approx(interval.low * 100)
    assert (
        found["words"]
        == f"better: a change of -3.000 per 100 hours (95 % interval {interval.low * 100:+.3f} to {interval.high * 100:+.3f})"
    )


def test_a_median_takes_the_last_weeks_figure_and_claims_nothing():
    rows = [week(3, value=9.0, n=30), week(4, value=12.0, n=31)]
    found = movement(baseline("days_to_kickoff_median", 14.0), rows, SETTLED, 4)
    assert (found["value"], found["n"], found["method"], found["ci_low"]) == (12.0, 31, "none", None)
    assert found["words"] == "no interval: a change of -2.0 days cannot be told from chance"


def test_a_rolling_rate_has_no_interval_because_it_shares_weeks_with_its_baseline():
    rows = [week(4, numerator=3.0, denominator=30.0, value=0.1, n=30)]
    frozen = baseline("projects_with_change_rate", 0.5)
    assert movement(frozen, rows, SETTLED, 4)["method"] == "none"


def test_a_window_that_may_still_change_is_not_over():
    rows = [rate(number, 2, 10) for number in (1, 2, 3, 4)]
    found = movement(LATE, rows, frozenset(WEEKS[:3]), 4)
    assert (found["words"], found["n"], found["value"], found["difference"], found["method"]) == (NOT_OVER, 0, None, None, "none")


@pytest.mark.parametrize(
    ("frozen", "rows"),
    [(LATE, [rate(4, 1, 4)]), (LATE | {"n": 4}, [rate(4, 10, 40)]), (LATE, [])],
)
def test_too_few_in_the_window_or_the_baseline_allow_no_words(frozen, rows):
    assert movement(frozen, rows, SETTLED, 4)["words"] == TOO_FEW


def test_a_sum_is_a_mean_week_and_a_segment_without_rows_still_counts_its_weeks():
    rows = [week(1, numerator=300.0, n=2, value=300.0), week(3, numerator=100.0, n=1, value=100.0)]
    found = movement(baseline("margin_erosion_amount", 250.0), rows, SETTLED, 4)
    assert (found["value"], found["difference"]) == (100.0, -150.0)


def test_a_ratio_difference_is_made_of_the_sums():
    rows = [
        week(1, numerator=40.0, denominator=100.0, numerator_2=30.0, denominator_2=100.0, n=3),
        week(2, numerator=60.0, denominator=100.0, numerator_2=10.0, denominator_2=100.0, n=3),
    ]
    found = movement(baseline("margin_erosion_pp", 10.0), rows, SETTLED, 4)
    assert found["value"] == pytest.approx(30.0)
    assert found["words"] == "no interval: a change of +20.0 percentage points cannot be told from chance"


def test_an_interval_that_holds_0_claims_no_change_whatever_the_difference():
    assert words(METRIC["kickoff_delay_rate"], -0.30, Interval(-0.61, 0.0)) == NO_CHANGE


@pytest.mark.parametrize(
    ("metric", "interval", "first"),
    [
        ("kickoff_delay_rate", Interval(0.1, 0.3), "worse"),
        ("kickoff_delay_rate", Interval(-0.3, -0.1), "better"),
        ("handoff_completeness", Interval(0.1, 0.3), "better"),
        ("handoff_completeness", Interval(-0.3, -0.1), "worse"),
    ],
)
def test_better_is_the_metrics_direction(metric, interval, first):
    assert words(METRIC[metric], 0.2, interval).startswith(f"{first}: ")


def test_a_change_that_rounds_to_nothing_has_a_plus():
    assert words(METRIC["days_to_kickoff_median"], -0.01, None) == "no interval: a change of +0.0 days cannot be told from chance"


def test_every_unit_has_its_words():
    assert all(words(metric, 1.0, None) for metric in METRICS)


def test_weeks_pool_as_the_interval_of_their_sums():
    rows = [rate(number, 1, 4) for number in (1, 2, 3, 4, 5)]
    found = pooled(METRIC["kickoff_delay_rate"], rows, WEEKS[4], 5)
    assert Interval(found.ci_low or 0, found.ci_high or 0) == wilson(5, 20)
    scores = [week(1, numerator=150.0, denominator=2.0, sum_of_squares=11300.0, n=2)]
    mean = pooled(METRIC["handoff_completeness"], scores, WEEKS[0], 1)
    assert (mean.ci_low, mean.ci_high) == student_t_interval(75.0, 50**0.5, 2)


def test_a_week_without_members_takes_no_interval_from_a_mean():
    weeks = [week(1, numerator=150.0, denominator=2.0, sum_of_squares=11300.0, n=2), week(2, numerator=0.0, denominator=0.0, n=0)]

    assert pooled(METRIC["handoff_completeness"], weeks, WEEKS[1], 2).ci_low is not None


def test_a_mean_without_sums_of_squares_has_no_interval():
    found = pooled(METRIC["handoff_completeness"], [week(1, numerator=150.0, denominator=2.0, n=2)], WEEKS[0], 1)
    assert (found.value, found.ci_low, found.ci_high) == (75.0, None, None)


def test_every_baseline_has_its_rows_in_the_registrys_shape():
    weekly = pl.DataFrame([rate(number, 2, 10) for number in range(1, 5)]).with_columns(
        metric=pl.lit("kickoff_delay_rate"),
        metric_key=pl.lit(5, dtype=pl.Int64),
        segment_type=pl.lit("all"),
        segment_key=pl.lit(0, dtype=pl.Int64),
        is_partial_week=pl.lit(value=False),
    )
    made = movements(pl.DataFrame([LATE]), weekly)
    assert dict(made.schema) == polars_schema(TABLES["kpi_movement"], run_id=False)
    assert made.select("horizon_weeks", "n").rows() == [(4, 40), (8, 0)]
    assert made.get_column("words").to_list()[1] == NOT_OVER


def test_no_baseline_makes_no_row():
    weekly = pl.DataFrame(
        schema={"metric_key": pl.Int64, "segment_type": pl.String, "segment_key": pl.Int64, "metric": pl.String}
        | dict.fromkeys(USED, pl.Float64)
        | {"is_partial_week": pl.Boolean}
    )
    assert movements(pl.DataFrame([LATE]).clear(), weekly).is_empty()
