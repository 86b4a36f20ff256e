"""Intervals and survival by the tools that statisticians use (statsmodels, scipy), at 95 per cent.

No figure of the product is known here: numbers in, numbers out. The survival curve itself is kept in fractions, so that
"S is at most one half" is never a question of rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

ALPHA = 0.05
HALF = 0.5
Interval = tuple[float | None, float | None]
UNKNOWN: Interval = (None, None)


@dataclass(frozen=True)
class Step:
    """One step of a survival curve; `censored` counts since the step before."""

    day: int
    at_risk: int
    events: int
    censored: int
    survival: Fraction
    low: float | None
    high: float | None


def wilson(successes: int, n: int) -> Interval:
    """Wilson's interval of a share."""
    if n == 0:
        return UNKNOWN
    low, high = proportion_confint(successes, n, alpha=ALPHA, method="wilson")
    return max(0.0, float(low)), min(1.0, float(high))


def student(values: Sequence[float]) -> Interval:
    """Student's interval of a mean; unknown of fewer than two values."""
    if len(values) < 2:
        return UNKNOWN
    half = float(stats.t.ppf(1 - ALPHA / 2, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values)))
    mean = math.fsum(values) / len(values)
    return mean - half, mean + half


def garwood(events: int, exposure: float) -> Interval:
    """The exact Poisson interval of a rate."""
    if exposure <= 0:
        return UNKNOWN
    low = float(stats.chi2.ppf(ALPHA / 2, 2 * events) / 2) if events else 0.0
    return low / exposure, float(stats.chi2.ppf(1 - ALPHA / 2, 2 * events + 2) / 2) / exposure


def kaplan_meier(observed: Sequence[tuple[int, bool]]) -> list[Step]:
    """The survival curve of (day, happened) pairs, with pointwise log-log intervals, a step for every day with an event."""
    if not any(happened for _, happened in observed):
        return []
    fitted = _fitted(observed)
    errors = dict(zip((int(day) for day in fitted.surv_times), (float(error) for error in fitted.surv_prob_se), strict=True))
    steps: list[Step] = []
    survival, before = Fraction(1), min(day for day, _ in observed) - 1
    for day in sorted({day for day, happened in observed if happened}):
        at_risk = sum(1 for other, _ in observed if other >= day)
        events = sum(1 for other, happened in observed if happened and other == day)
        censored = sum(1 for other, happened in observed if not happened and before <= other < day)
        survival *= Fraction(at_risk - events, at_risk)
        steps.append(Step(day, at_risk, events, censored, survival, *_log_log(float(survival), errors[day])))
        before = day
    return steps


def median(observed: Sequence[tuple[int, bool]]) -> tuple[float | None, float | None, float | None]:
    """The first day with S at most one half, and its Brookmeyer-Crowley interval (log-log); None where it is not reached."""
    steps = kaplan_meier(observed)
    if not steps:
        return None, None, None
    reached = next((float(step.day) for step in steps if step.survival <= Fraction(1, 2)), None)
    # A step to 0 has no interval: it may end the median's from below and never from above (docs/kpis.md).
    low = next((float(step.day) for step in steps if step.survival == 0 or (step.low or 0) <= HALF), None)
    last_open = max((place for place, step in enumerate(steps) if step.high is not None and step.high > HALF), default=-1)
    high = next((float(step.day) for step in steps[last_open + 1 :] if step.high is not None), None)
    return reached, low, high


def _fitted(observed: Sequence[tuple[int, bool]]) -> SurvfuncRight:
    return SurvfuncRight([day for day, _ in observed], [int(happened) for _, happened in observed])


def _log_log(survival: float, error: float) -> Interval:
    if not 0 < survival < 1:
        return UNKNOWN
    spread = float(stats.norm.ppf(1 - ALPHA / 2)) * error / (survival * abs(math.log(survival)))
    return survival ** math.exp(spread), survival ** math.exp(-spread)
