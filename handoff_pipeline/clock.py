"""Time: the only place that asks what time it is, and the business calendar.

Everything else takes the moment as an argument. Days and weeks are local days and ISO weeks of the policy's time zone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Protocol
from zoneinfo import ZoneInfo

from handoff_pipeline.errors import HandoffError

CALENDAR_START = date(1990, 1, 1)
CALENDAR_END = date(2060, 12, 31)


class Clock(Protocol):
    """What the product may ask of time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward, for limits and leases."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class HeldClock(SystemClock):
    """A clock whose `now` stands still (`HANDOFF_AS_OF`); limits and waits still use the machine's seconds."""

    at: datetime

    def now(self) -> datetime:
        """The moment at which the clock is held."""
        return self.at


def clock_for(as_of: datetime | None) -> Clock:
    """The machine's clock, or one held at `as_of`."""
    return SystemClock() if as_of is None else HeldClock(as_of)


@dataclass(frozen=True)
class CalendarDay:
    """One local day. The moments are naive UTC; a day that is no business day has equal `work_start_utc` and `work_end_utc`."""

    day: date
    iso_year: int
    iso_week: int
    week_start: date
    month_start: date
    quarter: str
    year: int
    is_business_day: bool
    business_day_number: int
    day_start_utc: datetime
    day_end_utc: datetime
    work_start_utc: datetime
    work_end_utc: datetime


@dataclass(frozen=True)
class Calendar:
    """The tenant's business calendar. `working_days` are ISO weekdays, Monday = 1."""

    time_zone: ZoneInfo
    working_days: frozenset[int]
    working_hours: tuple[time_of_day, time_of_day]
    holidays: frozenset[date]

    def is_business_day(self, day: date) -> bool:
        """Whether the office works on `day`."""
        return day.isoweekday() in self.working_days and day not in self.holidays

    def local_day(self, moment: datetime) -> date:
        """The local day of an aware moment."""
        return moment.astimezone(self.time_zone).date()

    def utc(self, day: date, at: time_of_day = time_of_day.min) -> datetime:
        """Naive UTC of a local day and time; in a DST gap or overlap the earlier offset counts."""
        return datetime.combine(day, at, tzinfo=self.time_zone).astimezone(UTC).replace(tzinfo=None)

    def working_span(self, day: date) -> tuple[datetime, datetime] | None:
        """When work begins and ends on a local day, aware UTC; None where there is none.

        A clock change within the hours makes the span as long as it is; one that swallows all of them leaves none.
        """
        if not self.is_business_day(day):
            return None
        opens, closes = (self.utc(day, at).replace(tzinfo=UTC) for at in self.working_hours)
        return (opens, closes) if opens < closes else None

    def is_working(self, moment: datetime) -> bool:
        """Whether an aware moment lies in working hours; the moment of closing does not."""
        span = self.working_span(self.local_day(moment))
        return span is not None and span[0] <= moment < span[1]

    def next_working(self, moment: datetime) -> datetime:
        """The moment itself where it lies in working hours, else the next opening, UTC.

        Raises:
            HandoffError: no working hours follow.
        """
        opens, _ = next(self._spans_after(moment))
        return max(opens, moment.astimezone(UTC))

    def after_working(self, moment: datetime, span: timedelta) -> datetime:
        """The moment at which so much working time has passed since `moment`, UTC; at the end of a day it is that day's closing.

        Raises:
            HandoffError: so much working time does not follow.
        """
        left = max(span, timedelta())
        spans = self._spans_after(moment)
        while True:
            opens, closes = next(spans)
            begin = max(opens, moment.astimezone(UTC))
            if left <= closes - begin:
                return begin + left
            left -= closes - begin

    def working_time(self, begin: datetime, end: datetime) -> timedelta:
        """How much working time lies between two aware moments; zero where the second is not after the first."""
        total = timedelta()
        day, last = self.local_day(begin), self.local_day(end)
        while day <= last:
            span = self.working_span(day)
            if span is not None:
                total += max(min(span[1], end) - max(span[0], begin), timedelta())
            day += timedelta(days=1)
        return total

    def _spans_after(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The working spans that are not over at a moment, the first of which may hold it."""
        day = self.local_day(moment)
        while day <= CALENDAR_END:
            span = self.working_span(day)
            if span is not None and span[1] > moment:
                yield span
            day += timedelta(days=1)
        raise HandoffError(
            f"The calendar has no more working hours after {moment:%Y-%m-%d}, up to {CALENDAR_END}.",
            "Look at calendar.working_days, working_hours and holidays in handoff.yaml.",
        )

    def days(self, first: date = CALENDAR_START, last: date = CALENDAR_END) -> Iterator[CalendarDay]:
        """Every day from `first` to `last`; `business_day_number` counts business days up to and including the day."""
        number = 0
        day = first
        start = self.utc(day)
        while day <= last:
            following = day + timedelta(days=1)
            end = self.utc(following)
            business = self.is_business_day(day)
            number += business
            iso = day.isocalendar()
            opens, closes = self.working_hours
            yield CalendarDay(
                day=day,
                iso_year=iso.year,
                iso_week=iso.week,
                week_start=day - timedelta(days=iso.weekday - 1),
                month_start=day.replace(day=1),
                quarter=f"{day.year}-Q{(day.month + 2) // 3}",
                year=day.year,
                is_business_day=business,
                business_day_number=number,
                day_start_utc=start,
                day_end_utc=end,
                work_start_utc=self.utc(day, opens) if business else start,
                work_end_utc=self.utc(day, closes) if business else start,
            )
            day, start = following, end
