"""Control charts of the weekly metrics: centre line, limits and signal for every point, as each metric's chart calls for.

Limits are worked out in chart_limits and rules are applied in rules; baselines are frozen and targets judged elsewhere.
The one thing to know: a point that is young or small is shown, but it neither makes a limit nor gives a signal.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from handoff_pipeline.measures.chart_limits import u_centre, u_reach, xmr
from handoff_pipeline.measures.errors import MeasureError, refuse, require_columns
from handoff_pipeline.measures.intervals import Floats
from handoff_pipeline.measures.rules import Bools, Ints, fired
from handoff_pipeline.measures.weekly import PER_EVENT
from handoff_pipeline.tables import METRICS
from handoff_pipeline.tables.kpi import SIGNALS
from handoff_pipeline.tables.metrics import CHARTS

SERIES: Final = ("metric", "segment_type", "segment_key")
POINTS: Final = (*SERIES, "week_start", "is_partial_week", "numerator", "denominator", "n", "value", "minimum_n", "chart")
EVENTS: Final = (*SERIES, "week_start", "position", "is_event")
WINDOWS: Final = (*SERIES, "window_start", "window_end")
LIMITS: Final = ("centre_line", "lower_limit", "upper_limit")
_WHAT: Final = "The table of KPI points"
_USABLE: Final = ~pl.col("is_partial_week") & (pl.col("n") >= pl.col("minimum_n")) & pl.col("value").is_not_null()
_LOWEST: Final = {each.metric: each.value_range[0] for each in METRICS}
_HIGHEST: Final = {each.metric: each.value_range[1] for each in METRICS}


def with_limits(points: pl.DataFrame, events: pl.DataFrame, baselines: pl.DataFrame) -> pl.DataFrame:
    """The points with centre_line, lower_limit, upper_limit (double) and signal (text), NULL where there is none; rows as they came.

    A series is a metric in a segment (columns SERIES). A point is usable when its week is not partial, n >= minimum_n and it has a value.
    Limits come from the usable points whose week begins in the baseline's window where at least 8 do, else from all usable points; fewer
    than 8: no limits, no signal. They stand on every row of the series, cut to the metric's range, and signals on usable points alone.

    xmr: see chart_limits.xmr. u: numerator events in an exposure of denominator, limits by each row's own exposure. between_events: an XmR
    of the members from just after one event up to and including the next, published as rates (1 / members); see `_between_events`.

    Args:
        points: the columns POINTS, one row per series and week.
        events: the columns EVENTS: every counted member of the metrics that are charted between events, numbered from 1 in its series.
        baselines: the columns WINDOWS of the current baselines, at most one per series; may be empty.

    Raises:
        MeasureError: a column is missing, the chart is unknown, or a series has two baselines.
    """
    require_columns(points, POINTS, _WHAT)
    require_columns(events, EVENTS, "The table of events in order")
    require_columns(baselines, WINDOWS, "The table of baselines")
    refuse(points, {"chart": pl.col("chart").is_null() | ~pl.col("chart").is_in(CHARTS)}, _WHAT)
    rows = _rows(points, _windows(baselines))
    charted = [_xmr(rows.filter(pl.col("chart") == "xmr")), _u(rows.filter(pl.col("chart") == "u")), _between_events(rows, events)]
    found = _cut(pl.concat(charted)).drop("metric")
    return points.with_row_index("row").join(found, on="row", how="left", maintain_order="left").drop("row")


def _rows(points: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """The points with their place in `points` (row), the number of their series, and whether they are usable and lie in the window."""
    series = points.select(SERIES).unique().sort(SERIES).with_row_index("series")
    return (
        points.select(POINTS)
        .with_row_index("row")
        .join(series, on=SERIES, how="left", nulls_equal=True)
        .join(windows, on=SERIES, how="left")
        .with_columns(
            pl.col("series").cast(pl.Int64),
            usable=_USABLE.fill_null(value=False),
            in_window=pl.col("week_start").is_between("window_start", "window_end").fill_null(value=False),
        )
        .sort("series", "week_start")
    )


def _windows(baselines: pl.DataFrame) -> pl.DataFrame:
    twice = baselines.filter(pl.struct(SERIES).is_duplicated())
    if twice.height:
        raise MeasureError(
            f"The table of baselines has {twice.height} rows that share a series, for example {twice.select(SERIES).row(0)}.",
            fix="Pass the current baseline of each metric and segment alone.",
        )
    return baselines.select(WINDOWS)


def _xmr(rows: pl.DataFrame) -> pl.DataFrame:
    usable = rows.filter("usable")
    count = _count(rows)
    series, x = _ints(usable), _floats(usable, "value")
    limits = xmr(series, x, _bools(usable), count)
    rule = fired(series, x, limits.centre[series], limits.reach[series])
    every = _ints(rows)
    return _charted(rows, limits.centre[every], limits.reach[every], usable.get_column("row"), rule)


def _u(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.with_columns(scale=pl.col("metric").replace_strict(PER_EVENT, default=1.0, return_dtype=pl.Float64))
    usable = rows.filter("usable")
    series, exposure = _ints(usable), _floats(usable, "denominator")
    centre = u_centre(series, _floats(usable, "numerator") / _floats(usable, "scale"), exposure, _bools(usable), _count(rows))
    scale, every = _floats(usable, "scale"), _ints(rows)
    rule = fired(series, _floats(usable, "value"), scale * centre[series], scale * u_reach(centre[series], exposure))
    reach = u_reach(centre[every], _floats(rows, "denominator"))
    return _charted(rows, _floats(rows, "scale") * centre[every], _floats(rows, "scale") * reach, usable.get_column("row"), rule)


def _between_events(rows: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """XmR of the gaps between events, as rates: centre 1 / mean gap, upper limit 1 / lower limit of the gap, lower limit 1 / its upper one.

    The first event has no gap: nobody knows how many members came before history began. A gap is usable when the week of its closing event
    is not partial, whatever that week's n: the gap brings its own. A week's signal is that of its last event.
    """
    rows = rows.filter(pl.col("chart") == "between_events")
    weeks = rows.select(*SERIES, "week_start", "series", "row", "usable", "in_window", "is_partial_week")
    gaps = (
        events.filter("is_event")
        .sort(*SERIES, "position")
        # Before the join: the gap of the first event in these weeks began with one in a week that has no row any more.
        .with_columns(gap=pl.col("position").diff().over(SERIES).cast(pl.Float64))
        .join(weeks, on=(*SERIES, "week_start"), how="inner")
        .sort("series", "position")
        .filter(pl.col("gap").is_not_null() & ~pl.col("is_partial_week"))
    )
    series, x = _ints(gaps), _floats(gaps, "gap")
    limits = xmr(series, x, _bools(gaps), _count(rows))
    last = gaps.with_columns(rule=pl.Series(fired(series, x, limits.centre[series], limits.reach[series]), dtype=pl.Int64))
    last = last.group_by("row", maintain_order=True).last().filter("usable")
    mean, reach = limits.centre[_ints(rows)], limits.reach[_ints(rows)]
    table = _charted(rows, 1 / mean, np.zeros(rows.height), last.get_column("row"), last.get_column("rule").to_numpy())
    # A gap cannot be under one member: a lower limit below that is no limit, and its rate is cut to 1.
    return table.with_columns(pl.Series("lower_limit", 1 / (mean + reach)), pl.Series("upper_limit", 1 / np.maximum(mean - reach, 1.0)))


def _charted(rows: pl.DataFrame, centre: Floats, reach: Floats, at: pl.Series, rule: Ints) -> pl.DataFrame:
    """The columns row, metric, LIMITS and signal of every row; `rule` (0 none) belongs to the rows `at`."""
    names = pl.DataFrame({"row": at, "signal": pl.Series(rule, dtype=pl.Int64)}).select(
        "row", pl.col("signal").replace_strict(dict(enumerate(SIGNALS, start=1)), default=None, return_dtype=pl.String)
    )
    lines = {"centre_line": centre, "lower_limit": centre - reach, "upper_limit": centre + reach}
    return rows.select("row", "metric", *(pl.Series(name, line, dtype=pl.Float64) for name, line in lines.items())).join(
        names, on="row", how="left"
    )


def _cut(charted: pl.DataFrame) -> pl.DataFrame:
    """The limits cut to the metric's range, NULL for NaN."""
    lowest = pl.col("metric").replace_strict(_LOWEST, default=None, return_dtype=pl.Float64)
    highest = pl.col("metric").replace_strict(_HIGHEST, default=None, return_dtype=pl.Float64)
    # A horizontal maximum leaves NULL out: an open end cuts nothing, and a limit that is not there must not become the end.
    cut = (pl.max_horizontal("lower_limit", lowest).alias("lower_limit"), pl.min_horizontal("upper_limit", highest).alias("upper_limit"))
    return charted.with_columns(pl.col(LIMITS).fill_nan(None)).with_columns(
        pl.when(pl.col(name.meta.output_name()).is_not_null()).then(name) for name in cut
    )


def _count(rows: pl.DataFrame) -> int:
    return 0 if rows.is_empty() else int(_ints(rows).max()) + 1


def _ints(frame: pl.DataFrame) -> Ints:
    return frame.get_column("series").to_numpy()


def _floats(frame: pl.DataFrame, column: str) -> Floats:
    return frame.get_column(column).cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _bools(frame: pl.DataFrame) -> Bools:
    return frame.get_column("in_window").to_numpy()
