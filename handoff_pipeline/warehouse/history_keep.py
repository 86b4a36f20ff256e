"""Adds a published night to the history: rows that came begin with it, rows that went end with it, everything else stays as it is.

Which tables there are is history.py's, when the file takes its place place.py's.
The one thing to know: the night is added to a copy, which is compared with the night's own tables before it is put in place; what is
written grows with what changed, not with the tenant.
"""
# ruff: noqa: S608 - names are quoted by ident(), paths by literal(); the relations are tables of this package

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

import duckdb

from handoff_pipeline.errors import PublishError
from handoff_pipeline.warehouse import hashing, manifest, place
from handoff_pipeline.warehouse.engine import WORK_STORAGE, Connection, explain
from handoff_pipeline.warehouse.history import FROM_NIGHT, LEFT_OUT, TO_NIGHT, KeptNight, has_nights, mend, nights
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.manifest import PublishedFile, PublishedTable
from handoff_pipeline.warehouse.sql import ident, literal

BLOCK_BYTES: Final = 65536
"""A quarter of DuckDB's default: the history of 24 deals takes 2 MB instead of 8, that of 100,000 as much as before."""
_TYPES: Final = {"night_no": "bigint", "as_of": "timestamp", "published_at": "timestamp"}
_NIGHT: Final = ", ".join(f"{field.name} {_TYPES.get(field.name, 'varchar')}" for field in fields(KeptNight))
_SCHEMA: Final = (
    f"create table if not exists made.main.night ({_NIGHT})",
    "create table if not exists made.main.published (night_no bigint, table_name varchar, rows bigint, content_hash varchar)",
    "create table if not exists made.main.held (night_no bigint, table_name varchar, rows bigint)",
)
_FIGURES: Final = f"""
    create or replace view made.main.figure_history as
    select f.* exclude ({FROM_NIGHT}, {TO_NIGHT}), b.as_of as valid_from_utc, e.as_of as valid_to_utc
    from kept.figure as f
    inner join main.night as b on f.{FROM_NIGHT} = b.night_no
    left join main.night as e on f.{TO_NIGHT} = e.night_no
"""
"""Every figure ever published, from the as-of of the night that first published it to that of the one that no longer did."""


def stage(
    conn: Connection,
    home: Home,
    night: KeptNight,
    sources: Mapping[str, str],
    tables: Mapping[str, PublishedTable],
    before: PublishedFile | None,
) -> tuple[PublishedFile, list[place.Move]]:
    """The history with the night in it, written beside the present one and compared; or the present one where it has it already.

    `sources` maps the history's table to the relation that holds the night's rows; `tables` are what the night publishes. A night whose
    landing was published before takes the place of that one. `night_no` of `night` does not count.

    Raises:
        PublishError: the present history is damaged, or the new one cannot be written.
    """
    try:
        if before and manifest.file_sha256(home.history_file) == before.sha256 and _is_there(conn, home, night, sources):
            return before, []
        return _stage(conn, home, night, sources, tables)
    except duckdb.Error as error:
        raise PublishError(
            f"The history {home.history_file} cannot be continued: {explain(error)}.",
            f"Check the free space and run again. {mend(home.history_file)}",
        ) from None


def _stage(
    conn: Connection, home: Home, night: KeptNight, sources: Mapping[str, str], tables: Mapping[str, PublishedTable]
) -> tuple[PublishedFile, list[place.Move]]:
    place.refuse_foreign_log(home.history_file)
    staged = place.staged_path(home.history_file)
    _begin(conn, home)
    conn.execute("begin")
    for statement in _SCHEMA:
        conn.execute(statement)
    last = _newest(conn, "made")
    if last and _is_same_landing(last, night):
        _take_back(conn, last.night_no)
        number = last.night_no
    else:
        number = last.night_no + 1 if last else 1
    for name, relation in sources.items():
        _keep(conn, name, relation, number)
    for name in sorted(_kept(conn, "made") - sources.keys()):
        conn.execute(f"update made.{ident(name)} set {TO_NIGHT} = {number:d} where {TO_NIGHT} is null")
    if "kept.figure" in sources:
        conn.execute(_FIGURES)
    _sign(conn, number, night, tables)
    conn.execute("commit")
    conn.execute("detach made")
    if staged.with_name(f"{staged.name}.wal").exists():
        raise PublishError(f"{staged} was closed with a write-ahead log left.", "Check the free space, then run again.")
    conn.execute(f"attach {literal(staged)} as made (read_only)")
    different = [name for name, relation in sources.items() if _differs(conn, "made", name, relation)]
    conn.execute("detach made")
    if different:
        raise PublishError(
            f"{', '.join(different)} read back from {staged} with other content than the night's.", "Check the disk, then run again."
        )
    move = place.ready(home, home.history_file)
    return PublishedFile(bytes=staged.stat().st_size, sha256=move.sha256), [move]


def _begin(conn: Connection, home: Home) -> None:
    """Attach a copy of the present history as `made`; a new one where there is none, or one of an earlier release's form."""
    staged = place.staged_path(home.history_file)
    attach = f"attach {literal(staged)} as made (storage_version {literal(WORK_STORAGE)}{{}})"
    if home.history_file.exists():
        shutil.copyfile(home.history_file, staged)
        staged.chmod(0o600)
        conn.execute(attach.format(""))
        if has_nights(conn, "made"):
            return
        conn.execute("detach made")
        staged.unlink()
    conn.execute(attach.format(f", block_size {BLOCK_BYTES}"))
    staged.chmod(0o600)


