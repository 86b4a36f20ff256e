"""Who owns a gap, and who is meant by the policy's words for people: pure, by today's agents.

The words are the policy's, the cards other modules'. The one thing to know: somebody who has left or is away is never asked; the chain is
the owner, the manager of the owner's team, the fallbacks in their order, the last resort, and then nobody, which the digest tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from handoff_pipeline.governance.remediation_rows import NOBODY, GapRow, People
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.people import ROLES, Role, folded
from handoff_pipeline.policy.remediation import DELIVERY, SELLER

_ROLES: Final[dict[str, Role]] = {role: role for role in ROLES}


def present(people: People, policy: Policy, day: date) -> People:
    """The people of a local day: those whom the policy knows to be on leave then are away."""
    gone = {people.find(one.who) for one in policy.remediation.absences if one.first_day <= day <= one.last_day}
    return People.of([replace(agent, is_absent=True) if agent.agent_id in gone else agent for agent in people.agents.values()])


def owner_of(gap: GapRow, people: People, policy: Policy) -> int:
    """The agent who is asked to close the gap; 0 where nobody is there to be asked."""
    return next((agent for agent in _chain(gap, people, policy) if people.is_there(agent)), NOBODY)


def owner_named(gap: GapRow, people: People, policy: Policy) -> int:
    """The agent whom the policy names first, there or not; 0 where it is nobody, such as a deal without a seller."""
    named = policy.remediation.owners.get(gap.item, policy.remediation.owner)
    if named == SELLER:
        return gap.seller_id
    return gap.delivery_id if named == DELIVERY else people.find(named)


def told_at(to: Iterable[int | str], people: People, policy: Policy) -> tuple[int, ...]:
    """The agents whom a level of escalation names, who are there, by number; the last resort where none of them is."""
    named = {agent for who in to for agent in _named(who, people, policy)}
    there = sorted(agent for agent in named if people.is_there(agent))
    if not there and policy.remediation.last_resort is not None:
        there = [agent for agent in (people.find(policy.remediation.last_resort),) if people.is_there(agent)]
    return tuple(there)


def holders_of(role: Role, people: People, policy: Policy) -> frozenset[int]:
    """Every active agent who holds a role by the policy: by team or by name."""
    holders = policy.approvals.roles.get(role)
    if holders is None:
        return frozenset()
    teams = {folded(team) for team in holders.teams}
    by_team = {agent.agent_id for agent in people.agents.values() if agent.is_active and agent.team and folded(agent.team) in teams}
    return frozenset(by_team | {people.find(who) for who in holders.agents}) - {NOBODY}


def _chain(gap: GapRow, people: People, policy: Policy) -> Iterator[int]:
    first = owner_named(gap, people, policy)
    yield first
    managers = {folded(team): manager for team, manager in policy.remediation.managers.items()}
    team = people.agents[first].team if first in people.agents else None
    if team is not None and folded(team) in managers:
        yield people.find(managers[folded(team)])
    yield from (people.find(who) for who in policy.remediation.fallback)
    if policy.remediation.last_resort is not None:
        yield people.find(policy.remediation.last_resort)


def _named(who: int | str, people: People, policy: Policy) -> frozenset[int]:
    role = _ROLES.get(who) if isinstance(who, str) else None
    return frozenset({people.find(who)}) if role is None else holders_of(role, people, policy)
