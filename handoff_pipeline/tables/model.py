"""What a published table is made of: Column and Table, their types, and how a type reads in DuckDB and Polars.

No table is declared here (dimensions, handoffs, checklist and the others do that) and no frame is judged here (quality does).
The one thing to know: a type is one of the contract's seven words, and nothing outside them is ever published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

import polars as pl

ColumnType = Literal["bigint", "double", "money", "date", "utc", "bool", "text"]
Owner = Literal["sales manager", "project manager", "service delivery lead", "platform"]
Unit = Literal[
    "fraction", "percent", "score", "pp", "days", "hours", "count", "source currency", "base currency", "metric unit", "rubric weight"
]

MONEY_PRECISION: Final = 18
MONEY_SCALE: Final = 4
UNKNOWN_KEY: Final = 0
UNKNOWN_TEXT: Final = "(unknown)"
UNKNOWN_DAY: Final = date(1900, 1, 1)
RUN_ID: Final = "run_id"

_DUCKDB: Final[dict[ColumnType, str]] = {
    "bigint": "bigint",
    "double": "double",
    "money": f"decimal({MONEY_PRECISION}, {MONEY_SCALE})",
    "date": "date",
    "utc": "timestamp",
    "bool": "boolean",
    "text": "varchar",
}
_POLARS: Final[dict[ColumnType, pl.DataType]] = {
    "bigint": pl.Int64(),
    "double": pl.Float64(),
    "money": pl.Decimal(MONEY_PRECISION, MONEY_SCALE),
    "date": pl.Date(),
    "utc": pl.Datetime("us"),
    "bool": pl.Boolean(),
    "text": pl.String(),
}
_UNKNOWN: Final[dict[ColumnType, object]] = {
    "bigint": UNKNOWN_KEY,
    "double": 0.0,
    "money": Decimal(0),
    "date": UNKNOWN_DAY,
    # Naive on purpose: a published utc column is a TIMESTAMP that holds UTC and carries no zone.
    "utc": datetime(1900, 1, 1),  # noqa: DTZ001
    "bool": False,
    "text": UNKNOWN_TEXT,
}
# A percent has no range of its own: a margin may be negative, so a percentage that is bounded says so by `low` and `high`.
_UNIT_RANGE: Final[dict[Unit, tuple[float, float | None]]] = {
    "fraction": (0, 1),
    "score": (0, 100),
    "hours": (0, None),
    "count": (0, None),
    "rubric weight": (0, None),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One published column.

    `values` lists every value allowed (row 0 of a dimension apart). `references` names the table that a key points to; key 0 is "unknown"
    or, for dates, "none". `low` and `high` bound the value inclusively and override the range that the unit implies.
    """

    name: str
    type: ColumnType
    description: str
    nullable: bool = False
    values: tuple[str, ...] | None = None
    references: str | None = None
    unit: Unit | None = None
    low: float | None = None
    high: float | None = None

    @property
    def range(self) -> tuple[float | None, float | None]:
        """The inclusive bounds (low, high) of the value; None where it is unbounded."""
        low, high = _UNIT_RANGE.get(self.unit, (None, None)) if self.unit else (None, None)
        return (low if self.low is None else self.low, high if self.high is None else self.high)


@dataclass(frozen=True, slots=True)
class Table:
    """One published table: what a row is (`grain`), which columns are unique together (`key`), who answers for it (`owner`).

    `has_csv` is false where no spreadsheet could hold the table: it is published as Parquet and in the DuckDB file alone.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    owner: Owner
    description: str
    columns: tuple[Column, ...]
    has_csv: bool = True

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns in published order, `run_id` last."""
        return tuple(column.name for column in self.columns)

    @property
    def is_dimension(self) -> bool:
        """True for `dim_` tables, which hold a row 0 for "unknown"."""
        return self.name.startswith("dim_")

    def column(self, name: str) -> Column:
        """The column of that name; KeyError names the table and the columns it has."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}; it has {', '.join(self.column_names)}")


def table(
    name: str, *, grain: str, key: tuple[str, ...], owner: Owner, description: str, columns: tuple[Column, ...], has_csv: bool = True
) -> Table:
    """Declare a table; `run_id`, which every table ends in, is added here so that no declaration can forget it."""
    own = name in {"meta_run", "meta_source_completeness"}
    meaning = "The run that this row is about." if own else "The run that last changed the content of this table; equal in every row."
    return Table(name, grain, key, owner, description, (*columns, Column(RUN_ID, "text", meaning)), has_csv)


def key_to(references: str, name: str, description: str) -> Column:
    """A foreign key: BIGINT, never NULL, 0 where the row it points to is unknown (for dim_date: where there is no day)."""
    return Column(name, "bigint", description, references=references)


def duckdb_type(column: Column) -> str:
    """The column's DuckDB type in lower case, as SQL models cast to it; money is decimal(18, 4), utc a timestamp without zone."""
    return _DUCKDB[column.type]


def polars_dtype(column: Column) -> pl.DataType:
    """The column's Polars type; utc is a naive datetime in microseconds, money Decimal(18, 4)."""
    return _POLARS[column.type]


def polars_schema(table: Table, *, run_id: bool = True) -> dict[str, pl.DataType]:
    """Column name to Polars type in published order; without `run_id` it is the table as built, before the publisher stamps it."""
    return {column.name: polars_dtype(column) for column in table.columns if run_id or column.name != RUN_ID}


def empty_frame(table: Table, *, run_id: bool = True) -> pl.DataFrame:
    """The table with its types and no rows: what is published where nothing fills the table yet."""
    return pl.DataFrame(schema=polars_schema(table, run_id=run_id))


def unknown_row(table: Table) -> dict[str, object]:
    """Row 0 of a dimension, without `run_id`: text "(unknown)", numbers 0, booleans false, times 1900-01-01.

    dim_date's row 0 is not made here: it is the day 1900-01-01 with that day's own week, month and quarter. ValueError for other tables.
    """
    if not table.is_dimension or table.name == "dim_date":
        raise ValueError(f"{table.name} has no row of unknowns; only dimensions other than dim_date hold one")
    return {column.name: _UNKNOWN[column.type] for column in table.columns if column.name != RUN_ID}
