"""The audit chain in an open ledger: appends rows, each hashed over the one before it, and keeps which heads are kept elsewhere.

What a sound chain proves, and against whom, is audit_verify's; what stands in a row is decided by the caller.
The one thing to know: everything that is audited is written inside `writing()`, whose transaction holds the database's lock from its
beginning (engine, postgresql), so that a change and its row are one commit and two writers wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.audit_hash import GENESIS, AuditKeys, holds_under, row_hash
from handoff_pipeline.ledger.canonical import canonical, moment_text
from handoff_pipeline.ledger.records_action import AuditEntry, AuditHead, AuditRow
from handoff_pipeline.ledger.schema_action import AUDIT, AUDIT_HEAD


@dataclass(frozen=True, slots=True)
class AuditChain:
    """The chain of one ledger, continued under `keys.current`."""

    engine: Engine
    keys: AuditKeys

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may append to the chain; it commits at the end, and an exception rolls all of it back."""
        with self.engine.begin() as connection:
            yield connection

    def append(self, connection: Connection, entries: Iterable[AuditEntry]) -> None:
        """Add a row per entry, in their order, to a transaction of `writing`.

        Raises:
            HandoffError: the chain cannot be continued under the key at hand; a row under another key would look like tampering for ever.
        """
        last = _last(connection)
        self._refuse(last)
        rows = []
        for entry in entries:
            at, content = moment_text(entry.at), canonical(entry.content)
            seq, before = (last.seq + 1, last.row_hash) if last else (1, GENESIS)
            last = AuditRow(seq, at, entry.kind, entry.subject, entry.actor, content, before, "")
            last = replace(last, row_hash=row_hash(last, self.keys.current))
            rows.append(asdict(last))
        if rows:
            connection.execute(insert(AUDIT), rows)

    def head(self) -> AuditRow | None:
        """The last row; None while the chain is empty."""
        with self.engine.begin() as connection:
            return _last(connection)

    def last_rows(self, most: int) -> list[AuditRow]:
        """The newest rows, at most so many, oldest first, as they stand: unjudged."""
        with self.engine.begin() as connection:
            return _read(connection, most)[::-1]

    def keep_head(self, head: AuditHead) -> None:
        """Write down that a head went to a place outside this database.

        Raises:
            HandoffError: the chain has no such row.
        """
        with self.writing() as connection:
            found = connection.execute(select(AUDIT.c.row_hash).where(AUDIT.c.seq == head.seq)).scalar_one_or_none()
            if found != head.row_hash:
                raise HandoffError(
                    f"The audit chain has no row {head.seq} with the hash {head.row_hash[:16]}.", "Take the head from `handoff audit head`."
                )
            connection.execute(insert(AUDIT_HEAD), asdict(head))

    def heads(self, until: datetime | None = None) -> list[AuditHead]:
        """Every head that was kept elsewhere, oldest first; `until` leaves out those after that moment."""
        query = select(*(AUDIT_HEAD.c[name] for name in AuditHead.__slots__)).order_by(AUDIT_HEAD.c.head_no)
        if until is not None:
            query = query.where(AUDIT_HEAD.c.at <= until)
        with self.engine.begin() as connection:
            return [AuditHead(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001

    def _refuse(self, last: AuditRow | None) -> None:
        fitting = self.keys.in_order() if self.keys.current else [None]
        if last is None or any(holds_under(last, key) for key in fitting):
            return
        if self.keys.current is None:
            raise HandoffError(
                f"The audit chain was written with a key up to row {last.seq}, and HANDOFF_AUDIT_KEY is not set.",
                "Set HANDOFF_AUDIT_KEY where this runs, as the other hosts have it; nothing was written.",
            )
        raise HandoffError(
            f"The last row of the audit chain ({last.seq}) does not hold under HANDOFF_AUDIT_KEY; nothing was written.",
            "Put the key back under which it was written; if it was changed on purpose, set the old one as HANDOFF_AUDIT_KEY_FORMER. If the"
            " key is right, somebody has changed the ledger: `handoff audit verify` names the row.",
        )


def all_rows(connection: Connection) -> Iterator[AuditRow]:
    """Every row in its order, as it stands: unjudged."""
    for row in connection.execute(select(AUDIT).order_by(AUDIT.c.seq), execution_options={"yield_per": 1000}):
        yield AuditRow(**row._mapping)  # noqa: SLF001


def _last(connection: Connection) -> AuditRow | None:
    return next(iter(_read(connection, 1)), None)


def _read(connection: Connection, most: int) -> list[AuditRow]:
    newest = select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(most)
    return [AuditRow(**row._mapping) for row in connection.execute(newest)]  # noqa: SLF001
