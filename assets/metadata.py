"""Metadata that every table's asset carries: name, rows, columns, in the keys that Dagster's pages know.

Numbers about people's records stay in the tables: metadata holds counts and types, never values.
The one thing to know: published tables take their columns from the registry, with descriptions; all others from the warehouse itself.
"""

from __future__ import annotations

from typing import Any, Final

import dagster as dg

from handoff_pipeline.tables import RUN_ID, TABLES, Table, duckdb_type
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.hashing import columns

COLUMN_SCHEMA: Final = "dagster/column_schema"
ROW_COUNT: Final = "dagster/row_count"
TABLE_NAME: Final = "dagster/table_name"
DATABASE: Final = "warehouse"


def registered(table: str) -> Table | None:
    """The registry's entry for a built table (`marts.dim_client`, `kpi.kpi_weekly`); None for any other."""
    layer, name = table.split(".", maxsplit=1)
    return TABLES.get(name) if layer in {"marts", "kpi", "published"} else None


def schema_of(table: Table, *, run_id: bool) -> dg.TableSchema:
    """The registry's columns with types, descriptions and constraints."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=duckdb_type(column),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable,
                    unique=table.key == (column.name,),
                    other=[f"references {column.references}"] if column.references else [],
                ),
            )
            for column in table.columns
            if run_id or column.name != RUN_ID
        ],
        constraints=dg.TableConstraints(other=[f"unique ({', '.join(table.key)})"]),
    )


def static(table: str) -> dict[str, Any]:
    """What is known of a table before it is built."""
    entry = registered(table)
    metadata: dict[str, Any] = {TABLE_NAME: f"{DATABASE}.{table}"}
    if entry:
        metadata[COLUMN_SCHEMA] = schema_of(entry, run_id=table.startswith("published."))
        metadata["grain"] = entry.grain
        metadata["key"] = ", ".join(entry.key)
    return metadata


def built(conn: Connection, table: str, rows: int) -> dict[str, Any]:
    """What is known of a table once it is built; tables outside the registry tell their columns themselves."""
    metadata: dict[str, Any] = {ROW_COUNT: rows}
    if registered(table) is None:
        found = columns(conn, table)
        metadata[COLUMN_SCHEMA] = dg.TableSchema(columns=[dg.TableColumn(name=name, type=kind) for name, kind in found.items()])
    return metadata
