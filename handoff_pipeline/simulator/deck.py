"""Chance with guarantees: decks of cards, and moments on working days.

A card comes once before any comes twice, so a rare case is sure to occur in a small world and stays rare in a large one.
Nothing here knows of deals. Every draw goes through the one seeded `random.Random` that is passed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random

SATURDAY = 5


class Deck:
    """Cards by name and number of copies, dealt in a shuffled order and shuffled again when they run out."""

    def __init__(self, rng: Random, cards: Mapping[str, int]) -> None:
        """Take `cards` as name -> copies; the deck shuffles with `rng` only."""
        self._rng = rng
        self._cards = [name for name, copies in cards.items() for _ in range(copies)]
        self._left: list[str] = []

    def draw(self) -> str:
        """Deal the next card."""
        if not self._left:
            self._left = list(self._cards)
            self._rng.shuffle(self._left)
        return self._left.pop()


def working(day: date) -> date:
    """Give `day`, or the Monday after it when it falls on a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= SATURDAY else day


def office_moment(rng: Random, day: date) -> datetime:
    """Give a moment (UTC, whole seconds) in office hours of `day` or of the working day after it; the local day is the same day."""
    seconds = rng.randrange(8 * 3600, 16 * 3600)
    return datetime.combine(working(day), time(), tzinfo=UTC) + timedelta(seconds=seconds)


def after(rng: Random, moment: datetime, low_days: int, high_days: int) -> datetime:
    """Give an office moment `low_days` to `high_days` after `moment`, never before it."""
    later = office_moment(rng, moment.date() + timedelta(days=rng.randint(low_days, high_days)))
    return later if later > moment else moment + timedelta(minutes=rng.randint(5, 50))
