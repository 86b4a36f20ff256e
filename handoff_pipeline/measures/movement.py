"""Movement between two periods: the difference of two shares, two means or two event rates, each with its 95 % interval.

Which periods are compared, and the words for the result, are governance's; intervals of one figure live in intervals.
The one thing to know: everything is first minus second, so pass the newer figure first and the baseline second.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import NamedTuple

from scipy import special

from handoff_pipeline.measures.errors import MeasureError
from handoff_pipeline.measures.intervals import TAIL, Interval, wilson


class RateMovement(NamedTuple):
    """Two event rates compared: ratio first / second, difference first - second, p of "both rates are the same", and their intervals.

    None: cannot be had. A ratio's upper end is None where it has no bound (no event in the second period).
    """

    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p: float | None
    difference: float | None
    interval: Interval | None


def newcombe(x1: int, n1: int, x2: int, n2: int) -> Interval | None:
    """Newcombe's hybrid score interval of x1 / n1 - x2 / n2 (in -1 to 1), from the two Wilson intervals; None where either n is 0.

    Method 10 of Newcombe (1998), Statistics in Medicine 17, 873-890. MeasureError unless 0 <= x <= n in both.
    """
    first, second = wilson(x1, n1), wilson(x2, n2)
    if first is None or second is None:
        return None
    p1, p2 = x1 / n1, x2 / n2
    low = p1 - p2 - sqrt((p1 - first.low) ** 2 + (second.high - p2) ** 2)
    high = p1 - p2 + sqrt((first.high - p1) ** 2 + (p2 - second.low) ** 2)
    return Interval(low, high)


def welch(mean1: float, sd1: float, n1: int, mean2: float, sd2: float, n2: int) -> Interval | None:
    """Welch's t interval of mean1 - mean2 from the samples' standard deviations (divisor n - 1), with Satterthwaite's degrees of freedom.

    None where either sample is below two, or where neither varies: then nothing says how far a mean may be off. Welch (1947), Biometrika
    34, 28-35. MeasureError where a mean or sd is not finite, or an sd or n is negative.
    """
    for mean, sd, n in ((mean1, sd1, n1), (mean2, sd2, n2)):
        if n < 0 or (n >= 2 and (not isfinite(mean) or not isfinite(sd) or sd < 0)):
            raise MeasureError(f"A mean of {mean} with a standard deviation of {sd} in {n} cannot be.", fix="Leave missing values out.")
    if n1 < 2 or n2 < 2 or sd1 == sd2 == 0:
        return None
    part1, part2 = sd1**2 / n1, sd2**2 / n2
    # As shares of the larger part: a product of two tiny variances would vanish.
    share1, share2 = part1 / max(part1, part2), part2 / max(part1, part2)
    freedom = (share1 + share2) ** 2 / (share1**2 / (n1 - 1) + share2**2 / (n2 - 1))
    half = float(special.stdtrit(freedom, 1 - TAIL)) * sqrt(part1 + part2)
    return Interval(mean1 - mean2 - half, mean1 - mean2 + half)


def conditional_exact(events1: int, exposure1: float, events2: int, exposure2: float) -> RateMovement:
    """Two Poisson rates (events / exposure) compared by the exact conditional test of Przyborowski and Wilenski (1940).

    Given the sum of both, events1 is binomial; the share's Clopper-Pearson (1934) interval turns into that of the ratio of the rates, and
    p is twice the smaller tail, at most 1: p is below 0.05 exactly where that interval leaves out 1.

    Only the ratio has an exact interval. The difference and its interval are (ratio - 1) x second rate: the second rate is held as it was
    observed, so the interval says how the first compares with that figure, and it leaves out 0 exactly where p is below 0.05. It cannot
    be had where the second period has no event, nor can the ratio, which then has a lower end alone.

    Rates are per unit of exposure (scale the result, never the events). All is None where either exposure is 0; without any event p is 1.
    MeasureError where events or exposure are negative, or an exposure is not finite.
    """
    for events, exposure in ((events1, exposure1), (events2, exposure2)):
        if events < 0 or exposure < 0 or not isfinite(exposure):
            raise MeasureError(f"{events} events in an exposure of {exposure} cannot be.", fix="Count events and exposure from 0 up.")
    if exposure1 == 0 or exposure2 == 0:
        return RateMovement(None, None, None, None, None, None)
    rate1, rate2 = events1 / exposure1, events2 / exposure2
    total = events1 + events2
    if total == 0:
        return RateMovement(None, None, None, 1.0, 0.0, None)
    low = _odds(float(special.betaincinv(events1, events2 + 1, TAIL))) * exposure2 / exposure1 if events1 else 0.0
    share = exposure1 / (exposure1 + exposure2)
    at_most = float(special.bdtr(events1, total, share))
    at_least = 1.0 if events1 == 0 else float(special.bdtrc(events1 - 1, total, share))
    p = min(1.0, 2 * min(at_most, at_least))
    if events2 == 0:
        return RateMovement(None, low, None, p, rate1, None)
    high = _odds(float(special.betaincinv(events1 + 1, events2, 1 - TAIL))) * exposure2 / exposure1
    return RateMovement(rate1 / rate2, low, high, p, rate1 - rate2, Interval((low - 1) * rate2, (high - 1) * rate2))


def _odds(share: float) -> float:
    return share / (1 - share)
