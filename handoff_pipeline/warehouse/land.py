"""Lands one pull: changed rows, cursors and counts in ONE transaction, announced in the ledger before and settled after.

What a row means is sql/staging's business; whether a pull is complete was decided by the pull.
The one thing to know: raw is append-only and nothing is ever inferred to be deleted here: what the API agent may no longer see looks
exactly like a deletion (HaloPSA leaves such rows out without an error), so a short read can never remove a row.
"""
# ruff: noqa: S608 - names are quoted by ident(); values are parameters

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from handoff_pipeline.clock import SystemClock
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger import Announced, Ledger, Settled
from handoff_pipeline.warehouse import crash, entities, pages
from handoff_pipeline.warehouse.connect import open_land
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.lease import Lease, transaction
from handoff_pipeline.warehouse.reconcile import reconcile
from handoff_pipeline.warehouse.report import Landed, LandResult, Pulled, PulledEntity
from handoff_pipeline.warehouse.sql import ident

_MACHINE: Final = SystemClock()


def land(home: Home, ledger: Ledger, lease: Lease, run_id: str, as_of: datetime, report: Pulled) -> LandResult:
    """Land every entity of the pull as one batch; rows whose content is already known are left out.

    `as_of` is the aware moment of the night. Afterwards `raw.<entity>` holds the new versions, `raw.load_batch` a row per entity,
    `raw.cursor` where the next pull may start.

    Raises:
        LeaseHeld, LeaseLost: another run has the file.
        WarehouseError: a page cannot be read, an entity is unknown, or file and ledger tell different stories. Nothing was landed.
    """
    unknown = sorted(set(report.entities) - set(entities.KEYS))
    if unknown or not report.entities:
        raise WarehouseError(
            f"The pull reports {f'the unknown entity {unknown[0]}' if unknown else 'no entity at all'}.",
            "Declare the entity and its key in handoff_pipeline/warehouse/entities.py." if unknown else "Pull again.",
        )
    with open_land(home, lease) as conn:
        with transaction(conn):
            for statement in entities.SCHEMA:
                conn.execute(statement)
        reconcile(ledger, conn)
        batch_no = ledger.last_batch_no() + 1
        ledger.announce(
            batch_no,
            run_id,
            {name: Announced(each.rows_seen, each.rows_expected, each.requests) for name, each in report.entities.items()},
        )
        crash.point("land.announced")
        with transaction(conn):
            landed = {name: _land_entity(conn, home, batch_no, name, pulled) for name, pulled in report.entities.items()}
            conn.execute(
                "insert into raw.batch values ($batch_no, $run_id, $as_of, $landed_at)",
                {"batch_no": batch_no, "run_id": run_id, "as_of": _naive(as_of), "landed_at": _naive(_MACHINE.now())},
            )
            crash.point("land.inserted")
        crash.point("land.committed")
    ledger.settle(batch_no, {name: Settled(row.rows_changed, row.rows_deleted, row.rows_quarantined) for name, row in landed.items()})
    return LandResult(batch_no, landed)


def cursors(conn: Connection) -> dict[str, datetime]:
    """Entity to the aware moment from which the next pull may start; entities without one are not in it. Any profile will do."""
    exists = conn.execute("select 1 from information_schema.tables where table_schema = 'raw' and table_name = 'cursor'").fetchone()
    if not exists:
        return {}
    return {entity: moment.replace(tzinfo=UTC) for entity, moment in conn.execute("select entity, cursor_utc from raw.cursor").fetchall()}


def _land_entity(conn: Connection, home: Home, batch_no: int, entity: str, pulled: PulledEntity) -> Landed:
    changed = quarantined = duplicate = 0
    detail = pulled.detail
    if pulled.state == "complete":
        replaced = pages.read(conn, home, entity, pulled)
        if replaced:
            detail = "; ".join(filter(None, (detail, f"{replaced} broken character escapes replaced")))
        distinct, quarantined, duplicate = _count(conn)
        if distinct + quarantined < pulled.rows_seen:
            raise WarehouseError(
                f"The inbox holds {distinct + quarantined} rows of {entity}; the pull saw {pulled.rows_seen}.",
                f"Pull again: files were lost from {home.inbox} in between.",
            )
        changed = _append_changed(conn, batch_no, entity)
        conn.execute("drop table temp.pulled")
        if pulled.cursor_utc is not None:
            cursor = {"entity": entity, "cursor": _naive(pulled.cursor_utc)}
            conn.execute("insert or replace into raw.cursor values ($entity, $cursor)", cursor)
    landed = Landed(
        entity=entity,
        state=pulled.state,
        rows_seen=pulled.rows_seen,
        rows_expected=pulled.rows_expected,
        rows_changed=changed,
        rows_deleted=0,
        rows_quarantined=quarantined,
        rows_duplicate=duplicate,
        requests=pulled.requests,
        is_full=pulled.is_full,
        detail=detail,
    )
    conn.execute(
        "insert into raw.load_batch values ($batch_no, $entity, $state, $rows_seen, $rows_expected, $rows_changed, $rows_deleted,"
        " $rows_quarantined, $rows_duplicate, $requests, $is_full, $detail)",
        {"batch_no": batch_no, **{name: getattr(landed, name) for name in Landed.__slots__}},
    )
    return landed


def _count(conn: Connection) -> tuple[int, int, int]:
    """Distinct keys, rows without a key, and rows beyond the first of their key."""
    row = conn.execute("select count(distinct row_key), count(*) - count(row_key), count(row_key) from temp.pulled").fetchone()
    distinct, without, keyed = row or (0, 0, 0)
    return distinct, without, keyed - distinct


def _append_changed(conn: Connection, batch_no: int, entity: str) -> int:
    """Append the rows that are new or differ from the newest version of their key; of duplicates the latest change, else the last row."""
    table = f"raw.{ident(entity)}"
    row = conn.execute(
        f"""
        insert into {table}
        with kept as (
            select p.row_key, sha256(p.payload) as content_hash, p.payload
            from temp.pulled as p
            semi join (
                select rowid as position
                from temp.pulled
                where row_key is not null
                qualify row_number() over (partition by row_key order by last_update desc nulls last, rowid desc) = 1
            ) as winner on p.rowid = winner.position
        ),
        newest as (
            select r.row_key, max_by(r.content_hash, r.batch_no) as content_hash, max_by(r.is_deleted, r.batch_no) as is_deleted
            from {table} as r
            semi join kept as k on r.row_key = k.row_key
            group by r.row_key
        )
        select $batch_no, k.row_key, k.content_hash, k.payload, false
        from kept as k
        left join newest as n on k.row_key = n.row_key
        where n.row_key is null or n.is_deleted or n.content_hash <> k.content_hash
        order by k.row_key
        """,
        {"batch_no": batch_no},
    ).fetchone()
    return int(row[0]) if row is not None else 0


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
