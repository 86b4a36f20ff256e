"""Survival for the KPI tables: curves, medians and shares done in time per metric, as-of week and segment, from counts made in SQL.

The estimator lives in kaplan_meier; keys of metrics, date keys and run ids are added where the tables are written.
The one thing to know: a group in which nothing happened yet has no curve, but it keeps its row among the medians, with its n.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from handoff_pipeline.measures.kaplan_meier import medians_by, steps_by, survival_by

GROUP: Final = ("metric", "week_start", "segment_type", "segment_key")
DAYS_TO_KICKOFF: Final = "days_to_kickoff_median"
WITHIN_TARGET: Final = "kickoff_within_target"


def kickoff_curves(durations: pl.DataFrame) -> pl.DataFrame:
    """The steps of kpi_kickoff_survival: week_start, segment_type, segment_key, day, at_risk, events, censored, survival, ci_low, ci_high.

    `durations` holds metric, week_start, segment_type, segment_key, day (whole days as any number, not negative), events and censored:
    handoffs kicked off and censored so many days after the win. Only rows of days_to_kickoff_median count. MeasureError where a column is
    missing, or a count or a day is negative or NULL.
    """
    return steps_by(_of_kickoff(durations), GROUP).drop("metric").with_columns(pl.col("day").cast(pl.Int64))


def estimates(durations: pl.DataFrame, target_days: float) -> pl.DataFrame:
    """What kpi_weekly takes from curves: columns GROUP, value, ci_low, ci_high: the median of each metric, and kickoff_within_target."""
    columns = (*GROUP, "value", "ci_low", "ci_high")
    within = kicked_off_within(durations, target_days).with_columns(metric=pl.lit(WITHIN_TARGET))
    return pl.concat([medians(durations).select(columns), within.select(columns)])


def medians(durations: pl.DataFrame) -> pl.DataFrame:
    """Median per group with interval and size: columns GROUP, n, events, value, ci_low, ci_high.

    n counts events and censorings alike; value and ends are in the unit of the metric's `day` (days, or business hours), NULL where not
    reached. Input and errors as for `kickoff_curves`, for every metric there is.
    """
    reached = medians_by(steps_by(durations, GROUP), GROUP)
    return (
        durations.group_by(*GROUP)
        .agg(n=(pl.col("events").sum() + pl.col("censored").sum()).cast(pl.Int64), events=pl.col("events").sum().cast(pl.Int64))
        .join(reached, on=GROUP, how="left", nulls_equal=True)
        .sort(*GROUP)
        .select(*GROUP, "n", "events", "value", "ci_low", "ci_high")
    )


def kicked_off_within(durations: pl.DataFrame, target_days: float) -> pl.DataFrame:
    """1 - S(target_days) of days to kickoff per group, in 0-1: week_start, segment_type, segment_key, value, ci_low, ci_high.

    The interval is the log-log one of S with its ends swapped; NULL while nobody has kicked off (0) and where everybody has (1). The value
    is NULL where nobody was followed up to the target and somebody is left: there the curve says nothing. Input and errors as above.
    """
    kickoff = _of_kickoff(durations)
    done = (1 - pl.col(name) for name in ("survival", "ci_high", "ci_low"))
    renamed = (share.alias(name) for share, name in zip(done, ("value", "ci_low", "ci_high"), strict=True))
    return survival_by(kickoff, GROUP, target_days).select(*GROUP[1:], *renamed)


def _of_kickoff(durations: pl.DataFrame) -> pl.DataFrame:
    return durations.filter(pl.col("metric") == DAYS_TO_KICKOFF)
