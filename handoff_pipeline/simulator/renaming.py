"""Tickets after the tenant's set-up was edited: statuses, types, teams and custom fields under their new names.

A field that was removed is gone from every ticket, one that was retyped shows its new type with the old value. The one thing
to know: a row stores ids; a rename moves no `last_update`, so an incremental reader never hears of it.
"""

from __future__ import annotations

from typing import Final, Protocol

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.edits import Edits
from handoff_pipeline.simulator.overlay import Rename

# resource of the set-up -> (the ticket's id field, its name field)
FOLLOWED: Final = {
    "statuses": ("status_id", "status_name"),
    "ticket_types": ("tickettype_id", "tickettype_name"),
    "teams": ("team_id", "team"),
    "agents": ("agent_id", "agent_name"),
    "clients": ("client_id", "client_name"),
}


class SetUp(Protocol):
    """What of a snapshot a ticket's names come from."""

    @property
    def fields(self) -> list[Row]:
        """Custom fields."""


def renamer(setup: SetUp, edits: Edits) -> Rename | None:
    """Give what writes a ticket with the names of edited set-up rows; None where nothing of the set-up was edited."""
    names = {
        resource: {edit.key[0]: edit.fields["name"] for edit in edits.of(resource) if edit.fields.get("name")}
        for resource in FOLLOWED
        if edits.touches(resource)
    }
    definitions = {row["id"]: row for row in setup.fields} if edits.touches("fields") else None
    if not names and definitions is None:
        return None
    return lambda row: _row(row, names, definitions)


def _row(row: Row, names: dict[str, dict[int, str]], definitions: dict[int, Row] | None) -> Row:
    whole = dict(row)
    for resource, known in names.items():
        id_field, name_field = FOLLOWED[resource]
        whole[name_field] = known.get(row.get(id_field, 0), row.get(name_field))
    if definitions is not None:
        whole["customfields"] = [
            {**element, **{key: definitions[element["id"]].get(key) for key in ("name", "label", "type")}}
            for element in row["customfields"]
            if element["id"] in definitions
        ]
    return whole
