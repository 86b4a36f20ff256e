"""The contract of each published table as a pandera schema derived from the registry, and `check`, which applies it.

Rules between tables live in relations, rules about the sense of KPIs in expectations; no rule is written for a single table by hand
except in _TABLE_RULES.
The one thing to know: LazyFrames would be validated by schema only, so `check` takes DataFrames and sets pandera's depth itself.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.config import ValidationDepth, config_context

from handoff_pipeline.tables import RUN_ID, TABLES, UNKNOWN_DAY, UNKNOWN_KEY, Column, Table, polars_dtype, unknown_row
from quality.violations import KEYS_SHOWN, Violation, keys_of

_OWN_RUN: Final = ("meta_run", "meta_source_completeness")
# pandera's names of the rules about columns as such, with the column in `failure_case`.
_SHAPE_WORDS: Final = {
    "column_in_dataframe": "the column is missing",
    "column_in_schema": "the column is not in the registry",
    "column_ordered": "the column is not in its place",
}
_NOT_NULL: Final = "must not be NULL"
_WRONG_TYPE: Final = "dtype("
_WHOLE: Final = "the table "


def check(table: str, frame: pl.DataFrame, *, published: bool = True) -> list[Violation]:
    """Every rule of the table's contract that the frame breaks, one Violation per column and rule; empty where it keeps them all.

    Columns, order and types come first; only where these are right are nullability, values, ranges, finiteness, key, row 0 and run_id
    looked at. `published=False` is for a table as built, before the publisher adds `run_id`. KeyError where no such table is published.
    """
    declared = TABLES[table]
    schema = schema_for(table, published=published)
    return _broken(schema, declared, frame, ValidationDepth.SCHEMA_ONLY) or _broken(schema, declared, frame, ValidationDepth.DATA_ONLY)


@cache
def schema_for(table: str, *, published: bool = True) -> pa.DataFrameSchema:
    """The pandera schema of a published table; strict about columns and their order, never coercing."""
    declared = TABLES[table]
    columns = [column for column in declared.columns if published or column.name != RUN_ID]
    rules = [_unique_key(declared, published=published), *_TABLE_RULES.get(table, ())]
    if declared.is_dimension:
        rules.append(_has_row_0(declared))
    if published and table not in _OWN_RUN:
        rules.append(_table_check("must carry one run_id", pl.col(RUN_ID).n_unique() <= 1))
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(polars_dtype(column), nullable=column.nullable, checks=list(_column_rules(declared, column)))
            for column in columns
        },
        checks=rules,
        strict=True,
        ordered=True,
        name=table,
    )


def _column_rules(table: Table, column: Column) -> list[pa.Check]:
    value = pl.col(column.name)
    is_row_0 = pl.col(table.key[0]).eq_missing(UNKNOWN_KEY) if table.is_dimension else pl.lit(value=False)
    rules = []
    if column.values:
        rules.append(_check("must be one of the contract's values", is_row_0 | value.is_in(column.values)))
    if column.type == "double":
        rules.append(_check("must be finite", value.is_finite()))
    low, high = column.range
    if low is not None:
        rules.append(_check(f"must not be below {low:g}", is_row_0 | (value.cast(pl.Float64) >= low)))
    if high is not None:
        rules.append(_check(f"must not be above {high:g}", is_row_0 | (value.cast(pl.Float64) <= high)))
    if table.is_dimension and table.name != "dim_date" and column.name not in {RUN_ID, table.key[0]}:
        unknown = pl.lit(unknown_row(table)[column.name], dtype=polars_dtype(column))
        rules.append(_check("row 0 must hold the unknown value", is_row_0.not_() | value.eq_missing(unknown), ignore_na=False))
    return rules


def _check(name: str, is_kept: pl.Expr, *, ignore_na: bool = True) -> pa.Check:
    """A rule about each row; pandera names the rows that break it."""

    def rows(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(is_kept.alias("is_kept"))

    return pa.Check(rows, name=name, ignore_na=ignore_na)


def _table_check(name: str, is_kept: pl.Expr) -> pa.Check:
    """A rule about the table as a whole, which no row can be blamed for; `is_kept` gives one value."""
    return _check(f"{_WHOLE}{name}", is_kept.reshape((-1,)), ignore_na=False)


def _unique_key(table: Table, *, published: bool) -> pa.Check:
    # As built, a run's own table has no run_id yet, and the rest of its key is unique within the run.
    key = [name for name in table.key if published or name != RUN_ID]
    if not key:
        return _table_check("must hold one row for a run", pl.len() <= 1)
    return _check(f"{', '.join(key)} must be unique", pl.struct(key).is_duplicated().not_())


def _has_row_0(table: Table) -> pa.Check:
    return _table_check(f"must hold a row with {table.key[0]} 0", (pl.col(table.key[0]) == UNKNOWN_KEY).any())


_DAYS: Final = pl.col("date").filter(pl.col("date_key") != UNKNOWN_KEY)
_TABLE_RULES: Final[dict[str, tuple[pa.Check, ...]]] = {
    "dim_date": (
        _check("row 0 must be 1900-01-01", (pl.col("date_key") != UNKNOWN_KEY) | (pl.col("date") == UNKNOWN_DAY)),
        _table_check(
            "must leave no gap between days", ((_DAYS.max() - _DAYS.min()).dt.total_days() + 1 == _DAYS.count()).fill_null(value=True)
        ),
        _check(
            "date_key must be the day as yyyymmdd",
            (pl.col("date_key") == UNKNOWN_KEY) | (pl.col("date_key") == pl.col("date").dt.strftime("%Y%m%d").cast(pl.Int64)),
        ),
    ),
}


def _broken(schema: pa.DataFrameSchema, table: Table, frame: pl.DataFrame, depth: ValidationDepth) -> list[Violation]:
    # pandera can be switched off by the environment; a contract that does not run would look like one that is kept.
    try:
        with config_context(validation_enabled=True, validation_depth=depth):
            schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        # A rule about columns as such names no column but in `failure_case`.
        subject = pl.when(pl.col("check").is_in(list(_SHAPE_WORDS))).then(pl.col("failure_case").cast(pl.String)).alias("subject")
        found = errors.failure_cases.with_columns(subject).partition_by("column", "check", "subject", maintain_order=True)
        return [_violation(table, frame, cases) for cases in found]
    return []


def _violation(table: Table, frame: pl.DataFrame, cases: pl.DataFrame) -> Violation:
    context, column, rule, case = cases.select("schema_context", "column", "check", pl.col("failure_case").cast(pl.String)).row(0)
    if rule in _SHAPE_WORDS:
        return Violation(table.name, case, _SHAPE_WORDS[rule], frame.height)
    if rule.startswith(_WRONG_TYPE):
        return Violation(table.name, column, f"must be of type {table.column(column).type}, is {case}", frame.height)
    if rule.startswith(_WHOLE):
        return Violation(table.name, None, rule, frame.height)
    rows = cases.get_column("index").drop_nulls().head(KEYS_SHOWN).to_list()
    words = _NOT_NULL if rule == "not_nullable" else rule
    return Violation(table.name, column if context == "Column" else None, words, cases.height, keys_of(frame[rows], table.key))
