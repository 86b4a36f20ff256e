"""Readers of everything that the product keeps: each gives all that its store holds, decoded, so that a text can be looked for in it.

What is looked for is test_canary.py's. The one thing to know: a store is read by its own reader (rows of every table) and byte by byte, for
a text may stand in a compressed page, and also in one that no row points to any more.
"""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import duckdb
import polars as pl

Reader = Callable[[Path], Iterator[bytes]]


def _files(home: Path, *patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in home.glob(pattern) if path.is_file())


def _unpacked(value: bytes) -> Iterator[bytes]:
    """The value, and what it is when it is compressed."""
    yield value
    for unpack in (zlib.decompress, gzip.decompress):
        try:
            yield unpack(value)
        except (zlib.error, OSError, EOFError):
            continue


def _raw(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        yield path.name.encode()
        yield from _unpacked(path.read_bytes())


def _sqlite(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        connection = sqlite3.connect(path)
        connection.text_factory = bytes
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in connection.execute(f'select * from "{table.decode()}"'):  # noqa: S608 - the file's own table
                for value in row:
                    yield from _unpacked(value if isinstance(value, bytes) else str(value).encode())
        connection.close()
        yield from _raw(path.parent.glob(f"{path.name}*"))


def _duckdb(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, name in connection.execute("select schema_name, table_name from duckdb_tables() where not temporary").fetchall():
                for row in connection.execute(f'select * from "{schema}"."{name}"').fetchall():  # noqa: S608 - the file's own table
                    yield repr(row).encode("utf-8", "surrogatepass")
        yield from _raw(path.parent.glob(f"{path.name}*"))


def _parquet(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        yield from (repr(row).encode("utf-8", "surrogatepass") for row in pl.read_parquet(path).iter_rows())
        yield path.read_bytes()


STORES: dict[str, Reader] = {
    "event database": lambda home: _sqlite(_files(home, "dagster/**/*.db")),
    "the rest of Dagster's folder": lambda home: _raw(path for path in _files(home, "dagster/**/*") if ".db" not in path.name),
    "ledger": lambda home: _sqlite(_files(home, "ledger/*.sqlite")),
    "work file": lambda home: _duckdb(_files(home, "work/*.duckdb")),
    "history": lambda home: _duckdb(_files(home, "history/*.duckdb")),
    "published database": lambda home: _duckdb(_files(home, "published/*.duckdb")),
    "parquet": lambda home: _parquet(_files(home, "published/parquet/**/*.parquet")),
    "csv": lambda home: _raw(_files(home, "published/csv/*")),
    "manifest": lambda home: _raw(_files(home, "published/manifest.json")),
    "inbox": lambda home: _raw(_files(home, "inbox/**/*")),
    "alerts": lambda home: _raw(_files(home, "alerts.jsonl")),
    "every file, byte by byte": lambda home: _raw(_files(home, "**/*")),
}


def holds(store: str, home: Path, needles: Iterable[str]) -> set[str]:
    """Which of the texts the store holds."""
    wanted = {needle: needle.encode() for needle in needles}
    found: set[str] = set()
    for piece in STORES[store](home):
        found |= {needle for needle, text in wanted.items() if text in piece}
    return found
