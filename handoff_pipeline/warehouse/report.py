"""What landing needs to know of a pull, and what it says afterwards: the shapes of its input and output.

The pull itself is halo/'s; these protocols let landing be tried without it.
The one thing to know: a pull is complete, incomplete or not permitted; only landing, which knows what was there before, calls a complete
one quarantined.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

EntityState = Literal["complete", "incomplete", "not_permitted"]
LandedState = Literal["complete", "incomplete", "quarantined", "not_permitted"]


class PulledFile(Protocol):
    """One page in the inbox. `shape` is "array" (of rows), "object" (one row), or the key of the envelope that holds the array."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def shape(self) -> str:
        """How it holds its rows."""
        ...


class PulledEntity(Protocol):
    """One entity's pull."""

    @property
    def state(self) -> EntityState:
        """Whether everything that HaloPSA holds was seen."""
        ...

    @property
    def files(self) -> Sequence[PulledFile]:
        """Its pages, in the order in which they were asked for."""
        ...

    @property
    def rows_seen(self) -> int:
        """Rows that HaloPSA returned."""
        ...

    @property
    def rows_expected(self) -> int | None:
        """Rows that HaloPSA announced, where it does."""
        ...

    @property
    def requests(self) -> int:
        """Requests made for it."""
        ...

    @property
    def cursor_utc(self) -> datetime | None:
        """From when the next incremental pull may start, aware; None where it is always pulled whole."""
        ...

    @property
    def detail(self) -> str | None:
        """Why it is not complete."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether the files hold every row that there is now, so that one that is absent is missing."""
        ...

    @property
    def covered(self) -> tuple[datetime, datetime] | None:
        """Between which dates of its rows `is_full` holds; None where it holds of all."""
        ...

    @property
    def present(self) -> Path | None:
        """A JSON array of every id that HaloPSA shows, after a complete sweep of ids."""
        ...

    @property
    def listed_deleted(self) -> Collection[int]:
        """Ids of known records that HaloPSA itself lists as deleted."""
        ...

    @property
    def asked(self) -> Mapping[str, str]:
        """Subject that was read singly to the text of its last change."""
        ...

    @property
    def requests_minimum(self) -> int | None:
        """The fewest requests that could have brought this."""
        ...

    @property
    def may_land(self) -> bool:
        """Whether its files may be landed although it is not complete."""
        ...


class Pulled(Protocol):
    """A whole pull."""

    @property
    def entities(self) -> Mapping[str, PulledEntity]:
        """Entity to its pull."""
        ...


@dataclass(frozen=True, slots=True)
class Landed:
    """One entity as it was landed: its `raw.load_batch` row, and the fewest requests that could have brought it."""

    entity: str
    state: LandedState
    rows_seen: int
    rows_expected: int | None
    rows_changed: int
    rows_deleted: int
    rows_quarantined: int
    rows_duplicate: int
    requests: int
    is_full: bool
    detail: str | None
    requests_minimum: int | None = None


@dataclass(frozen=True, slots=True)
class LandResult:
    """The batch and what it landed, per entity."""

    batch_no: int
    entities: Mapping[str, Landed]

    @property
    def rows_changed(self) -> int:
        """Rows that were new or differed from the newest version known."""
        return sum(landed.rows_changed for landed in self.entities.values())
