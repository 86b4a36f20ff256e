"""One figure from several weeks: the sums of weekly cohorts with their interval, or the newest figure of a metric that rolls.

Baselines and movements are both pooled here, so that they can be compared; which weeks go in is the caller's.
The one thing to know: a rolling or as-of figure already covers its window, so of such a metric only the window's last week counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum, sqrt
from typing import Any, Final

from handoff_pipeline.measures import Interval, poisson_rate_interval, student_t_interval, wilson
from handoff_pipeline.tables import Metric

USED: Final = (
    "week_start",
    "numerator",
    "denominator",
    "numerator_2",
    "denominator_2",
    "sum_of_squares",
    "n",
    "value",
    "ci_low",
    "ci_high",
)


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pooled figure. `numerator`, `denominator` and `sum_of_squares` are there for ratios and means of weekly cohorts alone."""

    value: float | None = None
    n: int = 0
    ci_low: float | None = None
    ci_high: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    sum_of_squares: float | None = None

    @property
    def deviation(self) -> float | None:
        """Standard deviation (divisor n - 1) of the values behind a mean; None where it cannot be had."""
        return deviation(self.numerator, self.denominator, self.sum_of_squares)


def pooled(metric: Metric, weeks: Sequence[Mapping[str, Any]], last_week: date, number: int) -> Pooled:
    """The figure of one metric and segment over a window.

    Args:
        metric: what is pooled.
        weeks: rows of kpi_weekly in the window (columns USED; a mean has no interval where a week with members lacks sum_of_squares).
        last_week: Monday of the window's last week.
        number: weeks that the window has figures of, for the mean week of a sum.
    """
    if metric.window != "week":
        return next((_as_it_is(week) for week in weeks if week["week_start"] == last_week), Pooled())
    n = sum(int(week["n"]) for week in weeks)
    above, below = _total(weeks, "numerator"), _total(weeks, "denominator")
    if metric.aggregation == "sum":
        return Pooled(above / number if n and number else None, n)
    if metric.aggregation == "ratio_difference":
        return Pooled(_difference(above, below, _total(weeks, "numerator_2"), _total(weeks, "denominator_2")), n)
    if not below:
        return Pooled(None, n)
    has_squares = metric.aggregation == "mean" and all(week["sum_of_squares"] is not None for week in weeks if week["denominator"])
    squares = _total(weeks, "sum_of_squares") if has_squares else None
    low, high = _interval(metric, above, below, squares) or (None, None)
    return Pooled(above / below, n, low, high, above, below, squares)


def deviation(total: float | None, number: float | None, squares: float | None) -> float | None:
    """Standard deviation (divisor n - 1) from the sum, the number and the sum of squares of values; None below two values."""
    if total is None or number is None or squares is None or number < 2:
        return None
    # Equal values leave a difference of rounding errors, which may be negative.
    return sqrt(max(squares - total * total / number, 0.0) / (number - 1))


def events_of(metric: Metric, numerator: float) -> int:
    """The events behind a rate's numerator: each change counts as 100 in a rate per 100 hours."""
    return round(numerator / scale_of(metric))


def scale_of(metric: Metric) -> float:
    """What one event adds to the numerator."""
    return 100.0 if metric.unit == "per_100_hours" else 1.0


def _as_it_is(week: Mapping[str, Any]) -> Pooled:
    return Pooled(week["value"], int(week["n"]), week["ci_low"], week["ci_high"])


def _total(weeks: Sequence[Mapping[str, Any]], column: str) -> float:
    # Exact whatever the order of the weeks.
    return fsum(week[column] for week in weeks if week[column] is not None)


def _difference(above: float, below: float, above_2: float, below_2: float) -> float | None:
    return 100 * (above / below - above_2 / below_2) if below and below_2 else None


def _interval(metric: Metric, above: float, below: float, squares: float | None) -> Interval | None:
    if metric.interval == "wilson":
        return wilson(round(above), round(below))
    if metric.interval == "poisson":
        found = poisson_rate_interval(events_of(metric, above), below)
        return Interval(*(end * scale_of(metric) for end in found)) if found else None
    spread = deviation(above, below, squares)
    return None if spread is None else student_t_interval(above / below, spread, round(below))
