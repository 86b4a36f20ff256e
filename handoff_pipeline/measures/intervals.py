"""95 % intervals of a share (Wilson), a mean (Student t) and an event rate (exact Poisson), for one number or for arrays.

Intervals of survival curves live in kaplan_meier; which metric takes which interval is said by tables.METRICS and applied in weekly.
The one thing to know: an interval that cannot be had (nothing observed, one value) is None or NaN, never a guess.
"""

from __future__ import annotations

from math import isfinite
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from handoff_pipeline.measures.errors import MeasureError

CONFIDENCE: Final = 0.95
TAIL: Final = (1 - CONFIDENCE) / 2
Z: Final = NormalDist().inv_cdf(1 - TAIL)

Floats = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """Both ends of a 95 % interval, in the unit of the estimate."""

    low: float
    high: float


def wilson(successes: int, n: int) -> Interval | None:
    """Wilson score interval of successes / n, as fractions in 0-1; None where n is 0.

    Recommended for small n, where the textbook interval leaves 0-1 (Brown, Cai and DasGupta 2001). MeasureError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise MeasureError(f"{successes} successes of {n} cannot be.", fix="Count the successes among the n, both from 0 up.")
    return _one(*wilson_bounds(np.array([float(successes)]), np.array([float(n)])))


def student_t_interval(mean: float, sd: float, n: int) -> Interval | None:
    """Student t interval of a mean from the sample's standard deviation (divisor n - 1), in the mean's unit; None where n < 2.

    Not cut to the metric's range: near a bound it may reach past it. MeasureError where mean or sd is not finite, or sd or n is negative.
    """
    if n < 0:
        raise MeasureError(f"A sample size of {n} cannot be.", fix="Count the values of the sample.")
    if n < 2:
        return None
    if not isfinite(mean) or not isfinite(sd) or sd < 0:
        raise MeasureError(f"A mean of {mean} with a standard deviation of {sd} cannot be.", fix="Leave missing values out of the sample.")
    return _one(*student_t_bounds(np.array([mean]), np.array([sd]), np.array([float(n)])))


def poisson_rate_interval(events: int, exposure: float) -> Interval | None:
    """Exact (Garwood 1936) interval of events / exposure, in events per unit of exposure; None where exposure is 0.

    MeasureError where either is negative or the exposure is not finite.
    """
    if events < 0 or exposure < 0 or not isfinite(exposure):
        raise MeasureError(f"{events} events in an exposure of {exposure} cannot be.", fix="Count events and exposure from 0 up.")
    return _one(*poisson_bounds(np.array([float(events)]), np.array([float(exposure)])))


def wilson_bounds(successes: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Wilson's ends for arrays; NaN where n is 0. The ends are exactly 0 and 1 where nothing and everything succeeded."""
    size = np.where(n > 0, n, np.nan)
    share = successes / size
    shrink = 1 + Z**2 / size
    centre = (share + Z**2 / (2 * size)) / shrink
    half = Z / shrink * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    # Algebra puts these ends on the bound; rounding would leave them a hair inside or outside it.
    low = np.where(successes == 0, size * 0, centre - half)
    high = np.where(successes == n, size / size, centre + half)
    return low, high


def student_t_bounds(mean: Floats, sd: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Student t's ends for arrays; NaN where n < 2."""
    size = np.where(n >= 2, n, np.nan)
    half = special.stdtrit(size - 1, 1 - TAIL) * sd / np.sqrt(size)
    return mean - half, mean + half


def poisson_bounds(events: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Garwood's ends for arrays by the inverse incomplete gamma function; NaN where exposure is 0, low 0 where there is no event."""
    time = np.where(exposure > 0, exposure, np.nan)
    low = np.where(events > 0, special.gammaincinv(np.maximum(events, 1), TAIL), 0.0)
    high = special.gammaincinv(events + 1, 1 - TAIL)
    return low / time, high / time


def _one(low: Floats, high: Floats) -> Interval | None:
    if np.isnan(low[0]) or np.isnan(high[0]):
        return None
    return Interval(float(low[0]), float(high[0]))
