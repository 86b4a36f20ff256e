"""Sweeps: which records that are held to be living HaloPSA no longer shows, for how many sweeps, and their tombstones.

Whether so many may be missing is judgement.py's. Why two sweeps: docs/decisions/0005.
The one thing to know: only a complete sweep (or a complete full read) says anything about absence; a record becomes a tombstone, a row with
`is_deleted` and the payload of its last version, when two of them in a row lacked it.
"""
# ruff: noqa: S608 - names are quoted by ident(), paths by literal(); values are parameters

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse import entities, versions
from handoff_pipeline.warehouse.engine import Connection, explain
from handoff_pipeline.warehouse.report import PulledEntity
from handoff_pipeline.warehouse.sql import literal

SWEEPS_TO_DELETE: Final = 2


@dataclass(frozen=True, slots=True)
class Swept:
    """What one complete sweep found: records held to be living before tonight, those of them missing, those missing without proof.

    `shown` is how many records HaloPSA showed at all.
    """

    known: int
    missing: int
    unproven: int
    shown: int


def begin(conn: Connection) -> None:
    """Make `temp.missing` (entity, row_key, is_proven), which holds tonight's missing records until the end of the landing."""
    conn.execute("create or replace temp table missing (entity varchar, row_key varchar, is_proven boolean)")


def compare(conn: Connection, root: Path, entity: str, pulled: PulledEntity) -> Swept | None:
    """Note the records that are missing tonight; None where nothing was swept. Before the rows of `temp.pulled` are appended to raw.

    A record that came with tonight's rows is present, whatever the sweep says: it was seen.

    Raises:
        WarehouseError: the file of present ids cannot be read.
    """
    if pulled.present is None and not pulled.is_full:
        # Whoever was missing at the last sweep and comes now is no longer missing.
        conn.execute("delete from raw.missing where entity = $entity and row_key in (select row_key from temp.pulled)", {"entity": entity})
        return None
    present = "select row_key from temp.pulled where row_key is not null"
    if pulled.present is not None:
        present += f" union all {_ids(root / pulled.present)}"
    known = _known(entity, pulled.covered)
    try:
        conn.execute(
            f"""
            insert into temp.missing
            with deleted as (
                select cast(unnest(from_json($deleted, '["BIGINT"]')) as varchar) as row_key
            )
            select $entity, k.row_key, d.row_key is not null
            from ({known}) as k
            anti join ({present}) as p on k.row_key = p.row_key
            left join deleted as d on k.row_key = d.row_key
            """,
            {"entity": entity, "deleted": json.dumps(sorted(pulled.listed_deleted))},
        )
    except duckdb.Error as error:
        raise WarehouseError(f"The ids of {entity} in {pulled.present} cannot be read: {explain(error)}.", "Pull again.") from None
    row = conn.execute(
        f"""
        select
            (select count(*) from ({known}) as k),
            (select count(*) from temp.missing where entity = $entity),
            (select count(*) from temp.missing where entity = $entity and not is_proven),
            (select count(*) from ({present}) as p)
        """,
        {"entity": entity},
    ).fetchone()
    return Swept(*(row or (0, 0, 0, 0)))


def _known(entity: str, covered: tuple[datetime, datetime] | None) -> str:
    """The query for the records that a sweep must show: those held to be living, within the dates that were read."""
    if covered is None:
        return versions.living(entity)
    dates = ", ".join(f"try_cast(json_extract_string(r.payload, {literal(f'$.{name}')}) as timestamp)" for name in entities.DATED)
    first, last = (literal(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}") for moment in covered)
    return (
        f"select l.row_key from ({versions.living(entity, f'least({dates})', f'greatest({dates})')}) as l"
        f" where l.c1 >= timestamp {first} and l.c2 <= timestamp {last}"
    )


def remember(conn: Connection, batch_no: int, entity: str, swept: Swept, *, is_quarantined: bool) -> int:
    """Keep who is missing and for how many sweeps; write the tombstones that are due, unless quarantined. Returns how many.

    A quarantined sweep was complete all the same, so it counts as one of the two.
    """
    named = {"entity": entity, "batch_no": batch_no}
    conn.execute(
        """
        create or replace temp table still as
        select t.row_key, t.is_proven, coalesce(m.sweeps, 0) + 1 as sweeps, coalesce(m.since_batch, $batch_no) as since_batch
        from temp.missing as t
        left join raw.missing as m on t.entity = m.entity and t.row_key = m.row_key
        where t.entity = $entity
        """,
        named,
    )
    conn.execute("delete from raw.missing where entity = $entity", {"entity": entity})
    deleted = 0 if is_quarantined else _bury(conn, batch_no, entity)
    due = "false" if is_quarantined else f"sweeps >= {SWEEPS_TO_DELETE}"
    conn.execute(
        f"insert into raw.missing select $entity, row_key, sweeps, since_batch, is_proven from temp.still where not ({due})"
        " order by row_key",
        {"entity": entity},
    )
    conn.execute("drop table temp.still")
    conn.execute(
        "insert into raw.sweep values ($batch_no, $entity, $known, $missing, $unproven, $deleted, $is_quarantined)",
        {
            **named,
            "known": swept.known,
            "missing": swept.missing,
            "unproven": swept.unproven,
            "deleted": deleted,
            "is_quarantined": is_quarantined,
        },
    )
    return deleted


def _bury(conn: Connection, batch_no: int, entity: str) -> int:
    row = conn.execute(
        f"""
        insert into {versions.table_of(entity)}
        select $batch_no, r.row_key, max_by(r.content_hash, {versions.AGE}), max_by(r.payload, {versions.AGE}), true
        from {versions.table_of(entity)} as r
        semi join (select row_key from temp.still where sweeps >= {SWEEPS_TO_DELETE}) as s on r.row_key = s.row_key
        group by r.row_key
        order by r.row_key
        """,
        {"batch_no": batch_no},
    ).fetchone()
    return int(row[0]) if row else 0


def _ids(file: Path) -> str:
    """The ids of a JSON array, in the spelling of row keys."""
    return (
        "select regexp_replace(trim(id), '^([+-]?[0-9]+)\\.0+$', '\\1') as row_key"
        f" from (select unnest(json_extract_string(content, '$[*]')) as id from read_text({literal(file)}))"
    )
