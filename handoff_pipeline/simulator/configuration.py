"""How the simulated tenant set up its HaloPSA: ticket types, statuses, teams, custom fields, lookups.

Plain data in HaloPSA's shapes. Names are what the example policy names; ids are this tenant's own, as on any tenant.
`use`, `project_type` and `itilrequesttype` tell opportunities, projects and tasks apart (H: section 2.3 of the reference).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from handoff_pipeline.simulator import names

Row = dict[str, Any]

INCIDENT, SERVICE_REQUEST, CHANGE, OPPORTUNITY, PROJECT, TASK = 1, 2, 24, 30, 31, 32
ITIL: Final = {INCIDENT: 1, SERVICE_REQUEST: 3, CHANGE: 2, OPPORTUNITY: 21, PROJECT: 22, TASK: 23}

STATUS_NEW, STATUS_IN_PROGRESS, STATUS_CLOSED = 1, 2, 9
STATUS_PROPOSAL, STATUS_WON, STATUS_LOST = 20, 22, 23
STATUS_APPROVED, STATUS_REJECTED, STATUS_WITHDRAWN = 25, 26, 27
STATUS_CANCELLED, STATUS_ON_HOLD = 28, 29
# No tenant has these from the outset: they are set up for people who answer the product (`acting_setup`).
STATUS_ACKNOWLEDGED, STATUS_BLOCKED, STATUS_HANDED_OVER = 40, 41, 42

# A ticket that comes into one of these is closed; an approved change is still to be worked on.
WON_STATUSES: Final = frozenset({STATUS_WON, STATUS_ACKNOWLEDGED, STATUS_BLOCKED, STATUS_HANDED_OVER})
"""A deal that goes from one of these to another was won before and keeps the date of it."""
CLOSED_STATUSES: Final = WON_STATUSES | {STATUS_CLOSED, STATUS_LOST, STATUS_REJECTED, STATUS_WITHDRAWN, STATUS_CANCELLED}

QUOTE_ACCEPTED, QUOTE_REJECTED, QUOTE_SENT = 1, 2, 3

_TYPES: Final = (
    (INCIDENT, "Incident", "tickets", None, STATUS_NEW),
    (SERVICE_REQUEST, "Service Request", "tickets", None, STATUS_NEW),
    (CHANGE, "Project Change Request", "tickets", None, STATUS_NEW),
    (OPPORTUNITY, "Opportunity", "opps", None, STATUS_PROPOSAL),
    (PROJECT, "Project", "projects", 1, STATUS_IN_PROGRESS),
    (TASK, "Project Task", "projects", 0, STATUS_NEW),
)
TICKET_TYPES: Final[tuple[Row, ...]] = tuple(
    {
        "id": type_id,
        "name": name,
        "use": use,
        "project_type": project_type,
        "itilrequesttype": ITIL[type_id],
        "sequence": type_id,
        "visible": True,
        "cancreate": True,
    }
    for type_id, name, use, project_type, _ in _TYPES
)
TYPE_NAMES: Final = {type_id: name for type_id, name, *_ in _TYPES}

STATUS_NAMES: Final = {
    STATUS_NEW: "New",
    STATUS_IN_PROGRESS: "In Progress",
    STATUS_CLOSED: "Closed",
    STATUS_PROPOSAL: "Proposal Sent",
    STATUS_WON: "Closed Won",
    STATUS_LOST: "Closed Lost",
    STATUS_APPROVED: "Change Approved",
    STATUS_REJECTED: "Change Rejected",
    STATUS_WITHDRAWN: "Change Withdrawn",
    STATUS_CANCELLED: "Cancelled",
    STATUS_ON_HOLD: "On Hold - Client",
}
STATUSES: Final[tuple[Row, ...]] = tuple(
    {"id": status_id, "name": name, "shortname": name[:12], "type": 0, "sequence": status_id, "colour": "#4a90d9"}
    for status_id, name in STATUS_NAMES.items()
)

TEAM_IDS: Final = {"Service Desk": 1, "Projects": 2, "Sales North": 3, "Sales South": 4, "Sales Enterprise": 5}
TEAMS: Final[tuple[Row, ...]] = tuple(
    {
        "id": team_id,
        "name": name,
        "sequence": team_id,
        "forrequests": name == "Service Desk",
        "foropps": name.startswith("Sales"),
        "forprojects": name == "Projects",
        "inactive": False,
    }
    for name, team_id in TEAM_IDS.items()
)

TEXT, MEMO, SINGLE_SELECT, DATE, CHECKBOX = 0, 1, 2, 4, 6
ORIGINS: Final = ("Client request", "Sales gap", "Discovery", "Supplier delay")
SERVICE_TEMPLATES: Final = tuple(template for templates in names.DEAL_TYPES.values() for template in templates)


@dataclass(frozen=True)
class FieldDefinition:
    """A custom field: HaloPSA's id, name and type, the ticket types that show it, and the options of a single select."""

    field_id: int
    name: str
    label: str
    kind: int
    ticket_types: frozenset[int]
    options: tuple[str, ...] = ()

    def row(self) -> Row:
        """Give the /FieldInfo row."""
        values = [{"id": number, "name": text} for number, text in enumerate(self.options, start=1)]
        return {
            "id": self.field_id,
            "name": self.name,
            "label": self.label,
            "type": self.kind,
            "usage": 1,
            "custom": 1,
            "inputtype": 0,
            "characterlimit": 0,
            "tab_id": 0,
            "searchable": True,
            "values": values or None,
        }


