"""Thousands of random cases against statsmodels, lifelines and scipy: a seeded part always, ten times as many in the campaign."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import inf, isnan
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from scipy import stats

from handoff_pipeline.measures import conditional_exact, newcombe, welch
from handoff_pipeline.measures.intervals import poisson_bounds, student_t_bounds, wilson_bounds
from handoff_pipeline.measures.kaplan_meier import medians_by, steps_by, survival_by

proportion = pytest.importorskip("statsmodels.stats.proportion")
rates = pytest.importorskip("statsmodels.stats.rates")
weightstats = pytest.importorskip("statsmodels.stats.weightstats")
lifelines = pytest.importorskip("lifelines")
median_survival_times = pytest.importorskip("lifelines.utils").median_survival_times

CAMPAIGN: Final = 10
Draw = np.random.Generator


def shares(draw: Draw, size: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    n = draw.integers(1, 200, size)
    return draw.binomial(n, draw.uniform(0, 1, size)), n


def wilson_cases(draw: Draw, times: int) -> None:
    x, n = shares(draw, 2000 * times)
    low, high = proportion.proportion_confint(x, n, alpha=0.05, method="wilson")
    np.testing.assert_allclose(wilson_bounds(x.astype(float), n.astype(float)), (low, high), atol=1e-12)


def newcombe_cases(draw: Draw, times: int) -> None:
    (x1, n1), (x2, n2) = shares(draw, 1000 * times), shares(draw, 1000 * times)
    for case in zip(x1.tolist(), n1.tolist(), x2.tolist(), n2.tolist(), strict=True):
        assert newcombe(*case) == pytest.approx(proportion.confint_proportions_2indep(*case, method="newcomb", compare="diff"), abs=1e-12)


def student_t_cases(draw: Draw, times: int) -> None:
    for n in draw.integers(2, 80, 300 * times).tolist():
        sample = draw.normal(draw.uniform(-50, 100), draw.uniform(0.1, 30), n)
        theirs = weightstats.DescrStatsW(sample).tconfint_mean()
        ours = student_t_bounds(np.array([sample.mean()]), np.array([sample.std(ddof=1)]), np.array([float(n)]))
        assert np.ravel(ours) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def welch_cases(draw: Draw, times: int) -> None:
    for n1, n2 in draw.integers(2, 60, (300 * times, 2)).tolist():
        first, second = draw.normal(70, draw.uniform(0.5, 20), n1), draw.normal(65, draw.uniform(0.5, 20), n2)
        theirs = weightstats.CompareMeans(weightstats.DescrStatsW(first), weightstats.DescrStatsW(second)).tconfint_diff(usevar="unequal")
        ours = welch(first.mean(), first.std(ddof=1), n1, second.mean(), second.std(ddof=1), n2)
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
        assert ours == pytest.approx(tuple(stats.ttest_ind(first, second, equal_var=False).confidence_interval()), rel=1e-9, abs=1e-9)


def poisson_cases(draw: Draw, times: int) -> None:
    events, exposure = draw.poisson(draw.uniform(0, 40, 2000 * times)), draw.uniform(0.5, 900, 2000 * times)
    low, high = rates.confint_poisson(events, exposure, method="exact-c")
    np.testing.assert_allclose(poisson_bounds(events.astype(float), exposure), (np.nan_to_num(low), high), rtol=1e-9)


def two_rates_cases(draw: Draw, times: int) -> None:
    for _ in range(300 * times):
        x1, x2 = int(draw.poisson(draw.uniform(0, 15))), int(draw.poisson(draw.uniform(0, 30)))
        t1, t2 = draw.uniform(5, 100), draw.uniform(5, 300)
        if x1 + x2 == 0:
            continue
        ours = conditional_exact(x1, t1, x2, t2)
        with np.errstate(divide="ignore"):
            tails = [
                rates.test_poisson_2indep(x1, t1, x2, t2, method="exact-cond", compare="ratio", alternative=side).pvalue
                for side in ("larger", "smaller")
            ]
        assert ours.p == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)
        share = stats.binomtest(x1, x1 + x2).proportion_ci(0.95, method="exact")
        low, high = (end / (1 - end) * t2 / t1 if end < 1 else inf for end in share)
        assert ours.ratio_low == pytest.approx(low, rel=1e-7)
        assert (inf if ours.ratio_high is None else ours.ratio_high) == pytest.approx(high, rel=1e-7)


def survival_cases(draw: Draw, times: int) -> None:
    count = 60 * times
    cohorts = [draw.integers(1, 60) for _ in range(count)]
    days = [np.ceil(draw.weibull(draw.uniform(0.6, 2), size) * draw.uniform(5, 40)) for size in cohorts]
    done = [draw.random(size) < draw.uniform(0.2, 1) for size in cohorts]
    table = pl.DataFrame(
        {
            "cohort": np.repeat(np.arange(count), cohorts),
            "day": np.concatenate(days),
            "events": np.concatenate(done).astype(np.int64),
            "censored": (~np.concatenate(done)).astype(np.int64),
        }
    )
    steps, medians, at_14 = (
        {int(key): part for (key,), part in frame.partition_by("cohort", as_dict=True).items()}
        for frame in (
            steps_by(table, ("cohort",)),
            medians_by(steps_by(table, ("cohort",)), ("cohort",)),
            survival_by(table, ("cohort",), 14),
        )
    )
    for number in range(count):
        agrees_with_lifelines(days[number], done[number], steps.get(number), medians.get(number), at_14[number])


def agrees_with_lifelines(
    days: np.ndarray[Any, Any], done: np.ndarray[Any, Any], steps: pl.DataFrame | None, median: pl.DataFrame | None, at_14: pl.DataFrame
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = lifelines.KaplanMeierFitter().fit(days, done)
    assert (steps is None) == (not done.any())
    if steps is not None and median is not None:
        at = steps.get_column("day").to_numpy()
        np.testing.assert_allclose(steps.get_column("survival"), fitted.survival_function_at_times(at), atol=1e-10)
        theirs = fitted.confidence_interval_survival_function_.loc[at].to_numpy()
        ours = steps.select("ci_low", "ci_high").to_numpy()
        # Where the curve is 0 lifelines repeats a rounding error, and we say nothing.
        inside = steps.get_column("survival").to_numpy() > 1e-12
        np.testing.assert_allclose(ours[inside], theirs[inside], atol=1e-8)
        if np.abs(steps.get_column("survival").to_numpy() - 0.5).min() > 1e-9:
            assert or_inf(median.item(0, "value")) == fitted.median_survival_time_
        # lifelines takes the first crossing of each limit, we the last of the upper one; and the step to 0 says nothing to us.
        if inside.all() and (np.diff(theirs[:, 1]) <= 0).all() and np.abs(theirs - 0.5).min() > 1e-6:
            ends = median_survival_times(fitted.confidence_interval_survival_function_).to_numpy().ravel().tolist()
            assert [or_inf(median.item(0, "ci_low")), or_inf(median.item(0, "ci_high"))] == ends
    expected = float(fitted.predict(14.0))
    if days.max() >= 14 or expected == 0:
        assert at_14.item(0, "survival") == pytest.approx(expected, abs=1e-10)
    else:
        assert at_14.item(0, "survival") is None
    assert not isnan(expected)


def or_inf(end: float | None) -> float:
    return inf if end is None else end


CASES: Final[list[Callable[[Draw, int], None]]] = [
    wilson_cases,
    newcombe_cases,
    student_t_cases,
    welch_cases,
    poisson_cases,
    two_rates_cases,
    survival_cases,
]


@pytest.mark.parametrize("cases", CASES, ids=lambda cases: cases.__name__.removesuffix("_cases"))
def test_random_cases_agree_with_the_libraries(cases):
    cases(np.random.default_rng(41), 1)


@pytest.mark.campaign
@pytest.mark.parametrize("cases", CASES, ids=lambda cases: cases.__name__.removesuffix("_cases"))
def test_ten_times_as_many_random_cases_agree_with_the_libraries(cases):
    cases(np.random.default_rng(42), CAMPAIGN)
