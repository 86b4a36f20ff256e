"""What has moved since a baseline was frozen: 4 and 8 weeks after it, with the interval of the difference.

Written from docs/kpis.md "What has moved since the baseline"; the intervals from the papers that it names. Words that hold
numbers are free, and not given here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from scipy import stats

from tests.oracle.baselines import AS_OF, ROLLING, Baseline, Pool, pooled
from tests.oracle.charts import Week
from tests.oracle.days import ONE_WEEK, monday
from tests.oracle.kpi_facts import SIX_DAYS
from tests.oracle.members import Member
from tests.oracle.metrics import METRICS
from tests.oracle.observation import Seen
from tests.oracle.statistics import ALPHA, UNKNOWN, Interval, wilson

HORIZONS = (4, 8)
WINDOW = 4
METHODS = {"wilson": "newcombe", "student": "welch", "poisson": "conditional_exact"}


def kpi_movement(
    seen: Seen, baseline: Baseline, weeks: Sequence[Week], members: Mapping[date, Sequence[Member]]
) -> Iterator[dict[str, Any]]:
    """The table's rows of one baseline in force; `weeks` and `members` are those of its metric and segment."""
    for horizon in HORIZONS:
        last = monday(baseline.day) + horizon * ONE_WEEK
        first = last - (WINDOW - 1) * ONE_WEEK
        is_over = seen.as_of >= seen.days.end(last + SIX_DAYS + METRICS[baseline.metric].follow_up)
        pool = pooled(baseline.metric, weeks, members, first, last, WINDOW) if is_over else Pool(None, 0)
        method, interval = difference(baseline.metric, pool, baseline.pool)
        moved = None if pool.value is None else pool.value - baseline.value
        row = {
            "metric_key": seen.key("metric", baseline.metric),
            **baseline.segment.columns,
            "horizon_weeks": horizon,
            "window_start": first,
            "window_end": last + SIX_DAYS,
            "n": pool.n,
            "value": pool.value,
            "baseline_value": baseline.value,
            "baseline_n": baseline.pool.n,
            "difference": moved,
            "ci_low": interval[0],
            "ci_high": interval[1],
            "method": method,
        }
        words = plain_words(baseline, pool, interval, is_over=is_over)
        yield row if words is None else {**row, "words": words}


def plain_words(baseline: Baseline, pool: Pool, interval: Interval, *, is_over: bool) -> str | None:
    """The words that hold no number; None where they do."""
    minimum = METRICS[baseline.metric].minimum_n
    if not is_over:
        return "not over yet"
    if pool.value is None or min(pool.n, baseline.pool.n) < minimum:
        return "not enough data"
    low, high = interval
    return "no change that the data can show" if low is not None and high is not None and low <= 0 <= high else None


def difference(name: str, new: Pool, old: Pool) -> tuple[str, Interval]:
    """The method and the 95 per cent interval of new less old; "none" where there is none."""
    metric = METRICS[name]
    method = "none" if name in ROLLING | AS_OF else METHODS.get(metric.interval, "none")
    if new.value is None:
        return "none", UNKNOWN
    scale = 100 if metric.unit == "per_100_hours" else 1
    interval = {
        "newcombe": lambda: newcombe(round(new.numerator), round(new.denominator), round(old.numerator), round(old.denominator)),
        "welch": lambda: welch(new.values, old.values),
        "conditional_exact": lambda: conditional(new.numerator / scale, new.denominator, old.numerator / scale, old.denominator, scale),
        "none": lambda: UNKNOWN,
    }[method]()
    return ("none" if interval == UNKNOWN else method), interval


def newcombe(new: int, new_n: int, old: int, old_n: int) -> Interval:
    """Method 10: the squares of the ways to the ends of both Wilson intervals."""
    p, q = new / new_n, old / old_n
    (p_low, p_high), (q_low, q_high) = wilson(new, new_n), wilson(old, old_n)
    if p_low is None or p_high is None or q_low is None or q_high is None:
        return UNKNOWN
    return p - q - math.hypot(p - p_low, q_high - q), p - q + math.hypot(p_high - p, q - q_low)


def welch(new: Sequence[float], old: Sequence[float]) -> Interval:
    """Welch's interval with Satterthwaite's degrees of freedom; unknown of fewer than two values, or where none varies."""
    if min(len(new), len(old)) < 2:
        return UNKNOWN
    a, b = (float(np.var(values, ddof=1)) / len(values) for values in (new, old))
    if a + b == 0:
        return UNKNOWN
    freedom = (a + b) ** 2 / (a**2 / (len(new) - 1) + b**2 / (len(old) - 1))
    reach = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * math.sqrt(a + b)
    moved = math.fsum(new) / len(new) - math.fsum(old) / len(old)
    return moved - reach, moved + reach


def conditional(new: float, exposure: float, old: float, old_exposure: float, scale: int) -> Interval:
    """The exact interval of the ratio of two rates, told as a difference from the older rate; unknown without an older event."""
    if old == 0 or exposure == 0:
        return UNKNOWN
    rate = old / old_exposure * scale
    low = float(stats.beta.ppf(ALPHA / 2, new, old + 1)) if new else 0.0
    high = float(stats.beta.ppf(1 - ALPHA / 2, new + 1, old))
    return (_odds(low) * old_exposure / exposure - 1) * rate, (_odds(high) * old_exposure / exposure - 1) * rate


def _odds(share: float) -> float:
    return share / (1 - share)
