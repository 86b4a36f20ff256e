"""Publishes a night: everything is written beside the old files and verified first, then put in place, the manifest last.

How one table is staged is stage.py's, how files are put in place place.py's.
The one thing to know: while an entity that the figures rest on is incomplete or quarantined the run is *stale*: every table but meta_*
stays byte for byte as it was, and the manifest says which entity, since when and what to do.
"""
# ruff: noqa: S608 - paths are quoted by literal()

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from handoff_pipeline import __version__
from handoff_pipeline.errors import PublishError
from handoff_pipeline.ledger import Completeness, Ledger, Run
from handoff_pipeline.tables import CONTRACT_VERSION, TABLES, Table
from handoff_pipeline.warehouse import database, hashing, history_keep, history_sources, manifest, meta, place, rebuilt, stage
from handoff_pipeline.warehouse.connect import open_publish
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.lease import Lease
from handoff_pipeline.warehouse.manifest import Manifest, PublishedFile, PublishedTable
from handoff_pipeline.warehouse.sql import ident, literal


def publish(
    home: Home,
    lease: Lease,
    ledger: Ledger,
    run: Run,
    *,
    required: Collection[str],
    finished_at: datetime,
    effects: Mapping[str, str] = MappingProxyType({}),
    tables: Mapping[str, Table] = TABLES,
) -> Manifest:
    """Publish what was built as `marts.X` and `kpi.X`, and end the run in the ledger; returns the manifest.

    `run` carries the requests made; its completeness must be in the ledger. `required` names the entities without which nothing derived
    may be published as fresh; `effects` says of the others what the figures lack where HaloPSA has never let us read them.

    Raises:
        LeaseHeld, LeaseLost: another run has the warehouse.
        PublishError: something built cannot be published; what was published before is untouched.
    """
    rows = ledger.completeness(run.run_id)
    unsaid = sorted(set(required) - {row.entity for row in rows})
    if unsaid:
        raise PublishError(
            f"The ledger does not say how complete {', '.join(unsaid)} was in run {run.run_id}.",
            "Record the completeness of every required entity before publishing.",
        )
    lacking = [row for row in rows if _is_lacking(row, required)]
    ended = replace(run, finished_at=finished_at, state="stale" if lacking else "complete")
    with open_publish(home, lease) as conn:
        finish_killed(home, ledger)
        place.sweep(home)
        place.refuse_foreign_log(home.published_file)
        previous = manifest.read(home.manifest_file)
        rebuild = rebuilt.read(home)
        built = _built(conn, tables)
        staged = [_stage_table(conn, home, table, built, ended, previous) for table in _dimensions_first(tables)]
        runs = [each for each in ledger.runs() if each.finished_at and each.run_id != run.run_id]
        relations = meta.register(conn, [*runs, ended], ledger.completeness(), _tenant_key(conn, staged))
        staged += [_stage_table(conn, home, tables[name], relations, ended, previous) for name in relations]
        entries = {each.table.name: each.entry for each in staged}
        history, moves = (None, []) if rebuild else _stage_history(conn, home, ledger, [*runs, ended], staged, previous)
        sources = {
            each.table.name: database.Source(
                f"read_parquet({literal(each.parquet)})", each.entry.rows, each.entry.content_hash, each.hashed_without
            )
            for each in staged
        }
        copy, move = database.stage(conn, home, home.published_file, sources)
        made = _manifest(ended, entries, copy, history, rows, ledger, lacking)
        never_seen = {row.entity: effects[row.entity] for row in rows if _is_never_seen(row, effects)}
        made = made.model_copy(update={"effects": never_seen, "rebuild": rebuild})
        place.commit(home, made, [*(step for each in staged for step in each.moves), *moves, move])
        stage.drop_csv(home, entries)
    ledger.finish_run(ended)
    return made


def _is_lacking(row: Completeness, required: Collection[str]) -> bool:
    """Whether what is published would rest on older data of this entity, or on part of it."""
    return row.state != "complete" and (row.entity in required or row.is_stale)


