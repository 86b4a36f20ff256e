"""Where a week's figure stands against its target: on the path from the frozen baseline, ahead, behind, or too late.

Targets are set in the policy, baselines are frozen in the ledger; docs/kpis.md, "Baselines and targets", has every rule with an example.
The one thing to know: each week is judged by its own figure, and nothing is judged before the day on which the baseline was frozen.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from handoff_pipeline.tables import METRICS

SUBJECT: Final = ("metric_key", "segment_type", "segment_key")
POINTS: Final = (*SUBJECT, "metric", "week_start", "n", "minimum_n", "value")
BASELINES: Final = (*SUBJECT, "value", "frozen_date_key", "is_current")
TARGETS: Final = (*SUBJECT, "kind", "low", "high", "due")
JUDGED: Final = ("baseline_value", "target_value", "target_due", "status")
TOLERANCE: Final = 1e-9

_SUNDAY: Final = pl.duration(days=6)
_UP: Final = {each.metric: each.direction == "up" for each in METRICS}


def judged(points: pl.DataFrame, baselines: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """The points with the columns JUDGED, rows and other columns as they came.

    Args:
        points: kpi_weekly's rows with the columns POINTS, after medians have their value.
        baselines: kpi_baseline (columns BASELINES); only current ones count, at most one per metric and segment.
        targets: kpi_target (columns TARGETS).
    """
    current = baselines.filter("is_current").select(
        *SUBJECT,
        pl.col("value").alias("baseline_value"),
        pl.col("frozen_date_key").cast(pl.String).str.to_date("%Y%m%d").alias("frozen"),
    )
    rows = (
        points.select(POINTS)
        .with_row_index("row")
        .with_columns(sunday=pl.col("week_start") + _SUNDAY)
        .join(current, on=SUBJECT, how="left")
        # A week that was over before the freeze has nothing to be measured against.
        .with_columns(pl.when(pl.col("sunday") >= pl.col("frozen")).then(pl.col(name)).alias(name) for name in ("baseline_value", "frozen"))
    )
    placed = (
        rows.join(_in_force(rows, targets), on="row", how="left")
        .with_columns(target_value=_path())
        .with_columns(status=_status())
        .sort("row")
        .select("baseline_value", "target_value", pl.col("due").alias("target_due"), "status")
    )
    return pl.concat([points.drop(JUDGED, strict=False), placed], how="horizontal")


def _in_force(rows: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """Low, high and due of each row's target: the earliest that is due on or after its Sunday, else the latest of those past."""
    candidates = (
        rows.filter(pl.col("frozen").is_not_null())
        .select("row", *SUBJECT, "sunday", "frozen")
        .join(targets.select(TARGETS), on=SUBJECT, how="inner")
        .filter(pl.col("due") > pl.col("frozen"))
        .with_columns(is_past=pl.col("due") < pl.col("sunday"))
        .with_columns(wait=(pl.col("due") - pl.col("sunday")).dt.total_days().abs(), is_policy=pl.col("kind") == "policy")
    )
    order = candidates.sort("row", "is_past", "wait", "is_policy", descending=[False, False, False, True])
    return order.unique("row", keep="first", maintain_order=True).select("row", "low", "high", "due")


def _path() -> pl.Expr:
    """The value that the straight path from the baseline to `low` has on the week's Sunday; `low` once the due date has passed."""
    gone = (pl.col("sunday") - pl.col("frozen")).dt.total_days()
    whole = (pl.col("due") - pl.col("frozen")).dt.total_days()
    on_path = pl.col("baseline_value") + (pl.col("low") - pl.col("baseline_value")) * gone / whole
    # The end of the path is low itself: adding and taking away would leave it a hair beside.
    return pl.when(pl.col("sunday") >= pl.col("due")).then(pl.col("low")).otherwise(on_path)


def _status() -> pl.Expr:
    return (
        pl.when(pl.col("value").is_null() | (pl.col("n") < pl.col("minimum_n")))
        .then(pl.lit("not_enough_data"))
        .when(pl.col("due").is_null())
        .then(pl.lit("no_target"))
        .when(_reaches("high"))
        .then(pl.lit("ahead"))
        .when((pl.col("sunday") > pl.col("due")) & ~_reaches("low"))
        .then(pl.lit("missed"))
        .when(_reaches("target_value"))
        .then(pl.lit("on_track"))
        .otherwise(pl.lit("behind"))
    )


def _reaches(goal: str) -> pl.Expr:
    """Whether the value is at the goal or beyond it in the metric's direction; false where there is no goal."""
    slack = TOLERANCE * pl.max_horizontal(pl.col(goal).abs(), pl.lit(1.0))
    is_up = pl.col("metric").replace_strict(_UP, return_dtype=pl.Boolean)
    up, down = pl.col("value") >= pl.col(goal) - slack, pl.col("value") <= pl.col(goal) + slack
    return pl.when(is_up).then(up).otherwise(down).fill_null(value=False)
