"""Takes one night out of the history: its tables into an empty work file, its runs and policies into an empty ledger.

Which night is history.py's; what is built from it is the asset graph's.
The one thing to know: only the history is read, so what it does not hold cannot come into a rebuild, and a column that a later release
added is NULL for the nights before it.
"""
# ruff: noqa: S608 - names are quoted by ident(), paths by literal(); the relations are tables of this package

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeVar

import duckdb

from handoff_pipeline.errors import PolicyError, WarehouseError
from handoff_pipeline.ledger import Completeness, Ledger, Run
from handoff_pipeline.ledger.records import PolicyDocument
from handoff_pipeline.warehouse import history_sources
from handoff_pipeline.warehouse.connect import open_restore
from handoff_pipeline.warehouse.engine import Connection, explain
from handoff_pipeline.warehouse.history import FROM_NIGHT, OWN, TO_NIGHT, KeptNight, holds
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.lease import Lease, transaction
from handoff_pipeline.warehouse.sql import ident

T = TypeVar("T", Run, Completeness, PolicyDocument)


def policy_text(conn: Connection, night: KeptNight) -> str:
    """The policy document that the night ran on; `conn` is open on the history.

    Raises:
        PolicyError: the history does not hold it.
    """
    found = _rows(conn, history_sources.POLICY, night, "document", "policy_hash = $hash", hash=night.policy_hash)
    if not found:
        raise PolicyError(
            f"The history does not hold the policy document (version {night.policy_version}, hash {night.policy_hash[:12]}) of the night"
            f" of {night.local_day}.",
            "Restore history/history.duckdb from a backup that was taken after that night.",
        )
    return str(found[0][0])


def published(conn: Connection, night: KeptNight) -> dict[str, str]:
    """Published table to the content hash that it had on the night; `conn` is open on the history."""
    query = "select table_name, content_hash from main.published where night_no = $night"
    return {name: content for name, content in conn.execute(query, {"night": night.night_no}).fetchall()}  # noqa: C416


def tables(conn: Connection, night: KeptNight) -> frozenset[str]:
    """The tables that the history holds of the night; `conn` is open on the history. A table that a later release added is none of them."""
    query = "select table_name from main.held where night_no = $night"
    return frozenset(name for (name,) in conn.execute(query, {"night": night.night_no}).fetchall())


def restore(home: Home, lease: Lease, night: KeptNight) -> int:
    """Make every table that the history of `home` holds of the night in its work file, which must be new; returns their number.

    Raises:
        WarehouseError: a table cannot be read, or has not as many rows as the night had.
    """
    with open_restore(home, lease) as conn:
        counts = dict(conn.execute("select table_name, rows from past.main.held where night_no = $n", {"n": night.night_no}).fetchall())
        given = [name for name in sorted(counts) if not name.startswith(f"{OWN}.")]
        try:
            with transaction(conn):
                for name in given:
                    _restore(conn, name, night, counts[name])
        except duckdb.Error as error:
            raise WarehouseError(
                f"The night of {night.local_day} cannot be read from the history: {explain(error)}.", "Restore the history from a backup."
            ) from None
    return len(given)


def restore_ledger(conn: Connection, ledger: Ledger, night: KeptNight) -> None:
    """Write into the ledger, which must be new, what it knew of runs and policies when the night was published."""
    for run in _values(conn, history_sources.RUN, night, Run):
        ledger.start_run(run)
    completeness = _values(conn, history_sources.COMPLETENESS, night, Completeness)
    for run_id in sorted({row.run_id for row in completeness}):
        ledger.record_completeness(run_id, [row for row in completeness if row.run_id == run_id])
    for document in _values(conn, history_sources.POLICY, night, PolicyDocument):
        ledger.policies.keep(document)


def _restore(conn: Connection, name: str, night: KeptNight, rows: int) -> None:
    source = f"past.{ident(name)}"
    conn.execute(
        f"create table {ident(name)} as select * exclude ({FROM_NIGHT}, {TO_NIGHT}) from {source} where {_of(night)}",
    )
    count = conn.execute(f"select count(*) from {ident(name)}").fetchone()
    if count is None or count[0] != rows:
        raise WarehouseError(
            f"The history holds {count[0] if count else 0} rows of {name} for the night of {night.local_day}, which had {rows}.",
            "Restore the history from a backup.",
        )


def _of(night: KeptNight) -> str:
    """Which rows stood on the night."""
    return f"{FROM_NIGHT} <= {night.night_no:d} and ({TO_NIGHT} is null or {TO_NIGHT} > {night.night_no:d})"


def _rows(conn: Connection, name: str, night: KeptNight, columns: str, where: str = "true", **values: object) -> list[Any]:
    if not holds(conn, name):
        return []
    return conn.execute(f"select {columns} from {ident(name)} where {_of(night)} and {where}", values).fetchall()


def _values(conn: Connection, name: str, night: KeptNight, kind: type[T]) -> list[T]:
    names = ", ".join(ident(field.name) for field in fields(kind))
    make: Callable[..., T] = kind
    return [
        make(*(value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in row))
        for row in _rows(conn, name, night, names)
    ]
