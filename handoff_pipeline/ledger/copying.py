"""Copies a whole ledger into an empty one on another database: every row of every table as it is, in one transaction.

What a row means is nobody's business here. The one thing to know: while it copies nobody writes to either ledger, and a copy that fails
leaves the target empty; the audit chain goes over byte for byte, so it holds there exactly if it held here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.engine import snapshot
from handoff_pipeline.ledger.schema import METADATA

AT_ONCE = 1000
"""Rows read and written at a time."""


def rows_of(engine: Engine) -> dict[str, int]:
    """How many rows each table of the ledger has."""
    with snapshot(engine) as connection:
        return _count(connection)


def copy(source: Engine, target: Engine) -> dict[str, int]:
    """Copy all rows; returns how many of each table.

    Raises:
        HandoffError: the target has rows already, or a row of the source is not as the product writes them; nothing was copied then.
    """
    with source.begin() as reading, target.begin() as writing:
        full = [f"{name} ({rows})" for name, rows in _count(writing).items() if rows]
        if full:
            raise HandoffError(
                f"The ledger to copy into has rows already: {', '.join(full)}.",
                "Name a new, empty database in HANDOFF_LEDGER_URL; two ledgers are never merged.",
            )
        for table in METADATA.sorted_tables:
            for rows in _rows(reading, table):
                writing.execute(insert(table), rows)
            _count_on(writing, table)
        copied = _count(writing)
        lost = [name for name, rows in _count(reading).items() if copied[name] != rows]
        if lost:
            raise HandoffError(f"Not all rows of {', '.join(lost)} were copied, so none is kept.", "Try again while nothing else runs.")
    return copied


def _rows(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The table's rows in the order of their keys, which the chain's own trigger asks for."""
    query = select(table).order_by(*table.primary_key.columns)
    try:
        for part in connection.execute(query, execution_options={"yield_per": AT_ONCE}).mappings().partitions():
            yield [dict(row) for row in part]
    except (ValueError, TypeError, ArithmeticError) as error:
        raise HandoffError(
            f"A row of {table.name} is not as the product writes them, so nothing was copied.", "`handoff audit verify` says what is wrong."
        ) from error


def _count_on(connection: Connection, table: Table) -> None:
    """Let a numbered table of PostgreSQL go on after its highest number."""
    numbered = table.autoincrement_column
    if connection.dialect.name != "postgresql" or numbered is None:
        return
    highest = connection.execute(select(func.max(numbered))).scalar_one()
    if highest is not None:
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, numbered.name), highest)))


def _count(connection: Connection) -> dict[str, int]:
    tables = METADATA.sorted_tables
    return {table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one()) for table in tables}
