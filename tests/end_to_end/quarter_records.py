"""What a quarter's truth is made of: the records of simulators and driver, and gaps and exceptions as a reader of the nights knows them.

What the facts must be is worked out in quarter_truth. The one thing to know: nothing of the product's own is in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from handoff_pipeline.simulator import Journal
from handoff_pipeline.simulator.overlay import Edit
from handoff_pipeline.simulator.script_acts import Act
from handoff_pipeline.simulator.teams import Post
from handoff_pipeline.simulator.truth import Agent
from handoff_pipeline.simulator.truth_acting import Gap
from tests.end_to_end.quarter import Log, Mode, Quarter
from tests.end_to_end.quarter_office import end_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Records:
    """What the simulators and the driver kept of a quarter."""

    mode: Mode
    journal: Journal
    log: Log
    edits: Sequence[Edit]
    writes: Sequence[Edit]
    posts: Sequence[Post]
    agents: Sequence[Agent]

    @classmethod
    def of(cls, quarter: Quarter) -> Records:
        """The records of a quarter so far."""
        sim = quarter.sim
        return cls(quarter.mode, quarter.journal, quarter.log, sim.edits.log, sim.writes, quarter.teams.posts, sim.truth.agents)


@dataclass(frozen=True)
class Override:
    """An exception that somebody asked for, and what two people made of it by the moment of the truth."""

    act: Act
    requested_at: datetime
    state: str
    approved_at: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        """When it is over by itself."""
        return end_of(self.act.until) if self.act.until else self.requested_at


@dataclass(frozen=True)
class Standing:
    """A gap as a reader of the nights knows it: when it was found and found gone, and since when it is waived."""

    gap: Gap
    found: datetime
    gone: datetime | None
    waived_at: datetime | None
    state: str

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.state in {"open", "waiver_expired"}

    @property
    def resolved_at(self) -> datetime | None:
        """When it was closed."""
        return self.waived_at or self.gone

    def was_open(self, moment: datetime) -> bool:
        """Whether it stood open at a moment."""
        return self.found <= moment and (self.resolved_at is None or self.resolved_at > moment)


def naive(moment: datetime | None) -> datetime | None:
    """As a table holds it."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