_DEAL, _PROJECT, _CHANGE = frozenset({OPPORTUNITY}), frozenset({PROJECT}), frozenset({CHANGE})
_REQUEST = frozenset({INCIDENT, SERVICE_REQUEST})
FIELDS: Final[dict[str, FieldDefinition]] = {
    field.name: field
    for field in (
        FieldDefinition(101, "CFDealType", "Deal type", SINGLE_SELECT, _DEAL, tuple(names.DEAL_TYPES)),
        FieldDefinition(102, "CFServiceTemplate", "Service template", SINGLE_SELECT, _DEAL, SERVICE_TEMPLATES),
        FieldDefinition(103, "CFSignedScopeLink", "Signed scope (link)", TEXT, _DEAL),
        FieldDefinition(104, "CFSignedScopeDate", "Signed scope (date)", DATE, _DEAL),
        FieldDefinition(105, "CFDeliveryAssumptions", "Delivery assumptions", MEMO, _DEAL),
        FieldDefinition(106, "CFDependencies", "Dependencies", MEMO, _DEAL),
        FieldDefinition(107, "CFAcceptanceCriteria", "Acceptance criteria", MEMO, _DEAL),
        FieldDefinition(108, "CFKickoffCommitted", "Kickoff committed", DATE, _DEAL),
        FieldDefinition(109, "CFExistingProvider", "Existing provider", TEXT, _DEAL),
        FieldDefinition(110, "CFOppSize", "Opportunity size", SINGLE_SELECT, _DEAL, ("Small", "Medium", "Large")),
        FieldDefinition(121, "CFKickoffHeld", "Kickoff held on", DATE, _PROJECT),
        FieldDefinition(122, "CFFeasibility", "Feasibility", MEMO, _PROJECT),
        FieldDefinition(123, "CFResourcePlan", "Resource plan", MEMO, _PROJECT),
        FieldDefinition(124, "CFProjectRAG", "RAG", SINGLE_SELECT, _PROJECT, ("Green", "Amber", "Red")),
        FieldDefinition(125, "CFBillingType", "Billed", SINGLE_SELECT, _PROJECT, ("Fixed Price", "Time and Materials")),
        FieldDefinition(131, "CFChangeDecided", "Change decided", DATE, _CHANGE),
        FieldDefinition(132, "CFChangePrice", "Change price", TEXT, _CHANGE),
        FieldDefinition(133, "CFChangeOrigin", "Change origin", SINGLE_SELECT, _CHANGE, ORIGINS),
        FieldDefinition(134, "CFRiskCategory", "Risk category", SINGLE_SELECT, _CHANGE, ("Low", "High")),
        FieldDefinition(135, "CFChangeHours", "Change hours", TEXT, _CHANGE),
        FieldDefinition(141, "CFAssetTag", "Asset tag", TEXT, _REQUEST),
        FieldDefinition(142, "CFoutageRequired", "Outage required", CHECKBOX, _REQUEST),
    )
}

# id -> currency name; the header's `currency_code` is the number, `currency_code_name` the ISO code.
CURRENCIES: Final = {"GBP": (1, "£"), "EUR": (2, "€"), "USD": (3, "$")}

# H: ids are unique only within a lookupid, and a row does not say which lookup it is of (conduit; Servosity #264).
LOOKUPS: Final[dict[int, tuple[Row, ...]]] = {
    17: ({"id": 0, "name": "No charge"}, {"id": 1, "name": "Standard", "value2": "95"}, {"id": 2, "name": "Out of hours", "value2": "140"}),
    22: ({"id": 1, "name": "Email"}, {"id": 2, "name": "Manual"}),
    33: ({"id": 1, "name": "Customer"}, {"id": 2, "name": "Prospect"}),
    34: ({"id": 1, "name": "Open"}, {"id": 2, "name": "Part invoiced"}, {"id": 3, "name": "Complete"}),
    39: (
        {"id": QUOTE_ACCEPTED, "name": "Accepted", "value3_bool": True},
        {"id": QUOTE_REJECTED, "name": "Rejected", "value3_bool": True},
        {"id": QUOTE_SENT, "name": "Sent", "value3_bool": False},
    ),
    49: ({"id": 1, "name": "Available"}, {"id": 2, "name": "Away"}),
    57: ({"id": 1, "name": "Won on price"}, {"id": 2, "name": "Won on service"}, {"id": 3, "name": "Lost to competitor"}),
}
