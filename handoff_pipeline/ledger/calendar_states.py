"""Duties that are done at most once per period: the daily head, the Monday digest, the heartbeat, the alarm that no night succeeded.

When a duty is due is governance's.
The one thing to know: `mark` is compare-and-set, so of two runs that both see a duty undone one does it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from handoff_pipeline.ledger.records_action import CalendarState
from handoff_pipeline.ledger.schema_people import CALENDAR_STATE


@dataclass(frozen=True, slots=True)
class CalendarStates:
    """Duties in an open ledger; each call is one committed transaction."""

    engine: Engine

    def is_done(self, duty: str, period: str) -> bool:
        """Whether the duty is done for that period."""
        with self.engine.begin() as connection:
            return connection.execute(select(CALENDAR_STATE.c.duty).where(_is(duty, period))).first() is not None

    def mark(self, state: CalendarState) -> bool:
        """Say that the duty is done; False if somebody did it before, whose word stays."""
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(CALENDAR_STATE), asdict(state))
        except IntegrityError:
            return False
        return True

    def all(self, until: datetime | None = None) -> list[CalendarState]:
        """Every duty done, oldest first; `until` leaves out those done after that moment."""
        query = select(CALENDAR_STATE).order_by(CALENDAR_STATE.c.done_at, CALENDAR_STATE.c.duty, CALENDAR_STATE.c.period)
        if until is not None:
            query = query.where(CALENDAR_STATE.c.done_at <= until)
        with self.engine.begin() as connection:
            return [CalendarState(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


def _is(duty: str, period: str) -> ColumnElement[bool]:
    return (CALENDAR_STATE.c.duty == duty) & (CALENDAR_STATE.c.period == period)
