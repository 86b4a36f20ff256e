"""Centre and natural limits of XmR charts and u-charts, from the usable points of many series at once.

Which points are usable is decided in charts; when a point is a signal, in rules.
The one thing to know: fewer than 8 points give no limits, because limits drawn from less say more about chance than about the work.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from handoff_pipeline.measures.intervals import Floats
from handoff_pipeline.measures.rules import Bools, Ints

# 3 / 1.128, the mean range of two values of a normal distribution in standard deviations (Wheeler; rounded as he prints it).
XMR: Final = 2.66
MINIMUM_POINTS: Final = 8


class Limits(NamedTuple):
    """One entry per series: the centre line, and the distance from it to either limit before it is cut; NaN where there are no limits."""

    centre: Floats
    reach: Floats


def points_for_limits(series: Ints, in_window: Bools, count: int) -> Bools:
    """Which points the limits of their series come from: those in the baseline's window where at least 8 are, else all; none of under 8.

    `series` is a number from 0 to count - 1 per point.
    """
    has_window = np.bincount(series[in_window], minlength=count) >= MINIMUM_POINTS
    chosen = in_window | ~has_window[series]
    enough = np.bincount(series[chosen], minlength=count) >= MINIMUM_POINTS
    return chosen & enough[series]


def xmr(series: Ints, x: Floats, in_window: Bools, count: int) -> Limits:
    """XmR limits per series: centre = mean, reach = 2.66 x mean absolute moving range of consecutive chosen points.

    Points are ordered by series and time. Wheeler, Understanding Variation (1993); golden: 6 8 5 9 7 12 6 8 7 10 -> 7.8, reach 8.2756.
    """
    chosen = points_for_limits(series, in_window, count)
    s, values = series[chosen], x[chosen]
    same = s[1:] == s[:-1]
    ranges = _added(s[1:][same], np.abs(np.diff(values))[same], count)
    size = _or_nan(np.bincount(s, minlength=count).astype(np.float64))
    return Limits(_added(s, values, count) / size, XMR * ranges / (size - 1))


def u_centre(series: Ints, events: Floats, exposure: Floats, in_window: Bools, count: int) -> Floats:
    """Centre of a u-chart per series: all events over all exposure of the chosen points; NaN where there are fewer than 8."""
    chosen = points_for_limits(series, in_window, count)
    return _added(series[chosen], events[chosen], count) / _or_nan(_added(series[chosen], exposure[chosen], count))


def u_reach(centre: Floats, exposure: Floats) -> Floats:
    """Distance to the limits of each point of a u-chart: 3 sqrt(centre / exposure); NaN where the exposure is 0 or unknown."""
    return 3 * np.sqrt(centre / _or_nan(exposure))


def _added(series: Ints, values: Floats, count: int) -> Floats:
    """The sum per series, one value after the other: it depends on nothing but the series' own points in their order."""
    return np.bincount(series, weights=values, minlength=count).astype(np.float64)


def _or_nan(size: Floats) -> Floats:
    return np.where(size > 0, size, np.nan)
