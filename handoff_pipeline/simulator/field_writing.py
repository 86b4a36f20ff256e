"""What a tenant makes of a posted object before it is written: fields that it does not take, custom fields as it takes them.

Which fields exist is `writes`' business, whole elements are made in `filling`. The one thing to know: what is not taken is not refused
either; the answer is 201 as ever (H: section 2.1), so only reading again tells.
"""

from __future__ import annotations

from typing import Any

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.setup_rows import OUTCOMES


def taken(resource: str, given: Row, present: Row, quirks: Quirks) -> Row:
    """Give the fields that the tenant takes of `given`; `present` is the record as it is, empty for a new one."""
    left = quirks.ignored_fields | (frozenset({"note"}) if resource == "approvals" and not quirks.approval_note_kept else frozenset())
    row = {name: value for name, value in given.items() if name not in left}
    if isinstance(row.get("customfields"), list):
        row["customfields"] = _elements(row["customfields"], present.get("customfields") or [], quirks)
    return row


def has_outcome(action: Row, quirks: Quirks) -> bool:
    """Tell whether an action names an outcome, and one of the tenant's where the quirk is strict about it."""
    if not quirks.unknown_outcomes_refused:
        return bool(action.get("outcome") or action.get("outcome_id"))
    return any(action.get("outcome") == row["outcome"] or action.get("outcome_id") == row["id"] for row in OUTCOMES)


def _elements(given: list[Any], present: list[Row], quirks: Quirks) -> list[Row]:
    elements = [each for each in given if isinstance(each, dict) and each.get("name") not in quirks.ignored_fields]
    if quirks.field_names_ignored:
        elements = [each for each in elements if each.get("id")]
    if not quirks.custom_fields_replaced_whole:
        return elements
    sent = {each.get(key) for each in elements for key in ("id", "name")}
    return [*elements, *({"id": each["id"], "value": None} for each in present if not {each["id"], each["name"]} & sent)]
