"""Frames for chart tests: one row of values per series, weeks as columns; n and minimum n fit unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from handoff_pipeline.measures.charts import LIMITS, with_limits
from handoff_pipeline.tables import METRICS

FIRST = date(2025, 1, 6)
CHART_OF = {each.metric: (each.chart, each.minimum_n) for each in METRICS}
NO_EVENTS = pl.DataFrame(
    schema={
        "metric": pl.String,
        "segment_type": pl.String,
        "segment_key": pl.Int64,
        "week_start": pl.Date,
        "position": pl.Int64,
        "is_event": pl.Boolean,
    }
)
NO_BASELINES = pl.DataFrame(
    schema={"metric": pl.String, "segment_type": pl.String, "segment_key": pl.Int64, "window_start": pl.Date, "window_end": pl.Date}
)
SCHEMA = pl.Schema(
    {
        "metric": pl.String,
        "segment_type": pl.String,
        "segment_key": pl.Int64,
        "week_start": pl.Date,
        "is_partial_week": pl.Boolean,
        "numerator": pl.Float64,
        "denominator": pl.Float64,
        "n": pl.Int64,
        "value": pl.Float64,
        "minimum_n": pl.Int64,
        "chart": pl.String,
    }
)


def week(number: int) -> date:
    """Monday of the week with this number, from 0."""
    return FIRST + timedelta(weeks=number)


def row(metric: str, number: int, value: float | None, **more: Any) -> dict[str, Any]:
    """One point of the segment `all`."""
    chart, minimum = CHART_OF[metric]
    return {
        "metric": metric,
        "segment_type": "all",
        "segment_key": 0,
        "week_start": week(number),
        "is_partial_week": False,
        "numerator": None,
        "denominator": None,
        "n": max(minimum, 10),
        "value": value,
        "minimum_n": minimum,
        "chart": chart,
    } | more


def points(*rows: dict[str, Any]) -> pl.DataFrame:
    """Points as the model gives them."""
    return pl.DataFrame(list(rows), schema=SCHEMA)


def series(metric: str, values: Sequence[float | None], **more: Any) -> list[dict[str, Any]]:
    """One series, a value a week."""
    return [row(metric, number, value, **more) for number, value in enumerate(values)]


def many(metric: str, values: np.ndarray[Any, Any], **columns: np.ndarray[Any, Any]) -> pl.DataFrame:
    """One series per row of `values` (and of each further column), segment keys from 1."""
    count, length = values.shape
    chart, minimum = CHART_OF[metric]
    return pl.DataFrame(
        {
            "metric": [metric] * (count * length),
            "segment_type": ["client"] * (count * length),
            "segment_key": np.repeat(np.arange(1, count + 1), length),
            "week_start": [week(number) for number in range(length)] * count,
            "is_partial_week": [False] * (count * length),
            "numerator": [0.0] * (count * length),
            "denominator": [1.0] * (count * length),
            "n": [max(minimum, 10)] * (count * length),
            "value": values.ravel(),
            "minimum_n": [minimum] * (count * length),
            "chart": [chart] * (count * length),
        }
        | {name: column.ravel() for name, column in columns.items()},
    ).cast(SCHEMA)


def baseline(metric: str, first: int, last: int, key: int = 0) -> pl.DataFrame:
    """A frozen window from week `first` to week `last`, for `all` (key 0) or a client."""
    kind = "client" if key else "all"
    row = (metric, kind, key, week(first), week(last) + timedelta(days=6))
    return pl.DataFrame([row], schema=NO_BASELINES.schema, orient="row")


def windows(metric: str, count: int, first: int, last: int) -> pl.DataFrame:
    """The same window for each of the series that `many` makes."""
    return baseline(metric, first, last, 1).drop("segment_key").join(pl.DataFrame({"segment_key": range(1, count + 1)}), how="cross")


def charted(frame: pl.DataFrame, events: pl.DataFrame = NO_EVENTS, baselines: pl.DataFrame = NO_BASELINES) -> pl.DataFrame:
    """The points with their limits and signals."""
    return with_limits(frame, events, baselines)


def lines(frame: pl.DataFrame) -> list[Any]:
    """Centre, lower and upper limit of each row."""
    return frame.select(LIMITS).rows()


def signals(frame: pl.DataFrame, count: int) -> np.ndarray[Any, Any]:
    """Signals as a matrix of text, one row per series; '' for none."""
    return frame.get_column("signal").fill_null("").to_numpy().reshape(count, -1)
