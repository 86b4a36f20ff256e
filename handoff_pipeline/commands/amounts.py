"""Numbers as people read them: each in its unit, a dash where there is none, and parts that are rounded so that they still add up.

What a unit means is the registry's (tables/metrics).
The one thing to know: shares are shown as percentages, so a difference of two shares is in percentage points.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any, Final

NONE: Final = "–"
PLACES: Final = {
    "fraction": 1, "score": 1, "percent": 1, "pp": 2, "days": 0, "hours": 1, "per_project_week": 3, "per_100_hours": 2, "count": 0,
    "amount": 2,
}  # fmt: skip
UNITS: Final = {
    "fraction": "%", "score": "of 100", "percent": "%", "pp": "pp", "per_project_week": "per project and week",
    "per_100_hours": "per 100 hours", "count": "",
}  # fmt: skip
STEPS: Final = {"fraction": "percentage points", "percent": "percentage points", "pp": "percentage points", "score": "points"}
"""What a difference is called where it is not called as the value is."""


def number(value: Any, places: int) -> str:
    """A number with so many places and thousands separated; a dash where there is none."""
    return NONE if value is None else f"{value:,.{places}f}"


def shown(value: object) -> str:
    """The value, or a dash where there is none."""
    return NONE if value is None or value == "" else str(value)


def places(unit: str) -> int:
    """Decimals that a figure of the unit is shown with."""
    return PLACES.get(unit, 2)


def scaled(value: float, unit: str) -> float:
    """The number as it is shown: shares times 100."""
    return value * 100 if unit == "fraction" else value


def amount(value: float | None, unit: str) -> str:
    """A value without the name of its unit; fractions are shown as percentages."""
    return NONE if value is None else number(scaled(value, unit), places(unit))


def said(value: float | None, unit: str, currency: str = "") -> str:
    """A value with its unit: `25.0 %`, `12 days`, `5,550.00 GBP`."""
    if value is None:
        return NONE
    name = currency if unit == "amount" else UNITS.get(unit, unit)
    return f"{amount(value, unit)} {name}".rstrip()


def stepped(value: float, unit: str) -> str:
    """A difference with its sign and without its unit; what rounds to nothing has a plus."""
    return f"{round(scaled(value, unit), places(unit)) + 0.0:+,.{places(unit)}f}"


def step_name(unit: str, currency: str = "") -> str:
    """What a difference of the unit is called."""
    return currency if unit == "amount" else STEPS.get(unit, UNITS.get(unit, unit)) or "in number"


def fitted(parts: Sequence[float], unit: str, then: float, now: float) -> list[float]:
    """The parts of a change from `then` to `now` as they are shown: rounded so that they sum to the difference of both as shown.

    Each part is off by at most one of the last digit, those whose remainder is largest; results are in the scale that is shown.
    """
    factor = 10 ** places(unit)
    before, after = (round(round(scaled(value, unit), places(unit)) * factor) for value in (then, now))
    exact = [scaled(part, unit) * factor for part in parts]
    whole = [floor(part) for part in exact]
    missing = after - before - sum(whole)
    by_rest = sorted(range(len(exact)), key=lambda at: (whole[at] - exact[at], at), reverse=missing < 0)
    for at in by_rest[: abs(missing)]:
        whole[at] += 1 if missing > 0 else -1
    return [part / factor for part in whole]
