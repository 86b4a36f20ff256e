"""How a stored row leaves the house: stripped for lists, sentinels, omitted nulls, decimals for ids.

Pure functions of (row, parameters, quirks). `FULL_ONLY` names what the single record has and the list schema has not
(H: Faults_List has 304 of the 890 fields of Faults).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.shaping import SENTINELS

FULL_ONLY: Final = frozenset(
    {
        "approvers",
        "budgets",
        "budgettype_id",
        "createdfrom_id",
        "datecreated",
        "details_html",
        "is_opportunity",
        "is_project",
        "milestones",
        "quotation_count",
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
            keep["customfields"] = [field for field in row["customfields"] if str(field["id"]) in fields]
    return keep


def ticket_alone(row: Row, params: Mapping[str, str], quirks: Quirks) -> Row:
    """Give a ticket's single record; its nested names come with `includedetails=true`."""
    if not quirks.names_on_request_only or is_true(params, "includedetails"):
        return row
    return {key: value for key, value in row.items() if key not in FLAGGED or is_true(params, FLAGGED[key])}


def dress(row: Row, quirks: Quirks) -> Row:
    """Apply the writing habits that hold for every row of every resource, nested ones included."""
    dressed: Row = {}
    for key, value in row.items():
        written = value
        if isinstance(value, str):
            if value in SENTINELS and not quirks.sentinel_dates:
                written = None
            elif NUL in value and not quirks.nul_in_text:
                written = value.replace(NUL, "")
        elif isinstance(value, list):
            written = [dress(item, quirks) if isinstance(item, dict) else item for item in value]
        elif quirks.ids_as_decimals and key in FOREIGN_IDS and isinstance(value, int):
            written = float(value)
        if written is not None or not quirks.omit_null_keys:
            dressed[key] = written
    return dressed
