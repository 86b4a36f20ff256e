"""How the rows of people are kept: added once, changed by key, read in order, each write told to the audit chain in the same commit.

What may be written is decided in people; no meaning here.
The one thing to know: a record is the one that is there already when its key is (`fingerprints.KEYS`); then nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Table, and_, insert, select, update

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.audit import AuditChain
from handoff_pipeline.ledger.fingerprints import KEYS, Audited, entry
from handoff_pipeline.ledger.records_action import NOBODY, Acknowledgement, Escalation, Feedback, Override, RoleHeld, Snooze
from handoff_pipeline.ledger.schema_people import ACKNOWLEDGEMENT, ESCALATION, FEEDBACK, OVERRIDE, ROLE_HELD, SNOOZE

Said = TypeVar("Said", Acknowledgement, Snooze, Feedback, Override, RoleHeld, Escalation)

TABLES: Final[Mapping[type[Audited], tuple[Table, str, str | None]]] = MappingProxyType(
    {
        Acknowledgement: (ACKNOWLEDGEMENT, "at", "agent_id"),
        Snooze: (SNOOZE, "at", "agent_id"),
        Feedback: (FEEDBACK, "reported_at", "reported_by"),
        Override: (OVERRIDE, "requested_at", "requested_by"),
        RoleHeld: (ROLE_HELD, "from_at", None),
        Escalation: (ESCALATION, "at", None),
    }
)
"""Each record's table, the moment that orders it, and who says it (None: the product)."""


@dataclass(frozen=True, slots=True)
class PeopleRows:
    """The rows of an open ledger; `change` and `one` work inside the transaction that `audit.writing` gives."""

    engine: Engine
    audit: AuditChain

    def add(self, records: Iterable[Said], verb: str, actor: int | None = None) -> int:
        """Keep those that are new, all or none of them; returns how many."""
        new = 0
        with self.audit.writing() as connection:
            for record in records:
                table, moment, who = TABLES[type(record)]
                if connection.execute(select(table).where(_is(record))).first() is not None:
                    continue
                connection.execute(insert(table), asdict(record))
                by = actor if actor is not None else getattr(record, who) if who else NOBODY
                self.audit.append(connection, [entry(record, verb, by, getattr(record, moment))])
                new += 1
        return new

    def change(self, connection: Connection, record: Said, verb: str, actor: int, at: datetime, **values: Any) -> Said:
        """Set `values` on a record that was read in this transaction."""
        changed = replace(record, **values)
        connection.execute(update(TABLES[type(record)][0]).where(_is(record)).values(**values))
        self.audit.append(connection, [entry(changed, verb, actor, at)])
        return changed

    def one(self, connection: Connection, kind: type[Said], key: str) -> Said:
        """The record of that key, which is a single column.

        Raises:
            HandoffError: there is none.
        """
        word, (column,) = KEYS[kind]
        found = rows_of(connection, kind, **{column: key})
        if not found:
            raise HandoffError(f"There is no {word} {key}.", "Take the id from the published tables.")
        return found[0]

    def all(self, kind: type[Said], until: datetime | None) -> list[Said]:
        """Every record of the kind, oldest first; `until` leaves out those after that moment."""
        with self.engine.begin() as connection:
            rows = rows_of(connection, kind)
        return rows if until is None else [row for row in rows if getattr(row, TABLES[kind][1]) <= until]


def rows_of(connection: Connection, kind: type[Said], **equal: object) -> list[Said]:
    """The records of the kind whose columns equal those values, oldest first."""
    table, moment, _ = TABLES[kind]
    columns = [table.c[name] for name in kind.__dataclass_fields__]
    keys = [table.c[name] for name in KEYS[kind][1]]
    query = select(*columns).where(*(table.c[name] == value for name, value in equal.items())).order_by(table.c[moment], *keys)
    return [kind(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


def _is(record: Said) -> Any:
    table = TABLES[type(record)][0]
    return and_(*(table.c[name] == getattr(record, name) for name in KEYS[type(record)][1]))
