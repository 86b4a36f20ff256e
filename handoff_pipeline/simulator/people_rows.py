"""Clients, sites and agents as HaloPSA rows.

HaloPSA's own rows are among them: client 1 is the unknown one and agent 1 is "Unassigned". A site's `client_id` is a
decimal (H: section 2.4, TopLeft), whatever the specification says.
"""

from __future__ import annotations

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import UNASSIGNED_AGENT, Index
from handoff_pipeline.simulator.truth import Agent

UNKNOWN_CLIENT = 1


def client_rows(index: Index) -> list[Row]:
    """Give every client, inactive ones included."""
    known = [_client(client.client_id, client.name, is_inactive=client.is_deleted) for client in index.truth.clients]
    return [_client(UNKNOWN_CLIENT, "Unknown", is_inactive=False), *known]


def _client(client_id: int, name: str, *, is_inactive: bool) -> Row:
    return {
        "id": client_id,
        "name": name,
        "toplevel_id": 1,
        "toplevel_name": "Customers",
        "inactive": is_inactive,
        "colour": "#2bd3c6",
        "customertype": 1,
        "is_vip": False,
        "use": "area",
        "table": 1,
    }


def site_rows(index: Index) -> list[Row]:
    """Give one site per client."""
    return [
        {
            "id": client["id"],
            "name": "Main",
            "client_id": float(client["id"]),
            "client_name": client["name"],
            "clientsite_name": f"{client['name']}/Main",
            "inactive": client["inactive"],
            "timezone": index.truth.time_zone,
        }
        for client in client_rows(index)
    ]


def agent_rows(index: Index) -> list[Row]:
    """Give every agent, "Unassigned" and disabled ones included, with `costprice` where HaloPSA holds one."""
    unassigned = {"id": UNASSIGNED_AGENT, "name": "Unassigned", "isdisabled": False, "is_agent": True, "initials": "U"}
    return [unassigned, *(_agent(agent) for agent in index.truth.agents)]


def _agent(agent: Agent) -> Row:
    return {
        "id": agent.agent_id,
        "name": agent.name,
        "initials": "".join(part[0] for part in agent.name.split()),
        "firstname": agent.name.split()[0],
        "surname": agent.name.split()[-1],
        "email": f"agent{agent.agent_id}@msp.example",
        "jobtitle": agent.role,
        "team": agent.team,
        "teams": [{"team_id": cfg.TEAM_IDS[agent.team], "team_name": agent.team}],
        "isdisabled": not agent.is_active,
        "is_agent": True,
        "isapiagent": False,
        "costprice": float(agent.cost_price) if agent.cost_price is not None else None,
        "chargerate": 1,
    }
