"""A choice with its evidence: what is proposed, how it is known, what was not taken. And the reading of single values from HaloPSA's rows.

What a choice means for the policy is decided in the modules beside this one. The one thing to know: evidence holds names of the set-up and
counts, never a customer's text, an agent's name or the title of a deal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff_pipeline.halo.envelope import Row, whole_number

LAST_EMPTY_YEAR = 1980
"""HaloPSA writes an empty date as some day up to this year (reference, section 5)."""


@dataclass(frozen=True)
class Option:
    """One name or number of the tenant, with what speaks for it."""

    value: str | int
    why: str


@dataclass(frozen=True)
class Choice:
    """What is proposed for one key of the policy.

    Attributes:
        chosen: What is proposed, best first; empty where nothing can be guessed.
        is_known: HaloPSA itself says so; a GUESS otherwise.
        how: How it is known, guessed, or why it cannot be.
        others: What was not taken and may be meant.
    """

    chosen: tuple[Option, ...]
    is_known: bool
    how: str
    others: tuple[Option, ...] = ()

    @property
    def values(self) -> list[str | int]:
        """The proposed values."""
        return [option.value for option in self.chosen]

    @property
    def names(self) -> list[str]:
        """The proposed values as text."""
        return [str(option.value) for option in self.chosen]


def text_of(row: Row, *names: str) -> str:
    """The first of these fields that is a text, without outer spaces; empty where none is."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def number_of(row: Row, *names: str) -> int | None:
    """The first of these fields that is a whole number."""
    return next((number for name in names if (number := whole_number(row.get(name))) is not None), None)


def has_date(value: Any) -> bool:
    """Whether this is a date that means something; an empty one comes as a day of 1899 or 1900."""
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value.strip()).year > LAST_EMPTY_YEAR
    except ValueError:
        return False


def custom_values(row: Row) -> dict[str, str]:
    """Custom field name in lower case, without its CF -> what it shows; fields without a value are left out."""
    found = {}
    fields = row.get("customfields")
    for field in fields if isinstance(fields, list) else []:
        if not isinstance(field, dict):
            continue
        shown = field.get("display") or field.get("value")
        if shown not in (None, "", [], 0):
            found[folded_field(text_of(field, "name"))] = str(shown)
    return found


def custom_names(rows: Iterable[Row]) -> set[str]:
    """Custom fields that any of the rows carries, filled or not, in lower case without their CF."""
    lists = (row.get("customfields") for row in rows)
    return {
        folded_field(text_of(field, "name")) for fields in lists if isinstance(fields, list) for field in fields if isinstance(field, dict)
    }


def folded(name: str) -> str:
    """A name as names are compared: without case and outer spaces."""
    return name.strip().casefold()


def folded_field(name: str) -> str:
    """The same for custom fields, which HaloPSA shows with and without CF."""
    return folded(name).removeprefix("cf")


def counted(rows: Iterable[Row], *names: str) -> Counter[int]:
    """How many rows have which number in the first of these fields."""
    return Counter(number for row in rows if (number := number_of(row, *names)) is not None)


def has_word(name: str, words: Sequence[str]) -> bool:
    """Whether one of `words` stands in the name, at any place."""
    return any(word in folded(name) for word in words)


def share(part: int, whole: int) -> float:
    """A part of a whole; 0 of nothing is 0."""
    return part / whole if whole else 0.0
