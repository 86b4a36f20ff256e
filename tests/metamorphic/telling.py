"""A seeded tenant as nights of rows, before anything is landed: what HaloPSA would tell on each of a few nights of a year.

Changing what is told is `retelling`, building tables of it `building`. The one thing to know: rows come from the simulator's own store,
whole and without its quirks, so that a retelling changes the tenant and not the way to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from handoff_pipeline.simulator import SimulatedHalo, build_world
from handoff_pipeline.simulator.configuration import CHANGE, LOOKUPS
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.store import Snapshot
from handoff_pipeline.simulator.ticket_alone import detail

Row = dict[str, Any]
SEED, DEALS = 11, 40
MOMENTS: Final = tuple(
    datetime(2026, month, day, 10, 30, tzinfo=UTC) for month, day in ((6, 15), (7, 6), (8, 3), (9, 7), (10, 5), (10, 26), (12, 14))
)
"""At 10:30 UTC it is the same day everywhere from New York to Auckland. The last two lie in winter of the north and summer of the south."""


def _changes(halo: Snapshot) -> list[Row]:
    return halo.tickets.having("tickettype_id", {CHANGE})


LISTED: Final[Mapping[str, Callable[[Snapshot], Sequence[Row]]]] = {
    "ticket_type": lambda halo: halo.ticket_types,
    "status": lambda halo: halo.statuses,
    "field_info": lambda halo: halo.fields,
    "lookup": lambda _: [{**row, "lookupid": number} for number, rows in LOOKUPS.items() for row in rows],
    "team": lambda halo: halo.teams,
    "agent": lambda halo: halo.agents,
    "opportunity": lambda halo: halo.opportunities,
    "project": lambda halo: halo.projects,
    "change_request": _changes,
    "quotation": lambda halo: halo.quotations,
    "sales_order": lambda halo: halo.orders,
    "action": lambda halo: [row for row in halo.actions if row.get("timetaken", 0) > 0],
    "approval": lambda halo: halo.approvals,
    "appointment": lambda halo: halo.appointments,
    "client": lambda halo: halo.clients,
    "site": lambda halo: halo.sites,
    "ticket_detail": lambda halo: [detail(halo, row, {}, Quirks()) for row in (*halo.projects, *_changes(halo))],
    "milestone": lambda halo: halo.milestones,
    "attachment": lambda halo: halo.attachments,
    "invoice": lambda halo: halo.invoices,
    "contract": lambda halo: halo.contracts,
    "timesheet": lambda halo: halo.timesheets,
    "budget": lambda halo: halo.budgets,
    "agent_cost": lambda halo: halo.agent_costs,
}
"""What is pulled, and where the simulated tenant keeps it."""


@dataclass(frozen=True)
class Night:
    """What a night saw: entity to rows."""

    as_of: datetime
    rows: Mapping[str, Sequence[Row]]


@cache
def told() -> tuple[Night, ...]:
    """The tenant of 40 deals that were decided from March to August. Nobody changes its rows: every retelling copies."""
    truth = build_world(SEED, DEALS, date(2026, 3, 2), date(2026, 8, 31))
    seen = [(moment, SimulatedHalo(truth, moment).snapshot()) for moment in MOMENTS]
    return tuple(Night(moment, {entity: list(rows(halo)) for entity, rows in LISTED.items()}) for moment, halo in seen)
