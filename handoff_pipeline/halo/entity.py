"""What the registry says of an entity, and when the pull of one is complete, by the way it is read.

The entities themselves are in `entities`; how a strategy works is in the module of its name. The one thing to know is the completeness
rule; an entity that breaks its rule is INCOMPLETE, leaves no file (but for what may be landed row by row), and yesterday's data stays:

| reading     | entities                        | complete when                                                                 |
|-------------|---------------------------------|-------------------------------------------------------------------------------|
| paged       | opportunity, project,           | distinct ids = the last `record_count`, which never fell during the read, and |
|             | change_request, quotation,      | grew by no more than the rows that were created meanwhile; else read again,   |
|             | client, site, appointment,      | twice at most. A page that repeats is a fault. Without `record_count`: read   |
|             | milestone, invoice, contract    | on until a page brings no new id, and no row may come twice                   |
| its sweep   | opportunity, project,           | as many ids came as a counted page announces, and every id that is there and  |
|             | change_request, client, site    | not known (or was doubted) has been read; else the list is read whole         |
| bare        | ticket_type, status, team,      | taken whole; where the number of rows is a multiple of 50, a known cut, a     |
|             | field_info, agent, timesheet    | second page must repeat the first or bring nothing new, else it is read on    |
| lookups     | lookup                          | every lookupid taken as a bare list                                           |
| windows     | action                          | every window answered with fewer rows than one answer may hold, and the       |
|             |                                 | halves of the fullest one hold no more than the whole                         |
| orders      | sales_order                     | the list balances as a paged one does, and every order that is new or changed |
|             |                                 | was read singly                                                               |
| approvals   | approval                        | the whole list as bare, or one bare list per handoff (HANDOFF_APPROVALS_MODE) |
| details     | ticket_detail                   | every project and change request that tonight's lists show as changed was     |
|             |                                 | read, or is gone                                                              |
| attachments | attachment                      | the same, for won opportunities and accepted quotations                       |
| report      | budget, agent_cost, audit       | distinct ids = COUNT(*) asked after the last row; else read on from the last  |
|             |                                 | id, then anew, twice at most                                                  |

Facts: envelope keys and paging, reference 2.2; actions are unique within their ticket only, lookups within their lookupid, timesheets have
no id (Servosity #264).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Reading = Literal["paged", "bare", "lookups", "windows", "orders", "approvals", "details", "attachments", "report"]
LOOKUP_IDS = (17, 34, 39, 57)
"""Charge rates, sales order statuses, quotation statuses, opportunity closure categories."""


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
        is_swept: Its list may be read in part, so that only a sweep of ids tells which records are gone.
        effect: What the figures lack while the entity cannot be read; empty for one that is required.
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
    is_swept: bool = False
    effect: str = ""
