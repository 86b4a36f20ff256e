"""Tables of the work file that are copied from the ledger when a build begins, so that SQL can read what people decided and what was done.

What is decided, and by whom, is the ledger's and the commands'; the columns are in ledger_frames.
The one thing to know: a build as of a moment knows only what the ledger knew before it; the history keeps these tables night by night, so
a past night built again sees what it saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import dagster as dg

from assets import metadata
from assets.ledger_frames import BASELINE, SCHEMAS, baseline_frame, frames_of
from assets.naming import BATCH, POOL, group_of, key_of, op_name, team
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import duckdb_types
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.as_of import known_at
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import frames

BASELINES: Final = "ledger.baseline"
TABLES: Final[dict[str, str]] = {
    "intent": "Every intent of the outbox as it stood at the as-of moment; what would be written is in the ledger alone, but for blocks.",
    "approval": "Every approval that the product asked of a person, with the answer by the as-of moment.",
    "acknowledgement": "What people said to have seen: gaps, handoffs, intents.",
    "escalation": "Each level that a gap went up, with the person it reached.",
    "override": "Exceptions from a control and waivers of an item, with who approved them and until when.",
    "feedback": "Verdicts that somebody holds wrong, and what came of it.",
    "snooze": "Gaps that somebody put off, until when and why.",
}


@dg.asset(
    key=key_of(BASELINES),
    group_name=group_of(BASELINES),
    owners=[team("service delivery lead")],
    kinds={"duckdb", "sqlite"},
    deps=[key_of(BATCH)],
    pool=POOL,
    metadata=metadata.static(BASELINES),
    description="Every baseline that the ledger holds, frozen up to the as-of moment of the night, with the sums behind its value.",
)
def ledger_baseline(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> dg.MaterializeResult[None]:
    """Copy the ledger's baselines."""
    with told(settings), warehouse.get_connection() as conn:
        with Ledger.open(warehouse.home.ledger) as ledger:
            frame = baseline_frame(ledger.baselines.all(until=warehouse.as_of(conn)))
        rows = frames.write(conn, BASELINES, frame, duckdb_types(BASELINE))
        return dg.MaterializeResult(metadata=metadata.built(conn, BASELINES, rows))


def _spec(name: str, description: str) -> dg.AssetSpec:
    table = f"ledger.{name}"
    return dg.AssetSpec(
        key_of(table),
        group_name=group_of(table),
        owners=[team("service delivery lead")],
        kinds={"duckdb", "sqlite"},
        deps=[key_of(BATCH)],
        description=description,
        metadata=metadata.static(table),
    )


@dg.multi_asset(name=op_name("ledger.records"), specs=[_spec(name, description) for name, description in TABLES.items()], pool=POOL)
def ledger_records(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult[None]]:
    """Copy the outbox, the approvals and what people said."""
    results: list[dg.MaterializeResult[None]] = []
    with told(settings), warehouse.get_connection() as conn:
        with Ledger.open(warehouse.home.ledger) as ledger:
            # What a night itself proposes comes after its as-of: where the clock stands still (a demo, a test) both are the same moment.
            found = frames_of(known_at(ledger, warehouse.as_of(conn) - datetime.resolution))
        for name, frame in found.items():
            table = f"ledger.{name}"
            rows = frames.write(conn, table, frame, duckdb_types(SCHEMAS[name]))
            results.append(dg.MaterializeResult(asset_key=key_of(table), metadata=metadata.built(conn, table, rows)))
    yield from results
