"""Child arrays of a ticket POST: milestones are replaced whole, budgets as the quirk says.

The one thing to know: what is left out of the array is deleted and what is left off an included row is blanked (H: section
2.1, TopLeft), so a careless writer wipes other people's milestones.
"""

from __future__ import annotations

from typing import Any, Final

from handoff_pipeline.simulator.configuration import Row

FIRST_NEW_CHILD: Final = 10_000_000
_STONE: Final[Row] = {
    "name": "", "sequence": 0, "state": 1, "start_date": None, "target_date": None, "milestone_dependencies": [], "dependencies": [],
    "tickets": [], "tickets_list": [], "milestone_value": 0.0, "from_template_id": 0, "_complete": False,
}  # fmt: skip
_BUDGET: Final[Row] = {"budgettype_id": 0, "budgettype_name": "", "hours": 0.0, "rate": 0.0, "money": 0.0, "quoteline_id": 0}
BLANK: Final = {"milestones": _STONE, "budgets": _BUDGET}


def replaced(name: str, ticket_id: int, present: list[Row], given: list[Row]) -> list[Row]:
    """Give the child rows after a whole replacement; a row without id is new."""
    return [_settled(name, {**BLANK[name], **child, "ticket_id": ticket_id}) for child in _numbered(present, given)]


def joined(name: str, ticket_id: int, present: list[Row], given: list[Row]) -> list[Row]:
    """Give the child rows after a merge by id: rows that are left out stay as they are."""
    known = {row["id"]: row for row in present}
    for child in _numbered(present, given):
        known[child["id"]] = _settled(name, {**(known.get(child["id"]) or BLANK[name]), **child, "ticket_id": ticket_id})
    return list(known.values())


def _settled(name: str, row: Row) -> Row:
    """Make a milestone's read-only halves from the writable ones, whatever was posted as them.

    H: `tickets_list` is written and `tickets` read, `milestone_dependencies` and `dependencies` likewise; whether the ticket
    belongs to the project, or sits in another milestone, is not looked at (section 3.2, TopLeft).
    """
    if name != "milestones":
        return row
    number = row["id"]
    wanted = [ticket["id"] for ticket in row["tickets_list"] or []]
    return {
        **row,
        "tickets": [
            {"id": number * 10 + at, "milestone_id": number, "ticket_id": ticket, "ticket_name": str(ticket)}
            for at, ticket in enumerate(wanted)
        ],
        "dependencies": [{"id": number, "child": number, "parent": stone["id"]} for stone in row["milestone_dependencies"] or []],
    }


def _numbered(present: list[Row], given: list[Row]) -> list[dict[str, Any]]:
    fresh = max([FIRST_NEW_CHILD, *(row["id"] for row in [*present, *given] if row.get("id"))]) + 1
    return [child if child.get("id") else {**child, "id": fresh + at} for at, child in enumerate(given)]
