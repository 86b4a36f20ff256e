"""Which tickets' records came, changed or went in HaloPSA since a night, told from the versions in raw.

What that does to a figure is governance's.
The one thing to know: time, approvals, quotations, orders and bills count for the ticket that they belong to.
"""
# ruff: noqa: S608 - names are constants of this module, quoted by ident()

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import polars as pl

from handoff_pipeline.warehouse import frames
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.versions import AGE, table_of

DELETED, LATE, CHANGED = "deleted", "late_record", "changed_record"
_OWN: Final = ("opportunity", "project", "change_request")
_PREFIXED: Final = ("action", "approval", "budget")
_NAMED: Final = ("quotation", "sales_order", "appointment", "milestone", "invoice")
_RATES: Final = ("agent", "agent_cost")
_LINES: Final = """from_json(payload, '{"lines":[{"ticket_id":"VARCHAR"}]}').lines"""


def batch_of(conn: Connection, run_id: str, as_of: datetime) -> int | None:
    """The newest batch that a publication knew: its run's own, else the newest up to its as-of; None where the file knows neither."""
    known = frames.read(conn, "select max(b.batch_no) as n from raw.batch as b where b.run_id = $run", {"run": run_id}).item()
    if known is None:
        moment = as_of.astimezone(UTC).replace(tzinfo=None)
        known = frames.read(conn, "select max(b.batch_no) as n from raw.batch as b where b.as_of_utc <= $at", {"at": moment}).item()
    return None if known is None else int(known)


def tickets(conn: Connection, since: int) -> pl.DataFrame:
    """`ticket_id` and `kind` (deleted, late_record, changed_record) of every record with a version after batch `since`."""
    own = [_versions(entity, "try_cast(row_key as bigint)") for entity in _OWN]
    prefixed = [_versions(entity, "try_cast(split_part(row_key, ':', 1) as bigint)") for entity in _PREFIXED]
    named = [_versions(entity, "try_cast(payload ->> '$.ticket_id' as bigint)") for entity in _NAMED]
    lines = _versions("invoice", f"unnest(list_transform({_LINES}, lambda l: try_cast(l.ticket_id as bigint)))")
    every = " union all ".join((*own, *prefixed, *named, lines))
    return frames.read(conn, f"select distinct ticket_id, kind from ({every}) where ticket_id > 0", {"since": since})


def rates(conn: Connection, since: int) -> bool:
    """Whether an agent or an agent's dated cost has a version after batch `since`."""
    every = " union all ".join(f"select 1 as n from {table_of(entity)} as r where r.batch_no > $since" for entity in _RATES)
    return bool(frames.read(conn, f"select count(*) as n from ({every})", {"since": since}).item())


def _versions(entity: str, ticket: str) -> str:
    return f"""
        select
            {ticket} as ticket_id,
            case when is_gone then '{DELETED}' when is_new then '{LATE}' else '{CHANGED}' end as kind
        from (
            select
                r.row_key,
                max_by(r.payload, {AGE}) as payload,
                max_by(r.is_deleted, {AGE}) as is_gone,
                min(r.batch_no) > $since as is_new
            from {table_of(entity)} as r
            group by r.row_key
            having max(r.batch_no) > $since
        )
    """
