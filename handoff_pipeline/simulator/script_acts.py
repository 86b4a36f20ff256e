"""What people do at the simulated MSP, one dated act at a time, and the papers of a deal that leave no room for opinion.

Who does what when is told by `script` and `script_stories`, how it is done in HaloPSA by `acting_hands`. The one thing to know: a field
of the checklist is either empty or filled with a text of its own, so that what it is worth needs no scoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

ActKind = Literal[
    "open_deal", "accept_quotation", "win", "lose", "fill", "attach", "empty", "acknowledge_status", "acknowledge_note",
    "acknowledge_field", "snooze", "appeal_note", "appeal_field", "ask_override", "open_project", "ask_signoff", "accept_signoff",
    "reject_signoff", "schedule_kickoff", "hold_kickoff", "edit_covered", "hand_over", "switch_off", "claim_complete", "chat", "leave",
]  # fmt: skip
Item = Literal["signed_scope", "delivery_assumptions", "dependencies", "acceptance_criteria"]
FIELDS_OF: Final[Mapping[Item, tuple[str, ...]]] = {
    "signed_scope": ("CFSignedScopeLink", "CFSignedScopeDate"),
    "delivery_assumptions": ("CFDeliveryAssumptions",),
    "dependencies": ("CFDependencies",),
    "acceptance_criteria": ("CFAcceptanceCriteria",),
}
"""Item of the example policy's checklist -> the custom fields that fill it."""
HARD: Final[frozenset[Item]] = frozenset({"signed_scope"})
"""Items without which the example policy lets no deal be won."""

Value = str | date | None


@dataclass(frozen=True)
class Words:
    """What a note begins with, case aside, that is meant for the product."""

    acknowledge: str = "ACK"
    snooze: str = "SNOOZE"
    appeal: str = "FALSE POSITIVE"
    override: str = "OVERRIDE"


@dataclass(frozen=True)
class Act:
    """One thing that one person does on one ticket.

    `deal_id` is the handoff that it belongs to, 0 for none; `item` the item of the checklist that it is about. `fields` are custom fields
    with the values that they get; `until` is the last day of what is put off or set aside, `reason` says why, `control` what stands in for
    it. `other` is what the kind needs besides: the number of an approval, or the client.
    """

    at: datetime
    kind: ActKind
    agent_id: int
    ticket_id: int
    deal_id: int
    item: Item | None = None
    text: str = ""
    fields: tuple[tuple[str, Value], ...] = ()
    until: date | None = None
    other: int = 0
    approver_id: int = 0
    reason: str = ""
    control: str = ""


def papers(deal_id: int, won_on: date) -> dict[str, Value]:
    """Give the custom fields of a deal as a careful seller leaves them; no two deals share their words.

    Its type is one to which no rule about kickoff dates applies.
    """
    return {
        "CFDealType": "Cloud Migration",
        "CFServiceTemplate": "Microsoft 365 Migration",
        "CFSignedScopeLink": f"https://acme.sharepoint.example/sites/scopes/{deal_id}.pdf",
        "CFSignedScopeDate": won_on - timedelta(days=1),
        "CFDeliveryAssumptions": f"The client keeps one administrator free on weekends of move {deal_id}\nLicences of {deal_id} are paid",
        "CFDependencies": f"The client orders the new line for {deal_id} before week two",
        "CFAcceptanceCriteria": f"All users of {deal_id} sign in with their new accounts and read their mail",
        "CFKickoffCommitted": won_on + timedelta(days=14),
        "CFHandoffAck": None,
        "CFHandoffAppeal": None,
        "CFHandoffEnforcement": "On",
    }


def of_item(filled: Mapping[str, Value], item: Item) -> tuple[tuple[str, Value], ...]:
    """Give the fields of an item with their values out of `filled`."""
    return tuple((name, filled[name]) for name in FIELDS_OF[item])


def emptied(item: Item) -> tuple[tuple[str, Value], ...]:
    """Give the fields of an item, all empty."""
    return tuple((name, None) for name in FIELDS_OF[item])
