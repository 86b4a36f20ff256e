"""Control charts: centre line, limits and the four rules, over the weeks of one metric and segment.

Written from docs/kpis.md "Charts". A series is charted from its usable points alone; its lines then stand on every row.
What is put between the limits is decided in `figures`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tests.oracle.figures import Figure
from tests.oracle.metrics import METRICS, Metric

LEAST_POINTS = 8
XMR = 2.66
PATTERN = 7
EQUAL = 1e-9
PER_100_HOURS = 100


@dataclass(frozen=True)
class Lines:
    """What a chart draws on a week's row."""

    centre: float | None = None
    low: float | None = None
    high: float | None = None
    signal: str | None = None


@dataclass(frozen=True)
class Point:
    """A value with the centre line and the limits that it is judged by; the limits are not cut."""

    value: float
    centre: float
    low: float
    high: float

    @property
    def fuzz(self) -> float:
        """What is too small to be a difference."""
        return EQUAL * max(1.0, abs(self.centre))

    def is_beyond(self, way: float) -> int:
        """1 above, -1 below that part of the way from the centre to the limit; 0 within."""
        above = self.value > self.centre + way * (self.high - self.centre) + self.fuzz
        below = self.value < self.centre - way * (self.centre - self.low) - self.fuzz
        return above - below


@dataclass(frozen=True)
class Week:
    """A row of the series: its figure, and whether what is not over yet may change it."""

    week: date
    figure: Figure
    is_partial: bool


def lines_of(
    name: str, series: Sequence[Week], events: Sequence[tuple[date, bool]], window: tuple[date, date] | None = None
) -> dict[date, Lines]:
    """The lines and the signal of every week of a series, in the order of weeks.

    Args:
        name: The metric.
        series: Its weeks in one segment.
        events: For charts between events: week of each counted member, in order, and whether it is an event.
        window: First and last day of the baseline in force; its points make the limits, where there are eight of them.
    """
    metric = METRICS[name]
    if metric.chart == "none":
        return {}
    usable = [each for each in series if is_usable(metric, each)]
    if metric.chart == "u":
        return _u(metric, series, usable, window)
    if metric.chart == "between_events":
        return _between(series, {each.week for each in usable}, events, window)
    return _xmr(metric, series, usable, window)


def is_usable(metric: Metric, each: Week) -> bool:
    """Whether a point makes limits and may carry a signal."""
    return not each.is_partial and each.figure.n >= metric.minimum_n and each.figure.value is not None


def base_of(weeks: Sequence[date], window: tuple[date, date] | None) -> list[int]:
    """Places of the points that make the limits: those of the window where it holds eight, else all; none of fewer than eight."""
    within = [place for place, week in enumerate(weeks) if window is not None and window[0] <= week <= window[1]]
    if len(within) >= LEAST_POINTS:
        return within
    return list(range(len(weeks))) if len(weeks) >= LEAST_POINTS else []


def individuals(points: Sequence[tuple[date, float]], window: tuple[date, date] | None = None) -> list[Point]:
    """Values of weeks, judged by XmR limits; none where there are too few."""
    base = [points[place][1] for place in base_of([week for week, _ in points], window)]
    if not base:
        return []
    centre = math.fsum(base) / len(base)
    reach = XMR * math.fsum(abs(after - before) for before, after in pairwise(base)) / (len(base) - 1)
    return [Point(value, centre, centre - reach, centre + reach) for _, value in points]


def signals(points: Sequence[Point]) -> list[str | None]:
    """The first rule that fires on each point, as completed by it."""
    return [_signal(points[: place + 1]) for place in range(len(points))]


def _signal(points: Sequence[Point]) -> str | None:
    point, recent = points[-1], points[-PATTERN:]
    if point.is_beyond(1):
        return "point_outside"
    if len(recent) == PATTERN:
        sides = {each.is_beyond(0) for each in recent}
        if len(sides) == 1 and 0 not in sides:
            return "run"
        steps = [after.value - before.value for before, after in pairwise(recent)]
        if all(step > point.fuzz for step in steps) or all(step < -point.fuzz for step in steps):
            return "trend"
    side = point.is_beyond(2 / 3)
    return "two_of_three" if side and any(each.is_beyond(2 / 3) == side for each in points[-3:-1]) else None


def _xmr(metric: Metric, series: Sequence[Week], usable: Sequence[Week], window: tuple[date, date] | None) -> dict[date, Lines]:
    points = individuals([(each.week, each.figure.value) for each in usable if each.figure.value is not None], window)
    if not points:
        return {}
    told = dict(zip((each.week for each in usable), signals(points), strict=True))
    line = points[0]
    return {each.week: Lines(line.centre, _cut(metric, line.low), _cut(metric, line.high), told.get(each.week)) for each in series}


def _u(metric: Metric, series: Sequence[Week], usable: Sequence[Week], window: tuple[date, date] | None) -> dict[date, Lines]:
    """Poisson limits: each row's by its own exposure. For changes per 100 hours an event adds 100, so lines are × 100."""
    base = [usable[place].figure for place in base_of([each.week for each in usable], window)]
    if not base:
        return {}
    scale = PER_100_HOURS if metric.unit == "per_100_hours" else 1
    exposure = math.fsum(figure.denominator or 0 for figure in base)
    rate = math.fsum((figure.numerator or 0) / scale for figure in base) / exposure

    def point(each: Week) -> Point | None:
        if not each.figure.denominator:
            return None
        reach = 3 * math.sqrt(rate / each.figure.denominator)
        return Point(each.figure.value or 0.0, rate * scale, (rate - reach) * scale, (rate + reach) * scale)

    points = {each.week: point(each) for each in series}
    told = dict(zip((each.week for each in usable), signals([found for each in usable if (found := points[each.week])]), strict=True))
    return {
        week: Lines(rate * scale, _cut(metric, found.low), _cut(metric, found.high), told.get(week)) if found else Lines(rate * scale)
        for week, found in points.items()
    }


def _between(
    series: Sequence[Week], usable: set[date], events: Sequence[tuple[date, bool]], window: tuple[date, date] | None
) -> dict[date, Lines]:
    """An XmR of how many members passed from one event to the next, told as rates."""
    whole = {each.week for each in series if not each.is_partial}
    gaps = [(week, float(gap)) for week, gap in gaps_between(events) if week in whole]
    points = individuals(gaps, window)
    if not points:
        return {}
    told: Mapping[date, str | None] = dict(zip((week for week, _ in gaps), signals(points), strict=True))
    line = points[0]
    high = 1.0 if line.low < 1 else 1 / line.low
    return {each.week: Lines(1 / line.centre, 1 / line.high, high, told.get(each.week) if each.week in usable else None) for each in series}


def gaps_between(events: Sequence[tuple[date, bool]]) -> list[tuple[date, int]]:
    """Members from just after the event before up to each event, with its week; the first event has no gap."""
    places = [place for place, (_, is_event) in enumerate(events) if is_event]
    return [(events[after][0], after - before) for before, after in pairwise(places)]


def _cut(metric: Metric, limit: float) -> float:
    low, high = metric.limits
    limit = limit if low is None else max(low, limit)
    return limit if high is None else min(high, limit)
