"""A rule of the tenant's own: a deal is not handed over before a custom field says that its checklist is complete.

Rules are set up in HaloPSA's own pages and no path lists them, so a reader sees only what they refuse. The one thing to know: the rule
reads fields and nothing else, so who fills them by hand, or switches it off on the record, gets past it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row

if TYPE_CHECKING:
    from handoff_pipeline.simulator.edits import Edits

REFUSAL: Final = "The handoff checklist must be complete before this status can be set"


@dataclass(frozen=True)
class BlockingRule:
    """No move into one of `status_ids` unless custom field `field` shows `complete`, or `switch_field` shows `off`."""

    status_ids: frozenset[int] = frozenset({cfg.STATUS_HANDED_OVER})
    field: str = "CFHandoffState"
    complete: str = "Complete"
    switch_field: str = "CFHandoffEnforcement"
    off: str = "Off"

    def refuses(self, ticket: Row, status_id: object) -> bool:
        """Tell whether the ticket, as it would be after the write, may not come into the status."""
        if status_id not in self.status_ids or ticket.get("status_id") == status_id:
            return False
        shown = {element["name"]: element.get("display") for element in ticket.get("customfields") or []}
        return shown.get(self.field) != self.complete and shown.get(self.switch_field) != self.off


def stops(rule: BlockingRule, edits: Edits, resource: str, present: Row, fields: Row) -> bool:
    """Tell whether the rule stops a write of `fields`: to the ticket `present`, or an action that moves its ticket's status."""
    if resource == "tickets":
        return rule.refuses(edits.preview("tickets", present, _fields_of(fields)), fields.get("status_id"))
    if resource == "actions" and fields.get("new_status"):
        return rule.refuses(edits.find("tickets", fields.get("ticket_id", 0)) or {}, fields["new_status"])
    return False


def _fields_of(fields: Row) -> Row:
    return {"customfields": fields["customfields"]} if isinstance(fields.get("customfields"), list) else {}
