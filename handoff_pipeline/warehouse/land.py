"""Lands one pull: rows, tombstones, cursors and counts in ONE transaction, announced in the ledger before and settled after.

What happens inside the transaction is landing.py's; what a row means is sql/staging's; whether a pull is complete the pull has decided.
The one thing to know: raw is append-only, and a short read can never remove a row: a deletion is a row of its own, written only after two
complete sweeps that nobody has reason to doubt.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from handoff_pipeline.clock import SystemClock
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger import Announced, Ledger, Settled
from handoff_pipeline.warehouse import crash, entities
from handoff_pipeline.warehouse.connect import open_land
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.landing import land_batch, naive
from handoff_pipeline.warehouse.lease import Lease, transaction
from handoff_pipeline.warehouse.reconcile import reconcile
from handoff_pipeline.warehouse.report import LandResult, Pulled
from handoff_pipeline.warehouse.rules import Rules

_MACHINE: Final = SystemClock()
_PLAIN: Final = Rules()


def land(home: Home, ledger: Ledger, lease: Lease, run_id: str, as_of: datetime, report: Pulled, rules: Rules = _PLAIN) -> LandResult:
    """Land every entity of the pull as one batch; rows whose content is already known are left out.

    `as_of` is the aware moment of the night. Afterwards `raw.<entity>` holds the new versions and tombstones, `raw.load_batch` a row per
    entity, `raw.cursor` where the next pull may start, `raw.missing` what the last sweeps lacked; the ledger says what is quarantined.

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
        quarantine = ledger.quarantine
        standing = [each.finding for each in quarantine.standing()]
        with transaction(conn):
            landed, verdict = land_batch(conn, home, batch_no, report, rules, quarantine.open_sets(), standing)
            conn.execute(
                "insert into raw.batch values ($batch_no, $run_id, $as_of, $landed_at)",
                {"batch_no": batch_no, "run_id": run_id, "as_of": naive(as_of), "landed_at": naive(_MACHINE.now())},
            )
            crash.point("land.inserted")
        crash.point("land.committed")
    ledger.settle(batch_no, {name: Settled(row.rows_changed, row.rows_deleted, row.rows_quarantined) for name, row in landed.items()})
    quarantine.judged(run_id, _MACHINE.now(), verdict.looked_at, verdict.new_findings, verdict.used)
    return LandResult(batch_no, landed)


def cursors(conn: Connection) -> dict[str, datetime]:
    """Entity to the aware moment from which the next pull may start; entities without one are not in it. Any profile will do."""
    exists = conn.execute("select 1 from information_schema.tables where table_schema = 'raw' and table_name = 'cursor'").fetchone()
    if not exists:
        return {}
    return {entity: moment.replace(tzinfo=UTC) for entity, moment in conn.execute("select entity, cursor_utc from raw.cursor").fetchall()}
