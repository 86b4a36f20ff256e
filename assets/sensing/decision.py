"""What every sensor's decision is made of: one request with a list, a cursor, a reason; and how long to wait after a run that did not help.

What there is to do is each sensor's own. The one thing to know: the cursor moves on to `done` only when the ledger shows that the work is
done; a request that failed is made again, later each time, and never while one of its kind is under way.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=6)
MOST: Final = 1000
"""Ids in one request; the run looks at the ledger itself, so nothing is lost by the cut."""


@dataclass(frozen=True, slots=True)
class Request:
    """One run of a job, with everything that it is asked for."""

    job: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a tick comes to: one request or none, the cursor to keep, and why, in words."""

    request: Request | None
    cursor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a sensor remembers: the work that is done, and the work that it asked for last, how often and when."""

    done: str = ""
    asked: str = ""
    tries: int = 0
    asked_at: str = ""

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """The cursor in a text; a new one where there is none, or one that nobody can read."""
        try:
            found = json.loads(text or "{}")
            cursor = cls(**found)
            datetime.fromisoformat(cursor.asked_at or "2000-01-01T00:00:00+00:00")
        except (ValueError, TypeError):
            return cls()
        return cursor

    def text(self) -> str:
        """As Dagster keeps it."""
        return json.dumps(asdict(self), sort_keys=True)

    def waits_until(self, work: str) -> datetime | None:
        """Until when the same work is not asked for again; None where it was not asked for."""
        if self.asked != work or not self.asked_at:
            return None
        wait = min(FIRST_WAIT * (1 << min(max(self.tries - 1, 0), 10)), LONGEST_WAIT)
        return datetime.fromisoformat(self.asked_at) + wait


def nothing(cursor: Cursor, reason: str) -> Decision:
    """No run, and why."""
    return Decision(None, cursor.text(), reason)


def ask(cursor: Cursor, job: str, ids: Sequence[str], work: str, now: datetime, *, is_under_way: bool) -> Decision:
    """Ask for a run on these ids, unless one is under way or the last one on the same work did not help and it is too soon.

    `work` tells this work from other work: what is to be done, and not when.
    """
    if is_under_way:
        return nothing(cursor, f"A run of {job} is under way.")
    until = cursor.waits_until(work)
    if until is not None and now < until:
        return nothing(cursor, f"The last run of {job} left the same work undone; it is asked for again at {until:%Y-%m-%d %H:%M} UTC.")
    tries = cursor.tries + 1 if cursor.asked == work else 1
    moved = Cursor(cursor.done, work, tries, now.isoformat())
    return Decision(Request(job, tuple(ids[:MOST])), moved.text(), f"{len(ids)} to work on.")
