"""Writes a whole DuckDB file out of queries: the analysts' copy of what is published; re-opened read-only and compared.

Which tables go into it is publish.py's; the history, which grows night by night, is history_keep.py's.
The one thing to know: the storage version is pinned to v1.0.0, so that DuckDB 1.x, 2.x and the Power BI drivers open them, and no
write-ahead log may remain, because a file is published by renaming it alone.
"""
# ruff: noqa: S608 - names are quoted by ident(), paths by literal(); the queries are SQL of this package

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from handoff_pipeline.errors import PublishError
from handoff_pipeline.warehouse import hashing, place
from handoff_pipeline.warehouse.engine import Connection, explain
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.manifest import PublishedFile
from handoff_pipeline.warehouse.sql import ident, literal

STORAGE_VERSION: Final = "v1.0.0"


@dataclass(frozen=True, slots=True)
class Source:
    """A table to copy: a table expression, its rows and content hash, and the columns that the hash leaves out."""

    relation: str
    rows: int
    content_hash: str
    without: tuple[str, ...]


def stage(conn: Connection, home: Home, target: Path, sources: Mapping[str, Source]) -> tuple[PublishedFile, place.Move]:
    """A database with one table per source in schema main, written beside `target` and verified.

    Raises:
        PublishError: it cannot be written, or reads back differently, or a log lies beside the target.
    """
    place.refuse_foreign_log(target)
    staged = place.staged_path(target)
    try:
        conn.execute(f"attach {literal(staged)} as made (storage_version {literal(STORAGE_VERSION)})")
        for name, each in sources.items():
            conn.execute(f"create table made.main.{ident(name)} as select * from {each.relation}")
        conn.execute("detach made")
        _verify(conn, staged, sources)
    except duckdb.Error as error:
        raise PublishError(f"{target} cannot be written: {explain(error)}.", "Check the free space, then run again.") from None
    move = place.ready(home, target, writable=False)
    content = hashing.combined({name: each.content_hash for name, each in sources.items()})
    return PublishedFile(bytes=staged.stat().st_size, sha256=move.sha256, content_hash=content), move


def _verify(conn: Connection, staged: Path, sources: Mapping[str, Source]) -> None:
    if staged.with_name(f"{staged.name}.wal").exists():
        raise PublishError(f"{staged} was closed with a write-ahead log left.", "Check the free space, then run again.")
    conn.execute(f"attach {literal(staged)} as made (read_only)")
    try:
        for name, each in sources.items():
            if hashing.content_hash(conn, f"made.main.{ident(name)}", each.without) != (each.rows, each.content_hash):
                raise PublishError(f"{name} reads back from {staged} with other content.", "Check the disk, then run again.")
    finally:
        conn.execute("detach made")
