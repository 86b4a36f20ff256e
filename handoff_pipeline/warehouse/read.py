"""Reads what is published: the manifest, and queries on the analysts' copy. For commands, sensors and reports.

The work file is never opened here.
The one thing to know: the copy is opened read-only and locked down, and a publish meanwhile does not disturb it: an open reader keeps the
file that it opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import polars as pl

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse import frames, manifest
from handoff_pipeline.warehouse.engine import Connection, explain, lock_down
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.manifest import Manifest

_NOTHING_YET = "Run `handoff run` (or `make demo`) first."


def published_manifest(home: Home) -> Manifest | None:
    """What is published now; None before the first publish.

    Raises:
        PublishError: the file is no manifest.
    """
    return manifest.read(home.manifest_file)


@contextmanager
def published(home: Home) -> Iterator[Connection]:
    """The published copy, read-only, without access to anything else.

    Raises:
        WarehouseError: nothing has been published yet, or the file cannot be opened.
    """
    if not home.published_file.exists():
        raise WarehouseError(f"Nothing has been published in {home.published} yet.", _NOTHING_YET)
    try:
        conn = duckdb.connect(str(home.published_file), read_only=True)
    except duckdb.Error as error:
        raise WarehouseError(f"{home.published_file} cannot be opened: {explain(error)}.", "Close programs that write to it.") from error
    try:
        lock_down(conn)
        yield conn
    finally:
        conn.close()


def query(home: Home, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
    """The rows of a query on the published tables; `params` are its named parameters.

    Raises:
        WarehouseError: nothing has been published yet, or the query cannot be run.
    """
    with published(home) as conn:
        return frames.read(conn, sql, params)
