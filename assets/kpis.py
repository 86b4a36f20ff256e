"""The KPI tables that SQL cannot finish: intervals and medians for kpi_weekly, curves for kpi_kickoff_survival.

Counting is SQL's and estimating is measures'; here columns are brought together and put in the registry's order. The one thing to know: a
median's value and interval come from its curve, everything else from the counts.
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
from handoff_pipeline.measures import survival
from handoff_pipeline.measures.weekly import with_intervals
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import RUN_ID, TABLES, Table, duckdb_type
from handoff_pipeline.warehouse import frames

WEEKLY: Final = "kpi.kpi_weekly"
SURVIVAL: Final = "kpi.kpi_kickoff_survival"
POINTS: Final = "kpi.weekly_points"
DURATIONS: Final = "kpi.kickoff_duration"
SEGMENTS: Final = "kpi.segment"
MEDIAN_OF_DURATIONS: Final = "days_to_kickoff_median"
FROM_CURVE: Final = "log_log"
_GROUP: Final = list(survival.GROUP)


def weekly(points: pl.DataFrame, durations: pl.DataFrame) -> pl.DataFrame:
    """kpi_weekly without run_id: the points with their intervals; the median of days to kickoff with value and interval from its curve."""
    is_median = pl.col("metric") == MEDIAN_OF_DURATIONS
    counted = with_intervals(
        points.with_columns(interval=pl.when(pl.col("interval") == FROM_CURVE).then(pl.lit("none")).otherwise(pl.col("interval")))
    )
    medians = survival.medians(durations).select(*_GROUP, "value", "ci_low", "ci_high")
    joined = counted.join(medians, on=_GROUP, how="left", suffix="_of_curve")
    from_curve = [
        pl.when(is_median).then(pl.col(f"{name}_of_curve")).otherwise(pl.col(name)).alias(name) for name in ("value", "ci_low", "ci_high")
    ]
    return _as_published(TABLES["kpi_weekly"], joined.with_columns(from_curve))


def kickoff_survival(durations: pl.DataFrame, segments: pl.DataFrame) -> pl.DataFrame:
    """kpi_kickoff_survival without run_id: the steps of each week's and segment's curve, with their keys."""
    steps = survival.curves(durations).join(segments, on=["segment_type", "segment"], how="left")
    return _as_published(
        TABLES["kpi_kickoff_survival"],
        steps.with_columns(week_date_key=pl.col("week_start").dt.strftime("%Y%m%d").cast(pl.Int64)),
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
    deps=[key_of(POINTS), key_of(DURATIONS)],
    pool=POOL,
    metadata=metadata.static(WEEKLY),
    description=TABLES["kpi_weekly"].description,
)
def kpi_weekly(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Every metric, week by week and segment by segment."""
    with told(settings), warehouse.get_connection() as conn:
        frame = weekly(whole(conn, POINTS), whole(conn, DURATIONS))
        rows = frames.write(conn, WEEKLY, frame, _types(TABLES["kpi_weekly"]))
        return dg.MaterializeResult(metadata=metadata.built(conn, WEEKLY, rows))


@dg.asset(
    key=key_of(SURVIVAL),
    group_name=group_of(SURVIVAL),
    owners=[team(TABLES["kpi_kickoff_survival"].owner)],
    kinds={"duckdb", "polars"},
    deps=[key_of(DURATIONS), key_of(SEGMENTS)],
    pool=POOL,
    metadata=metadata.static(SURVIVAL),
    description=TABLES["kpi_kickoff_survival"].description,
)
def kpi_kickoff_survival(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Days from win to kickoff, as curves."""
    with told(settings), warehouse.get_connection() as conn:
        frame = kickoff_survival(whole(conn, DURATIONS), whole(conn, SEGMENTS))
        rows = frames.write(conn, SURVIVAL, frame, _types(TABLES["kpi_kickoff_survival"]))
        return dg.MaterializeResult(metadata=metadata.built(conn, SURVIVAL, rows))
