"""Rows of a small hand-made tenant in HaloPSA's shapes, for the drafting of a policy: every figure here can be counted by eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handoff_pipeline.halo.sample import Discovery

EMPTY = "1900-01-01T00:00:00"
MOMENT = "2026-05-04T09:00:00"
Row = dict[str, Any]


def ticket_type(number: int, name: str, use: str, project_type: int | None = None, itil: int = 0) -> Row:
    row: Row = {"id": number, "name": name, "use": use, "itilrequesttype": itil}
    return row if project_type is None else row | {"project_type": project_type}


def deal(number: int, status: int, *, converted: bool, closed: bool = True, **fields: str) -> Row:
    return {
        "id": number,
        "tickettype_id": 30,
        "status_id": status,
        "dateclosed": MOMENT if closed else EMPTY,
        "oppconverteddate": MOMENT if converted else EMPTY,
        "merged_into_id": 0,
        "customfields": [{"name": name, "value": value, "display": value} for name, value in fields.items()],
    }


TYPES = (
    ticket_type(30, "Opportunity", "opps", itil=21),
    ticket_type(31, "Project", "projects", 1, 22),
    ticket_type(32, "Project Task", "projects", 0, 23),
    ticket_type(24, "Project Change", "tickets", itil=2),
    ticket_type(1, "Incident", "tickets", itil=1),
)
STATUSES = tuple(
    {"id": number, "name": name}
    for number, name in (
        (9, "Closed"),
        (22, "Deal won"),
        (23, "Lost"),
        (25, "Change Approved"),
        (28, "Cancelled"),
        (29, "On Hold - Client"),
    )
)


def tenant(**lists: Sequence[Mapping[str, Any]]) -> Discovery:
    """A tenant with the usual types and statuses; every other list is empty unless given."""
    rows = {"ticket_type": TYPES, "status": STATUSES, **lists}
    return Discovery({name: tuple(dict(row) for row in some) for name, some in rows.items()}, {})
