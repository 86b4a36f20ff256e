"""Published tables that SQL reads and nothing fills yet, made empty with the registry's columns and types.

A table leaves this list when something fills it. The one thing to know: a metric on decisions is written and tested today, on an empty
table, and has its figures from the night on which the table gets its first row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import dagster as dg

from assets import metadata
from assets.naming import POOL, key_of, op_name, team
from assets.resources import WarehouseResource
from assets.steps import told
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import RUN_ID, TABLES, duckdb_type, empty_frame
from handoff_pipeline.warehouse import frames

UNFILLED: Final = (
    "fact_decision",
    "fact_control_test",
    "fact_review",
    "fact_incident",
)
GROUP: Final = "governance"


def unfilled_types(name: str) -> dict[str, str]:
    """Column to DuckDB type of a table of the registry as it is built, that is without run_id."""
    return {column.name: duckdb_type(column) for column in TABLES[name].columns if column.name != RUN_ID}


def _spec(name: str) -> dg.AssetSpec:
    table = f"marts.{name}"
    return dg.AssetSpec(
        key_of(table),
        group_name=GROUP,
        owners=[team(TABLES[name].owner)],
        kinds={"duckdb", "polars"},
        description=f"{TABLES[name].description} Empty in this release.",
        metadata=metadata.static(table),
    )


@dg.multi_asset(name=op_name("marts.unfilled"), specs=[_spec(name) for name in UNFILLED], pool=POOL)
def unfilled_tables(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult[None]]:
    """Write the empty tables."""
    results: list[dg.MaterializeResult[None]] = []
    with told(settings), warehouse.get_connection() as conn:
        for name in UNFILLED:
            table = f"marts.{name}"
            rows = frames.write(conn, table, empty_frame(TABLES[name], run_id=False), unfilled_types(name))
            results.append(dg.MaterializeResult(asset_key=key_of(table), metadata=metadata.built(conn, table, rows)))
    yield from results
