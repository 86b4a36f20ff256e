"""Office hours in London, counted here once more, for what a quarter's deadlines and open hours must be.

The example policy says when the office is open; nothing is asked of the product's calendar. The one thing to know: moments are aware UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
OPENS, CLOSES = time(9), time(17, 30)
HOLIDAYS: Final = {date(2026, 8, 31), date(2026, 12, 25), date(2026, 12, 28)}
FRIDAY: Final = 5


def hours_of(day: date) -> tuple[datetime, datetime] | None:
    """When the office opens and closes on a local day; None where it stays closed."""
    if day.isoweekday() > FRIDAY or day in HOLIDAYS:
        return None
    opens, closes = (datetime.combine(day, at, tzinfo=LONDON).astimezone(UTC) for at in (OPENS, CLOSES))
    return opens, closes


def open_hours(begin: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of office hours from a moment on, for as long as anybody asks."""
    day = begin.astimezone(LONDON).date()
    while True:
        span = hours_of(day)
        if span is not None and span[1] > begin:
            yield max(span[0], begin), span[1]
        day += timedelta(days=1)


def after_hours(begin: datetime, hours: float) -> datetime:
    """When so many office hours have passed; at the end of a day that is its closing."""
    left, stretches = timedelta(hours=hours), open_hours(begin)
    opens, closes = next(stretches)
    while left > closes - opens:
        left -= closes - opens
        opens, closes = next(stretches)
    return opens + left


def hours_between(begin: datetime, end: datetime) -> float:
    """How many office hours lie between two moments."""
    total = timedelta()
    for opens, closes in open_hours(begin):
        if opens >= end:
            return total / timedelta(hours=1)
        total += min(closes, end) - opens
    return 0.0


def end_of(day: date) -> datetime:
    """When a local day is over."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=LONDON).astimezone(UTC)
