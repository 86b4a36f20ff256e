"""The ledger itself: runs, batches and completeness, each call one committed transaction, and the way to everything else it keeps.

What the figures mean is decided elsewhere; this module only keeps them.
The one thing to know: a method that returns has committed, so a kill right after it loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger.approvals import Approvals
from handoff_pipeline.ledger.audit import AuditChain
from handoff_pipeline.ledger.audit_hash import AuditKeys
from handoff_pipeline.ledger.baselines import Baselines
from handoff_pipeline.ledger.calendar_states import CalendarStates
from handoff_pipeline.ledger.engine import Where, open_engine
from handoff_pipeline.ledger.intents import Intents
from handoff_pipeline.ledger.people import People
from handoff_pipeline.ledger.people_rows import PeopleRows
from handoff_pipeline.ledger.policies import Policies
from handoff_pipeline.ledger.quarantine import Quarantine
from handoff_pipeline.ledger.records import Announced, Batch, BatchState, Completeness, Run, Settled
from handoff_pipeline.ledger.schema import LOAD_BATCH, RUN, SOURCE_COMPLETENESS
from handoff_pipeline.settings import load_settings


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger. Use it as a context manager, or call `close`."""

    engine: Engine
    audit_keys: AuditKeys

    @classmethod
    def open(cls, where: Where, audit_keys: AuditKeys | None = None) -> Self:
        """The ledger at `where`, a file of SQLite or the address of a PostgreSQL database, brought to the newest migration.

        `audit_keys` are the settings' own where none are given: a caller who forgot them would break the audit chain.

        Raises:
            WarehouseError: it cannot be opened or is newer than this release.
        """
        return cls(open_engine(where), audit_keys or AuditKeys.of(load_settings()))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def quarantine(self) -> Quarantine:
        """What stands set aside, and what persons have accepted of it."""
        return Quarantine(self.engine)

    @property
    def policies(self) -> Policies:
        """The policy documents that nights ran on."""
        return Policies(self.engine)

    @property
    def baselines(self) -> Baselines:
        """What was frozen for later figures to be compared with."""
        return Baselines(self.engine)

    @property
    def audit(self) -> AuditChain:
        """The chain in which every move, approval and word below is written once more."""
        return AuditChain(self.engine, self.audit_keys)

    @property
    def intents(self) -> Intents:
        """The outbox: what is to be done at far systems, and how far it has come."""
        return Intents(self.engine, self.audit)

    @property
    def approvals(self) -> Approvals:
        """What was asked of whom, and the answers."""
        return Approvals(self.engine, self.audit)

    @property
    def people(self) -> People:
        """What people said: acknowledgements, snoozes, feedback, overrides, roles, escalations."""
        return People(PeopleRows(self.engine, self.audit))

    @property
    def calendar(self) -> CalendarStates:
        """Duties that are done at most once per period."""
        return CalendarStates(self.engine)

    # Runs

    def start_run(self, run: Run) -> None:
        """Write the run down as it begins; calling it again for the same run replaces what was written."""
        self._save(run)

    def finish_run(self, run: Run) -> None:
        """Write the run's end: `finished_at`, `state` and `requests` must be its last.

        Raises:
            ValueError: the run still says that it is running.
        """
        if run.state == "running" or run.finished_at is None:
            raise ValueError(f"run {run.run_id} has no end: state {run.state}, finished_at {run.finished_at}")
        self._save(run)

    def close_dead_runs(self, present_run_id: str, at: datetime) -> list[str]:
        """Mark every other run that never ended as failed at `at`; returns their ids.

        Call it only while holding the warehouse lease: then no other run can be alive.
        """
        with self.engine.begin() as connection:
            dead = [run for run in _runs(connection) if run.state == "running" and run.run_id != present_run_id]
            for run in dead:
                connection.execute(update(RUN).where(RUN.c.run_id == run.run_id).values(state="failed", finished_at=at))
        return [run.run_id for run in dead]

    def run(self, run_id: str) -> Run | None:
        """The run of that id."""
        return next((run for run in self.runs() if run.run_id == run_id), None)

    def runs(self) -> list[Run]:
        """Every run ever started, oldest first."""
        with self.engine.begin() as connection:
            return _runs(connection)

    def _save(self, run: Run) -> None:
        values = asdict(run)
        with self.engine.begin() as connection:
            changed = connection.execute(update(RUN).where(RUN.c.run_id == run.run_id).values(**values)).rowcount
            if not changed:
                connection.execute(insert(RUN).values(**values))

    # Batches

    def last_batch_no(self) -> int:
        """The highest batch number ever announced; 0 before the first."""
        with self.engine.begin() as connection:
            return int(connection.execute(select(func.coalesce(func.max(LOAD_BATCH.c.batch_no), 0))).scalar_one())

    def announce(self, batch_no: int, run_id: str, entities: Mapping[str, Announced]) -> None:
        """Say that the batch is about to be landed, before the warehouse file knows of it."""
        rows = [
            {"batch_no": batch_no, "run_id": run_id, "entity": entity, "state": "announced", **asdict(counts)}
            for entity, counts in entities.items()
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(LOAD_BATCH), rows)

    def settle(self, batch_no: int, entities: Mapping[str, Settled]) -> None:
        """Say that the batch is wholly in the warehouse file.

        Raises:
            WarehouseError: an entity was never announced for this batch.
        """
        with self.engine.begin() as connection:
            for entity, counts in entities.items():
                here = (LOAD_BATCH.c.batch_no == batch_no) & (LOAD_BATCH.c.entity == entity)
                if not connection.execute(update(LOAD_BATCH).where(here).values(state="settled", **asdict(counts))).rowcount:
                    raise WarehouseError(
                        f"Batch {batch_no} of {entity} was landed without being announced in the ledger.",
                        "The ledger was replaced while the run was under way: put the former ledger back and run again.",
                    )

    def mark_absent(self, batch_no: int) -> None:
        """Say that nothing of the announced batch reached the warehouse file: its rows will be pulled again."""
        with self.engine.begin() as connection:
            connection.execute(update(LOAD_BATCH).where(LOAD_BATCH.c.batch_no == batch_no).values(state="absent"))

    def batches(self) -> list[Batch]:
        """Every entity of every batch, by batch number and entity."""
        with self.engine.begin() as connection:
            return [_batch(row) for row in connection.execute(select(LOAD_BATCH).order_by(LOAD_BATCH.c.batch_no, LOAD_BATCH.c.entity))]

    # Completeness

    def record_completeness(self, run_id: str, rows: Iterable[Completeness]) -> None:
        """Replace the run's completeness by `rows`, one per entity.

        Raises:
            ValueError: a row belongs to another run.
        """
        values = [asdict(row) for row in rows]
        if any(row["run_id"] != run_id for row in values):
            raise ValueError(f"every completeness row must belong to run {run_id}")
        with self.engine.begin() as connection:
            connection.execute(delete(SOURCE_COMPLETENESS).where(SOURCE_COMPLETENESS.c.run_id == run_id))
            if values:
                connection.execute(insert(SOURCE_COMPLETENESS), values)

    def completeness(self, run_id: str | None = None) -> list[Completeness]:
        """Completeness of one run, or of every run, oldest run first, entities by name."""
        query = select(SOURCE_COMPLETENESS).join(RUN).order_by(RUN.c.started_at, RUN.c.run_id, SOURCE_COMPLETENESS.c.entity)
        if run_id is not None:
            query = query.where(SOURCE_COMPLETENESS.c.run_id == run_id)
        with self.engine.begin() as connection:
            return [Completeness(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name

    def complete_as_of(self, entity: str) -> datetime | None:
        """The as-of moment of the entity's newest complete pull; None when it never was complete."""
        query = select(func.max(SOURCE_COMPLETENESS.c.as_of)).where(
            (SOURCE_COMPLETENESS.c.entity == entity) & (SOURCE_COMPLETENESS.c.state == "complete")
        )
        with self.engine.begin() as connection:
            return connection.execute(query).scalar_one_or_none()

    def incomplete_since(self, entity: str) -> datetime | None:
        """The start of the first run since which the entity has not been complete; None when its newest run is complete."""
        query = (
            select(RUN.c.started_at, SOURCE_COMPLETENESS.c.state)
            .join(RUN)
            .where(SOURCE_COMPLETENESS.c.entity == entity)
            .order_by(RUN.c.started_at.desc(), RUN.c.run_id.desc())
        )
        since: datetime | None = None
        with self.engine.begin() as connection:
            for started_at, state in connection.execute(query):
                if state == "complete":
                    break
                since = started_at
        return since


def _runs(connection: Connection) -> list[Run]:
    return [Run(**row._mapping) for row in connection.execute(select(RUN).order_by(RUN.c.started_at, RUN.c.run_id))]  # noqa: SLF001


def _batch(row: Row[Any]) -> Batch:
    state: BatchState = row.state
    announced = Announced(row.rows_seen, row.rows_expected, row.requests)
    settled = Settled(row.rows_changed, row.rows_deleted, row.rows_quarantined) if state == "settled" else None
    return Batch(row.batch_no, row.run_id, row.entity, state, announced, settled)
