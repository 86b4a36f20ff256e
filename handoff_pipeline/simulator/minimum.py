"""The fewest requests that could bring a resource over the documented interface, for somebody who knows the answer already.

Reports by SQL are left out, except for what only they can bring. Written from the reference alone, to be held against what a
client asked; token requests are not counted. The one thing to know: this is a floor, not a plan. It needs no proof that
nothing is missing, and no client reaches it everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import ceil
from typing import Final, Literal

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.store import Snapshot

Mode = Literal["full", "night", "sweep"]
# H: a larger page is cut to it (section 2.2, HaloAPI #90).
PAGE: Final = 100
# H: what a handoff needs of the lookups: charge rates, statuses of orders and quotations, closure categories (section 2.4).
LOOKUPS: Final = 4

# H: they page and take `lastupdatefromdate`, and `idonly` gives every id in one answer (sections 2.2, 2.3).
CHANGES: Final[dict[str, Callable[[Snapshot], list[Row]]]] = {
    "opportunity": lambda snapshot: snapshot.opportunities,
    "project": lambda snapshot: snapshot.projects,
    "change_request": lambda snapshot: _of_type(snapshot, cfg.CHANGE),
    "client": lambda snapshot: snapshot.clients,
    "site": lambda snapshot: snapshot.sites,
}
# H: they page and have no such filter, so every night reads them whole (section 2.3); milestones with their templates (2.4).
WHOLE: Final[dict[str, Callable[[Snapshot], list[Row]]]] = {
    "quotation": lambda snapshot: snapshot.quotations,
    "sales_order": lambda snapshot: snapshot.orders,
    "appointment": lambda snapshot: snapshot.appointments,
    "milestone": lambda snapshot: snapshot.milestones,
    "invoice": lambda snapshot: snapshot.invoices,
    "contract": lambda snapshot: snapshot.contracts,
}
# H: a bare array, or a list that `count` alone limits, comes in one answer (sections 2.2, 2.4); SQL in one as well (2.5).
ONE_ANSWER: Final = frozenset(
    {"ticket_type", "status", "field_info", "team", "agent", "approval", "action", "timesheet", "budget", "agent_cost", "audit"}
)
# What is read one record at a time: lines of orders and invoices, details of tickets, files of deals and quotations.
SINGLES: Final[dict[str, Callable[[Snapshot], list[int]]]] = {
    "sales_order": lambda snapshot: [row["id"] for row in snapshot.orders],
    "ticket_detail": lambda snapshot: [row["id"] for kind in (cfg.PROJECT, cfg.CHANGE) for row in _of_type(snapshot, kind)],
    "attachment": lambda snapshot: [*_won(snapshot), *_accepted(snapshot)],
}


def minimum(snapshot: Snapshot, entity: str, mode: Mode, changed: Collection[int] = ()) -> int:
    """Give the fewest requests for `entity`, named as pipelines name it ("opportunity", "sales_order").

    `full` brings everything, `night` the ids in `changed`, `sweep` the ids that there are and nothing else (0 where every
    reading brings them anyhow). Raises ValueError for an entity that nothing here knows.
    """
    if mode == "sweep":
        return 1 if entity in CHANGES else 0
    singles = SINGLES[entity](snapshot) if entity in SINGLES else []
    if mode == "night":
        wanted = set(changed)
        singles = [number for number in singles if number in wanted]
    if entity in CHANGES:
        return _pages(len(CHANGES[entity](snapshot)) if mode == "full" else len(changed))
    if entity in WHOLE:
        return _pages(len(WHOLE[entity](snapshot))) + len(singles)
    if entity in SINGLES:
        return len(singles)
    if entity == "lookup":
        return LOOKUPS
    if entity in ONE_ANSWER:
        return 1
    message = f"no minimum is known for {entity!r}: it is one of {', '.join(sorted({*CHANGES, *WHOLE, *SINGLES, *ONE_ANSWER, 'lookup'}))}"
    raise ValueError(message)


def _pages(rows: int) -> int:
    """Even to learn that there is nothing takes a request."""
    return max(1, ceil(rows / PAGE))


def _of_type(snapshot: Snapshot, type_id: int) -> list[Row]:
    return [row for row in snapshot.tickets if row["tickettype_id"] == type_id]


def _won(snapshot: Snapshot) -> list[int]:
    return [row["id"] for row in snapshot.opportunities if row["status_id"] in cfg.WON_STATUSES]


def _accepted(snapshot: Snapshot) -> list[int]:
    return [row["id"] for row in snapshot.quotations if row["status"] == cfg.QUOTE_ACCEPTED]
