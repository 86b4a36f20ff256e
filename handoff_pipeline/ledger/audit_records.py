"""Whether the ledger's records are what the sound audit chain says of them: none edited past it, none slipped in, none gone.

Whether the chain itself is sound is audit_verify's.
The one thing to know: the chain holds a fingerprint of each record after each change, so the last one must be the record's as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Table, select

from handoff_pipeline.ledger.fingerprints import KEYS, Audited, fingerprint, move_print, subject_of
from handoff_pipeline.ledger.people_rows import TABLES
from handoff_pipeline.ledger.records_action import ApprovalRequest, AuditRow, Intent
from handoff_pipeline.ledger.schema_action import APPROVAL, INTENT_EVENT, OUTBOX

AREAS: Final = frozenset(area for area, _ in KEYS.values())
_TABLES: Final[Mapping[type[Audited], Table]] = {
    Intent: OUTBOX,
    ApprovalRequest: APPROVAL,
    **{kind: table for kind, (table, _, _) in TABLES.items()},
}

Record = tuple[str, str]
"""Area and subject: which record it is."""
Move = tuple[str, str]
"""Intent, and the fingerprint of its move."""


@dataclass(slots=True)
class Told:
    """What the chain says: each record's last fingerprint, and every move of an intent in its order."""

    prints: dict[Record, str] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)

    def hear(self, row: AuditRow) -> None:
        """Take in one sound row."""
        area = row.kind.partition(".")[0]
        if area not in AREAS:
            return
        try:
            content = json.loads(row.content)
            self.prints[area, row.subject] = content["record"]
            if area == "intent":
                self.moves.append((row.subject, content["move"]))
        except (ValueError, KeyError, TypeError):
            # Only a chain without a key can hold such a row and be sound: it fits no record.
            self.prints[area, row.subject] = ""


def difference(connection: Connection, told: Told) -> str | None:
    """The first way in which records and chain differ, in words; None where they agree."""
    standing: dict[Record, str] = {}
    for kind in KEYS:
        area = KEYS[kind][0]
        try:
            standing.update({(area, subject_of(record)): fingerprint(record) for record in _records(connection, kind)})
        except (ValueError, TypeError, ArithmeticError):
            return f"a record of {area} holds what the product never writes, so it was changed past the chain"
    return _first_difference(told.prints, standing) or _moves_differ(connection, told.moves)


def _first_difference(told: Mapping[Record, str], standing: Mapping[Record, str]) -> str | None:
    for record in sorted(told.keys() | standing.keys()):
        name = f"{record[0]} {record[1]}"
        if record not in standing:
            return f"{name} is in the chain and gone from its table"
        if record not in told:
            return f"{name} is in its table and not in the chain"
        if told[record] != standing[record]:
            return f"{name} was changed past the chain"
    return None


def _moves_differ(connection: Connection, told: list[Move]) -> str | None:
    columns = (column for column in INTENT_EVENT.c if column is not INTENT_EVENT.c.event_no)
    rows = connection.execute(select(*columns).order_by(INTENT_EVENT.c.event_no))
    try:
        kept = [(row.intent_id, move_print(**row._mapping)) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
    except (ValueError, TypeError, AttributeError):
        return "a row of intent_event holds what the product never writes, so it was changed past the chain"
    if kept == told:
        return None
    at = next((place for place, (one, other) in enumerate(zip(kept, told, strict=False)) if one != other), min(len(kept), len(told)))
    which = told[at] if at < len(told) else kept[at]
    return f"intent_event does not tell the chain's moves: move {at + 1}, of intent {which[0]}, differs"


def _records(connection: Connection, kind: type[Audited]) -> Iterator[Audited]:
    table = _TABLES[kind]
    for row in connection.execute(select(*(table.c[name] for name in kind.__dataclass_fields__))):
        yield kind(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
