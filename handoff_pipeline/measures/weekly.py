"""Intervals for kpi_weekly: each point gets the 95 % interval that its metric calls for.

Values are computed in SQL, medians and their intervals in survival; baselines, targets and charts are not judged here.
The one thing to know: an interval is worked out from the counts, so numerator and denominator must be what the contract says they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, get_args

import numpy as np
import polars as pl

from handoff_pipeline.measures.errors import refuse, require_columns
from handoff_pipeline.measures.intervals import Floats, poisson_bounds, student_t_bounds, wilson_bounds
from handoff_pipeline.tables import METRICS
from handoff_pipeline.tables.metrics import Interval as IntervalKind

USED: Final = ("metric", "numerator", "denominator", "value", "sum_of_squares", "interval")
KINDS: Final = get_args(IntervalKind)
# scope_changes_per_100h counts each change as 100 in its numerator: rates, limits and intervals are those of the changes, times 100.
PER_EVENT: Final = {each.metric: 100.0 for each in METRICS if each.unit == "per_100_hours"}
_WHAT: Final = "The table of KPI points"


def with_intervals(points: pl.DataFrame) -> pl.DataFrame:
    """The points with ci_low and ci_high (double, NULL where there is no interval), rows and other columns as they came.

    `interval` says which: wilson (numerator of denominator; both counts), student_t (denominator = number of values, numerator = their sum,
    sum_of_squares = sum of their squares; NULL below two values), poisson (numerator events in an exposure of denominator), log_log (comes
    with the curve, see survival: NULL here), none. A point whose value is NULL, or whose denominator is 0 or NULL, has no interval.

    MeasureError where a column is missing, the kind is unknown, or a count cannot be (7 of 5, a negative exposure, half an event).
    """
    require_columns(points, USED, _WHAT)
    refuse(points, {"interval": pl.col("interval").is_null() | ~pl.col("interval").is_in(KINDS)}, _WHAT)
    low = np.full(points.height, np.nan)
    high = np.full(points.height, np.nan)
    for kind, bounds in _BOUNDS.items():
        chosen = points.with_row_index("row").filter(
            (pl.col("interval") == kind) & pl.col("value").is_not_null() & (pl.col("denominator") != 0)
        )
        if chosen.height:
            rows = chosen.get_column("row").to_numpy()
            low[rows], high[rows] = bounds(chosen)
    return points.with_columns(
        pl.Series("ci_low", low, dtype=pl.Float64).fill_nan(None),
        pl.Series("ci_high", high, dtype=pl.Float64).fill_nan(None),
    )


def _wilson(points: pl.DataFrame) -> tuple[Floats, Floats]:
    numerator, denominator = pl.col("numerator"), pl.col("denominator")
    refuse(points, {"numerator": _not_a_count("numerator") | (numerator > denominator), "denominator": _not_a_count("denominator")}, _WHAT)
    return wilson_bounds(_floats(points, "numerator"), _floats(points, "denominator"))


def _student_t(points: pl.DataFrame) -> tuple[Floats, Floats]:
    refuse(
        points,
        {
            "denominator": _not_a_count("denominator"),
            "numerator": ~_is_finite("numerator"),
            "sum_of_squares": ~_is_finite("sum_of_squares") | (pl.col("sum_of_squares") < 0),
        },
        _WHAT,
    )
    n, total = _floats(points, "denominator"), _floats(points, "numerator")
    squares = _floats(points, "sum_of_squares") - total**2 / n
    # Equal values leave a difference of rounding errors, which may be negative.
    deviation = np.sqrt(np.maximum(squares, 0.0) / np.maximum(n - 1, 1.0))
    return student_t_bounds(total / n, deviation, n)


def _poisson(points: pl.DataFrame) -> tuple[Floats, Floats]:
    points = points.with_columns(per_event=pl.col("metric").replace_strict(PER_EVENT, default=1.0, return_dtype=pl.Float64))
    events = pl.col("numerator") / pl.col("per_event")
    refuse(
        points,
        {
            "numerator": ~_is_finite("numerator") | (pl.col("numerator") < 0) | ((events - events.round()).abs() > 1e-9),
            "denominator": ~_is_finite("denominator") | (pl.col("denominator") < 0),
        },
        _WHAT,
    )
    per_event = _floats(points, "per_event")
    low, high = poisson_bounds(np.rint(_floats(points, "numerator") / per_event), _floats(points, "denominator"))
    return low * per_event, high * per_event


_BOUNDS: Final[dict[str, Callable[[pl.DataFrame], tuple[Floats, Floats]]]] = {
    "wilson": _wilson,
    "student_t": _student_t,
    "poisson": _poisson,
}


def _is_finite(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64).is_finite().fill_null(value=False)


def _not_a_count(column: str) -> pl.Expr:
    number = pl.col(column).cast(pl.Float64)
    return ~_is_finite(column) | (number < 0) | (number != number.round())


def _floats(points: pl.DataFrame, column: str) -> Floats:
    return points.get_column(column).cast(pl.Float64).to_numpy()
