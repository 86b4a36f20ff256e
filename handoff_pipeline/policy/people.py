"""How handoff.yaml names people: an agent of HaloPSA by name or number, and the roles that some of them hold.

Whether such an agent exists is asked by `handoff policy check --live`. The one thing to know: two agents may bear one name, so everywhere
that a name stands the agent's number may stand instead; ledger and audit chain know numbers only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field

from handoff_pipeline.policy.sections import Section

Role = Literal["sales_manager", "project_manager", "service_delivery_lead", "finance"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

AgentId = Annotated[int, Field(strict=True, ge=1)]
AgentName = Annotated[str, Field(min_length=1, max_length=200)]
Person = AgentId | AgentName
"""An agent of HaloPSA: the number, or the name as HaloPSA shows it."""


def folded(person: int | str) -> int | str:
    """The person for comparisons: a name without case and outer blanks."""
    return person.strip().casefold() if isinstance(person, str) else person


def _distinct(people: list[int | str]) -> list[int | str]:
    seen = [folded(person) for person in people]
    twice = sorted({str(person) for person in people if seen.count(folded(person)) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is there twice; name each once")
    return people


People = Annotated[list[Person], AfterValidator(_distinct)]


class Holders(Section):
    """Who holds a role: every agent of these teams, and further agents."""

    teams: list[AgentName] = Field(default_factory=list, description="Teams whose agents hold the role, by name.")
    agents: People = Field(default_factory=list, description="Further agents who hold it, by name or number.")

    @property
    def is_empty(self) -> bool:
        """Whether nobody can hold the role."""
        return not self.teams and not self.agents


def roles_of(named: Collection[int | str]) -> list[Role]:
    """Those of some words (roles or people) that are roles."""
    return [role for role in ROLES if role in named]


def people_of(named: Iterable[int | str]) -> list[int | str]:
    """Those of some words (roles or people) that are people."""
    return [who for who in named if who not in ROLES]
