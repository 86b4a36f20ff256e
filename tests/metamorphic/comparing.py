"""Two buildings of published tables side by side: which columns differ, and rows put into the other's words before they are compared.

The one thing to know: whole tables are compared, and a test names what may differ; what it does not name must be equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from handoff_pipeline.tables import RUN_ID, TABLES
from tests.metamorphic.building import Tables

ROWS: Final = "rows"
"""Stands for keys that only one of the two has."""
RELATIVE: Final = 1e-9
AFTER: Final = "_after"
NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
TENANT: Final = "acme"
BY_METRIC: Final = ("kpi_weekly", "kpi_member", "kpi_baseline", "kpi_target", "kpi_movement")


def key_of(entity: str, natural: object) -> int:
    """The published key of a thing."""
    return int(hashlib.sha256(f"{TENANT}|{entity}|{natural}".encode()).hexdigest()[:13], 16)


def differences(before: Tables, after: Tables, slack: Mapping[str, float] = NOTHING) -> dict[str, set[str]]:
    """Table to the columns that differ, and ROWS where the two do not have the same keys; a table that agrees is not in it.

    Doubles agree within RELATIVE, everything else exactly; `slack` is the absolute difference that is allowed to a column as well.
    """
    found = {name: _differing(name, before[name], after[name], slack) for name in before}
    return {name: columns for name, columns in found.items() if columns}


def rows_that_differ(before: Tables, after: Tables, table: str, column: str) -> pl.DataFrame:
    """The key of each row that both have and in which a column differs, with the column before and after."""
    return (
        _joined(table, before[table], after[table])
        .filter(_differ(before[table].schema[column], column, 0))
        .select(*_key(table), column, f"{column}{AFTER}")
    )


def _differing(name: str, before: pl.DataFrame, after: pl.DataFrame, slack: Mapping[str, float]) -> set[str]:
    both = _joined(name, before, after)
    found = set() if before.height == after.height == both.height else {ROWS}
    others = [column for column in before.columns if column not in _key(name)]
    return found | {column for column in others if both.filter(_differ(before.schema[column], column, slack.get(column, 0))).height}


def _joined(name: str, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    return before.join(after, on=_key(name), how="inner", suffix=AFTER, validate="1:1")


def _key(name: str) -> list[str]:
    return [column for column in TABLES[name].key if column != RUN_ID]


def _differ(kind: pl.DataType, column: str, slack: float) -> pl.Expr:
    one, other = pl.col(column), pl.col(f"{column}{AFTER}")
    if not slack and not kind.is_float():
        return one.ne_missing(other)
    one, other = one.cast(pl.Float64), other.cast(pl.Float64)
    allowed = slack + (RELATIVE * pl.max_horizontal(pl.lit(1.0), one.abs()) if kind.is_float() else 0.0)
    return (one.is_null() != other.is_null()) | ((one - other).abs() > allowed).fill_null(value=False)


def renamed(tables: Tables, keys: Mapping[int, int]) -> Tables:
    """The tables with every key that is in `keys` replaced."""
    if not keys:
        return tables

    def told(frame: pl.DataFrame) -> pl.DataFrame:
        columns = [name for name in frame.columns if name.endswith("_key") and not name.endswith("date_key")]
        return frame.with_columns(pl.col(name).replace(keys) for name in columns)

    return {name: told(frame) for name, frame in tables.items()}


def paired(before: Tables, after: Tables, table: str, natural: tuple[str, ...]) -> dict[int, int]:
    """The key that each row of a table has in the other building, where the columns `natural` say which row it is."""
    (key,) = _key(table)
    both = before[table].join(after[table], on=natural, how="inner", suffix=AFTER, nulls_equal=True, validate="1:1")
    return dict(both.select(key, f"{key}{AFTER}").iter_rows())


def of_metrics(tables: Tables, metrics: Collection[str], *, others: bool = False) -> Tables:
    """The tables that hold rows by metric, with the rows of these metrics alone, or of all others."""
    keys = [key_of("metric", metric) for metric in metrics]
    wanted = pl.col("metric_key").is_in(keys)
    return {name: frame.filter(~wanted if others else wanted) for name, frame in tables.items() if name in BY_METRIC}
