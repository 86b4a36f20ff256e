"""Who has to close a gap, by when, and what people answered: docs/definitions.md, "Gaps and bypasses".

Agents are those of the last night. The one thing to know: a policy without a section on remediation has the defaults of docs/policy.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from handoff_pipeline.simulator.truth import Agent, Deal, Project
from tests.oracle.keys import UNASSIGNED_AGENT
from tests.oracle.observation import Seen
from tests.oracle.said import Escalation

DEFAULT_HOURS = {"hard": 8, "soft": 24}


def due_at(seen: Seen, detected: datetime, *, is_hard: bool) -> datetime:
    """When a gap is due."""
    hours = {**DEFAULT_HOURS, **(seen.rules.remediation.get("sla_hours") or {})}
    return seen.days.after_business_hours(detected, hours["hard" if is_hard else "soft"])


def owner_of(seen: Seen, deal: Deal, first: Project | None, item: str) -> int | None:
    """The agent who has to close a gap of an item; None for nobody."""
    there = {agent.agent_id for agent in seen.truth.agents if agent.is_active and agent.agent_id != UNASSIGNED_AGENT}
    return next((agent for agent in _asked(seen, deal, first, item) if agent in there), None)


def escalations_of(seen: Seen, gap_id: str) -> list[Escalation]:
    """Every level of a gap that had reached somebody by the last night."""
    return [each for each in seen.said.escalations if each.gap_id == gap_id and each.at <= seen.as_of]


def acknowledged_at(seen: Seen, deal: Deal, gap_id: str, detected: datetime, ended: datetime | None) -> datetime | None:
    """When somebody first said that he saw the gap, or what its deal lacks, while it was open."""
    meant = {("gap", gap_id), ("handoff", str(deal.deal_id))}
    said = (each.at for each in seen.said.acknowledgements if (each.subject, each.subject_id) in meant)
    return min((at for at in said if detected <= at <= (ended or seen.as_of)), default=None)


def _asked(seen: Seen, deal: Deal, first: Project | None, item: str) -> Iterator[int | None]:
    """Everybody who comes into question, in the policy's order."""
    remedies = seen.rules.remediation
    who = (remedies.get("owners") or {}).get(item, remedies.get("owner", "seller"))
    named = {"seller": deal.agent_id, "delivery": first.agent_id if first else None}.get(who, _person(seen, who))
    yield named
    team = next((agent.team for agent in seen.truth.agents if agent.agent_id == named), None)
    managers = {_bare(name): manager for name, manager in (remedies.get("managers") or {}).items()}
    for person in (managers.get(_bare(team or "")), *(remedies.get("fallback") or ()), remedies.get("last_resort")):
        yield None if person is None else _person(seen, person)


def _person(seen: Seen, person: int | str) -> int | None:
    """An agent by number, or by the name of exactly one who is active."""
    if isinstance(person, int):
        return person
    named: list[Agent] = [agent for agent in seen.truth.agents if agent.is_active and _bare(agent.name) == _bare(person)]
    return named[0].agent_id if len(named) == 1 else None


def _bare(name: str) -> str:
    return name.strip().casefold()
