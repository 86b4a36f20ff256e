"""How a stored row leaves the house: stripped for lists, sentinels, omitted nulls, decimals for ids.

Pure functions of (row, parameters, quirks). `FULL_ONLY` names what the single record has and the list schema has not
(H: Faults_List has 304 of the 890 fields of Faults).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.shaping import SENTINELS

FULL_ONLY: Final = frozenset(
    {
        "approvers",
        "attachments",
        "audit_log",
        "budgets",
        "budgettype_id",
        "contract_id",
        "createdfrom_id",
        "datecreated",
        "details_html",
        "is_opportunity",
        "is_project",
        "milestones",
        "quotation_count",
        "related_tickets",
        "salesorder_count",
        "template_id",
    }
)
# Names and texts that a list gives only when asked with the flag.
FLAGGED: Final = {
    "status_name": "includestatus",
    "tickettype_name": "includetickettype",
    "agent_name": "includeagent",
    "child_ticket_ids": "includechildids",
    "parent_subject": "includeparentsubject",
}
FOREIGN_IDS: Final = ("client_id", "agent_id", "ticket_id", "parent_id", "quotation_id", "site_id", "who_agentid")
NUL: Final = "\x00"
# Half a pair of surrogates at the end of free text, on one record in so many.
HALF_A_PAIR, SURROGATE_EVERY = "\ud83d", 13
FREE_TEXTS: Final = ("details", "note", "subject", "title")
# H: cost fields depend on permission (section 1); agents' `costprice` has a switch of its own.
COSTS: Final = frozenset({"cost", "profit", "profit_percentage", "margin", "total_costprice", "total_profit"})
DATE_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z?")


def is_true(params: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Read a boolean parameter; anything but a spelling of true is false."""
    value = params.get(name)
    return default if value is None else value.strip().lower() in {"true", "1", "yes"}


def ticket_in_list(row: Row, params: Mapping[str, str], quirks: Quirks) -> Row:
    """Strip a ticket to what a list row carries, with what the include flags add."""
    fields = {str(number) for number in params.get("include_custom_fields", "").replace(" ", "").split(",") if number}
    keep = dict(row)
    if quirks.strip_list_rows:
        keep = {key: value for key, value in keep.items() if key not in FULL_ONLY}
    if quirks.names_on_request_only:
        for key, flag in FLAGGED.items():
            if not is_true(params, flag):
                keep.pop(key, None)
    if quirks.custom_fields_on_request_only:
        keep.pop("customfields", None)
        if fields:
            keep["customfields"] = [field for field in row.get("customfields", ()) if str(field["id"]) in fields]
    return keep


def ticket_alone(row: Row, params: Mapping[str, str], quirks: Quirks) -> Row:
    """Give a ticket's single record; its nested names come with `includedetails=true`."""
    if not quirks.names_on_request_only or is_true(params, "includedetails"):
        return row
    return {key: value for key, value in row.items() if key not in FLAGGED or is_true(params, FLAGGED[key])}


def dress(row: Row, quirks: Quirks) -> Row:
    """Apply the writing habits that hold for every row of every resource, nested ones included."""
    dressed: Row = {}
    spells = quirks.spells_otherwise
    for key, value in row.items():
        written = value
        if isinstance(value, str):
            if spells or value in SENTINELS or NUL in value:
                written = _text_written(value, quirks)
        elif isinstance(value, list):
            written = [dress(item, quirks) if isinstance(item, dict) else item for item in value]
        elif spells:
            written = _otherwise(key, value, quirks)
        if written is not None or not quirks.omit_null_keys:
            dressed[key] = written
    return _marked(row, dressed, quirks) if spells else dressed


def _otherwise(key: str, value: Any, quirks: Quirks) -> Any:
    if value is None:
        return "" if quirks.nulls_as_empty_text else None
    if key in FOREIGN_IDS and isinstance(value, int) and not isinstance(value, bool):
        return f"{value}" if quirks.ids_as_text else float(value) if quirks.ids_as_decimals else value
    return repr(value) if quirks.numbers_as_text and isinstance(value, float) else value


def _marked(row: Row, dressed: Row, quirks: Quirks) -> Row:
    """Apply what concerns a row as a whole: costs that may not be seen, half pairs of surrogates, the other last update."""
    if not quirks.sale_costs_visible:
        hidden = COSTS | {"costprice"} if "item_id" in row else COSTS
        dressed = {key: value for key, value in dressed.items() if key not in hidden}
    if quirks.lone_surrogates and isinstance(row.get("id"), int) and row["id"] % SURROGATE_EVERY == 0:
        dressed |= {key: dressed[key] + HALF_A_PAIR for key in FREE_TEXTS if isinstance(dressed.get(key), str)}
    if quirks.last_update_as_lastupdate and "last_update" in dressed:
        dressed["lastupdate"] = dressed.pop("last_update")
    return dressed


def _text_written(value: str, quirks: Quirks) -> str | None:
    if value in SENTINELS:
        return (quirks.empty_date or value) if quirks.sentinel_dates else None
    if NUL in value and not quirks.nul_in_text:
        return value.replace(NUL, "")
    if quirks.date_spelling != "usual" and (found := DATE_TIME.fullmatch(value)):
        fraction = found[2] or ("" if quirks.date_spelling == "zulu" else ".000")
        return found[1] + fraction + ("" if quirks.date_spelling == "fraction" else "Z")
    return value
