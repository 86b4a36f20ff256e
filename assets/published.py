"""The last step: what was built and checked becomes what people read.

How files are put in place is warehouse's subject. The one thing to know: it is one step for all tables, after every blocking check, so a
night is published as a whole or not at all; where an entity that figures rest on is incomplete or quarantined, the tables stay as they were
and are marked stale, and people are told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import dagster as dg

from assets import alerts, metadata
from assets.jobs import NIGHTLY
from assets.naming import BATCH, POOL, key_of, op_name, team
from assets.raw import EFFECTS
from assets.redaction import Redactor
from assets.resources import WarehouseResource
from assets.steps import told
from handoff_pipeline.clock import SystemClock
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.halo import ENTITIES
from handoff_pipeline.ledger import Ledger, Run
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import TABLES, Table
from handoff_pipeline.warehouse import Connection, Manifest, frames, publish

GROUP: Final = "published"
REQUIRED: Final = frozenset(entity.name for entity in ENTITIES.values() if entity.is_required)
_UNLINKED: Final = "select count(*) as n from core.change_request as c where c.project_id is null"
_LANDED_BY: Final = "select max_by(b.run_id, b.batch_no) as run_id from raw.batch as b"


def _spec(table: Table, built: Collection[str]) -> dg.AssetSpec:
    name = f"published.{table.name}"
    sources = [source for source in (f"marts.{table.name}", f"kpi.{table.name}") if source in built]
    if table.name.startswith("meta_"):
        sources.append(BATCH)
    return dg.AssetSpec(
        key_of(name),
        group_name=GROUP,
        owners=[team(table.owner)],
        kinds={"parquet", "duckdb"},
        deps=[key_of(source) for source in sources],
        description=table.description if sources else f"{table.description} Empty in this release.",
        metadata=metadata.static(name),
    )


def published_assets(built: Collection[str]) -> dg.AssetsDefinition:
    """The publish step, with an asset for every table of the registry; `built` names those that something fills (`marts.dim_client`)."""

    @dg.multi_asset(name=op_name("published.tables"), specs=[_spec(table, built) for table in TABLES.values()], pool=POOL)
    def published(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult[None]]:
        with told(settings):
            # When the run ran is told by the machine's clock, also where the as-of is held.
            now = SystemClock().now()
            with Ledger.open(warehouse.home.ledger) as ledger:
                with warehouse.get_connection() as conn:
                    run = run_to_publish(ledger, conn, warehouse.lease.run_id, now)
                    count_unlinked(ledger, conn, run.run_id)
                warehouse.close()
                made = publish(warehouse.home, warehouse.lease, ledger, run, required=REQUIRED, finished_at=now, effects=EFFECTS)
            alert = alerts.stale(made, NIGHTLY, Redactor.of(settings))
            if alert:
                alerts.deliver(settings.home, alert)
        for name in TABLES:
            yield dg.MaterializeResult(asset_key=key_of(f"published.{name}"), metadata=_metadata(made, name, warehouse.lease.run_id))

    return published


def run_to_publish(ledger: Ledger, conn: Connection, run_id: str, now: datetime) -> Run:
    """The ledger's run of this night; a run that landed nothing itself (a step run again by hand) takes over what the last landing knows.

    Raises:
        WarehouseError: nothing has been landed, or the ledger does not know the run that did.
    """
    known = ledger.run(run_id)
    landed_by = frames.read(conn, _LANDED_BY).item()
    if known and landed_by == run_id:
        return known
    landed = ledger.run(str(landed_by)) if landed_by else None
    if landed is None:
        raise WarehouseError("The ledger does not know the run that landed the newest night.", "Run the whole nightly job: `handoff run`.")
    run = replace(landed, run_id=run_id, started_at=known.started_at if known else now, finished_at=None, state="running", requests=0)
    ledger.start_run(run)
    ledger.record_completeness(run_id, [replace(row, run_id=run_id, requests=0) for row in ledger.completeness(landed.run_id)])
    return run


def count_unlinked(ledger: Ledger, conn: Connection, run_id: str) -> None:
    """Add to the run's completeness how many change requests belong to no project: they are in no fact, and somebody should know."""
    unlinked = int(frames.read(conn, _UNLINKED).item())
    rows = ledger.completeness(run_id)
    ledger.record_completeness(run_id, [replace(row, rows_unlinked=unlinked) if row.entity == "change_request" else row for row in rows])


def _metadata(made: Manifest, name: str, run_id: str) -> dict[str, Any]:
    entry = made.tables[name]
    return {
        metadata.ROW_COUNT: entry.rows,
        "state": made.state,
        "has_changed": entry.run_id == run_id,
        "last_changed_by": entry.run_id,
        "content_hash": entry.content_hash,
        "bytes": entry.bytes,
        "file": f"published/parquet/v1/{name}.parquet",
    }
