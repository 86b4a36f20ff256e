"""The versions of records in raw: which one is the newest, and how tonight's rows become new ones.

Where the rows come from is pages.py's; whether an absent row is gone is sweeps.py's.
The one thing to know: where an id is used again for another record, one batch holds the old record's tombstone and the new record's row
under the same key; of the two the living one is the newer.
"""
# ruff: noqa: S608 - names are quoted by ident(); values are parameters

from __future__ import annotations

from typing import Final

from handoff_pipeline.warehouse import entities
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.sql import ident, literal

AGE: Final = "2 * r.batch_no + cast(not r.is_deleted as integer)"
"""Orders the versions `r` of one key, newest last."""


def table_of(entity: str) -> str:
    """The raw table of an entity, quoted."""
    return f"raw.{ident(entity)}"


def living(entity: str, *columns: str) -> str:
    """The query for the living records: `row_key`, and for each of `columns` (SQL over the version `r`) its newest value as c1, c2 ..."""
    values = "".join(f", max_by({column}, {AGE}) as c{number}" for number, column in enumerate(columns, start=1))
    return f"select r.row_key{values} from {table_of(entity)} as r group by r.row_key having not max_by(r.is_deleted, {AGE})"


def append_changed(conn: Connection, batch_no: int, entity: str) -> tuple[int, int]:
    """Append the rows of `temp.pulled` that are new or differ from the newest version of their key.

    Of duplicates the latest change counts, else the last row. A changed row that is another record under a known id is preceded by the
    tombstone of the old one. Returns rows appended and tombstones.
    """
    conn.execute(_CHANGED.format(table=table_of(entity), born=_born(entity)))
    tombstones = _count(
        conn,
        f"""
        insert into {table_of(entity)}
        select $batch_no, r.row_key, max_by(r.content_hash, {AGE}), max_by(r.payload, {AGE}), true
        from {table_of(entity)} as r
        semi join (select row_key from temp.changed where is_reused) as c on r.row_key = c.row_key
        group by r.row_key
        order by r.row_key
        """,
        batch_no,
    )
    appended = _count(
        conn,
        f"""
        insert into {table_of(entity)}
        select $batch_no, p.row_key, c.content_hash, p.payload, false
        from temp.pulled as p
        inner join temp.changed as c on p.rowid = c.position
        """,
        batch_no,
    )
    conn.execute("drop table temp.changed")
    return appended, tombstones


_CHANGED: Final = f"""
    create or replace temp table changed as
    with kept as (
        select p.rowid as position, p.row_key, sha256(p.payload) as content_hash, p.born
        from temp.pulled as p
        where p.row_key is not null
        qualify row_number() over (partition by p.row_key order by p.last_update desc nulls last, p.rowid desc) = 1
    ),
    newest as (
        select
            r.row_key,
            max_by(r.content_hash, {AGE}) as content_hash,
            max_by(r.is_deleted, {AGE}) as is_deleted,
            max_by({{born}}, {AGE}) as born
        from {{table}} as r
        semi join kept as k on r.row_key = k.row_key
        group by r.row_key
    )
    select
        k.position,
        k.content_hash,
        k.row_key,
        not coalesce(n.is_deleted, true)
        -- Read as moments: the same one may be written with or without fractions of a second.
        and coalesce(cast(try_cast(n.born as timestamp) as varchar), n.born)
        <> coalesce(cast(try_cast(k.born as timestamp) as varchar), k.born)
        as is_reused
    from kept as k
    left join newest as n on k.row_key = n.row_key
    where n.row_key is null or n.is_deleted or n.content_hash <> k.content_hash
"""


def _born(entity: str) -> str:
    field = entities.BORN.get(entity)
    return f"nullif(json_extract_string(r.payload, {literal(f'$.{field}')}), '')" if field else "cast(null as varchar)"


def _count(conn: Connection, statement: str, batch_no: int) -> int:
    row = conn.execute(statement, {"batch_no": batch_no}).fetchone()
    return int(row[0]) if row is not None else 0
