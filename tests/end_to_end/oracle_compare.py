"""What the pipeline published against what the oracle expects: rows by key both ways, then value by value.

It reads the published DuckDB copy as an analyst would, and knows no figure. Differences come back as sentences, the most
telling first: a table that is not there, rows missing and rows too many, then values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tests.oracle import GRAIN
from tests.oracle.keys import UNKNOWN

Row = Mapping[str, Any]
Key = tuple[Any, ...]

EXACT = 1e-9
INTERVAL = 1e-6
INTERVAL_COLUMNS = frozenset({"ci_low", "ci_high"})
NAMED = (
    ("dim_metric", "metric_key", "metric"),
    ("dim_checklist_item", "item_key", "item"),
    ("dim_handoff", "handoff_key", "handoff_id"),
    ("dim_project", "project_key", "project_id"),
    ("kpi_weekly", "segment_key", "segment"),
)
"""Table, key and the column that tells what the key stands for."""
TELLING = (
    "kind", "handoff_id", "project_id", "change_id", "handoff_key", "item_key", "stage", "state", "metric", "segment", "n", "value", "day",
    "exclusion", "numerator", "denominator", "duration",
)  # fmt: skip
"""Columns that say most of a row that is missing, or too many."""
SHOWN = 12
"""Differences shown of each table and column; the rest is counted."""


def compare(
    published: Path | Mapping[str, Sequence[Row]],
    expected: Mapping[str, Sequence[Row]],
) -> list[str]:
    """Differences between what is published and what is expected, as sentences; none when they agree.

    Args:
        published: The published DuckDB file, or its tables as rows.
        expected: Table -> rows, as `tests.oracle.expected` gives them; of each row only the columns that it has are compared.

    Returns:
        Sentences that name table, key, column, the published and the expected value.
    """
    tables = read_published(published, expected) if isinstance(published, Path) else published
    names = names_of_keys(expected)
    found: list[str] = []
    for table, rows in expected.items():
        if table not in tables:
            found.append(f"{table}: is not published; {len(rows)} rows are expected")
        else:
            found += _table(table, tables[table], rows, names)
    return found


def names_of_keys(tables: Mapping[str, Sequence[Row]]) -> dict[int, str]:
    """What the keys of rows stand for, so that a difference can be looked up: metrics, segments, records with their pages."""
    names = {row[column]: str(row[name]) for table, column, name in NAMED for row in tables.get(table, ()) if row[column] != UNKNOWN}
    return names | {row["record_key"]: f"{row['record']} {row['source_url']}" for row in tables.get("kpi_member", ())}


def read_published(file: Path, tables: Mapping[str, object] | Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The published tables of these names that are in the file, as rows."""
    with duckdb.connect(str(file), read_only=True) as connection:
        there = {str(name) for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()}
        result = {}
        for table in tables:
            if table in there:
                cursor = connection.execute(f'select * from "{table}"')  # noqa: S608 -- a name of the contract
                columns = [str(column[0]) for column in cursor.description or ()]
                result[table] = [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
        return result


def _table(table: str, published: Sequence[Row], expected: Sequence[Row], names: Mapping[int, str]) -> list[str]:
    theirs, twice = _by_key(table, published)
    ours, ambiguous = _by_key(table, expected)
    found = [f"{table}: key {_named(table, key, names)} is published more than once" for key in twice]
    found += [f"{table}: key {_named(table, key, names)} is expected more than once: the oracle contradicts itself" for key in ambiguous]
    missing = [key for key in ours if key not in theirs]
    extra = [key for key in theirs if key not in ours]
    found += _few(
        [f"{table}: {_named(table, key, names)} is missing; expected {_brief(ours[key])}" for key in missing], f"{table}: rows missing"
    )
    found += _few(
        [f"{table}: {_named(table, key, names)} is not expected; published {_brief(theirs[key])}" for key in extra],
        f"{table}: rows too many",
    )
    for column in dict.fromkeys(column for row in expected for column in row):
        differing = [
            f"{table}: {_named(table, key, names)}: {column} is {_shown(theirs[key], column)}, expected {ours[key][column]!r}"
            for key in ours
            if key in theirs
            and column in ours[key]
            and not (column in theirs[key] and same(column, theirs[key][column], ours[key][column]))
        ]
        found += _few(differing, f"{table}.{column}")
    return found


def same(column: str, published: object, expected: object) -> bool:
    """Whether two values agree: money to its four places, doubles by relative tolerance, everything else exactly."""
    if published is None or expected is None:
        return published is None and expected is None
    if isinstance(published, bool) or isinstance(expected, bool):
        return published is expected
    if isinstance(expected, float):
        tolerance = INTERVAL if column in INTERVAL_COLUMNS else EXACT
        return isinstance(published, int | float | Decimal) and math.isclose(published, expected, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(published, datetime) and published.tzinfo is not None:
        return published.astimezone(UTC).replace(tzinfo=None) == expected
    return type(published) is type(expected) and published == expected if isinstance(expected, datetime) else published == expected


def _by_key(table: str, rows: Sequence[Row]) -> tuple[dict[Key, Row], list[Key]]:
    result: dict[Key, Row] = {}
    twice = []
    for row in rows:
        key = tuple(row[column] for column in GRAIN[table])
        if key in result:
            twice.append(key)
        result[key] = row
    return result, twice


def _named(table: str, key: Key, names: Mapping[int, str]) -> str:
    return ", ".join(f"{column} {value}{_name(value, names)}" for column, value in zip(GRAIN[table], key, strict=True))


def _name(value: object, names: Mapping[int, str]) -> str:
    return f" ({names[value]})" if isinstance(value, int) and value in names else ""


def _shown(row: Row, column: str) -> str:
    return repr(row[column]) if column in row else "not a published column"


def _brief(row: Row) -> str:
    return ", ".join(f"{name}={row[name]!r}" for name in TELLING if name in row) or "such a row"


def _few(differences: list[str], about: str) -> Iterator[str]:
    yield from differences[:SHOWN]
    if len(differences) > SHOWN:
        yield f"{about}: {len(differences) - SHOWN} more differences like these"
