"""The ledger's word on quarantine: what stands set aside, who accepted it, when and why.

What is set aside, and what an acceptance allows, is decided at landing.
The one thing to know: an acceptance is for one exact set and for the next landing that judges its entity. Used or not, it is closed then,
so that an old word never covers a new loss.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Table, delete, insert, select, update

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.records import Acceptance, Finding, FindingKind, SetAside
from handoff_pipeline.ledger.schema import ACCEPTANCE, QUARANTINE

AcceptedSet = tuple[str, FindingKind, str]


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Findings and acceptances in an open ledger; each call is one committed transaction."""

    engine: Engine

    def standing(self, entity: str | None = None) -> list[SetAside]:
        """What is set aside now, of one entity or of all, by entity and kind."""
        query = select(QUARANTINE).order_by(QUARANTINE.c.entity, QUARANTINE.c.kind)
        if entity is not None:
            query = query.where(QUARANTINE.c.entity == entity)
        with self.engine.begin() as connection:
            return [SetAside(_finding(row), row.run_id, row.since) for row in connection.execute(query)]

    def acceptances(self, *, open_only: bool = False) -> list[Acceptance]:
        """Every acceptance, oldest first; `open_only` leaves out those that a landing has used or passed over."""
        query = select(ACCEPTANCE).order_by(ACCEPTANCE.c.acceptance_no)
        if open_only:
            query = query.where(ACCEPTANCE.c.closed_by_run.is_(None))
        with self.engine.begin() as connection:
            return [
                Acceptance(_finding(row), row.reason, row.accepted_by, row.accepted_at, row.closed_by_run, row.was_used)
                for row in connection.execute(query)
            ]

    def open_sets(self) -> frozenset[AcceptedSet]:
        """The sets that the next landing may take as accepted."""
        return frozenset((each.finding.entity, each.finding.kind, each.finding.set_hash) for each in self.acceptances(open_only=True))

    def accept(self, finding: Finding, reason: str, accepted_by: str, at: datetime) -> None:
        """Write a person's acceptance down.

        Raises:
            HandoffError: the finding no longer stands as it was shown, cannot be accepted, or the reason is empty.
        """
        if not reason.strip() or not accepted_by.strip():
            raise HandoffError("An acceptance needs a reason and a name.", 'Say why, for example --reason "old test deals were deleted".')
        if finding.kind == "ambiguous":
            raise HandoffError(
                f"{finding.entity}: {finding.said}.", "Nobody can accept this; correct the records in HaloPSA and run again."
            )
        values = {**asdict(finding), "reason": reason.strip(), "accepted_by": accepted_by.strip(), "accepted_at": at, "was_used": False}
        with self.engine.begin() as connection:
            here = _same(QUARANTINE, (finding.entity, finding.kind, finding.set_hash))
            if not connection.execute(select(QUARANTINE.c.entity).where(here)).first():
                raise HandoffError(
                    f"What is set aside of {finding.entity} has changed in the meantime.",
                    "Look at `handoff quarantine` again, then accept.",
                )
            connection.execute(insert(ACCEPTANCE), values)

    def judged(
        self,
        run_id: str,
        at: datetime,
        looked_at: Collection[tuple[str, FindingKind]],
        findings: Iterable[Finding],
        used: Collection[AcceptedSet],
    ) -> None:
        """Keep what a landing found where it looked, by entity and kind, and close the acceptances that were open there.

        What was set aside before and is again keeps its first moment; where it did not look, everything stays.
        """
        with self.engine.begin() as connection:
            before = {(row.entity, row.kind): row.since for row in connection.execute(select(QUARANTINE))}
            for entity, kind in looked_at:
                connection.execute(delete(QUARANTINE).where((QUARANTINE.c.entity == entity) & (QUARANTINE.c.kind == kind)))
            rows = [{**asdict(finding), "run_id": run_id, "since": before.get((finding.entity, finding.kind), at)} for finding in findings]
            if rows:
                connection.execute(insert(QUARANTINE), rows)
            is_open = ACCEPTANCE.c.closed_by_run.is_(None)
            for one in used:
                connection.execute(update(ACCEPTANCE).where(is_open & _same(ACCEPTANCE, one)).values(closed_by_run=run_id, was_used=True))
            for entity, kind in looked_at:
                here = (ACCEPTANCE.c.entity == entity) & (ACCEPTANCE.c.kind == kind)
                connection.execute(update(ACCEPTANCE).where(is_open & here).values(closed_by_run=run_id))


def _same(table: Table, one: AcceptedSet) -> Any:
    entity, kind, set_hash = one
    return (table.c.entity == entity) & (table.c.kind == kind) & (table.c.set_hash == set_hash)


def _finding(row: Row[Any]) -> Finding:
    return Finding(row.entity, row.kind, row.set_hash, row.subjects, row.said)
