"""The tenant's calendar: local days, ISO weeks, business days and business hours. No figure and no key is made here.

A local day is the calendar day in the policy's time zone; a week is Monday to Sunday and is named by its Monday.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = timedelta(days=1)
ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Days:
    """Questions about days, answered for one policy."""

    zone: ZoneInfo
    working_days: frozenset[int]
    opens: time
    closes: time
    holidays: frozenset[date]

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> Days:
        """The calendar of a policy."""
        calendar = policy["calendar"]
        opens, closes = (time.fromisoformat(at) for at in calendar["working_hours"])
        working = frozenset(WEEKDAYS.index(day) for day in calendar["working_days"])
        return cls(ZoneInfo(policy["tenant"]["time_zone"]), working, opens, closes, frozenset(calendar.get("holidays") or ()))

    def local(self, moment: datetime) -> date:
        """The local day of a moment."""
        return moment.astimezone(self.zone).date()

    def local_or_none(self, moment: datetime | None) -> date | None:
        """The local day of a moment that may not have come."""
        return None if moment is None else self.local(moment)

    def moment(self, day: date, at: time = time.min) -> datetime:
        """The moment of a local day and time."""
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)

    def noon(self, day: date) -> datetime:
        """Noon of a local day."""
        return self.moment(day, time(12))

    def end(self, day: date) -> datetime:
        """The moment at which a local day is over."""
        return self.moment(day + ONE_DAY)

    def tells_a_time(self, moment: datetime) -> bool:
        """Whether a moment is more than a day: a midnight, here or in UTC, is how a day without a time reads."""
        return time.min not in {moment.astimezone(UTC).time(), moment.astimezone(self.zone).time()}

    def is_business_day(self, day: date) -> bool:
        """Whether the office works on a day."""
        return day.weekday() in self.working_days and day not in self.holidays

    def add_business_days(self, day: date, wanted: int) -> date:
        """The day that is `wanted` business days after `day`."""
        while wanted > 0:
            day += ONE_DAY
            wanted -= self.is_business_day(day)
        return day

    def business_days_between(self, start: date, end: date) -> int:
        """Business days up to and including `end`, less those up to and including `start`; negative when `end` lies before."""
        if end < start:
            return -self.business_days_between(end, start)
        return sum(self.is_business_day(day) for day in span(start + ONE_DAY, end))

    def after_business_hours(self, start: datetime, wanted: float) -> datetime:
        """The moment at which so many working hours have passed since `start`; at the end of a day it is that day's closing."""
        left, day = timedelta(hours=wanted), self.local(start)
        while True:
            if self.is_business_day(day):
                begun, done = max(start, self.moment(day, self.opens)), self.moment(day, self.closes)
                if begun < done and left <= done - begun:
                    return begun + left
                left -= max(timedelta(), done - begun)
            day += ONE_DAY

    def business_hours(self, start: datetime, end: datetime) -> float:
        """Working hours between two moments."""
        seconds = 0.0
        for day in span(self.local(start), self.local(end)):
            if self.is_business_day(day):
                begun, done = max(start, self.moment(day, self.opens)), min(end, self.moment(day, self.closes))
                seconds += max(0.0, (done - begun).total_seconds())
        return seconds / 3600


def span(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def monday(day: date) -> date:
    """The Monday of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def sunday(day: date) -> date:
    """The Sunday of a day's ISO week."""
    return monday(day) + timedelta(days=6)


def weeks(first: date, last: date) -> Iterator[date]:
    """The Mondays of every week from the one of `first` to the one of `last`."""
    week = monday(first)
    while week <= last:
        yield week
        week += ONE_WEEK
