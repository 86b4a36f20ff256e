"""What a tenant sets up before its people can answer the product: statuses of a won deal, custom fields to be filled and read.

A tenant without a script has none of it. The one thing to know: the statuses mean that a deal is won and goes on being won, so a
policy must name them among those of a win, or whoever acknowledges a gap reopens the deal.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import FieldDefinition
from handoff_pipeline.simulator.server import SimulatedHalo

STATUS_NAMES: Final = {
    cfg.STATUS_ACKNOWLEDGED: "Closed Won - Acknowledged",
    cfg.STATUS_BLOCKED: "Closed Won - Blocked",
    cfg.STATUS_HANDED_OVER: "Closed Won - Handed Over",
}
_DEAL: Final = frozenset({cfg.OPPORTUNITY})
FIELDS: Final[dict[str, FieldDefinition]] = {
    field.name: field
    for field in (
        FieldDefinition(111, "CFHandoffAck", "Handoff acknowledged", cfg.TEXT, _DEAL),
        FieldDefinition(112, "CFHandoffAppeal", "Handoff appeal", cfg.MEMO, _DEAL),
        FieldDefinition(113, "CFHandoffScore", "Handoff score", cfg.TEXT, _DEAL),
        FieldDefinition(114, "CFHandoffGaps", "Handoff gaps", cfg.TEXT, _DEAL),
        FieldDefinition(115, "CFHandoffSignoff", "Handoff sign-off", cfg.TEXT, _DEAL),
        FieldDefinition(116, "CFHandoffState", "Handoff checklist", cfg.SINGLE_SELECT, _DEAL, ("Complete", "Incomplete")),
        FieldDefinition(117, "CFHandoffEnforcement", "Handoff enforcement", cfg.SINGLE_SELECT, _DEAL, ("On", "Off")),
    )
}


def set_up(sim: SimulatedHalo) -> None:
    """Give the tenant the statuses and fields that it lacks; what is there already, by name, is left as it is."""
    named = {row["name"] for row in sim.edits.rows("statuses")}
    for number, name in STATUS_NAMES.items():
        if name not in named:
            sim.edits.create("statuses", {"id": number, "name": name, "shortname": name[-12:], "sequence": number})
    known = {row["name"] for row in sim.edits.rows("fields")}
    for name, field in FIELDS.items():
        if name not in known:
            sim.edits.create("fields", field.row())


def label_of(name: str) -> str:
    """Give the label of a custom field, under which the history tells of it."""
    return (FIELDS.get(name) or cfg.FIELDS[name]).label


def status_name(status_id: int) -> str:
    """Give the name of a status."""
    return STATUS_NAMES.get(status_id) or cfg.STATUS_NAMES[status_id]
