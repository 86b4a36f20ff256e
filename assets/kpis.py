"""The KPI tables that SQL cannot finish: kpi_weekly with intervals, medians, charts and status; the curves of kpi_kickoff_survival.

Counting is SQL's, estimating is measures' and judging is governance's; here columns are brought together and put in the registry's order.
The one thing to know: the order is fixed: intervals, then what comes from curves, then charts, then status: each reads what came before.
"""

from __future__ import annotations

from typing import Final

import dagster as dg
import polars as pl

from assets import metadata
from assets.naming import POOL, group_of, key_of, team
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import whole
from handoff_pipeline.governance.targets import judged
from handoff_pipeline.measures import survival
from handoff_pipeline.measures.charts import with_limits
from handoff_pipeline.measures.weekly import with_intervals
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import RUN_ID, TABLES, Table, duckdb_type
from handoff_pipeline.warehouse import frames

WEEKLY: Final = "kpi.kpi_weekly"
SURVIVAL: Final = "kpi.kpi_kickoff_survival"
POINTS: Final = "kpi.weekly_points"
DURATIONS: Final = "kpi.duration"
EVENTS: Final = "kpi.event_order"
BASELINES: Final = "kpi.kpi_baseline"
TARGETS: Final = "kpi.kpi_target"
READ: Final = (POINTS, DURATIONS, EVENTS, BASELINES, TARGETS)
SETTING: Final = "policy.setting"
FROM_CURVE: Final = "log_log"
ESTIMATED: Final = ("value", "ci_low", "ci_high")


def weekly(
    points: pl.DataFrame,
    durations: pl.DataFrame,
    events: pl.DataFrame,
    baselines: pl.DataFrame,
    targets: pl.DataFrame,
    target_days: float,
) -> pl.DataFrame:
    """kpi_weekly without run_id: the counted points with interval, value from the curve where the metric has one, limits, signal, status.

    Args:
        points: kpi.weekly_points.
        durations: kpi.duration, the counts behind every curve.
        events: kpi.event_order.
        baselines: kpi.kpi_baseline, all of them; only current ones are read.
        targets: kpi.kpi_target.
        target_days: days from win to kickoff within which the policy wants deals kicked off.
    """
    metrics = points.select("metric", "metric_key").unique()
    current = baselines.filter("is_current").join(metrics, on="metric_key", how="inner")
    estimated = _with_curves(with_intervals(points), survival.estimates(durations, target_days))
    return _as_published(TABLES["kpi_weekly"], judged(with_limits(estimated, events, current), baselines, targets))


def _with_curves(points: pl.DataFrame, curves: pl.DataFrame) -> pl.DataFrame:
    """The points, with value and interval of those whose interval is the curve's taken from it, NULL where there is no curve."""
    joined = points.join(curves, on=survival.GROUP, how="left", suffix="_of_curve", maintain_order="left")
    is_from_curve = pl.col("interval") == FROM_CURVE
    return joined.with_columns(
        pl.when(is_from_curve).then(pl.col(f"{name}_of_curve")).otherwise(pl.col(name)).alias(name) for name in ESTIMATED
    )


def kickoff_survival(durations: pl.DataFrame) -> pl.DataFrame:
    """kpi_kickoff_survival without run_id: the steps of each week's and segment's curve of days to kickoff, with their keys."""
    segments = durations.select("segment_type", "segment_key", "segment").unique(("segment_type", "segment_key"))
    return _as_published(
        TABLES["kpi_kickoff_survival"],
        survival.kickoff_curves(durations)
        .join(segments, on=("segment_type", "segment_key"), how="left")
        .with_columns(week_date_key=pl.col("week_start").dt.strftime("%Y%m%d").cast(pl.Int64)),
    )


def _as_published(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The table's own columns in its order, rows in the order of its key."""
    return frame.select(name for name in table.column_names if name != RUN_ID).sort(table.key)


def _types(table: Table) -> dict[str, str]:
    return {column.name: duckdb_type(column) for column in table.columns if column.name != RUN_ID}


@dg.asset(
    key=key_of(WEEKLY),
    group_name=group_of(WEEKLY),
    owners=[team(TABLES["kpi_weekly"].owner)],
    kinds={"duckdb", "polars"},
    deps=[key_of(name) for name in (*READ, SETTING)],
    pool=POOL,
    metadata=metadata.static(WEEKLY),
    description=TABLES["kpi_weekly"].description,
)
def kpi_weekly(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Every metric, week by week and segment by segment."""
    with told(settings), warehouse.get_connection() as conn:
        points, durations, events, baselines, targets = (whole(conn, name) for name in READ)
        target_days = whole(conn, SETTING, ["kickoff_target_days"]).item()
        frame = weekly(points, durations, events, baselines, targets, target_days)
        rows = frames.write(conn, WEEKLY, frame, _types(TABLES["kpi_weekly"]))
        return dg.MaterializeResult(metadata=metadata.built(conn, WEEKLY, rows))


@dg.asset(
    key=key_of(SURVIVAL),
    group_name=group_of(SURVIVAL),
    owners=[team(TABLES["kpi_kickoff_survival"].owner)],
    kinds={"duckdb", "polars"},
    deps=[key_of(DURATIONS)],
    pool=POOL,
    metadata=metadata.static(SURVIVAL),
    description=TABLES["kpi_kickoff_survival"].description,
)
def kpi_kickoff_survival(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Days from win to kickoff, as curves."""
    with told(settings), warehouse.get_connection() as conn:
        frame = kickoff_survival(whole(conn, DURATIONS))
        rows = frames.write(conn, SURVIVAL, frame, _types(TABLES["kpi_kickoff_survival"]))
        return dg.MaterializeResult(metadata=metadata.built(conn, SURVIVAL, rows))
