"""The fencing lease: which run may change the warehouse file. It is kept in the file itself, in meta.lease.

What a holder does with the file is not decided here.
The one thing to know: DuckDB's file lock only lasts while a connection is open, the lease lasts the whole run; each holder gets a higher
fence number, and every commit checks it, so that a run which was given up for dead (a zombie) cannot write any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

import duckdb

from handoff_pipeline.clock import SystemClock
from handoff_pipeline.errors import LeaseHeld, WarehouseError
from handoff_pipeline.warehouse import process
from handoff_pipeline.warehouse.engine import Connection, opened
from handoff_pipeline.warehouse.home import Home

SILENCE_HOURS: Final = 6
"""A holder on another host, which cannot be looked up, is given up after this long without a commit."""

# A lease is about real processes: it always takes the machine's clock, even where the run's clock is held.
_MACHINE: Final = SystemClock()


class LeaseLost(WarehouseError):
    """Another run has taken the lease over: this one may not write any more."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to change the warehouse file. Use it as a context manager, or call `release`."""

    home: Home
    run_id: str
    fence: int

    def release(self) -> None:
        """Give the lease back; nothing happens when another run has taken it over."""
        with opened(self.home, None, ()) as conn:
            free = "update meta.lease set run_id = null, heartbeat_at_utc = $now where fence = $fence returning fence"
            held = conn.execute(free, {"now": _now(), "fence": self.fence}).fetchone() is not None
        if held:
            self.home.lease_note.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def acquire(home: Home, run_id: str) -> Lease:
    """The lease for `run_id`, after preparing and checking the home; a dead holder's lease is taken over.

    The same run in the same process gets the lease it already has.

    Raises:
        LeaseHeld: a live run holds it, or another process has the file open; found out within five seconds.
        WarehouseError: the home is not fit to start (see Home.check).
    """
    home.prepare()
    home.check()
    me = process.present()
    with opened(home, None, ()) as conn:
        conn.execute("create schema if not exists meta")
        conn.execute(
            "create table if not exists meta.lease (fence bigint not null, run_id text, pid bigint, host text, boot_id text, started text,"
            " acquired_at_utc timestamp, heartbeat_at_utc timestamp)"
        )
        row = conn.execute(
            "select fence, run_id, pid, host, boot_id, started, acquired_at_utc, heartbeat_at_utc from meta.lease"
        ).fetchone()
        if row is None:
            conn.execute("insert into meta.lease (fence) values (0)")
        fence, holder, *rest = row or (0, None)
        if holder is not None:
            if (holder, process.Identity(rest[1], rest[2], rest[0], rest[3])) == (run_id, me):
                return Lease(home, run_id, fence)
            _refuse_if_alive(holder, process.Identity(rest[1], rest[2], rest[0], rest[3]), rest[4], rest[5])
        conn.execute(
            "update meta.lease set fence = $fence, run_id = $run, pid = $pid, host = $host, boot_id = $boot, started = $started,"
            " acquired_at_utc = $now, heartbeat_at_utc = $now",
            {"fence": fence + 1, "run": run_id, "pid": me.pid, "host": me.host, "boot": me.boot_id, "started": me.started, "now": _now()},
        )
    home.lease_note.write_text(json.dumps({"run_id": run_id, "pid": me.pid, "host": me.host}))
    return Lease(home, run_id, fence + 1)


def bind(conn: Connection, lease: Lease) -> None:
    """Tell the connection which fence its commits are checked against, and check it once.

    Raises:
        LeaseLost: another run holds the lease by now.
    """
    conn.execute("set variable handoff_fence = $fence", {"fence": lease.fence})
    held = conn.execute("select fence from meta.lease where fence = $fence and run_id is not null", {"fence": lease.fence}).fetchone()
    if held is None:
        raise _lost()


@contextmanager
def transaction(conn: Connection) -> Iterator[None]:
    """One transaction, committed only if the connection's lease still holds; rolled back on any error.

    Raises:
        LeaseLost: another run has taken the lease over; nothing was committed.
    """
    conn.execute("begin")
    try:
        yield
        beat = (
            "update meta.lease set heartbeat_at_utc = $now"
            " where fence = getvariable('handoff_fence') and run_id is not null returning fence"
        )
        try:
            if conn.execute(beat, {"now": _now()}).fetchone() is None:
                raise _lost()
        except duckdb.TransactionException as error:
            # Somebody changed the lease after this transaction began.
            raise _lost() from error
        conn.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):
            conn.execute("rollback")
        raise


def _refuse_if_alive(run_id: str, holder: process.Identity, acquired: datetime, heartbeat: datetime) -> None:
    me = process.present()
    since = f"since {acquired:%Y-%m-%d %H:%M} UTC"
    if holder.host != me.host:
        falls_free = heartbeat + timedelta(hours=SILENCE_HOURS)
        if _now() < falls_free:
            raise LeaseHeld(
                f"Run {run_id} (process {holder.pid} on host {holder.host}, {since}) holds the warehouse.",
                f"Wait for it to end, or stop it there; unless it commits again, the lease falls free at {falls_free:%Y-%m-%d %H:%M} UTC.",
            )
        return
    if holder.boot_id == me.boot_id and process.start_mark(holder.pid) == holder.started:
        raise LeaseHeld(
            f"Run {run_id} (process {holder.pid}, {since}) holds the warehouse.",
            f"Wait for it to end, or stop process {holder.pid}: the lease falls free with it.",
        )


def _lost() -> LeaseLost:
    return LeaseLost(
        "This run's lease on the warehouse has been taken over by another run; nothing was committed.",
        "Let the other run finish; nothing needs to be undone.",
    )


def _now() -> datetime:
    return _MACHINE.now().replace(tzinfo=None)
