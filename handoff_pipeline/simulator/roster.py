"""The people and clients of the simulated MSP.

Ids are fixed by position, so that the same person keeps the same id in worlds of every size. HaloPSA reserves agent 1
("Unassigned") and client 1 (unknown), which therefore are not here.
"""

from __future__ import annotations

from decimal import Decimal

from handoff_pipeline.simulator import names
from handoff_pipeline.simulator.truth import Agent, Client

FIRST_SALES_AGENT = 10
FIRST_DELIVERY_AGENT = 30
SERVICE_DESK_AGENT = 50
FIRST_CLIENT = 11
DELIVERY_COSTS = ("38.00", "42.50", "35.25", "47.00", "40.00", "44.75")


def agents() -> tuple[Agent, ...]:
    """Give every member of staff: sellers, delivery people (two without a cost price) and one of the service desk."""
    sales = [
        Agent(FIRST_SALES_AGENT + at, name, team, "Account Manager", Decimal("45.00"), name != names.DISABLED_PERSON)
        for at, (name, team) in enumerate(names.SALES_PEOPLE)
    ]
    delivery = [
        Agent(
            FIRST_DELIVERY_AGENT + at,
            name,
            "Projects",
            "Project Engineer" if at % 3 else "Project Manager",
            None if name in names.UNCOSTED_PEOPLE else Decimal(DELIVERY_COSTS[at]),
        )
        for at, name in enumerate(names.DELIVERY_PEOPLE)
    ]
    desk = Agent(SERVICE_DESK_AGENT, names.SERVICE_DESK_PERSON, "Service Desk", "Service Desk Analyst", Decimal("24.00"))
    return (*sales, *delivery, desk)


def clients(deals: int) -> tuple[Client, ...]:
    """Give the named clients, and numbered further ones when the world is large."""
    wanted = max(len(names.CLIENTS), deals // 20)
    full = [*names.CLIENTS, *(f"Client {at:05d} Ltd" for at in range(len(names.CLIENTS) + 1, wanted + 1))]
    return tuple(Client(FIRST_CLIENT + at, name, is_deleted=name == names.INACTIVE_CLIENT) for at, name in enumerate(full))
