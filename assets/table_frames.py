"""Whole tables of the warehouse as Polars frames, and the types with which a frame becomes a table.

Published tables take their types from the registry instead. The one thing to know: a type that is not listed here never reaches the
warehouse by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from handoff_pipeline.warehouse import Connection, frames
from handoff_pipeline.warehouse.sql import ident

_TYPES: Final[dict[type[pl.DataType], str]] = {
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.String: "varchar",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamp",
}


def whole(conn: Connection, table: str, columns: Iterable[str] | None = None) -> pl.DataFrame:
    """Every row of `layer.table`, with all of its columns or those named."""
    wanted = "*" if columns is None else ", ".join(map(ident, columns))
    return frames.read(conn, f"select {wanted} from {ident(table)}")  # noqa: S608 - quoted by ident()


def duckdb_types(schema: Mapping[str, pl.DataType]) -> dict[str, str]:
    """Column to DuckDB type, in the frame's order; ValueError for a type that no table of the warehouse has."""
    return {name: _duckdb_type(name, kind) for name, kind in schema.items()}


def _duckdb_type(name: str, kind: pl.DataType) -> str:
    if isinstance(kind, pl.Decimal):
        return f"decimal({kind.precision}, {kind.scale})"
    found = _TYPES.get(type(kind))
    if found is None:
        raise ValueError(
            f"column {name} has the type {kind}, which no table of the warehouse has; use {', '.join(_TYPES.values())} or decimal"
        )
    return found
