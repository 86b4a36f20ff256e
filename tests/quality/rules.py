"""Every rule that the registry makes for one table, each with a damage that breaks it and nothing else.

The list is made of the registry anew, and not of the contracts that it is held against. The one thing to know: a damage gives a frame and
what must be said of it, word for word; whoever adds a kind of rule to the contracts adds its damage here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import inf, isnan, nan
from typing import Any

import polars as pl

from handoff_pipeline.tables import RUN_ID, TABLES, Column, Table, unknown_row
from tests.quality.sample import put, sample

Said = tuple[str | None, str]
"""Column, or None for the whole table, and the words of the violation."""
OWN_RUN = frozenset({"meta_run", "meta_source_completeness"})
CALENDAR = "dim_date"
ELSEWHERE = 77
"""A key, and a value of bigint columns, that no sample holds."""


@dataclass(frozen=True)
class Damage:
    """A frame in which one rule is broken, and what the contract must say of it: all of it, and nothing else."""

    frame: pl.DataFrame
    said: frozenset[Said]
    published: bool = True

    @property
    def name(self) -> str:
        """The rule in words."""
        return "; ".join(f"{column}: {words}" for column, words in sorted(self.said, key=str))


def damages(name: str) -> Iterator[Damage]:
    """Every damage of a table, one for each rule."""
    table, frame = TABLES[name], sample(name)
    yield from _of_shape(table, frame)
    yield from _of_keys(table, frame)
    for column in table.columns:
        yield from _of_column(table, column, frame)
    if name == CALENDAR:
        yield from _of_calendar(frame)


def _one(frame: pl.DataFrame, column: str | None, words: str, *, published: bool = True) -> Damage:
    return Damage(frame, frozenset({(column, words)}), published)


def _of_shape(table: Table, frame: pl.DataFrame) -> Iterator[Damage]:
    """Columns are looked at one by one, so that all of them may be damaged at once."""
    first, second, *rest = frame.columns
    yield _one(frame.with_columns(surplus=pl.lit(1)), "surplus", "the column is not in the registry")
    yield Damage(frame.select(first), frozenset((name, "the column is missing") for name in (second, *rest)))
    yield _one(frame.drop(first), first, "the column is missing")
    yield _one(frame.select(second, first, *rest), second, "the column is not in its place")
    others = {column.name: pl.Int32() if column.type == "bigint" else pl.Int64() for column in table.columns}
    yield Damage(
        frame.with_columns(pl.lit(1, dtype=other).alias(name) for name, other in others.items()),
        frozenset((column.name, f"must be of type {column.type}, is {others[column.name]}") for column in table.columns),
    )


def _of_keys(table: Table, frame: pl.DataFrame) -> Iterator[Damage]:
    # A day that is there twice leaves the calendar's count of days wrong as well.
    beside = {(None, "the table must leave no gap between days")} if table.name == CALENDAR else set[Said]()
    yield Damage(pl.concat([frame, frame.tail(1)]), frozenset({(None, f"{', '.join(table.key)} must be unique"), *beside}))
    if table.is_dimension:
        yield _one(frame.tail(1), None, f"the table must hold a row with {table.key[0]} 0")
    if table.name not in OWN_RUN:
        yield _one(put(_two(table, frame), RUN_ID, "run-2"), None, "the table must carry one run_id")
    elif table.key == (RUN_ID,):
        built = frame.drop(RUN_ID)
        yield _one(pl.concat([built, built]), None, "the table must hold one row for a run", published=False)


def _two(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """A second row of a fact; a dimension has its row 0."""
    if frame.height > 1:
        return frame
    key = next(column for column in table.columns if column.name in table.key and column.type in {"bigint", "text", "date"})
    return pl.concat([frame, put(frame, key.name, _other(key))])


def _other(column: Column) -> Any:
    if column.values:
        return column.values[1]
    return {"bigint": 20260901 if column.name.endswith("date_key") else ELSEWHERE, "text": "other words", "date": date(2026, 9, 7)}[
        column.type
    ]


def _of_column(table: Table, column: Column, frame: pl.DataFrame) -> Iterator[Damage]:
    name = column.name
    if not column.nullable:
        yield Damage(put(frame, name, None), frozenset({(name, "must not be NULL"), *_none_left(table, column, frame)}))
    if column.values:
        yield _one(put(frame, name, "elsewhere"), name, "must be one of the contract's values")
    if column.type == "double":
        for value in (nan, inf, -inf):
            yield Damage(put(frame, name, value), frozenset({(name, "must be finite"), *_beyond(column, value)}))
    low, high = column.range
    for bound, step, word in ((low, -1, "below"), (high, 1, "above")):
        if bound is not None:
            yield _one(put(frame, name, bound + step), name, f"must not be {word} {bound:g}")
    if table.is_dimension and table.name != CALENDAR and name not in {RUN_ID, table.key[0]}:
        yield from _of_row_0(table, column, frame)


def _none_left(table: Table, column: Column, frame: pl.DataFrame) -> Iterator[Said]:
    """What a NULL breaks beside."""
    if column.name == RUN_ID and table.name not in OWN_RUN and frame.height > 1:
        yield None, "the table must carry one run_id"


def _beyond(column: Column, value: float) -> Iterator[Said]:
    """Infinity is beyond every bound; pandera holds NaN for NULL as well, and Polars for the greatest number."""
    low, high = column.range
    if low is not None and value == -inf:
        yield column.name, f"must not be below {low:g}"
    if high is not None and value != -inf:
        yield column.name, f"must not be above {high:g}"
    if isnan(value) and not column.nullable:
        yield column.name, "must not be NULL"


def _of_row_0(table: Table, column: Column, frame: pl.DataFrame) -> Iterator[Damage]:
    """What is known stands in row 0."""
    known = {"bool": True, "bigint": 1, "double": 1.0, "money": 1, "text": "words", "date": date(2026, 8, 31), "utc": date(2026, 8, 31)}
    value = known[column.type]
    assert value != unknown_row(table)[column.name]
    yield _one(put(frame, column.name, value, row=0), column.name, "row 0 must hold the unknown value")


def _of_calendar(frame: pl.DataFrame) -> Iterator[Damage]:
    yield _one(put(frame, "date", date(1900, 1, 2), row=0), None, "row 0 must be 1900-01-01")
    later = put(put(frame, "date", date(2026, 9, 2)), "date_key", 20260902).tail(1)
    yield _one(pl.concat([frame, later]), None, "the table must leave no gap between days")
    yield _one(put(frame, "date_key", 20260901), None, "date_key must be the day as yyyymmdd")
