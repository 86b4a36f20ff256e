"""Holds the ledger and the warehouse file to the same story about batches, at every landing.

It never repairs rows.
The one thing to know: two stores mean two commits, and a kill between them is ordinary: an announced batch is then wholly in the file or
wholly absent. A batch that the ledger calls settled and the file lacks is a lost or exchanged file, and stops the pipeline.
"""
# ruff: noqa: S608 - names are quoted by ident(); values are parameters

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger import Batch, Ledger, Settled
from handoff_pipeline.warehouse import entities
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.sql import ident

_START_OVER = (
    "Put the warehouse file and the ledger back from the same backup."
    " To pull everything again instead, move the folders work and ledger away together; history and published tables stay."
)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The batches that were open: found in the file, or absent from it."""

    settled: tuple[int, ...]
    absent: tuple[int, ...]


def reconcile(ledger: Ledger, conn: Connection) -> Reconciled:
    """Close every batch that was announced and never settled, and check that what was settled is there.

    Raises:
        WarehouseError: file and ledger tell different stories; the message names the batch.
    """
    batches = ledger.batches()
    present = _present(conn)
    unknown = {number for number, _ in present} - {batch.batch_no for batch in batches}
    if unknown:
        raise WarehouseError(f"The warehouse file holds batch {min(unknown)}, of which the ledger knows nothing.", _START_OVER)
    _check_settled(conn, batches, present)
    settled, absent = [], []
    for number in sorted({batch.batch_no for batch in batches if batch.state == "announced"}):
        announced = [batch for batch in batches if batch.batch_no == number]
        found = {batch.entity: present[number, batch.entity] for batch in announced if (number, batch.entity) in present}
        if not found:
            ledger.mark_absent(number)
            absent.append(number)
        elif len(found) == len(announced) and _rows_are_there(conn, number, found):
            ledger.settle(number, found)
            settled.append(number)
        else:
            raise WarehouseError(f"Batch {number} is only partly in the warehouse file, which one transaction cannot do.", _START_OVER)
    return Reconciled(tuple(settled), tuple(absent))


def _check_settled(conn: Connection, batches: Iterable[Batch], present: dict[tuple[int, str], Settled]) -> None:
    for batch in batches:
        there = (batch.batch_no, batch.entity) in present
        if batch.state == "settled" and not there:
            raise WarehouseError(
                f"The ledger says that batch {batch.batch_no} of {batch.entity} is settled, and the warehouse file lacks it.", _START_OVER
            )
        if batch.state == "absent" and there:
            raise WarehouseError(
                f"The ledger says that batch {batch.batch_no} of {batch.entity} never arrived, and the warehouse file holds it.",
                _START_OVER,
            )
    # A write-ahead log with a torn tail loses the newest commits without a word: count the newest settled batch's rows.
    newest = max((batch.batch_no for batch in batches if batch.state == "settled"), default=None)
    counts = {batch.entity: batch.settled for batch in batches if batch.batch_no == newest and batch.settled}
    if newest is not None and not _rows_are_there(conn, newest, counts):
        raise WarehouseError(f"The warehouse file holds fewer or more rows of batch {newest} than the ledger has settled.", _START_OVER)


def _present(conn: Connection) -> dict[tuple[int, str], Settled]:
    query = "select batch_no, entity, rows_changed, rows_deleted, rows_quarantined from raw.load_batch"
    return {(number, entity): Settled(*counts) for number, entity, *counts in conn.execute(query).fetchall()}


def _rows_are_there(conn: Connection, batch_no: int, counts: dict[str, Settled]) -> bool:
    """Whether each entity's raw table holds as many rows of the batch as were counted."""
    for entity, settled in counts.items():
        if entity not in entities.KEYS:
            continue
        query = f"select count(*) from raw.{ident(entity)} where batch_no = $batch_no"
        row = conn.execute(query, {"batch_no": batch_no}).fetchone()
        if row is None or row[0] != settled.rows_changed + settled.rows_deleted:
            return False
    return True
