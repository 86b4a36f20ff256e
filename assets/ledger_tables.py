"""Tables of the work file that are copied from the ledger when a build begins, so that SQL can read what people decided.

What is frozen, and by whom, is the ledger's and the commands'.
The one thing to know: a build as of a moment knows only what was frozen by then, so a past night built again sees what it saw.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import Final

import dagster as dg
import polars as pl

from assets import metadata
from assets.naming import BATCH, POOL, group_of, key_of, team
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import duckdb_types
from handoff_pipeline.ledger import Baseline, Ledger
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import frames

BASELINES: Final = "ledger.baseline"
SCHEMA: Final[dict[str, pl.DataType]] = {
    "metric": pl.String(),
    "segment_type": pl.String(),
    "segment_key": pl.Int64(),
    "segment": pl.String(),
    "value": pl.Float64(),
    "numerator": pl.Float64(),
    "denominator": pl.Float64(),
    "sum_of_squares": pl.Float64(),
    "n": pl.Int64(),
    "ci_low": pl.Float64(),
    "ci_high": pl.Float64(),
    "window_start": pl.Date(),
    "window_end": pl.Date(),
    "frozen_at_utc": pl.Datetime("us"),
    "frozen_by_key": pl.Int64(),
    "reason": pl.String(),
    "kind": pl.String(),
}


def baseline_frame(rows: list[Baseline]) -> pl.DataFrame:
    """The baselines as the work file keeps them: moments naive, in UTC."""
    values = [asdict(row) for row in rows]
    moments = [{"frozen_at_utc": row.frozen_at.astimezone(UTC).replace(tzinfo=None)} for row in rows]
    return pl.DataFrame([value | moment for value, moment in zip(values, moments, strict=True)], schema=SCHEMA)


@dg.asset(
    key=key_of(BASELINES),
    group_name=group_of(BASELINES),
    owners=[team("service delivery lead")],
    kinds={"duckdb", "sqlite"},
    deps=[key_of(BATCH)],
    pool=POOL,
    metadata=metadata.static(BASELINES),
    description="Every baseline that the ledger holds, frozen up to the as-of moment of the night, with the sums behind its value.",
)
def ledger_baseline(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Copy the ledger's baselines."""
    with told(settings), warehouse.get_connection() as conn:
        with Ledger.open(warehouse.home.ledger_file) as ledger:
            frame = baseline_frame(ledger.baselines.all(until=warehouse.as_of(conn)))
        rows = frames.write(conn, BASELINES, frame, duckdb_types(SCHEMA))
        return dg.MaterializeResult(metadata=metadata.built(conn, BASELINES, rows))
