"""Stages one published table: typed as the registry says, checked, written as Parquet (and CSV) beside the old files, and re-read.

Nothing is put in place here.
The one thing to know: a table whose content did not change keeps its bytes and its run_id; only the manifest's word together with the
files' own digests counts as "did not change".
"""
# ruff: noqa: S608 - names are quoted by ident(), paths by literal(); the relations are SQL of this package

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from handoff_pipeline.errors import PublishError
from handoff_pipeline.tables import RUN_ID, Column, Table, duckdb_type
from handoff_pipeline.warehouse import csv_safe, hashing, place
from handoff_pipeline.warehouse.engine import Connection, explain
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.manifest import PublishedTable, file_sha256
from handoff_pipeline.warehouse.sql import ident, literal

OWN_RUN: Final = frozenset({"meta_run", "meta_source_completeness"})
"""Tables whose run_id is content: the row's own run."""


@dataclass(frozen=True, slots=True)
class StagedTable:
    """A table ready to be published: its manifest entry, the Parquet file that holds it now, and the moves that put it in place."""

    table: Table
    entry: PublishedTable
    parquet: Path
    moves: tuple[place.Move, ...]

    @property
    def hashed_without(self) -> tuple[str, ...]:
        """The columns that its content hash leaves out."""
        return left_out(self.table)


def left_out(table: Table) -> tuple[str, ...]:
    """The columns that a table's content hash leaves out: run_id, unless it is content."""
    return () if table.name in OWN_RUN else (RUN_ID,)


def csv_file(home: Home, table: Table) -> Path | None:
    """Where the table's copy for people lies; None where it has none."""
    return home.csv / f"{table.name}.csv" if table.has_csv else None


def drop_csv(home: Home, entries: Mapping[str, PublishedTable]) -> None:
    """Remove the copies for people that an earlier release wrote of tables that are not published as CSV any more."""
    for name, entry in entries.items():
        if entry.csv_sha256 is None:
            (home.csv / f"{name}.csv").unlink(missing_ok=True)


def keep(home: Home, table: Table, previous: PublishedTable) -> StagedTable:
    """The table as it is published already.

    Raises:
        PublishError: its file is not the one that the manifest names.
    """
    parquet = home.parquet / f"{table.name}.parquet"
    if file_sha256(parquet) != previous.sha256:
        raise PublishError(
            f"{parquet} is not the file that the manifest names, and a source is incomplete, so that it cannot be written anew.",
            "Correct the incomplete source first (see meta_source_completeness); the next complete run writes the file again.",
        )
    return StagedTable(table, previous, parquet, ())


def stage(conn: Connection, home: Home, table: Table, relation: str | None, run_id: str, previous: PublishedTable | None) -> StagedTable:
    """The table out of `relation` (a table name; None: no rows), written and re-read, or kept where nothing changed.

    Raises:
        PublishError: columns are missing or unknown, a value does not fit its type, is NaN or infinite, or the re-read file differs.
    """
    try:
        return _stage(conn, home, table, relation, run_id, previous)
    except duckdb.Error as error:
        raise PublishError(
            f"Table {table.name} cannot be published: {explain(error)}.", f"Correct the model that builds {relation}."
        ) from None


def _stage(conn: Connection, home: Home, table: Table, relation: str | None, run_id: str, previous: PublishedTable | None) -> StagedTable:
    typed = _typed(conn, table, relation)
    _refuse_not_finite(conn, table, typed)
    rows, content = hashing.content_hash(conn, f"({typed})", left_out(table))
    parquet, csv = home.parquet / f"{table.name}.parquet", csv_file(home, table)
    unchanged = previous is not None and previous.content_hash == content
    if previous and unchanged and (file_sha256(parquet), file_sha256(csv) if csv else None) == (previous.sha256, previous.csv_sha256):
        return StagedTable(table, previous, parquet, ())
    stamp = previous.run_id if previous and unchanged else run_id
    query = typed if table.name in OWN_RUN else f"select *, cast({literal(stamp)} as varchar) as {RUN_ID} from ({typed})"
    order = ", ".join(ident(name) for name in table.key)
    staged = place.staged_path(parquet)
    conn.execute(f"copy (select * from ({query}) order by {order}) to {literal(staged)} (format parquet, compression zstd)")
    _verify(conn, table, staged, rows, content)
    copies = (_ready_csv(conn, home, table, staged, csv),) if csv else ()
    made = place.ready(home, parquet)
    entry = PublishedTable(
        run_id=stamp,
        rows=rows,
        bytes=staged.stat().st_size,
        sha256=made.sha256,
        csv_sha256=copies[0].sha256 if copies else None,
        content_hash=content,
    )
    return StagedTable(table, entry, staged, (*copies, made))


def _ready_csv(conn: Connection, home: Home, table: Table, parquet: Path, csv: Path) -> place.Move:
    quoted = csv_safe.text_columns(table)
    conn.execute(
        f"copy (select {csv_safe.select_list(table)} from read_parquet({literal(parquet)})) to {literal(place.staged_path(csv))}"
        f" (format csv, header true, force_quote ({quoted}))"
    )
    return place.ready(home, csv)


def _typed(conn: Connection, table: Table, relation: str | None) -> str:
    """The query for the table's columns in the registry's order and types; run_id only where it is content."""
    columns = [column for column in table.columns if column.name not in left_out(table)]
    if relation is None:
        nulls = ", ".join(f"cast(null as {duckdb_type(column)}) as {ident(column.name)}" for column in columns)
        return f"select {nulls} where false"
    built = set(hashing.columns(conn, relation))
    named = {column.name for column in columns}
    if built != named:
        missing, unknown = sorted(named - built), sorted(built - named)
        raise PublishError(
            f"{relation} does not have the columns of {table.name}: missing {missing or 'none'}, unknown {unknown or 'none'}.",
            "Correct the SQL, or declare the column in handoff_pipeline/tables/ and in the contract.",
        )
    casts = ", ".join(f"cast({ident(column.name)} as {duckdb_type(column)}) as {ident(column.name)}" for column in columns)
    return f"select {casts} from {relation}"


def _refuse_not_finite(conn: Connection, table: Table, typed: str) -> None:
    checked: list[Column] = [column for column in table.columns if column.type in {"double", "date", "utc"}]
    if not checked:
        return
    counts = ", ".join(f"count(*) filter (not isfinite({ident(column.name)}))" for column in checked)
    found = conn.execute(f"select {counts} from ({typed})").fetchone() or ()
    for column, count in zip(checked, found, strict=True):
        if count:
            raise PublishError(
                f"{table.name}.{column.name} is NaN or infinite in {count} rows.",
                "Guard the division in its model: x / nullif(y, 0); an unknown figure is NULL.",
            )


def _verify(conn: Connection, table: Table, file: Path, rows: int, content: str) -> None:
    relation = f"read_parquet({literal(file)})"
    types = hashing.columns(conn, relation)
    wanted = {column.name: duckdb_type(column).replace(" ", "") for column in table.columns}
    if list(types.items()) != list(wanted.items()):
        raise PublishError(
            f"{table.name} reads back with other columns or types than it was written with.", "Report this with the manifest."
        )
    if hashing.content_hash(conn, relation, left_out(table)) != (rows, content):
        raise PublishError(f"{table.name} reads back with other content than it was written with.", "Check the disk, then run again.")
