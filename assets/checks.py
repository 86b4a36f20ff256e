"""The checks that stand before publishing: a contract per table, the relations between tables, the sense of the weekly KPIs.

The rules are quality's. The one thing to know: only a blocking check of severity ERROR stops what comes after it (measured on Dagster
1.13), so all of these are; a violated one leaves the last publication as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import dagster as dg
import polars as pl

from assets.kpis import WEEKLY
from assets.naming import POOL, key_of
from assets.resources import WarehouseResource
from assets.restatements import TABLE as LAST
from assets.steps import told
from assets.table_frames import whole
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import RUN_ID, TABLES, Table, empty_frame
from handoff_pipeline.warehouse import Connection
from quality import contracts, expectations, relations

SHOWN: Final = 20
"""Violations that a check names; an event log is no place for a list of thousands."""
METRICS: Final = "marts.dim_metric"


def result(violations: Sequence[object], rows: int | None = None) -> dg.AssetCheckResult:
    """Passed, or failed with the first violations in words; these hold keys and counts, never values."""
    said = [str(violation) for violation in violations[:SHOWN]]
    if len(violations) > SHOWN:
        said.append(f"and {len(violations) - SHOWN} more")
    metadata: dict[str, Any] = {"violations": len(violations)}
    if rows is not None:
        metadata["rows_checked"] = rows
    if said:
        metadata["said"] = dg.MetadataValue.json(said)
    return dg.AssetCheckResult(
        passed=not violations, severity=dg.AssetCheckSeverity.ERROR, description=said[0] if said else None, metadata=metadata
    )


def contract_check(built: str) -> dg.AssetChecksDefinition:
    """The pandera contract of one published table, on the table as built (`marts.dim_client`)."""
    name = built.split(".")[1]

    @dg.asset_check(
        asset=key_of(built),
        name="contract",
        blocking=True,
        pool=POOL,
        description=f"{name} keeps its published contract: columns and their order, types, nullability, allowed values, ranges, finite "
        "numbers, unique key, row 0 of a dimension.",
    )
    def contract(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.AssetCheckResult:
        with told(settings):
            with warehouse.get_connection() as conn:
                frame = whole(conn, built)
            return result(contracts.check(name, frame, published=False), frame.height)

    return contract


def relations_check(built: Iterable[str]) -> dg.AssetChecksDefinition:
    """Every key of every published table points to a row; on the last table before publishing, once all of them are built."""
    tables = sorted(built)

    @dg.asset_check(
        asset=key_of(LAST),
        name="relations",
        blocking=True,
        pool=POOL,
        additional_deps=[key_of(table) for table in tables if table != LAST],
        description="Every key of every published table points to a row that exists; key 0 is the row for unknown.",
    )
    def related(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.AssetCheckResult:
        with told(settings):
            keys = {name: empty_frame(table, run_id=False) for name, table in TABLES.items()}
            with warehouse.get_connection() as conn:
                keys |= {table.split(".")[1]: _keys(conn, table) for table in tables}
            return result(relations.check_relations(keys), sum(frame.height for frame in keys.values()))

    return related


def _keys(conn: Connection, built: str) -> pl.DataFrame:
    """The columns by which the table's rows are known and point to others."""
    table: Table = TABLES[built.split(".")[1]]
    wanted = {name for name in table.key if name != RUN_ID} | {column.name for column in table.columns if column.references}
    return whole(conn, built, sorted(wanted))


@dg.asset_check(
    asset=key_of(WEEKLY),
    name="expectations",
    blocking=True,
    pool=POOL,
    additional_deps=[key_of(METRICS)],
    description="The weekly KPIs make sense (Great Expectations): values within their unit's range and their interval, ratios equal to "
    "numerator over denominator, weeks that start on Monday, no judgement below the minimum n.",
)
def expectations_check(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """The Great Expectations suite; imported here alone, because it costs two seconds and 280 MB."""
    with told(settings):
        with warehouse.get_connection() as conn:
            points = whole(conn, WEEKLY)
            metrics = whole(conn, METRICS)
        suite = expectations.check_kpi_weekly(points, metrics)
        return result([f"{failure.expectation} ({failure.rows} rows)" for failure in suite.failures], suite.rows)
