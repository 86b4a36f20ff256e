"""The four rules of a control chart, for the points of many series at once.

Which points are charted and where their limits lie is decided in chart_limits; what a signal leads to, nowhere in measures.
The one thing to know: a rule fires at the point that completes its pattern, and every number is compared with a slack, so that rounding
alone never makes a signal.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from handoff_pipeline.measures.intervals import Floats
from handoff_pipeline.tables.kpi import SIGNALS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

IN_A_ROW: Final = 7
OUTER_THIRD: Final = 2 / 3
# Means of equal values differ from them by a rounding error of about 1e-16 of their size.
SLACK: Final = 1e-9
POINT_OUTSIDE, RUN, TREND, TWO_OF_THREE = range(1, len(SIGNALS) + 1)


def fired(series: Ints, x: Floats, centre: Floats, reach: Floats) -> Ints:
    """The first rule that fires at each point: 0 none, else 1-4 in the order of tables.kpi.SIGNALS.

    All arrays hold one entry per usable point, ordered by series and, within it, by time. `centre` is the point's centre line, `reach` the
    distance from it to a limit before the limit is cut to the metric's range (3 sigma); NaN in either: no limits, so no rule fires.

    1 point_outside: beyond a limit. 2 run: the seventh or a later point in a row on one side of the centre; a point on it breaks the run.
    3 trend: the seventh or a later point in a row, each strictly above (or each strictly below) the one before. 4 two_of_three: the point
    and at least one of the two before it lie more than two thirds of the way from the centre to the limit, on the same side.
    Wheeler, Understanding Variation (1993), and NHS England, Making Data Count (2018), which takes these four with 7 for run and trend.
    """
    slack = SLACK * np.maximum(1.0, np.abs(centre))
    position = positions(series)
    distance = x - centre
    has_limits = ~np.isnan(centre) & ~np.isnan(reach)
    outside = np.abs(distance) > reach + slack
    run = _adds_up(_sign(distance, slack), IN_A_ROW) & (position >= IN_A_ROW - 1)
    step = np.zeros(len(x), dtype=np.int64)
    step[1:] = _sign(np.diff(x), slack[1:])
    trend = _adds_up(step, IN_A_ROW - 1) & (position >= IN_A_ROW - 1)
    far = np.where(np.abs(distance) > OUTER_THIRD * reach + slack, _sign(distance, slack), 0)
    pair = (far != 0) & (_same_as_before(far, position, 1) | _same_as_before(far, position, 2))
    first: Ints = np.select([outside, run, trend, pair], [POINT_OUTSIDE, RUN, TREND, TWO_OF_THREE], 0).astype(np.int64)
    return np.where(has_limits, first, 0)


def positions(series: Ints) -> Ints:
    """The position of each point within its series, from 0; `series` is ordered."""
    index = np.arange(len(series), dtype=np.int64)
    starts = np.flatnonzero(np.diff(series, prepend=-1))
    return index - np.repeat(starts, np.diff(starts, append=len(series)))


def _sign(distance: Floats, slack: Floats) -> Ints:
    return np.where(distance > slack, 1, np.where(distance < -slack, -1, 0)).astype(np.int64)


def _adds_up(sign: Ints, length: int) -> Bools:
    """Whether the last `length` signs up to each point are all 1 or all -1, series aside; False for the first points of all."""
    total = np.concatenate(([0], np.cumsum(sign)))
    result = np.zeros(len(sign), dtype=np.bool_)
    if len(sign) >= length:
        result[length - 1 :] = np.abs(total[length:] - total[:-length]) == length
    return result


def _same_as_before(far: Ints, position: Ints, back: int) -> Bools:
    """Whether the point `back` places before, in the same series, has the same sign."""
    result = np.zeros(len(far), dtype=np.bool_)
    result[back:] = (far[back:] == far[:-back]) & (position[back:] >= back)
    return result
