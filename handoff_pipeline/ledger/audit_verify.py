"""Judges the audit chain: every row's number, link and hash, the heads that are kept elsewhere, and the records that it speaks of.

How a row is hashed is audit_hash's; what the verdict means to a reader is said by `handoff audit verify`.
The one thing to know: the chain alone cannot know what was cut off its end; only a head that is kept elsewhere can.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Engine, select

from handoff_pipeline.ledger.audit import all_rows
from handoff_pipeline.ledger.audit_hash import GENESIS, AuditKeys, holds_under
from handoff_pipeline.ledger.audit_records import Told, difference
from handoff_pipeline.ledger.engine import snapshot
from handoff_pipeline.ledger.guards import changed
from handoff_pipeline.ledger.records_action import AuditRow
from handoff_pipeline.ledger.schema_action import AUDIT_HEAD


@dataclass(frozen=True, slots=True)
class KnownHead:
    """A row's number and hash as somebody keeps them; `where` says who."""

    seq: int
    row_hash: str
    where: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `unkeyed` rows stand at the beginning; `bad_seq` and `why` name the first thing that is wrong, None where all holds.

    `bad_seq` is None with a `why` where the chain holds and a record does not. `unguarded` names the triggers that do not stand as the
    product makes them, at this moment.
    """

    rows: int
    unkeyed: int
    last_seq: int
    last_hash: str
    bad_seq: int | None = None
    why: str | None = None
    unguarded: tuple[str, ...] = ()


def verify(engine: Engine, keys: AuditKeys, told: Collection[KnownHead] = (), keyed_from: int | None = None) -> Verdict:
    """The verdict on the ledger as it stands at this moment.

    Args:
        engine: an open ledger's.
        keys: the keys under which rows may stand.
        told: heads that the caller knows from elsewhere; those that the ledger itself remembers are checked besides.
        keyed_from: the first row that is known to have a key; it must be there, and a row from there on without one is wrong.
    """
    said = Told()
    with snapshot(engine) as connection:
        head = AUDIT_HEAD.c
        remembered = [
            KnownHead(row.seq, row.row_hash, f"kept at {row.kept_where}, remembered by the ledger itself")
            for row in connection.execute(select(head.seq, head.row_hash, head.kept_where).order_by(head.head_no))
        ]
        verdict = judge(all_rows(connection), keys, [*told, *remembered], keyed_from, said)
        why = difference(connection, said) if verdict.why is None else verdict.why
        return replace(verdict, why=why, unguarded=changed(connection))


def judge(
    rows: Iterable[AuditRow], keys: AuditKeys, heads: Collection[KnownHead] = (), keyed_from: int | None = None, said: Told | None = None
) -> Verdict:
    """The verdict on the rows in their order, up to the first that is wrong; what sound rows say goes to `said`."""
    seq, before, unkeyed, youngest = 0, GENESIS, 0, 0
    order = keys.in_order()
    for row in rows:
        fitting = [age for age, key in enumerate(order) if holds_under(row, key)]
        why = _link_fault(row, seq, before) or _key_fault(keys, fitting, youngest) or _head_fault(row, heads)
        if why is None and fitting == [0] and keyed_from is not None and row.seq >= keyed_from:
            why = f"it has no key, although rows have one from {keyed_from} on: the chain was written anew by somebody without the key"
        if why is not None:
            return Verdict(seq, unkeyed, seq, before, row.seq, why)
        seq, before, youngest = row.seq, row.row_hash, fitting[0]
        unkeyed += youngest == 0
        if said is not None:
            said.hear(row)
    later = min((head for head in heads if head.seq > seq), key=lambda head: head.seq, default=None)
    if later is not None:
        return Verdict(seq, unkeyed, seq, before, seq + 1, f"it is missing, with all up to {later.seq}, whose head is {later.where}")
    if keyed_from is not None and keyed_from > seq:
        return Verdict(seq, unkeyed, seq, before, seq + 1, f"it is missing, with all up to {keyed_from}, which is known to have a key")
    return Verdict(seq, unkeyed, seq, before)


def _link_fault(row: AuditRow, seq: int, before: str) -> str | None:
    if row.seq != seq + 1:
        return f"row {seq + 1} is missing before it: deleted, or its number was changed"
    if row.previous_hash != before:
        return "it does not follow from the row before it: one of the two was changed, or rows were swapped"
    return None


def _key_fault(keys: AuditKeys, fitting: list[int], youngest: int) -> str | None:
    if not fitting:
        if keys.current is None:
            return "its hash does not hold without a key: it was changed, or written with a key, and HANDOFF_AUDIT_KEY is not set"
        return "its hash does not hold: it was changed, written by somebody without the key, or HANDOFF_AUDIT_KEY is another one"
    if fitting[0] < youngest:
        return "it has an older key than the row before it, or none: it was written by somebody without the present key"
    return None


def _head_fault(row: AuditRow, heads: Collection[KnownHead]) -> str | None:
    other = next((head for head in heads if head.seq == row.seq and head.row_hash != row.row_hash), None)
    return None if other is None else f"it is not the row whose head is {other.where}: it or one before it was written anew"
