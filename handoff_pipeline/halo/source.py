"""What a strategy works with: one entity, the client, its inbox and the plan; and what it hands back.

No strategy here. The one thing to know: a strategy returns an Outcome only when its completeness rule balances; otherwise it raises,
and the runner (`puller`) takes its files back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from pathlib import Path

from handoff_pipeline.halo.client import HaloClient, Page
from handoff_pipeline.halo.entities import Entity
from handoff_pipeline.halo.envelope import Rows
from handoff_pipeline.halo.inbox import EntityInbox
from handoff_pipeline.halo.report import PullPlan
from handoff_pipeline.halo.tally import Tally
from handoff_pipeline.settings import Settings

Progress = Callable[[str, int, int | None], None]


LARGEST_PAGE = 100
"""Rows of the largest page that HaloPSA gives (H: HaloAPI #90)."""


def fewest_pages(rows: int) -> int:
    """The fewest requests that bring so many rows of a list; an empty list takes one as well."""
    return max(1, ceil(rows / LARGEST_PAGE))


def no_progress(_entity: str, _rows: int, _expected: int | None) -> None:
    """Where nobody watches."""


@dataclass(frozen=True)
class Outcome:
    """A reading. The fields are those of EntityReport."""

    rows_seen: int
    rows_expected: int | None
    is_full: bool
    detail: str | None = None
    covered: tuple[datetime, datetime] | None = None
    present: Path | None = None
    listed_deleted: frozenset[int] = frozenset()
    asked: Mapping[str, str] = field(default_factory=dict)
    requests_minimum: int | None = None
    unfinished: str | None = None
    """Why a reading is not whole whose files may be landed all the same, since each row is whole by itself; None for a complete one."""


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
