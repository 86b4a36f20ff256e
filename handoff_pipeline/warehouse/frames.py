"""Polars frames in and out of the warehouse, for what SQL cannot say: scoring and statistics.

What the frames mean is known to those who make them.
The one thing to know: a frame becomes a table only with the types that its caller names; nothing is guessed from its values.
"""
# ruff: noqa: S608 - names are quoted by ident()

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import duckdb
import polars as pl

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse.engine import Connection, explain
from handoff_pipeline.warehouse.lease import transaction
from handoff_pipeline.warehouse.sql import ident

_FRAME: Final = "handoff_frame"


def read(conn: Connection, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
    """The rows of a query; `params` are its named parameters (`$name`). Timestamps come naive, in UTC.

    Raises:
        WarehouseError: the query cannot be run.
    """
    try:
        _finish_results(conn)
        frame: pl.DataFrame = conn.sql(sql, params=dict(params or {})).pl()
    except duckdb.Error as error:
        raise WarehouseError(f"A query on the warehouse failed: {explain(error)}.", f"Correct the query: {sql.strip()[:200]}") from None
    return frame


def write(conn: Connection, table: str, frame: pl.DataFrame, types: Mapping[str, str]) -> int:
    """Replace `layer.table` by the frame's columns named in `types` (column to DuckDB type), in that order; returns its rows.

    Raises:
        WarehouseError: a column is missing or a value does not fit its type; the table stays as it was.
    """
    missing = [name for name in types if name not in frame.columns]
    if missing:
        raise WarehouseError(f"The frame for {table} lacks {', '.join(missing)}.", f"It has {', '.join(frame.columns)}.")
    casts = ", ".join(f"cast({ident(name)} as {kind}) as {ident(name)}" for name, kind in types.items())
    try:
        with visible(conn, _FRAME, frame.select(list(types))), transaction(conn):
            conn.execute(f"create or replace table {ident(table)} as select {casts} from {_FRAME}")
    except duckdb.Error as error:
        raise WarehouseError(
            f"The frame for {table} cannot be written: {explain(error)}.", "Correct the frame's values or types."
        ) from None
    return frame.height


@contextmanager
def visible(conn: Connection, name: str, frame: pl.DataFrame) -> Iterator[None]:
    """The frame as a view called `name`, for as long as the block lasts."""
    _finish_results(conn)
    conn.register(name, frame.to_arrow())
    try:
        yield
    finally:
        with suppress(duckdb.Error):
            _finish_results(conn)
            conn.unregister(name)


def _finish_results(conn: Connection) -> None:
    # DuckDB 2.0 refuses these calls while a result that was read with fetchone is still open; any statement closes it, in 1.5 too.
    conn.execute("select 1").fetchall()