def _is_never_seen(row: Completeness, effects: Mapping[str, str]) -> bool:
    return row.state == "not_permitted" and not row.is_stale and row.entity in effects


def finish_killed(home: Home, ledger: Ledger) -> None:
    """Finish a publish that was killed half-way, also in the ledger. Call it under the lease, before comparing with what is published."""
    finished = place.recover(home)
    killed = ledger.run(finished.run_id) if finished else None
    if finished and killed:
        ledger.finish_run(replace(killed, finished_at=finished.published_at_utc, state=finished.state, requests=finished.requests))


def _built(conn: Connection, tables: Mapping[str, Table]) -> dict[str, str]:
    """Published name to the table that was built for it, for those that were."""
    found = conn.execute("select schema_name, table_name from duckdb_tables() where database_name = 'work'").fetchall()
    return {name: f"work.{ident(f'{layer}.{name}')}" for layer, name in found if layer in {"marts", "kpi"} and name in tables}


def _dimensions_first(tables: Mapping[str, Table]) -> list[Table]:
    """Every table but those about the run itself, which need a tenant key."""
    return sorted((table for name, table in tables.items() if name not in stage.OWN_RUN), key=lambda table: not table.is_dimension)


def _stage_table(
    conn: Connection, home: Home, table: Table, built: Mapping[str, str], run: Run, previous: Manifest | None
) -> stage.StagedTable:
    before = previous.tables.get(table.name) if previous else None
    relation = built.get(table.name)
    if run.state == "stale" and table.name not in stage.OWN_RUN:
        if before:
            return stage.keep(home, table, before)
        relation = None
    return stage.stage(conn, home, table, relation, run.run_id, before)


def _stage_history(
    conn: Connection, home: Home, ledger: Ledger, runs: Sequence[Run], staged: Collection[stage.StagedTable], previous: Manifest | None
) -> tuple[PublishedFile | None, list[place.Move]]:
    """The history with this night (the last of `runs`); as it is where a source is incomplete, for then nothing new is published."""
    before = previous.history if previous else None
    entries = {each.table.name: each.entry for each in staged}
    night = history_sources.night_of(conn, runs[-1], _content(entries))
    if runs[-1].state == "stale" or night is None:
        return before, []
    figures = next((each.parquet for each in staged if each.table.name == history_sources.FIGURES), None)
    return history_keep.stage(conn, home, night, history_sources.sources(conn, ledger, runs, figures), entries, before)


def _content(entries: Mapping[str, PublishedTable]) -> str:
    """The canonical hash of everything published but what is about the run."""
    return hashing.combined({name: entry.content_hash for name, entry in entries.items() if name not in stage.OWN_RUN})


def _tenant_key(conn: Connection, staged: Collection[stage.StagedTable]) -> int:
    """The one tenant's key, out of dim_tenant as it is about to be published; 0 before it was ever built."""
    for each in staged:
        if each.table.name == "dim_tenant":
            row = conn.execute(f"select max(tenant_key) from read_parquet({literal(each.parquet)})").fetchone()
            return int(row[0] or 0) if row else 0
    return 0


def _manifest(
    run: Run,
    entries: dict[str, PublishedTable],
    copy: PublishedFile,
    history: PublishedFile | None,
    rows: Collection[Completeness],
    ledger: Ledger,
    lacking: Collection[Completeness],
) -> Manifest:
    return Manifest(
        run_id=run.run_id,
        state="stale" if lacking else "complete",
        contract_version=CONTRACT_VERSION,
        policy_version=run.policy_version,
        policy_hash=run.policy_hash,
        product_version=__version__,
        engine=run.engine,
        requests=run.requests,
        as_of_utc=run.as_of,
        published_at_utc=run.finished_at or run.started_at,
        content_hash=_content(entries),
        tables=entries,
        database=copy,
        history=history,
        completeness={row.entity: manifest.status_of(row) for row in rows},
        stale=tuple(manifest.stale_source(row, ledger.incomplete_since(row.entity) or run.started_at) for row in lacking),
    )
