"""The ways to open the warehouse, each able to do only what its step needs: land, build, publish; and restore, for a rebuild.

How a file is opened and locked is engine.py's, who may is lease.py's.
The one thing to know: DuckDB grants a folder for reading and writing alike, so *land* could also write into the inbox, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse.engine import Connection, explain, opened
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.lease import Lease, bind, transaction
from handoff_pipeline.warehouse.sql import literal

MACROS: Final = Path(__file__).parents[2] / "sql" / "macros.sql"
LAND_MEMORY: Final = "512MB"
"""Landing is a stream of pages: with more it only keeps more of them in memory, so that its size grew with the tenant's."""
SCHEMAS: Final = ("raw", "policy", "ledger", "staging", "core", "governance", "marts", "kpi")


@contextmanager
def open_land(home: Home, lease: Lease) -> Iterator[Connection]:
    """The work file with access to the inbox alone, for reading pages into raw tables.

    Raises:
        LeaseHeld: the file is open elsewhere.
        LeaseLost: another run holds the lease.
    """
    with opened(home, None, (home.inbox,), LAND_MEMORY) as conn:
        bind(conn, lease)
        _make_schemas(conn)
        yield conn


@contextmanager
def open_build(home: Home, lease: Lease, macros: Path = MACROS) -> Iterator[Connection]:
    """The work file without any access to the outside, with the SQL macros loaded, for building models.

    Raises:
        LeaseHeld: the file is open elsewhere.
        LeaseLost: another run holds the lease.
        WarehouseError: the macros are missing or cannot be loaded.
    """
    with opened(home, None, ()) as conn:
        bind(conn, lease)
        _make_schemas(conn)
        try:
            with transaction(conn):
                conn.execute(macros.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise WarehouseError(f"{macros} is missing.", "Run from a whole checkout: sql/ belongs to the product.") from error
        except duckdb.Error as error:
            raise WarehouseError(f"{macros}: {explain(error)}.", "Correct the macro that the message names.") from error
        yield conn


@contextmanager
def open_publish(home: Home, lease: Lease) -> Iterator[Connection]:
    """The work file attached for reading only, with access to the published and the history folder alone.

    While it is open no other process can write the work file, so the lease cannot be taken over meanwhile.

    Raises:
        LeaseHeld: the file is open elsewhere.
        LeaseLost: another run holds the lease.
    """
    with opened(home, home.work_file, (home.published, home.history_file.parent)) as conn:
        bind(conn, lease)
        yield conn


@contextmanager
def open_restore(home: Home, lease: Lease) -> Iterator[Connection]:
    """The work file, with the home's history attached for reading only as `past`, and access to the history's folder alone.

    Raises:
        LeaseHeld: the file is open elsewhere.
        LeaseLost: another run holds the lease.
        WarehouseError: the history cannot be opened.
    """
    with opened(home, None, (home.history_file.parent,)) as conn:
        bind(conn, lease)
        _make_schemas(conn)
        try:
            conn.execute(f"attach {literal(home.history_file)} as past (read_only)")
        except duckdb.Error as error:
            raise WarehouseError(f"{home.history_file} cannot be opened: {explain(error)}.", "Restore it from a backup.") from None
        yield conn


def _make_schemas(conn: Connection) -> None:
    with transaction(conn):
        for schema in SCHEMAS:
            conn.execute(f"create schema if not exists {schema}")
