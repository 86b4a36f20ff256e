"""What earlier nights left for tonight's plan: cursors, ids, orders, sweeps, and the scope that each entity was pulled with.

What is asked for because of it is plan.py's. The one thing to know: a record that is held to be deleted is not known any more, so that it
is read whole when it comes back.
"""
# ruff: noqa: S608 - entities are constants of the registry

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from assets.table_frames import whole
from handoff_pipeline.halo import ENTITIES
from handoff_pipeline.warehouse import frames, versions
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.land import cursors

SCOPE_TABLE: Final = "raw.pull_scope"

_ORDERS: Final = f"""
    select try_cast(l.row_key as bigint) as order_id, l.c1 as last_update_time
    from ({versions.living("sales_order", "r.payload ->> '$.last_update_time'")}) as l
    where order_id is not null and last_update_time is not null
"""
_PROJECTS: Final = f"select try_cast(l.row_key as bigint) as id from ({versions.living('project')}) as l where id is not null"
_FULL_READS: Final = """
    select l.entity, max(b.as_of_utc) as as_of_utc
    from raw.load_batch as l
    inner join raw.batch as b on l.batch_no = b.batch_no
    where l.state = 'complete' and l.is_full
    group by l.entity
"""
# A quarantined sweep settled nothing: the next night looks again.
_SWEEPS: Final = """
    select s.entity, max(b.as_of_utc) as as_of_utc
    from raw.sweep as s
    inner join raw.batch as b on s.batch_no = b.batch_no
    group by s.entity
    having not max_by(s.is_quarantined, s.batch_no)
"""
_MISSING: Final = "select distinct m.entity from raw.missing as m order by m.entity"
_ASKED: Final = "select a.entity, a.subject, a.last_change from raw.asked as a order by a.entity, a.subject"


@dataclass(frozen=True)
class Known:
    """What the warehouse knows. Moments are aware UTC; ids by swept entity.

    `living` are held to exist; `doubtful` were missing at the last sweep or are held to be deleted. `full_reads` and `sweeps` say when an
    entity was last read whole, and last swept without question; `unsettled` are entities of which the last sweep missed something. `asked`
    is raw.asked by entity and subject.
    """

    cursors: Mapping[str, datetime | None] = field(default_factory=dict)
    orders: Mapping[int, str] = field(default_factory=dict)
    project_ids: frozenset[int] = frozenset()
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)
    full_reads: Mapping[str, datetime] = field(default_factory=dict)
    sweeps: Mapping[str, datetime] = field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()
    living: Mapping[str, frozenset[int]] = field(default_factory=dict)
    doubtful: Mapping[str, frozenset[int]] = field(default_factory=dict)
    asked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_known(conn: Connection) -> Known:
    """What the warehouse knows before tonight; before the first landing, nothing."""
    if not _exists(conn, "batch"):
        return Known()
    swept = [entity.name for entity in ENTITIES.values() if entity.is_swept]
    return Known(
        cursors=cursors(conn),
        orders=dict(frames.read(conn, _ORDERS).rows()),
        project_ids=_ids(conn, _PROJECTS),
        scope=read_scope(conn),
        full_reads=_moments(conn, _FULL_READS),
        sweeps=_moments(conn, _SWEEPS),
        unsettled=frozenset(frames.read(conn, _MISSING).get_column("entity")),
        living={entity: _ids(conn, _living(entity)) for entity in swept},
        doubtful={entity: _ids(conn, _doubtful(entity)) for entity in swept},
        asked=_asked(conn),
    )


def read_scope(conn: Connection) -> dict[str, frozenset[str]]:
    """The scope that was remembered last; nothing before the first landing."""
    if not _exists(conn, "pull_scope"):
        return {}
    rows = whole(conn, SCOPE_TABLE, ("entity", "name")).rows()
    return {entity: frozenset(name for owner, name in rows if owner == entity) for entity, _ in rows}


def _exists(conn: Connection, table: str) -> bool:
    tables = "select 1 from information_schema.tables where table_schema = 'raw' and table_name = $table"
    return frames.read(conn, tables, {"table": table}).height > 0


def _living(entity: str) -> str:
    return f"select try_cast(l.row_key as bigint) as id from ({versions.living(entity)}) as l where id is not null"


def _doubtful(entity: str) -> str:
    return f"""
        with doubted as (
            select r.row_key
            from {versions.table_of(entity)} as r
            group by r.row_key
            having max_by(r.is_deleted, {versions.AGE})
            union
            select m.row_key
            from raw.missing as m
            where m.entity = '{entity}'
        )
        select try_cast(d.row_key as bigint) as id
        from doubted as d
        where id is not null
    """


def _ids(conn: Connection, query: str) -> frozenset[int]:
    return frozenset(frames.read(conn, query).get_column("id"))


def _moments(conn: Connection, query: str) -> dict[str, datetime]:
    return {entity: moment.replace(tzinfo=UTC) for entity, moment in frames.read(conn, query).rows()}


def _asked(conn: Connection) -> dict[str, dict[str, str]]:
    asked: dict[str, dict[str, str]] = {}
    for entity, subject, last_change in frames.read(conn, _ASKED).iter_rows():
        asked.setdefault(entity, {})[subject] = last_change
    return asked
