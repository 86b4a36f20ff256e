"""Small frames that keep the contract, made from the registry, for tests to break one rule at a time."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from handoff_pipeline.tables import TABLES, Column, Table, polars_schema, unknown_row

RUN = "run-1"
_WEEK = date(2026, 8, 31)
_DAY_KEY = 20260831
_PLAIN: dict[str, Any] = {
    "bigint": 1,
    "double": 1.0,
    "money": Decimal(1),
    "date": _WEEK,
    "utc": datetime(2026, 8, 31, 12, 0),
    "bool": True,
    "text": "words",
}


def sample(name: str) -> pl.DataFrame:
    """Row 0 (dimensions) and one row with key 1 and every column filled."""
    table = TABLES[name]
    rows = [_row(table)]
    if name == "dim_date":
        rows.insert(0, _row(table) | {"date_key": 0, "date": date(1900, 1, 1), "iso_week": 1})
    elif table.is_dimension:
        rows.insert(0, unknown_row(table) | {"run_id": RUN})
    return pl.DataFrame(rows, schema=polars_schema(table), orient="row")


def samples() -> dict[str, pl.DataFrame]:
    return {name: sample(name) for name in TABLES}


def put(frame: pl.DataFrame, column: str, value: Any, *, row: int = -1) -> pl.DataFrame:
    """The frame with one value changed, types as they were."""
    values = frame.get_column(column).to_list()
    values[row] = value
    return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column], strict=False))


def _row(table: Table) -> dict[str, Any]:
    return {column.name: _value(column) for column in table.columns}


def _value(column: Column) -> Any:
    if column.name == "run_id":
        return RUN
    if column.name.endswith("date_key"):
        return _DAY_KEY
    if column.values:
        return column.values[0]
    low, _ = column.range
    return _PLAIN[column.type] if low is None or low <= 1 else int(low)
