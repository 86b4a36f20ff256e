"""The ledger's policy documents: the text of every policy that a night ran on.

Which night ran on which stands in its run; what a document means is policy's, when it is in force governance's.
The one thing to know: a document is known by the hash of its content, so comments alone make no new one, and the first text is kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from handoff_pipeline.ledger.records import PolicyDocument
from handoff_pipeline.ledger.schema import POLICY_DOCUMENT


@dataclass(frozen=True, slots=True)
class Policies:
    """Policy documents in an open ledger; each call is one committed transaction."""

    engine: Engine

    def all(self, until: datetime | None = None) -> list[PolicyDocument]:
        """Every document that a night ran on, oldest first; `until` leaves out those first used after that moment."""
        query = select(POLICY_DOCUMENT).order_by(POLICY_DOCUMENT.c.first_as_of, POLICY_DOCUMENT.c.policy_hash)
        if until is not None:
            query = query.where(POLICY_DOCUMENT.c.first_as_of <= until)
        with self.engine.begin() as connection:
            return [PolicyDocument(row.policy_hash, row.version, row.document, row.first_as_of) for row in connection.execute(query)]

    def keep(self, document: PolicyDocument) -> bool:
        """Keep the document, unless one of the same hash is kept already; True where it is new."""
        known = select(POLICY_DOCUMENT.c.policy_hash).where(POLICY_DOCUMENT.c.policy_hash == document.policy_hash)
        try:
            with self.engine.begin() as connection:
                if connection.execute(known).first():
                    return False
                connection.execute(insert(POLICY_DOCUMENT).values(**asdict(document)))
        except IntegrityError:
            # Another process was faster; what it kept is the same document.
            return False
        return True
