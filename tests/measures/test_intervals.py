"""Wilson, Student t and exact Poisson: golden numbers, agreement with statsmodels and scipy, and what has no interval."""

from __future__ import annotations

from math import nan, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from handoff_pipeline.measures import Interval, MeasureError, poisson_rate_interval, student_t_interval, wilson

few = settings(max_examples=60, deadline=None)
shares = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def percent(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return (round(100 * interval.low, 2), round(100 * interval.high, 2))


@pytest.mark.parametrize(
    ("successes", "n", "expected"),
    [(0, 5, (0, 43.45)), (2, 8, (7.15, 59.07)), (5, 20, (11.19, 46.87)), (10, 10, (72.25, 100))],
)
def test_wilson_gives_the_golden_numbers(successes: int, n: int, expected: tuple[float, float]) -> None:
    assert percent(wilson(successes, n)) == expected


@few
@given(shares)
def test_wilson_agrees_with_statsmodels_and_stays_in_range(share: tuple[int, int]) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    ours = wilson(*share)
    assert ours == pytest.approx(proportion.proportion_confint(*share, alpha=0.05, method="wilson"), abs=1e-12)
    assert ours is not None
    assert 0 <= ours.low <= share[0] / share[1] <= ours.high <= 1


@few
@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e4), st.integers(2, 500))
def test_student_t_agrees_with_scipy(mean: float, sd: float, n: int) -> None:
    assert student_t_interval(mean, sd, n) == pytest.approx(stats.t.interval(0.95, n - 1, loc=mean, scale=sd / sqrt(n)), rel=1e-9, abs=1e-9)


@few
@given(st.integers(0, 500), st.floats(0.01, 1e5))
def test_the_poisson_interval_is_the_exact_one_of_scipy(events: int, exposure: float) -> None:
    low = stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    high = stats.chi2.ppf(0.975, 2 * (events + 1)) / 2
    assert poisson_rate_interval(events, exposure) == pytest.approx((low / exposure, high / exposure), rel=1e-9)


def test_what_was_not_observed_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert poisson_rate_interval(0, 0) is None
    assert student_t_interval(50, 0, 1) is None
    assert student_t_interval(50, 0, 0) is None


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: wilson(7, 5), "7 successes of 5"),
        (lambda: wilson(-1, 5), "-1 successes"),
        (lambda: student_t_interval(nan, 1, 5), "mean of nan"),
        (lambda: student_t_interval(1, -1, 5), "deviation of -1"),
        (lambda: student_t_interval(1, 1, -2), "size of -2"),
        (lambda: poisson_rate_interval(-1, 2), "-1 events"),
        (lambda: poisson_rate_interval(1, nan), "exposure of nan"),
    ],
)
def test_numbers_that_cannot_be_are_refused_by_value(call: object, named: str) -> None:
    with pytest.raises(MeasureError, match=named):
        call()  # type: ignore[operator]
