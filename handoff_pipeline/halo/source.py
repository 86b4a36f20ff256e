"""What a strategy works with: one entity, the client, its inbox, and the count of what it has seen.

No strategy here. The one thing to know: a strategy returns an Outcome only when its completeness rule balances; otherwise it raises,
and the runner (`puller`) takes its files back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from handoff_pipeline.halo.client import HaloClient, Page
from handoff_pipeline.halo.entities import Entity
from handoff_pipeline.halo.envelope import Key, Row, Rows, key_of
from handoff_pipeline.halo.inbox import EntityInbox
from handoff_pipeline.halo.report import PullPlan
from handoff_pipeline.settings import Settings

Progress = Callable[[str, int, int | None], None]


def no_progress(_entity: str, _rows: int, _expected: int | None) -> None:
    """Where nobody watches."""


@dataclass(frozen=True)
class Outcome:
    """A complete reading. The fields are those of EntityReport."""

    rows_seen: int
    rows_expected: int | None
    is_full: bool
    detail: str | None = None


@dataclass
class Tally:
    """Distinct rows by key. Rows without a key cannot be told apart, so each counts; landing quarantines them."""

    fields: tuple[str, ...]
    keys: set[Key] = field(default_factory=set)
    without_key: int = 0
    _prints: set[tuple[Key | None, ...]] = field(default_factory=set)

    @property
    def rows_seen(self) -> int:
        """Distinct rows so far."""
        return len(self.keys) + self.without_key

    def is_repeat(self, rows: Sequence[Row]) -> bool:
        """Whether a page with the same keys in the same order has been taken."""
        return bool(rows) and tuple(key_of(row, self.fields) for row in rows) in self._prints

    def take(self, rows: Sequence[Row], prefix: Key = ()) -> int:
        """Counts a page; how many rows of it were not seen before."""
        before = self.rows_seen
        keys = tuple(key_of(row, self.fields) for row in rows)
        self._prints.add(keys)
        self.keys.update((*prefix, *key) for key in keys if key is not None)
        self.without_key += sum(key is None for key in keys)
        return self.rows_seen - before


@dataclass(frozen=True)
class Source:
    """One entity of one run."""

    entity: Entity
    client: HaloClient
    inbox: EntityInbox
    settings: Settings
    plan: PullPlan
    progress: Progress

    def tally(self) -> Tally:
        """An empty count by the entity's key."""
        return Tally(self.entity.key)

    def keep(self, name: str, page: Page, rows: Rows) -> None:
        """Writes an answer that has rows; one without any is nothing to land."""
        if rows.rows:
            self.inbox.write(name, page.body, rows.shape)
