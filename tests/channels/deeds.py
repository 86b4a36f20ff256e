"""Intents that the delivery's tests send: a note, a score, a block, a change of status."""

from __future__ import annotations

from typing import Any

from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED, STATUS_WON
from tests.channels.outbox import SELLER, an_intent, won_deal

SCORE = "CFHandoffScore"
ROLE, FINANCE = "project_manager", "finance"


def a_note(key: str = "note", text: str = "Two gaps are open.", **changes):
    return an_intent(key, "halo_note", {"ticket_id": won_deal(), "note": text}, **changes)


def a_score(value: str = "85", key: str = "score", before: str | None = None):
    content = {"ticket_id": won_deal(), "fields": {SCORE: value}}
    return an_intent(key, "halo_score_fields", content, precondition={SCORE: before})


def a_block(**changes):
    deal = won_deal()
    content = {"ticket_id": deal, "note": "Signed scope is missing.", "status_id": STATUS_BLOCKED}
    return an_intent("block", "halo_blocking", content, action_class="one_approver", precondition={"status_id": STATUS_WON}, **changes)


def a_move(key: str = "move", **changes: Any) -> Intent:
    """A change of status: one approver."""
    content = {"ticket_id": won_deal(), "status_id": STATUS_BLOCKED}
    seen = {"status_id": STATUS_WON}
    return an_intent(
        key, "halo_status", content, **{"action_class": "one_approver", "precondition": seen, "requested_by": SELLER, **changes}
    )
