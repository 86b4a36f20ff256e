"""Kickoff survival for the KPI tables: one curve and one median per as-of week and segment, from counts made in SQL.

The estimator lives in kaplan_meier; keys, date keys and run ids are added where the tables are written.
The one thing to know: a group in which nothing happened yet has no curve, but it keeps its row among the medians, with its n.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from handoff_pipeline.measures.kaplan_meier import medians_by, steps_by

GROUP: Final = ("week_start", "segment_type", "segment")


def curves(durations: pl.DataFrame) -> pl.DataFrame:
    """The steps of kpi_kickoff_survival: week_start, segment_type, segment, day, at_risk, events, censored, survival, ci_low, ci_high.

    `durations` holds week_start, segment_type, segment, day (not negative), events and censored: handoffs kicked off and censored so many
    days after the win. MeasureError where a column is missing or a count is negative or NULL.
    """
    return steps_by(durations, GROUP)


def medians(durations: pl.DataFrame) -> pl.DataFrame:
    """Median per group with interval and size: columns week_start, segment_type, segment, n, events, value, ci_low, ci_high.

    n counts events and censorings alike; value and ends are in the unit of `day`, NULL where not reached. Input and errors as for `curves`.
    Serves days_to_kickoff_median, and the medians in hours when `day` holds hours.
    """
    reached = medians_by(steps_by(durations, GROUP), GROUP)
    return (
        durations.group_by(*GROUP)
        .agg(n=(pl.col("events").sum() + pl.col("censored").sum()).cast(pl.Int64), events=pl.col("events").sum().cast(pl.Int64))
        .join(reached, on=GROUP, how="left", nulls_equal=True)
        .sort(*GROUP)
        .select(*GROUP, "n", "events", "value", "ci_low", "ci_high")
    )
