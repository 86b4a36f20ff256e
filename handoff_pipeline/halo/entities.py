"""The registry of what is pulled: where each entity lives, its key, how it is read and what its absence costs.

What the fields mean and when a reading is complete is told in `entity`. The one thing to know: configuration stands first, because the
ticket lists need its ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from handoff_pipeline.halo.entity import LOOKUP_IDS, Entity, Reading

__all__ = ["ENTITIES", "LOOKUP_IDS", "Entity", "Reading"]

_TICKET_LIST = MappingProxyType({"includeagent": "true", "includestatus": "true", "includetickettype": "true"})
"""Without these a list has ids only and every ticket looks unassigned (H: Servosity #264)."""

_REGISTRY = (
    Entity(
        "ticket_type", "/TicketType", "ticket types", "bare", is_configuration=True, parameters={"showall": "true", "showinactive": "true"}
    ),
    Entity("status", "/Status", "statuses", "bare", is_configuration=True, parameters={"showall": "true"}),
    Entity("field_info", "/FieldInfo", "custom fields", "bare", is_configuration=True, parameters={"typeid": "1"}),
    Entity(
        "lookup",
        "/Lookup",
        "lookups",
        "lookups",
        is_configuration=True,
        is_required=False,
        effect="no figure of this release lacks anything",
    ),
    Entity(
        "team",
        "/Team",
        "teams",
        "bare",
        parameters={"showall": "true", "includeenabled": "true", "includedisabled": "true"},
        envelope=("teams",),
        is_configuration=True,
        is_required=False,
        effect="no figure of this release lacks anything",
    ),
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
        is_swept=True,
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
        is_swept=True,
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
        is_swept=True,
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
        is_swept=True,
    ),
    Entity(
        "site",
        "/Site",
        "sites",
        "paged",
        envelope=("sites",),
        scopes=("read:customers",),
        parameters={"includeactive": "true", "includeinactive": "true"},
        has_cursor=True,
        is_swept=True,
        is_required=False,
        effect="a ticket that names only a site has no client",
    ),
    Entity(
        "ticket_detail",
        "/Tickets",
        "details of projects and change requests",
        "details",
        is_required=False,
        effect="baseline hours fall back to the quotation, and change requests reach a project by their parent only",
    ),
    Entity(
        "milestone",
        "/Milestone",
        "milestones",
        "paged",
        envelope=("data", "milestones"),
        scopes=("read:projects",),
        is_required=False,
        effect="a kickoff that is planned as a milestone only is not seen",
    ),
    Entity(
        "attachment",
        "/Attachment",
        "attachments of won deals and accepted quotations",
        "attachments",
        envelope=("attachments",),
        is_required=False,
        effect="checklist rules about documents are not applicable; a signed document is known by its link",
    ),
    Entity(
        "invoice",
        "/Invoice",
        "invoices",
        "paged",
        envelope=("invoices",),
        scopes=("read:invoices",),
        parameters={"includelines": "true"},
        is_required=False,
        effect="whether a change request was billed is not known",
    ),
    Entity(
        "contract",
        "/ClientContract",
        "client contracts",
        "paged",
        envelope=("contracts",),
        scopes=("read:contracts",),
        # The list has active contracts only by default (H: conduit).
        parameters={"includeinactive": "true"},
        is_required=False,
        effect="no figure of this release lacks anything",
    ),
    Entity(
        "timesheet",
        "/Timesheet",
        "timesheets",
        "bare",
        # Every row has id 0 (H: Servosity #264). No parameter is documented, so the list is taken as it comes.
        key=("agent_id", "date"),
        envelope=("timesheets",),
        scopes=("read:timesheets",),
        is_required=False,
        effect="no figure of this release lacks anything",
    ),
    Entity(
        "budget",
        "/Report",
        "project budgets, by SQL",
        "report",
        key=("ticket_id", "id"),
        scopes=("read:reporting",),
        is_required=False,
        effect="budgets come one project at a time",
    ),
    Entity(
        "agent_cost",
        "/Report",
        "dated costs of agents, by SQL",
        "report",
        key=("agent_id", "start_date"),
        scopes=("read:reporting",),
        is_required=False,
        effect="an agent's present cost stands for the past as well",
    ),
    Entity(
        "audit",
        "/Report",
        "HaloPSA's own history of fields, by SQL",
        "report",
        key=("id",),
        scopes=("read:reporting",),
        is_required=False,
        effect="no figure of this release lacks anything; history begins with the first pull",
    ),
)

ENTITIES: Mapping[str, Entity] = MappingProxyType({entity.name: entity for entity in _REGISTRY})
"""Every entity by its name, configuration first."""
