"""The registry of what is pulled: where each entity lives, its key, how it is read, and when its pull is complete.

How a strategy works is in the module of its name. The one thing to know is the completeness rule; an entity that breaks its rule is
INCOMPLETE, leaves no file, and yesterday's data stays:

| reading   | entities                        | complete when                                                                   |
|-----------|---------------------------------|---------------------------------------------------------------------------------|
| paged     | opportunity, project,           | distinct ids = the last `record_count`, which never fell during the read; else  |
|           | change_request, quotation,      | read again, twice at most. A page that repeats is a fault. Where an answer has  |
|           | client, appointment             | no `record_count`: read on until a page brings no new id                        |
| bare      | ticket_type, status,            | taken whole; where the number of rows is a multiple of 50, a known cut, a       |
|           | field_info, agent, approval     | second page must repeat the first or bring nothing new, else it is read on      |
| lookups   | lookup                          | every lookupid taken as a bare list                                             |
| windows   | action                          | every window answered with fewer rows than one answer may hold, and the halves  |
|           |                                 | of the fullest one hold no more than the whole                                  |
| orders    | sales_order                     | the list balances as a paged one does, and every order that is new or changed   |
|           |                                 | was read singly                                                                 |
| approvals | approval                        | the whole list as bare, or one bare list per handoff (HANDOFF_APPROVALS_MODE)   |

Facts: envelope keys and paging, reference 2.2; actions are unique within their ticket only, lookups within their lookupid (Servosity #264).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Reading = Literal["paged", "bare", "lookups", "windows", "orders", "approvals"]
LOOKUP_IDS = (17, 34, 39, 57)
"""Charge rates, sales order statuses, quotation statuses, opportunity closure categories."""

_TICKET_LIST = MappingProxyType({"includeagent": "true", "includestatus": "true", "includetickettype": "true"})
"""Without these a list has ids only and every ticket looks unassigned (H: Servosity #264)."""


@dataclass(frozen=True)
class Entity:
    """One thing that is pulled.

    Attributes:
        name: Its name in the inbox, the warehouse and the reports.
        path: Endpoint below `/api`.
        title: Its name for people.
        reading: The strategy.
        key: Fields that make a row unique (with the lookupid of the file name for lookups).
        envelope: Accepted names of the list in an envelope; a bare array is always accepted.
        scopes: Scopes of which one is needed, as far as the public sources know.
        parameters: Sent with every request of it.
        has_cursor: `lastupdatefromdate` works on it, so a night asks for changes only.
        is_ticket: Lives in the ticket store: custom fields must be asked for by id.
        is_required: The figures cannot be made without it.
        is_configuration: Read before the others, which depend on it.
    """

    name: str
    path: str
    title: str
    reading: Reading
    key: tuple[str, ...] = ("id",)
    envelope: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("read:tickets",)
    parameters: Mapping[str, str] = field(default_factory=dict)
    has_cursor: bool = False
    is_ticket: bool = False
    is_required: bool = True
    is_configuration: bool = False


_REGISTRY = (
    Entity(
        "ticket_type", "/TicketType", "ticket types", "bare", is_configuration=True, parameters={"showall": "true", "showinactive": "true"}
    ),
    Entity("status", "/Status", "statuses", "bare", is_configuration=True, parameters={"showall": "true"}),
    Entity("field_info", "/FieldInfo", "custom fields", "bare", is_configuration=True, parameters={"typeid": "1"}),
    Entity("lookup", "/Lookup", "lookups", "lookups", is_configuration=True, is_required=False),
    Entity(
        "agent",
        "/Agent",
        "agents",
        "bare",
        # A bare array without paging, `results` with it; `agents` is asserted by one client (H: TopLeft, haloitsm-mcp).
        envelope=("results", "agents"),
        # `costprice` comes with the details alone, and only where the role may see cost (H: TopLeft).
        parameters={"includedetails": "true", "includeenabled": "true", "includedisabled": "true", "includeunassigned": "true"},
    ),
    Entity(
        "opportunity",
        "/Opportunities",
        "opportunities",
        "paged",
        envelope=("tickets", "opportunities"),
        scopes=("read:tickets", "read:crm"),
        parameters=_TICKET_LIST,
        has_cursor=True,
        is_ticket=True,
    ),
    Entity(
        "project",
        "/Projects",
        "projects and their tasks",
        "paged",
        envelope=("tickets", "projects"),
        scopes=("read:projects",),
        parameters=_TICKET_LIST,
        has_cursor=True,
        is_ticket=True,
    ),
    Entity(
        "change_request",
        "/Tickets",
        "change requests",
        "paged",
        envelope=("tickets",),
        parameters=_TICKET_LIST,
        has_cursor=True,
        is_ticket=True,
    ),
    Entity(
        "quotation",
        "/Quotation",
        "quotations",
        "paged",
        envelope=("quotes", "quotations"),
        scopes=("read:quotes",),
        parameters={"includelines": "true"},
    ),
    Entity("sales_order", "/SalesOrder", "sales orders", "orders", envelope=("salesorders",), scopes=("read:sos",)),
    Entity("action", "/Actions", "time entries", "windows", key=("ticket_id", "id"), envelope=("actions",)),
    Entity("approval", "/TicketApproval", "approvals", "approvals", key=("ticket_id", "seq"), envelope=("approvals",)),
    Entity(
        "appointment",
        "/Appointment",
        "appointments",
        "paged",
        envelope=("appointments",),
        scopes=("read:calendar",),
        # `showall`: every agent's, not the API user's own (H: HaloAPI, Get-HaloAppointment).
        parameters={"showall": "true", "hidecompleted": "false"},
    ),
    Entity(
        "client",
        "/Client",
        "clients",
        "paged",
        envelope=("clients",),
        scopes=("read:customers",),
        parameters={"includeactive": "true", "includeinactive": "true"},
        has_cursor=True,
    ),
)

ENTITIES: Mapping[str, Entity] = MappingProxyType({entity.name: entity for entity in _REGISTRY})
"""Every entity by its name, configuration first."""
