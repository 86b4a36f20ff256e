"""What HaloPSA fills in when a row is made or changed: defaults, names beside ids, `customfields` merged by id or name.

No log, no HTTP. The one thing to know: a name follows its id (status_id 22 brings "Closed Won"), and `team` is written by
its name (H: section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.shaping import EMPTY_OTHER_DATE, EMPTY_TICKET_DATE, fraction, stamp, zulu

Rows = Callable[[str], list[Row]]

# resource -> (id field, where its name is looked up, the name's field there, the name's field here)
NAMES: Final[dict[str, tuple[tuple[str, str, str, str], ...]]] = {
    "tickets": (
        ("status_id", "statuses", "name", "status_name"),
        ("tickettype_id", "ticket_types", "name", "tickettype_name"),
        ("agent_id", "agents", "name", "agent_name"),
        ("client_id", "clients", "name", "client_name"),
        ("parent_id", "tickets", "summary", "parent_subject"),
    ),
    "quotations": (("client_id", "clients", "name", "client_name"),),
    "orders": (("client_id", "clients", "name", "client_name"),),
    "invoices": (("client_id", "clients", "name", "client_name"),),
    "contracts": (("client_id", "clients", "name", "client_name"),),
    "sites": (("client_id", "clients", "name", "client_name"),),
    "actions": (("who_agentid", "agents", "name", "who"),),
    "approvals": (("agent_id", "agents", "name", "agent_name"),),
    "appointments": (("agent_id", "agents", "name", "agent_name"),),
}
_TICKET: Final[Row] = {
    "summary": "", "details": "", "client_id": 1, "site_id": 1, "site_name": "Main", "user_id": 0, "agent_id": 1,
    "team": "Service Desk", "tickettype_id": cfg.INCIDENT, "priority_id": -1, "sla_id": -1, "workflow_id": -1, "category_1": "",
    "child_count": 0, "child_ticket_ids": [], "merged_into_id": 0, "inactive": False, "onhold": False, "hasbeenclosed": False,
    "flagged": False, "reviewed": False, "table": 1, "use": "ticket", "timetaken": 0.0, "estimate": 0.0, "createdfrom_id": 0,
    "template_id": 0, "dateclosed": EMPTY_TICKET_DATE, "budgets": [], "milestones": [], "customfields": [],
}  # fmt: skip
_SALE: Final[Row] = {
    "client_id": 1, "site_id": 1, "user_id": 0, "revenue": 0.0, "tax_total": 0.0, "total": 0.0, "cost": 0.0, "profit": 0.0,
    "currency": "£", "currency_code": 1, "currency_code_name": "GBP", "currency_conversion_rate": 1.0, "lines": [],
}  # fmt: skip
DEFAULTS: Final[dict[str, Row]] = {
    "tickets": _TICKET,
    "quotations": {
        **_SALE, "title": "", "use": "quotation", "status": cfg.QUOTE_SENT, "status_name": "Sent", "expiry_date": EMPTY_OTHER_DATE,
        "approvaldatetime": EMPTY_OTHER_DATE, "approvalstate": 0, "original_revised_from_id": 0, "salesorder_id": 0, "is_leased": False,
    },
    "orders": {
        **_SALE, "title": "", "use": "salesorder", "quotation_id": 0, "status": 1, "open_status": 0, "ship_date": EMPTY_OTHER_DATE,
    },
    "actions": {
        "outcome": "Private Note", "outcome_id": 7, "who_agentid": 0, "who_type": 1, "note": "", "timetaken": 0.0, "nonbilltime": 0.0,
        "traveltime": 0.0, "hiddenfromuser": True, "important": False, "attachment_count": 0,
    },
    "approvals": {
        "actionnumber": 1, "result": 0, "type": 1, "adhoc": False, "agent_id": 1, "user_id": 0, "dateapproved": EMPTY_OTHER_DATE,
        "approval_process_id": 1, "step_id": 1, "step_name": "Approval", "is_mandatory": True, "admin_overridden": False,
    },
    "appointments": {
        "ticket_id": 0, "subject": "", "agent_id": 1, "appointment_type_id": 3, "appointment_type_name": "Meeting", "allday": False,
        "is_task": False, "is_private": False, "complete_status": 0, "complete_date": EMPTY_OTHER_DATE,
    },
    "clients": {
        "toplevel_id": 1, "toplevel_name": "Customers", "inactive": False, "colour": "#2bd3c6", "customertype": 1, "is_vip": False,
        "use": "area", "table": 1,
    },
    "sites": {"name": "Main", "client_id": 1.0, "inactive": False},
    "invoices": {
        **{key: value for key, value in _SALE.items() if key not in {"cost", "profit", "site_id", "user_id"}},
        "use": "invoice", "invoicenumber": "", "posted": False, "dateposted": EMPTY_OTHER_DATE, "datepaid": EMPTY_OTHER_DATE,
        "paymentstatus": 0, "ticket_id": 0, "salesorder_id": 0, "contract_id": -1, "voided": False,
    },
    "contracts": {
        "use": "contract", "ref": "", "client_id": 1, "site_id": 1, "user_id": 0, "sla_id": -1, "started": True, "expired": False,
        "active": True, "status": 3, "contract_status": "Live", "end_date": EMPTY_OTHER_DATE,
    },
    "attachments": {
        "desc": "", "note": "", "filesize": 0, "type": 0, "ticket_id": 0, "action_id": 0, "user_id": 0, "agent_id": 0, "isimage": False,
        "showforusers": False, "child_count": 0,
    },
    "agents": {"isdisabled": False, "is_agent": True, "isapiagent": False, "team": "Service Desk", "teams": [], "chargerate": 1},
    "fields": {"type": cfg.TEXT, "usage": 1, "custom": 1, "inputtype": 0, "characterlimit": 0, "tab_id": 0, "searchable": True},
    "statuses": {"type": 0, "colour": "#4a90d9"},
}  # fmt: skip
# When a row was made, in the resource's own field and spelling.
MADE: Final[dict[str, tuple[tuple[str, Callable[[datetime], str]], ...]]] = {
    "tickets": (("dateoccurred", stamp), ("datecreated", stamp), ("last_update", fraction), ("lastactiondate", fraction)),
    "quotations": (("date", stamp), ("last_update_time", fraction)),
    "orders": (("date", stamp), ("last_update_time", fraction)),
    "actions": (("datetime", stamp), ("actiondatecreated", stamp)),
    "approvals": (("datetime", stamp),),
    "appointments": (("start_date", zulu), ("end_date", zulu), ("last_modified", stamp)),
    "clients": (("alastupdate", stamp),),
    "sites": (("slastupdate", stamp),),
    "milestones": (("start_date", stamp), ("target_date", stamp)),
    "invoices": (("invoice_date", stamp), ("date_created", stamp), ("last_modified", stamp)),
    "contracts": (("start_date", stamp), ("last_modified", stamp)),
    "attachments": (("datecreated", stamp), ("last_updated", stamp)),
}


def new_row(resource: str, given: Row, at: datetime, rows: Rows) -> Row:
    """Give the whole row that `given` becomes at `at`."""
    row: Row = {**DEFAULTS.get(resource, {}), **{name: write(at) for name, write in MADE.get(resource, ())}}
    if resource == "tickets":
        type_id = given.get("tickettype_id", cfg.INCIDENT)
        row |= {
            "guid": f"00000000-0000-4000-8000-{given['id']:012d}",
            "status_id": {cfg.OPPORTUNITY: cfg.STATUS_PROPOSAL, cfg.PROJECT: cfg.STATUS_IN_PROGRESS}.get(type_id, cfg.STATUS_NEW),
            "itil_requesttype_id": cfg.ITIL.get(type_id, 1),
            "is_opportunity": type_id == cfg.OPPORTUNITY,
            "is_project": type_id == cfg.PROJECT,
            "details": given.get("summary", ""),
        }
        if type_id == cfg.OPPORTUNITY:
            row["oppconverteddate"] = EMPTY_TICKET_DATE
    if resource == "actions" and given.get("who") and not given.get("who_agentid"):
        # H: the author can be set by name (section 3.6).
        given = {**given, "who_agentid": next((agent["id"] for agent in rows("agents") if agent["name"] == given["who"]), 0)}
    row |= completed(resource, {**row, **given}, {}, at, rows)
    return {**row, "customfields": _fields_merged([], row["customfields"])} if "customfields" in row else row


def completed(resource: str, fields: Row, present: Row, at: datetime, rows: Rows) -> Row:
    """Give the fields to set at `at`, with the names that follow from their ids and whole elements of custom fields."""
    full = dict(fields)
    if resource == "tickets" and "status_id" in fields:
        full = _dated(fields, present, at) | full
    if resource == "approvals" and "result" in fields and "dateapproved" not in fields:
        full["dateapproved"] = stamp(at) if fields["result"] else EMPTY_OTHER_DATE
    for id_field, source, name, here in NAMES.get(resource, ()):
        if id_field in fields and here not in fields:
            full[here] = next((row.get(name) for row in rows(source) if row["id"] == fields[id_field]), None)
    if resource == "tickets":
        if "team" in fields:
            full["team_id"] = next((row["id"] for row in rows("teams") if row["name"] == fields["team"]), present.get("team_id", 0))
        if "customfields" in fields:
            definitions = rows("fields")
            full["customfields"] = [element for each in fields["customfields"] if (element := _element(each, definitions))]
    return full


def _dated(fields: Row, present: Row, at: datetime) -> Row:
    """Give the dates that follow from a status: of closing, emptied by reopening, and of the win, which reopening leaves."""
    status, is_closed = fields["status_id"], present.get("dateclosed") not in {None, EMPTY_TICKET_DATE}
    if status not in cfg.CLOSED_STATUSES:
        return {"dateclosed": EMPTY_TICKET_DATE, "onhold": status == cfg.STATUS_ON_HOLD}
    closing: Row = {} if is_closed else {"dateclosed": stamp(at), "hasbeenclosed": True}
    won = status in cfg.WON_STATUSES and present.get("status_id") not in cfg.WON_STATUSES
    return closing | ({"oppconverteddate": stamp(at)} if won else {})


def merged(row: Row, fields: Row) -> Row:
    """Give the row with fields set; custom fields that are not named keep their values (H: a merge by id in practice)."""
    whole = {**row, **fields}
    if isinstance(fields.get("customfields"), list):
        whole["customfields"] = _fields_merged(row.get("customfields") or [], fields["customfields"])
    return whole


def _fields_merged(present: list[Row], given: list[Row]) -> list[Row]:
    kept = {element["id"]: element for element in present}
    return list((kept | {element["id"]: element for element in given}).values())


def _element(given: Row, definitions: list[Row]) -> Row | None:
    """Give the whole element of a written custom field; None for one that the tenant does not have."""
    found = next((each for each in definitions if each["id"] == given.get("id") or each["name"] == given.get("name")), None)
    if found is None:
        return None
    element: Row = {"id": found["id"], "name": found["name"], "label": found.get("label"), "type": found["type"], "summary": ""}
    value: Any = given.get("value")
    if value is None or value == "":
        return {**element, "display": ""}
    options = {option["id"]: option["name"] for option in found.get("values") or []}
    chosen = next((number for number, name in options.items() if value in {number, name, str(number)}), value)
    return {**element, "value": chosen, "display": str(options.get(chosen, value))}
