"""Intervals and survival, at 95 per cent: quantiles and Wilson's interval by scipy and statsmodels, the curve by hand.

No figure of the product is known here: numbers in, numbers out. The survival curve itself is kept in fractions, so that
"S is at most one half" is never a question of rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

ALPHA = 0.05
HALF = 0.5
Z = float(stats.norm.ppf(1 - ALPHA / 2))
Interval = tuple[float | None, float | None]
Observed = Sequence[tuple[float, bool]]
"""How long each was watched, and whether what was waited for happened then; else it is censored."""
UNKNOWN: Interval = (None, None)


@dataclass(frozen=True)
class Step:
    """One step of a survival curve; `censored` counts since the step before."""

    day: float
    at_risk: int
    events: int
    censored: int
    survival: Fraction
    low: float | None
    high: float | None


@lru_cache(maxsize=50_000)
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
    half = _t(len(values) - 1) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    mean = math.fsum(values) / len(values)
    return mean - half, mean + half


@lru_cache
def _t(freedom: int) -> float:
    return float(stats.t.ppf(1 - ALPHA / 2, freedom))


@lru_cache(maxsize=50_000)
def garwood(events: int, exposure: float) -> Interval:
    """The exact Poisson interval of a rate."""
    if exposure <= 0:
        return UNKNOWN
    low = float(stats.chi2.ppf(ALPHA / 2, 2 * events) / 2) if events else 0.0
    return low / exposure, float(stats.chi2.ppf(1 - ALPHA / 2, 2 * events + 2) / 2) / exposure


def kaplan_meier(observed: Observed) -> tuple[Step, ...]:
    """The survival curve with pointwise log-log intervals, a step for every day (or hour) with an event."""
    return _curve(tuple(sorted(observed)))


@lru_cache(maxsize=50_000)
def _curve(observed: tuple[tuple[float, bool], ...]) -> tuple[Step, ...]:
    """The curve by hand; Greenwood's sum, of events ÷ (at risk × left), gives its error."""
    steps: list[Step] = []
    survival, greenwood, before = Fraction(1), 0.0, -math.inf
    for day in sorted({day for day, happened in observed if happened}):
        at_risk = sum(1 for other, _ in observed if other >= day)
        events = sum(1 for other, happened in observed if happened and other == day)
        censored = sum(1 for other, happened in observed if not happened and before <= other < day)
        survival *= Fraction(at_risk - events, at_risk)
        greenwood += events / (at_risk * (at_risk - events)) if at_risk > events else 0.0
        steps.append(Step(day, at_risk, events, censored, survival, *_log_log(float(survival), math.sqrt(greenwood))))
        before = day
    return tuple(steps)


def reached_by(observed: Observed, target: float) -> tuple[float | None, float | None, float | None]:
    """The share for whom it happened by `target` days, and its interval: 1 - S(target), the ends of S swapped.

    None where nobody was watched up to the target and somebody is left: after the last observation the curve says nothing.
    """
    past = [step for step in kaplan_meier(observed) if step.day <= target]
    is_over = bool(past) and past[-1].survival == 0
    if not is_over and max((day for day, _ in observed), default=-math.inf) < target:
        return None, None, None
    if not past:
        return 0.0, None, None
    low, high = past[-1].low, past[-1].high
    return float(1 - past[-1].survival), None if high is None else 1 - high, None if low is None else 1 - low


def median(observed: Observed) -> tuple[float | None, float | None, float | None]:
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


def _log_log(survival: float, relative_error: float) -> Interval:
    """S to the power of exp(± z × se(log(-log S))); `relative_error` is the error of S divided by S."""
    if not 0 < survival < 1:
        return UNKNOWN
    spread = Z * relative_error / abs(math.log(survival))
    return survival ** math.exp(spread), survival ** math.exp(-spread)
