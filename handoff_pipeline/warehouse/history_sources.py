"""What a night gives to the history: the work file's own tables, and what the ledger and the publication know of it.

How they are added is history_keep.py's.
The one thing to know: a table of the work file is found by its layer, so one that a release adds is in the history from its first night.
"""
# ruff: noqa: S608 - names are quoted by ident(), paths by literal(); the relations are tables of this package

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from handoff_pipeline import __version__
from handoff_pipeline.ledger import Completeness, Ledger, Run
from handoff_pipeline.ledger.records import PolicyDocument
from handoff_pipeline.warehouse import frames
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.history import OWN, KeptNight, is_held
from handoff_pipeline.warehouse.sql import ident, literal

RUN: Final = f"{OWN}.run"
COMPLETENESS: Final = f"{OWN}.completeness"
POLICY: Final = f"{OWN}.policy"
FIGURE: Final = f"{OWN}.figure"
FIGURES: Final = "kpi_weekly"
FIGURE_COLUMNS: Final = (
    "metric_key", "week_start", "segment_type", "segment_key", "value", "value_amount", "n", "is_partial_week",
)  # fmt: skip
_MOMENT: Final = pl.Datetime("us")
_RUN_TYPES: Final = {"started_at": _MOMENT, "finished_at": _MOMENT, "as_of": _MOMENT, "requests": pl.Int64}
_COUNTS: Final = ("rows_seen", "rows_expected", "rows_changed", "rows_deleted", "rows_quarantined", "rows_unlinked")
_COMPLETENESS_TYPES: Final = {
    "as_of": _MOMENT, "is_stale": pl.Boolean, **dict.fromkeys((*_COUNTS, "requests", "requests_minimum"), pl.Int64),
}  # fmt: skip
_POLICY_TYPES: Final = {"first_as_of": _MOMENT}


def night_of(conn: Connection, run: Run, content_hash: str) -> KeptNight | None:
    """The night that is being published, without a number; None where nothing was landed (a work file made by hand)."""
    if not _exists(conn, "raw", "batch"):
        return None
    row = conn.execute("select max_by(b.run_id, b.batch_no) from work.raw.batch as b").fetchone()
    if row is None or row[0] is None:
        return None
    setting: Sequence[Any] | None = None
    if _exists(conn, "policy", "setting"):
        setting = conn.execute("select s.tenant, s.links_base, s.time_zone from work.policy.setting as s").fetchone()
    tenant, links_base, time_zone = setting or (None, None, None)
    return KeptNight(
        night_no=0,
        run_id=run.run_id,
        landed_by=row[0],
        as_of=run.as_of,
        published_at=run.finished_at or run.started_at,
        policy_version=run.policy_version,
        policy_hash=run.policy_hash,
        product_version=__version__,
        content_hash=content_hash,
        tenant=tenant,
        links_base=links_base,
        time_zone=time_zone,
    )


def sources(conn: Connection, ledger: Ledger, runs: Sequence[Run], figures: Path | None) -> dict[str, str]:
    """History's table to the relation on this connection that holds its rows tonight.

    Tonight's is the last of `runs`; `figures` is the Parquet file of kpi_weekly.
    """
    found = conn.execute("select schema_name, table_name from duckdb_tables() where database_name = 'work' order by all").fetchall()
    named = {f"{layer}.{name}": f"work.{ident(f'{layer}.{name}')}" for layer, name in found if is_held(f"{layer}.{name}")}
    ended = {run.run_id for run in runs}
    named[RUN] = _table(conn, "kept_run", [_row(run) for run in runs], _schema(Run, _RUN_TYPES))
    rows = [_row(row) for row in ledger.completeness() if row.run_id in ended]
    named[COMPLETENESS] = _table(conn, "kept_completeness", rows, _schema(Completeness, _COMPLETENESS_TYPES))
    documents = [_row(document) for document in ledger.policies.all(until=runs[-1].as_of)]
    named[POLICY] = _table(conn, "kept_policy", documents, _schema(PolicyDocument, _POLICY_TYPES))
    if figures is not None:
        named[FIGURE] = f"(select {', '.join(map(ident, FIGURE_COLUMNS))} from read_parquet({literal(figures)}))"
    return named


def _exists(conn: Connection, layer: str, name: str) -> bool:
    query = "select 1 from duckdb_tables() where database_name = 'work' and schema_name = $layer and table_name = $name"
    return conn.execute(query, {"layer": layer, "name": name}).fetchone() is not None


def _table(conn: Connection, name: str, rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> str:
    with frames.visible(conn, f"{name}_frame", pl.DataFrame(rows, schema=schema, orient="row")):
        conn.execute(f"create or replace temp table {name} as select * from {name}_frame")
    return f"temp.main.{name}"


def _schema(kind: type, types: dict[str, Any]) -> dict[str, Any]:
    return {field.name: types.get(field.name, pl.String) for field in fields(kind)}


def _row(value: Run | Completeness | PolicyDocument) -> dict[str, Any]:
    return {name: _naive(each) for name, each in asdict(value).items()}


def _naive(value: object) -> object:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