def _is_there(conn: Connection, home: Home, night: KeptNight, sources: Mapping[str, str]) -> bool:
    """Whether the newest night of the present history is this one, with exactly these rows."""
    conn.execute(f"attach {literal(home.history_file)} as present (read_only)")
    try:
        last = _newest(conn, "present") if has_nights(conn, "present") else None
        if last is None or not _is_same_landing(last, night) or last.content_hash != night.content_hash:
            return False
        if (last.policy_hash, last.product_version) != (night.policy_hash, night.product_version):
            return False
        return _kept(conn, "present") >= sources.keys() and not any(
            _differs(conn, "present", name, relation) for name, relation in sources.items()
        )
    finally:
        conn.execute("detach present")


def _is_same_landing(one: KeptNight, other: KeptNight) -> bool:
    return (one.landed_by, one.as_of) == (other.landed_by, other.as_of)


def _newest(conn: Connection, database: str) -> KeptNight | None:
    held = nights(conn, f"{database}.main.night")
    return held[-1] if held else None


def _take_back(conn: Connection, number: int) -> None:
    """Leave the history as it was before its newest night."""
    for name in _kept(conn, "made"):
        conn.execute(f"delete from made.{ident(name)} where {FROM_NIGHT} = {number:d}")
        conn.execute(f"update made.{ident(name)} set {TO_NIGHT} = null where {TO_NIGHT} = {number:d}")
    for own in ("night", "published", "held"):
        conn.execute(f"delete from made.main.{own} where night_no = {number:d}")


def _keep(conn: Connection, name: str, relation: str, number: int) -> None:
    """End the rows of the table that are no more, begin those that are new."""
    target = f"made.{ident(name)}"
    typed = _typed(conn, relation)
    if name not in _kept(conn, "made"):
        columns = ", ".join(f"{ident(column)} {kind}" for column, kind in typed.items())
        conn.execute(f"create schema if not exists made.{ident(name.partition('.')[0])}")
        conn.execute(f"create table {target} ({columns}, {FROM_NIGHT} bigint not null, {TO_NIGHT} bigint)")
    _align(conn, target, typed, number)
    names = ", ".join(map(ident, typed))
    same = _same(typed)
    conn.execute(
        f"update {target} set {TO_NIGHT} = {number:d} where rowid in"
        f" (select o.rowid from {target} as o anti join {relation} as t on {same} where o.{TO_NIGHT} is null)"
    )
    present = f"(select {names} from {target} where {TO_NIGHT} is null)"
    conn.execute(
        f"insert into {target} ({names}, {FROM_NIGHT}) select {names}, {number:d}"
        f" from (select t.* from {relation} as t anti join {present} as o on {same})"
    )
    if _count(conn, present) != _count(conn, relation):
        # Equal rows whose number changed are no row that came or went: the table begins anew with this night.
        conn.execute(f"delete from {target} where {FROM_NIGHT} = {number:d}")
        conn.execute(f"update {target} set {TO_NIGHT} = {number:d} where {TO_NIGHT} is null")
        conn.execute(f"insert into {target} ({names}, {FROM_NIGHT}) select {names}, {number:d} from {relation}")
    conn.execute(
        "insert into made.main.held values ($night, $name, $rows)", {"night": number, "name": name, "rows": _count(conn, relation)}
    )


def _align(conn: Connection, target: str, typed: Mapping[str, str], number: int) -> None:
    """Give the table every column that the night has; of one whose type changed the former is kept under another name."""
    present = hashing.columns(conn, target)
    for column, kind in typed.items():
        if present.get(column, kind) != kind:
            conn.execute(f"alter table {target} rename column {ident(column)} to {ident(f'{column}_until_night_{number}')}")
        if present.get(column) != kind:
            conn.execute(f"alter table {target} add column {ident(column)} {kind}")


def _sign(conn: Connection, number: int, night: KeptNight, tables: Mapping[str, PublishedTable]) -> None:
    values: dict[str, Any] = {field.name: _naive(getattr(night, field.name)) for field in fields(KeptNight)} | {"night_no": number}
    conn.execute(f"insert into made.main.night values ({', '.join(f'${name}' for name in values)})", values)
    for name, entry in sorted(tables.items()):
        conn.execute(
            "insert into made.main.published values ($night, $name, $rows, $hash)",
            {"night": number, "name": name, "rows": entry.rows, "hash": entry.content_hash},
        )


def _differs(conn: Connection, database: str, name: str, relation: str) -> bool:
    """Whether the rows that stand in the history are not exactly the relation's."""
    typed = _typed(conn, relation)
    if any(hashing.columns(conn, f"{database}.{ident(name)}").get(column) != kind for column, kind in typed.items()):
        return True
    present = f"(select * from {database}.{ident(name)} where {TO_NIGHT} is null)"
    missing = f"(select t.* from {relation} as t anti join {present} as o on {_same(typed)})"
    return _count(conn, present) != _count(conn, relation) or _count(conn, missing) > 0


def _kept(conn: Connection, database: str) -> set[str]:
    """The tables whose rows begin and end with nights."""
    found = conn.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = $database and schema_name != 'main'",
        {"database": database},
    ).fetchall()
    return {name for (name,) in found}


def _typed(conn: Connection, relation: str) -> dict[str, str]:
    return {name: kind for name, kind in hashing.columns(conn, relation).items() if name not in LEFT_OUT}


def _same(columns: Mapping[str, str]) -> str:
    return " and ".join(f"o.{ident(column)} is not distinct from t.{ident(column)}" for column in columns)


def _count(conn: Connection, relation: str) -> int:
    row = conn.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _naive(value: object) -> object:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
