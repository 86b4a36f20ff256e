"""Gaps judged anew in the copy: the models of the nightly graph that gaps and scores rest on, and what comes of them as the hour's file.

What each model computes is in its file. The one thing to know: policy and ledger tables stay the night's, so an hour differs from the night
by what HaloPSA showed, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from graphlib import TopologicalSorter
from typing import Any, Final

from assets.governance import EVIDENCE, judgements
from assets.governance import TABLE as ITEM_CHECK
from assets.table_frames import duckdb_types
from handoff_pipeline.governance.checklist import CHECK_SCHEMA
from handoff_pipeline.policy import Policy
from handoff_pipeline.warehouse import Connection, Home, Lease, frames, models, open_build
from handoff_pipeline.warehouse.hour import Hour, HourGap, HourRecord
from handoff_pipeline.warehouse.models import Model

WANTED: Final = ("core.gap", "core.stage_check", "marts.fact_handoff")
_GAPS: Final = """
select
    g.handoff_id,
    g.item,
    g.detected_at_utc as detected_at,
    g.state,
    g.resolved_at_utc as resolved_at,
    coalesce(c.reason, '') as reason
from core.gap as g
left join core.stage_check as c on g.handoff_id = c.handoff_id and g.item = c.item and c.stage = 'latest'
where
    g.detected_at_utc <= cast($night as timestamp)
    and (g.state = 'open' or (g.state in ('resolved', 'moot') and g.resolved_at_utc > cast($night as timestamp)))
order by g.handoff_id, g.item, g.detected_at_utc
"""
_RECORDS: Final = """
select
    h.handoff_id,
    f.score_latest as score,
    coalesce(f.signoff_state, '') as signoff_state
from core.handoff as h
inner join marts.fact_handoff as f on contract_key($tenant, 'handoff', h.handoff_id) = f.handoff_key
where not h.is_historic
order by h.handoff_id
"""


def judged(made: Home, lease: Lease, policy: Policy, tenant: str, night: tuple[str, datetime], as_of: datetime, requests: int) -> Hour:
    """Build what is wanted in the copy, and read from it how the gaps of the night stand; `night` is its run and its moment.

    Raises:
        LeaseHeld, LeaseLost: another run has the copy.
        WarehouseError: a model fails.
    """
    run_id, night_as_of = night
    with open_build(made, lease) as conn:
        for step in _in_order():
            if isinstance(step, Model):
                models.run(conn, step, as_of, tenant)
            else:
                frames.write(conn, ITEM_CHECK, judgements(conn, policy), duckdb_types(CHECK_SCHEMA))
        gaps = _rows(conn, _GAPS, {"night": night_as_of.astimezone(UTC).replace(tzinfo=None)})
        records = _rows(conn, _RECORDS, {"tenant": tenant})
        return Hour(
            continues=run_id,
            as_of_utc=as_of,
            requests=requests,
            gaps=tuple(HourGap(**row) for row in gaps),
            records=tuple(HourRecord(**row) for row in records),
        )


@cache
def _in_order() -> tuple[Model | str, ...]:
    """What is built, each after what it reads: models, and the name of the table that Python makes of them."""
    found = models.discover()
    made = {name: model.depends_on for name, model in found.items()} | {ITEM_CHECK: frozenset(EVIDENCE)}
    reads: dict[str, frozenset[str]] = {}
    waiting = list(WANTED)
    while waiting:
        name = waiting.pop()
        if name not in reads:
            reads[name] = made[name] & made.keys()
            waiting += reads[name]
    return tuple(found.get(name, name) for name in TopologicalSorter(reads).static_order())


def _rows(conn: Connection, sql: str, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows with aware moments: those of the work file are naive, in UTC."""
    for row in frames.read(conn, sql, values).iter_rows(named=True):
        yield {name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for name, value in row.items()}
