"""How a card is made to fit: rows go first, from the end, then facts, then all but the title and its first link.

What a card looks like is cards. H: a Teams message may have some 28 KB with everything, users met refusals at 21 KB, so the product's own
bound is 20,000 bytes of UTF-8. The one thing to know: a card is never split and nothing is dropped silently; the card says how many rows
it lacks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

MOST_BYTES: Final = 20_000
SMALLER_BYTES: Final = 10_000
"""For the one further try after Teams has called a message too large."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How much of a card is shown; `is_bare` leaves out summary, due date, audit head and further links."""

    rows: int
    facts: int
    is_bare: bool = False


def fitted(
    draw: Callable[[Cut], dict[str, Any]], size_of: Callable[[dict[str, Any]], int], rows: int, facts: int, most: int
) -> tuple[dict[str, Any], Cut]:
    """The fullest card that has at most `most` bytes, and what it shows. `draw` with fewer rows or facts must not be larger.

    Raises:
        ValueError: even the bare card is larger; the texts of a title are bounded, so this is a programming error.
    """

    def is_too_large(cut: Cut) -> bool:
        return size_of(draw(cut)) > most

    def most_of(whole: int, cut: Callable[[int], Cut]) -> int:
        """The largest number that fits; -1 if none does."""
        return whole - bisect_left(range(whole + 1), True, key=lambda dropped: not is_too_large(cut(whole - dropped)))

    steps: tuple[tuple[int, Callable[[int], Cut]], ...] = (
        (rows, lambda shown: Cut(shown, facts)),
        (facts, lambda shown: Cut(0, shown)),
        (0, lambda _: Cut(0, 0, is_bare=True)),
    )
    for number, cut in steps:
        shown = most_of(number, cut)
        if shown >= 0:
            return draw(cut(shown)), cut(shown)
    raise ValueError(f"a bare card is larger than {most} bytes")
