"""The two published tables about the pipeline itself, made from the ledger: meta_run and meta_source_completeness.

No other table is made here.
The one thing to know: the present run is not over in the ledger while it publishes, so its end is handed in.
"""
# ruff: noqa: S608 - constant names only

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from handoff_pipeline.ledger import Completeness, Run
from handoff_pipeline.tables import CONTRACT_VERSION, TABLES, polars_schema
from handoff_pipeline.warehouse import frames
from handoff_pipeline.warehouse.engine import Connection

RUN: Final = "meta_run"
COMPLETENESS: Final = "meta_source_completeness"


def register(conn: Connection, runs: Sequence[Run], completeness: Sequence[Completeness], tenant_key: int) -> dict[str, str]:
    """Make both tables readable on the connection; returns published name to relation."""
    ended = {run.run_id for run in runs}
    rows_of = {
        RUN: [_run_row(run) for run in runs],
        COMPLETENESS: [_completeness_row(row, tenant_key) for row in completeness if row.run_id in ended],
    }
    relations = {}
    for name, rows in rows_of.items():
        relations[name] = f"temp.main.{name}_rows"
        with frames.visible(conn, f"{name}_frame", pl.DataFrame(rows, schema=polars_schema(TABLES[name]), orient="row")):
            conn.execute(f"create or replace temp table {name}_rows as select * from {name}_frame")
    return relations


def _run_row(run: Run) -> dict[str, object]:
    return {
        "started_at_utc": _naive(run.started_at),
        "finished_at_utc": _naive(run.finished_at) if run.finished_at else None,
        "as_of_utc": _naive(run.as_of),
        "contract_version": CONTRACT_VERSION,
        "policy_version": run.policy_version,
        "policy_hash": run.policy_hash,
        "engine": run.engine,
        "requests": run.requests,
        "rollout_phase": run.rollout_phase,
        "state": run.state,
        "run_id": run.run_id,
    }


def _completeness_row(row: Completeness, tenant_key: int) -> dict[str, object]:
    return {
        "tenant_key": tenant_key,
        "entity": row.entity,
        "state": row.state,
        "rows_seen": row.rows_seen,
        "rows_expected": row.rows_expected,
        "rows_changed": row.rows_changed,
        "rows_deleted": row.rows_deleted,
        "rows_quarantined": row.rows_quarantined,
        "rows_unlinked": row.rows_unlinked,
        "requests": row.requests,
        "requests_minimum": row.requests_minimum,
        "as_of_utc": _naive(row.as_of),
        "is_stale": row.is_stale,
        "detail": row.detail,
        "run_id": row.run_id,
    }


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
