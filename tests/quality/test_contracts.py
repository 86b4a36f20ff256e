"""Every rule of every table's contract is broken once, and must be caught with the right name and keys."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from math import inf, nan
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from handoff_pipeline.tables import TABLES, Column, empty_frame
from quality.contracts import check
from quality.violations import Violation
from tests.quality.sample import put, sample

NAMES = list(TABLES)
ROOT = Path(__file__).parents[2]


def caught(name: str, frame: pl.DataFrame) -> set[tuple[str | None, str]]:
    return {(violation.column, violation.check) for violation in check(name, frame)}


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_table_breaks_nothing(name: str) -> None:
    assert check(name, sample(name)) == []
    assert check(name, sample(name).drop("run_id"), published=False) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_null_is_caught_where_the_contract_allows_none(name: str) -> None:
    frame = sample(name)
    nulls = frame.with_columns(
        pl.when(pl.int_range(pl.len()) < pl.len() - 1).then(pl.col(column)).alias(column) for column in frame.columns
    )
    expected = {column.name for column in TABLES[name].columns if not column.nullable}
    assert {violation.column for violation in check(name, nulls) if violation.check == "must not be NULL"} == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_value_outside_its_list_its_range_or_the_finite_numbers_is_caught(name: str) -> None:
    breaks = {column.name: _breaks(column) for column in TABLES[name].columns}
    # One break of each column at a time: the columns do not hide one another.
    for turn in range(max(map(len, breaks.values()))):
        frame, expected = sample(name), set()
        for column, (value, rule) in ((column, of[turn]) for column, of in breaks.items() if turn < len(of)):
            frame = put(frame, column, value)
            expected.add((column, rule))
        assert expected <= caught(name, frame)


def _breaks(column: Column) -> list[tuple[Any, str]]:
    low, high = column.range
    breaks: list[tuple[Any, str]] = []
    if column.values:
        breaks.append(("elsewhere", "must be one of the contract's values"))
    if column.type == "double":
        breaks += [(nan, "must be finite"), (inf, "must be finite")]
    if low is not None:
        breaks.append((low - 1, f"must not be below {low:g}"))
    if high is not None:
        breaks.append((high + 1, f"must not be above {high:g}"))
    return breaks


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_a_foreign_a_moved_and_a_retyped_column_are_caught(name: str) -> None:
    frame = sample(name)
    first, second, *rest = frame.columns
    assert (first, "the column is missing") in caught(name, frame.drop(first))
    assert ("surplus", "the column is not in the registry") in caught(name, frame.with_columns(surplus=1))
    assert any(rule == "the column is not in its place" for _, rule in caught(name, frame.select(second, first, *rest)))
    others = {column.name: pl.Int32() if column.type == "bigint" else pl.Int64() for column in TABLES[name].columns}
    retyped = frame.with_columns(pl.lit(1, dtype=other).alias(column) for column, other in others.items())
    assert caught(name, retyped) == {
        (column.name, f"must be of type {column.type}, is {others[column.name]}") for column in TABLES[name].columns
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_occurs_twice_is_caught(name: str) -> None:
    frame = sample(name)
    assert (None, f"{', '.join(TABLES[name].key)} must be unique") in caught(name, pl.concat([frame, frame.tail(1)]))


@pytest.mark.parametrize("name", [name for name in NAMES if TABLES[name].is_dimension])
def test_a_dimension_without_row_0_is_caught_even_when_it_is_empty(name: str) -> None:
    rule = (None, f"the table must hold a row with {TABLES[name].key[0]} 0")
    assert rule in caught(name, sample(name).tail(1))
    assert rule in caught(name, empty_frame(TABLES[name]))


@pytest.mark.parametrize("name", [name for name in NAMES if not TABLES[name].is_dimension])
def test_an_empty_fact_keeps_its_contract(name: str) -> None:
    assert check(name, empty_frame(TABLES[name])) == []


@pytest.mark.parametrize("name", [name for name in NAMES if TABLES[name].is_dimension and name != "dim_date"])
def test_row_0_that_holds_anything_but_unknowns_is_caught(name: str) -> None:
    frame, key = sample(name), TABLES[name].key[0]
    columns = [column for column in TABLES[name].columns if column.name not in {"run_id", key}]
    known = frame.with_columns(pl.col(column.name).last() for column in columns)
    nulls = frame.with_columns(
        pl.when(pl.col(key) != 0).then(pl.col(column.name)).alias(column.name) for column in columns if column.nullable
    )
    rule = "row 0 must hold the unknown value"
    assert {(column.name, rule) for column in columns} <= caught(name, known)
    assert {(column.name, rule) for column in columns if column.nullable} == caught(name, nulls)


def test_two_run_ids_in_one_table_are_caught_unless_each_row_is_a_run() -> None:
    assert caught("dim_client", put(sample("dim_client"), "run_id", "run-2")) == {(None, "the table must carry one run_id")}
    runs = pl.concat([sample("meta_run"), put(sample("meta_run"), "run_id", "run-2")])
    assert check("meta_run", runs) == []


def test_a_run_is_one_row_before_it_has_its_id() -> None:
    built = sample("meta_run").drop("run_id")
    assert [violation.check for violation in check("meta_run", pl.concat([built, built]), published=False)] == [
        "the table must hold one row for a run"
    ]


def test_a_hole_in_the_calendar_is_caught() -> None:
    frame = sample("dim_date")
    later = put(put(frame, "date", date(2026, 9, 2)), "date_key", 20260902).tail(1)
    assert caught("dim_date", pl.concat([frame, later])) == {(None, "the table must leave no gap between days")}


def test_a_date_key_that_is_not_its_day_is_caught() -> None:
    assert caught("dim_date", put(sample("dim_date"), "date_key", 20260901)) == {(None, "date_key must be the day as yyyymmdd")}


def test_row_0_of_the_calendar_on_another_day_is_caught() -> None:
    assert caught("dim_date", put(sample("dim_date"), "date", date(1900, 1, 2), row=0)) == {(None, "row 0 must be 1900-01-01")}


def test_a_table_as_published_needs_its_run_id() -> None:
    assert caught("fact_gap", sample("fact_gap").drop("run_id")) == {("run_id", "the column is missing")}


def test_a_violation_counts_all_rows_names_the_first_keys_and_no_value() -> None:
    frame = pl.concat([put(put(sample("fact_gap"), "gap_key", key), "state", "Jane Doe") for key in range(1, 6)])
    (violation,) = check("fact_gap", frame)
    assert violation == Violation("fact_gap", "state", "must be one of the contract's values", 5, ("gap_key=1", "gap_key=2", "gap_key=3"))
    assert str(violation) == "fact_gap.state: must be one of the contract's values (5 rows, first gap_key=1; gap_key=2; gap_key=3)"


def test_several_rules_of_different_kinds_are_reported_at_once() -> None:
    frame = put(put(put(sample("fact_gap"), "state", "closed"), "open_hours", -1.0), "is_hard", None)
    twice = pl.concat([frame, frame])
    assert {violation.column for violation in check("fact_gap", twice)} == {None, "state", "open_hours", "is_hard"}


def test_the_contract_holds_where_the_environment_switches_pandera_off() -> None:
    program = (
        "import sys; from quality.contracts import check; from tests.quality.sample import put, sample;"
        "sys.exit(not check('fact_gap', put(sample('fact_gap'), 'state', 'closed')))"
    )
    environment = os.environ | {"PANDERA_VALIDATION_ENABLED": "False"}
    assert subprocess.run([sys.executable, "-c", program], env=environment, cwd=ROOT, check=False).returncode == 0


def test_a_table_that_is_not_published_is_refused() -> None:
    with pytest.raises(KeyError, match="fact_nothing"):
        check("fact_nothing", pl.DataFrame())
