"""A lock in the ledger's database that lasts as long as one connection: for work that no two hosts may do at once.

What it is taken for is the caller's; the lock that orders writers is postgresql's. A file of SQLite lies in a home of one host, whose own
lock file is enough. The one thing to know: the server frees it when the connection ends, however that happens, so whoever holds it asks
again before each step that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from handoff_pipeline.errors import WarehouseError

_HELD: Final = """
    select exists (
        select 1
        from pg_locks as l
        inner join pg_database as d on l.database = d.oid
        where
            l.locktype = 'advisory' and l.granted and l.pid = pg_backend_pid() and d.datname = current_database()
            and l.classid = %s and l.objid = %s and l.objsubid = 1
    )
"""
_LOW: Final = 0xFFFFFFFF


@contextmanager
def held(engine: Engine, key: int) -> Iterator[Callable[[], bool]]:
    """Try to take the lock of that key (64 bits), and give it back at the end. What is given says whether it is held at this moment.

    Raises:
        WarehouseError: the database cannot be reached.
    """
    if engine.dialect.name != "postgresql":
        yield lambda: True
        return
    # A connection of its own that is never in a transaction: one that waits in a transaction is ended by the server after a while.
    with engine.execution_options(isolation_level="AUTOCOMMIT", only_reads=True).connect() as connection:
        # Ended at the end, not given back to the pool: with it the lock is free.
        connection.detach()
        is_taken = connection.exec_driver_sql("select pg_try_advisory_lock(%s)", (key,)).scalar_one()
        try:
            yield lambda: _is_held(connection, key)
        finally:
            # The server ends a connection some moments after it was closed; whoever asks in between would find the lock taken.
            with suppress(SQLAlchemyError, WarehouseError):
                if is_taken and not connection.invalidated:
                    connection.exec_driver_sql("select pg_advisory_unlock(%s)", (key,))


def _is_held(connection: Connection, key: int) -> bool:
    if connection.invalidated:
        return False
    try:
        return bool(connection.exec_driver_sql(_HELD, (key >> 32, key & _LOW)).scalar_one())
    except (SQLAlchemyError, WarehouseError):
        return False
