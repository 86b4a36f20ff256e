"""Control charts as docs/kpis.md words them, one series at a time in plain loops: the oracle of the vectorised ones. No product import."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

RULES = ("point_outside", "run", "trend", "two_of_three")
SLACK = 1e-9


def limits(values: list[float], in_window: list[bool]) -> tuple[float, float] | None:
    """Centre and reach of an XmR chart; None from under 8 points."""
    chosen = [value for value, inside in zip(values, in_window, strict=True) if inside]
    chosen = chosen if len(chosen) >= 8 else values
    if len(chosen) < 8:
        return None
    ranges = [abs(b - a) for a, b in pairwise(chosen)]
    return sum(chosen) / len(chosen), 2.66 * sum(ranges) / len(ranges)


def u_centre(events: list[float], exposure: list[float]) -> float | None:
    """Centre of a u-chart; None from under 8 points."""
    return sum(events) / sum(exposure) if len(events) >= 8 else None


def u_reach(centre: float, exposure: float) -> float:
    """Distance to a u-chart's limits."""
    return 3 * sqrt(centre / exposure)


def signals(values: list[float], centre: float, reach: list[float]) -> list[str | None]:
    """The first rule that fires at each point."""
    slack = SLACK * max(1.0, abs(centre))

    def side(number: int) -> int:
        distance = values[number] - centre
        return 0 if abs(distance) <= slack else 1 if distance > 0 else -1

    def far(number: int) -> int:
        return side(number) if abs(values[number] - centre) > 2 / 3 * reach[number] + slack else 0

    found: list[str | None] = []
    for i, value in enumerate(values):
        last = range(i - 6, i + 1)
        steps = [values[k] - values[k - 1] for k in last[1:]] if i >= 6 else []
        holds = {
            "point_outside": abs(value - centre) > reach[i] + slack,
            "run": i >= 6 and side(i) != 0 and all(side(k) == side(i) for k in last),
            "trend": i >= 6 and (all(step > slack for step in steps) or all(step < -slack for step in steps)),
            "two_of_three": far(i) != 0 and any(far(k) == far(i) for k in (i - 2, i - 1) if k >= 0),
        }
        found.append(next((rule for rule in RULES if holds[rule]), None))
    return found


def gaps(events: list[bool]) -> list[int]:
    """Members from just after one event up to and including the next."""
    at = [place for place, is_event in enumerate(events) if is_event]
    return [after - before for before, after in pairwise(at)]
