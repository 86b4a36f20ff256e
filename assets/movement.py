"""kpi_movement: each current baseline against the weeks after its freeze.

The comparison and its words are governance's.
The one thing to know: figures come from kpi_weekly, because medians have their value there, and sums of squares from the points behind it.
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
from handoff_pipeline.governance.movement import movements
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import RUN_ID, TABLES, duckdb_type
from handoff_pipeline.warehouse import frames

TABLE: Final = "kpi.kpi_movement"
BASELINES: Final = "kpi.current_baseline"
WEEKLY: Final = "kpi.kpi_weekly"
POINTS: Final = "kpi.weekly_points"
_ROW: Final = ("metric_key", "week_start", "segment_type", "segment_key")
_OF_POINTS: Final = ("metric", "sum_of_squares")


def weeks(weekly: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """kpi_weekly's rows with the metric's name and the sum of squares of their point."""
    return weekly.join(points.select(*_ROW, *_OF_POINTS), on=_ROW, how="inner")


@dg.asset(
    key=key_of(TABLE),
    group_name=group_of(TABLE),
    owners=[team(TABLES["kpi_movement"].owner)],
    kinds={"duckdb", "polars"},
    deps=[key_of(BASELINES), key_of(WEEKLY), key_of(POINTS)],
    pool=POOL,
    metadata=metadata.static(TABLE),
    description=TABLES["kpi_movement"].description,
)
def kpi_movement(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Compare every current baseline with weeks 4 and 8 after its freeze."""
    with told(settings), warehouse.get_connection() as conn:
        points = whole(conn, POINTS, (*_ROW, *_OF_POINTS))
        frame = movements(whole(conn, BASELINES), weeks(whole(conn, WEEKLY), points))
        types = {column.name: duckdb_type(column) for column in TABLES["kpi_movement"].columns if column.name != RUN_ID}
        rows = frames.write(conn, TABLE, frame, types)
        return dg.MaterializeResult(metadata=metadata.built(conn, TABLE, rows))
