"""The ledger's baselines: what was frozen for a metric and segment, from which weeks, by whom and why.

How a figure is pooled from weeks is governance's; targets and charts are made from these rows elsewhere.
The one thing to know: rows are only ever added, which triggers of the database enforce; the newest of a metric and segment is current.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.records import Baseline
from handoff_pipeline.ledger.schema import BASELINE

Subject = tuple[str, str, int]
"""Metric, segment type, segment key: what has one current baseline."""


@dataclass(frozen=True, slots=True)
class Baselines:
    """Baselines in an open ledger; each call is one committed transaction."""

    engine: Engine

    def all(self, until: datetime | None = None) -> list[Baseline]:
        """Every baseline ever frozen, oldest first; `until` leaves out those frozen after that moment."""
        with self.engine.begin() as connection:
            return _read(connection, until)

    def current(self) -> dict[Subject, Baseline]:
        """The baseline in force of each metric and segment: the newest."""
        return newest(self.all())

    def freeze(self, rows: Sequence[Baseline]) -> None:
        """Add all of the rows, or none.

        Raises:
            HandoffError: a reason is empty, a `first` has a baseline before it, a `rebaseline` has none, or was frozen before it.
        """
        try:
            with self.engine.begin() as connection:
                before = newest(_read(connection))
                for row in rows:
                    _refuse(row, before.get(subject(row)))
                if rows:
                    connection.execute(insert(BASELINE), [asdict(row) for row in rows])
        except IntegrityError:
            # Two that began at once: the database lets one through.
            raise HandoffError("Another baseline of the same metric was frozen meanwhile.", "Look at `handoff baseline list`.") from None


def subject(row: Baseline) -> Subject:
    """What the baseline is of."""
    return (row.metric, row.segment_type, row.segment_key)


def newest(rows: Iterable[Baseline]) -> dict[Subject, Baseline]:
    """The newest baseline of each metric and segment."""
    return {subject(row): row for row in sorted(rows, key=lambda row: row.frozen_at)}


def _read(connection: Connection, until: datetime | None = None) -> list[Baseline]:
    names = [column for column in BASELINE.c if column is not BASELINE.c.baseline_no]
    query = select(*names).order_by(BASELINE.c.frozen_at, BASELINE.c.baseline_no)
    if until is not None:
        query = query.where(BASELINE.c.frozen_at <= until)
    return [Baseline(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


def _refuse(row: Baseline, before: Baseline | None) -> None:
    of = f"{row.metric} of {row.segment}"
    if not row.reason.strip():
        raise HandoffError(f"The baseline of {of} has no reason.", 'Say why, for example --reason "agreed before the pilot".')
    if row.kind == "first" and before is not None:
        raise HandoffError(
            f"{of} has a baseline since {before.frozen_at:%Y-%m-%d %H:%M} UTC.",
            f"Keep it, or replace it with a reason: `handoff baseline rebaseline --metric {row.metric} ...`.",
        )
    if row.kind == "rebaseline" and before is None:
        raise HandoffError(f"{of} has no baseline yet.", f"Freeze the first one: `handoff baseline freeze --metric {row.metric} ...`.")
    if before is not None and row.frozen_at <= before.frozen_at:
        raise HandoffError(
            f"{of} has a baseline of {before.frozen_at:%Y-%m-%d %H:%M} UTC, which is not before {row.frozen_at:%Y-%m-%d %H:%M} UTC.",
            "Take HANDOFF_AS_OF away, or set it later: baselines are frozen one after the other.",
        )
