"""Where the rollout stands: its phase, the pilot's cohort, and who moved it.

What a phase lets happen is governance's (`governance/rollout.py`). The one thing to know: shadow is the default and writes nothing about a
customer anywhere, and every later phase names the person who moved it there and the day.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from handoff_pipeline.policy.people import People, Person
from handoff_pipeline.policy.sections import Section

Phase = Literal["shadow", "freeze", "pilot", "expand", "operate"]
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
"""In the order in which a rollout passes them."""
ACTING: Final[frozenset[Phase]] = frozenset({"pilot", "expand", "operate"})
"""Phases in which something may be written."""

_Names = list[Annotated[str, Field(min_length=1)]]


class Pilot(Section):
    """The pilot's cohort: live handoffs that fit every list that is filled. Names as HaloPSA shows them, case aside."""

    teams: _Names = Field(default_factory=list, description="Sales teams at the time of the win.")
    clients: People = Field(default_factory=list, description="Clients, by name or number.")
    deal_types: _Names = Field(default_factory=list, description="Deal types.")
    agents: People = Field(default_factory=list, description="Sellers at the time of the win, by name or number.")

    @property
    def is_empty(self) -> bool:
        """Whether no list is filled; then nothing is in the pilot."""
        return not (self.teams or self.clients or self.deal_types or self.agents)


class Rollout(Section):
    """Phase, cohort, and who moved it."""

    phase: Phase = Field(
        default="shadow",
        description="shadow and freeze record what would be done; pilot acts for its cohort; expand and operate for all handoffs.",
    )
    pilot: Pilot = Field(default=Pilot(), description="The pilot's cohort; empty: no handoff is in it.")
    moved_by: Person | None = Field(default=None, description="Who moved the rollout to this phase, by name or number.")
    moved_on: date | None = Field(default=None, description="The local day on which it was moved.")

    @model_validator(mode="after")
    def _told(self) -> Self:
        problems = []
        if self.phase != "shadow" and (self.moved_by is None or self.moved_on is None):
            problems.append(f"phase {self.phase} needs moved_by and moved_on: say who moved the rollout out of shadow, and on which day")
        if self.phase == "pilot" and self.pilot.is_empty:
            problems.append("phase pilot has an empty pilot: name at least one of teams, clients, deal_types, agents, or go back to freeze")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def is_acting(self) -> bool:
        """Whether anything may be written in this phase."""
        return self.phase in ACTING
