"""What the Teams commands need of an installation: its gateway, its agents, and who may get a card.

Posting is `channels.teams`'. The one thing to know: agents are taken from what is published, so before the first night nobody has a name
and nobody is mentioned; cards still go out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import people_published
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.settings import Settings

if TYPE_CHECKING:
    from handoff_pipeline.channels.card_people import Agent
    from handoff_pipeline.channels.teams import TeamsGateway
    from handoff_pipeline.governance.remediation_rows import People
    from handoff_pipeline.policy import Policy

OWNERS: Final = """
    select distinct a.halo_agent_id
    from fact_gap as g
    inner join dim_agent as a on a.agent_key = g.owner_agent_key
    where g.state in ('open', 'waiver_expired') and g.owner_agent_key <> 0
"""


def people_or_nobody(settings: Settings) -> People:
    """The agents as published; nobody before the first night."""
    from handoff_pipeline.governance.remediation_rows import People

    try:
        return people_published(settings)
    except WarehouseError:
        return People.of([])


def agents_of(people: People) -> list[Agent]:
    """The agents as the channel knows them."""
    from handoff_pipeline.channels.card_people import Agent

    return [Agent(one.agent_id, one.name, one.is_active) for one in people.agents.values()]


def gateway_for(settings: Settings, policy: Policy) -> TeamsGateway | None:
    """The gateway; None where Teams is not connected.

    Raises:
        SettingsError: an address to which cards may not be posted.
    """
    from handoff_pipeline.channels.teams import teams_gateway

    zone = policy.business_calendar.time_zone
    return teams_gateway(settings, policy.teams, agents_of(people_or_nobody(settings)), zone, clock_for(settings.as_of))


def told_by(settings: Settings, policy: Policy, people: People) -> list[int]:
    """Agents who get cards by the policy as it stands: owners of open gaps, those who stand in, and those whom escalations name."""
    from handoff_pipeline.commands.published import Published
    from handoff_pipeline.governance.owners import told_at

    remediation = policy.remediation
    named = [*remediation.managers.values(), *remediation.fallback]
    named += [remediation.last_resort] if remediation.last_resort is not None else []
    wanted = {people.find(one) for one in named}
    for level in policy.escalation.levels:
        wanted.update(told_at(level.to, people, policy))
    if people.agents:
        wanted.update(int(row["halo_agent_id"]) for row in Published.of(settings).rows(OWNERS))
    return sorted(wanted - {0})
