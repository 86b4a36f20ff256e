"""DuckDB itself: opening a file within a bounded wait, locking the configuration, and saying plainly what went wrong.

Which profile may do what is connect.py's; who may open at all is lease.py's.
The one thing to know: the storage format is pinned, so that a file written by DuckDB 2.0 still opens in 1.5.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb

from handoff_pipeline.errors import LeaseHeld, WarehouseError
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.sql import literal, literals

Connection = duckdb.DuckDBPyConnection

WORK_STORAGE: Final = "v1.4.0"
"""Opens in DuckDB 1.4 and later; 2.0's own default does not open in 1.5."""
LOCK_WAIT_SECONDS: Final = 3.0
LOCK_POLL_SECONDS: Final = 0.1

_SIZE: Final = re.compile(r"([0-9.]+) ?([KMGT]i?B)", re.IGNORECASE)
_UNITS: Final = {f"{unit}{i}b": (1024 if i else 1000) ** power for power, unit in enumerate("kmgt", start=1) for i in ("", "i")}

_LOCKED_ELSEWHERE: Final = re.compile(r"Could not set lock.*?(?:\(PID (?P<pid>\d+)\)|$)", re.DOTALL)
_LOCKED_HERE: Final = re.compile(r"different configuration|already attached|configuration has been locked")


def explain(error: duckdb.Error) -> str:
    """The first line of DuckDB's message; where it may quote a value (a customer's words), only what stands before the quotation."""
    line = str(error).strip().partition("\n")[0]
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return re.split(r"['\"]", line, maxsplit=1)[0] + "…"
    return line.partition(" Input:")[0]


@contextmanager
def opened(home: Home, attach: Path | None, allowed: tuple[Path, ...], most_memory: str | None = None) -> Iterator[Connection]:
    """A connection that can reach the folders in `allowed` and nothing else but its own file, closed whatever happens.

    The work file itself is opened for writing; with `attach`, an in-memory database is, to which that file is attached for reading only.
    `most_memory` lowers the home's memory limit; it never raises it.

    Raises:
        LeaseHeld: another process, or another connection of this one, kept the file locked for three seconds.
        WarehouseError: the file cannot be opened.
    """
    conn = _within_the_wait(home, lambda: _open(home, attach, allowed, most_memory))
    try:
        yield conn
    finally:
        with suppress(duckdb.Error):
            conn.close()


def lock_down(conn: Connection, allowed: tuple[Path, ...] = ()) -> None:
    """Leave the connection nothing but its own files and the folders in `allowed`, for good."""
    conn.execute("set python_enable_replacements = false")
    conn.execute(f"set allowed_directories = {literals(allowed)}")
    conn.execute("set enable_external_access = false")
    conn.execute("set lock_configuration = true")


def _open(home: Home, attach: Path | None, allowed: tuple[Path, ...], most_memory: str | None) -> Connection:
    conn = duckdb.connect(
        ":memory:" if attach else str(home.work_file),
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "storage_compatibility_version": WORK_STORAGE,
        },
    )
    try:
        if attach:
            conn.execute(f"attach {literal(attach)} as work (read_only)")
            conn.execute("use work")
        conn.execute("set TimeZone = 'UTC'")
        conn.execute(f"set threads = {home.threads:d}")
        conn.execute(f"set memory_limit = {literal(_lower(home.memory_limit, most_memory))}")
        conn.execute(f"set temp_directory = {literal(home.spill)}")
        lock_down(conn, allowed)
    except duckdb.Error:
        conn.close()
        raise
    return conn


def _lower(limit: str, most: str | None) -> str:
    """The smaller of two of DuckDB's sizes; the limit itself where it is written in another way, which DuckDB then judges."""
    sizes = [_SIZE.fullmatch(each.strip()) for each in (limit, most or limit)]
    if most is None or None in sizes:
        return limit
    ours, other = (float(size[1]) * _UNITS[size[2].lower()] for size in sizes if size)
    return limit if ours <= other else most


def _within_the_wait(home: Home, open_once: Callable[[], Connection]) -> Connection:
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            return open_once()
        except duckdb.Error as error:
            message = str(error)
            elsewhere, here = _LOCKED_ELSEWHERE.search(message), _LOCKED_HERE.search(message)
            if not elsewhere and not here:
                raise WarehouseError(
                    f"{home.work_file} cannot be opened: {explain(error)}.",
                    "Restore the file from a backup if it is damaged; use the DuckDB that requirements.lock names if its format is newer.",
                ) from error
            if time.monotonic() >= deadline:
                raise _held(home, elsewhere) from error
        time.sleep(LOCK_POLL_SECONDS)


def _held(home: Home, elsewhere: re.Match[str] | None) -> LeaseHeld:
    if not elsewhere:
        return LeaseHeld(
            "Another connection of this process has the warehouse file open.", "Close it first: one profile is open at a time."
        )
    run = "an unknown run"
    with suppress(OSError, ValueError, KeyError):
        run = f"run {json.loads(home.lease_note.read_text())['run_id']}"
    pid = elsewhere["pid"] or "unknown"
    return LeaseHeld(
        f"The warehouse file is open in process {pid} ({run}).",
        f"Wait for that run to end, or stop process {pid}; then start again.",
    )
