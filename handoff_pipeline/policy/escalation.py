"""To whom a gap goes that is past its deadline, and when.

Deadlines are `remediation.py`'s, deciding is governance's. The one thing to know: hours are business hours past the deadline, and a level
names people or roles; a role's card goes to everybody who holds it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from handoff_pipeline.policy.people import ROLES, People
from handoff_pipeline.policy.remediation import BusinessHours
from handoff_pipeline.policy.sections import Section


class Level(Section):
    """One level: from `after_hours` past the deadline on, these people know."""

    after_hours: Annotated[float, Field(ge=0, le=2000, allow_inf_nan=False)] = Field(
        description="Business hours past the deadline; 0 is the deadline itself."
    )
    to: Annotated[People, Field(min_length=1)] = Field(description=f"Roles ({', '.join(ROLES)}) or agents, by name or number.")


class Escalation(Section):
    """The levels, in order; an acknowledged gap rests for a while."""

    levels: list[Level] = Field(
        default_factory=lambda: [Level(after_hours=0, to=["sales_manager"]), Level(after_hours=8, to=["service_delivery_lead"])],
        description="The levels, the earliest first; an empty list escalates nothing.",
    )
    acknowledgement_hours: BusinessHours = Field(
        default=8.0, description="Business hours for which an acknowledged gap is not escalated further."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        hours = [level.after_hours for level in self.levels]
        for number, (before, after) in enumerate(pairwise(hours), start=2):
            if after <= before:
                raise ValueError(
                    f"level {number} comes after {after:g} hours and the one before it after {before:g}: give each level more hours"
                )
        return self
