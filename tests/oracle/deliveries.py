"""What the product wrote or was to write, and what people held wrong: the facts of the outbox and of feedback.

A script tells both (`said`); nothing is decided here but how each stands on the last night.
"""

from __future__ import annotations

from typing import Any

from tests.oracle.exceptions import handoff_key_of, item_key_of
from tests.oracle.keys import utc
from tests.oracle.observation import Seen
from tests.oracle.said import FINAL, Feedback, Intent


def intents(seen: Seen) -> list[Intent]:
    """Every intent that was proposed by the last night."""
    return [each for each in seen.said.intents if each.proposed_at <= seen.as_of]


def feedback(seen: Seen) -> list[Feedback]:
    """Everything that was reported by then."""
    return [each for each in seen.said.feedback if each.at <= seen.as_of]


def fact_delivery(seen: Seen, intent: Intent) -> dict[str, Any]:
    """The fact's row."""
    moves = intent.by(seen.as_of)
    approved = [move.at for move in moves if move.state == "approved"]
    # What was put back was not sent, or did not arrive: it counts as sent when it is sent again.
    last_approved = max((place for place, move in enumerate(moves) if move.state == "approved"), default=-1)
    sent = [move.at for move in moves[last_approved + 1 :] if move.state == "sent"]
    told = [move.detail for move in moves if move.detail is not None]
    return {
        "delivery_key": seen.key("delivery", intent.intent_id),
        "intent_id": intent.intent_id,
        "handoff_key": handoff_key_of(seen, intent.deal_id),
        "target": intent.target,
        "action": intent.action,
        "action_class": intent.action_class,
        "state": moves[-1].state if moves else "proposed",
        "attempts": sum(1 for move in moves if move.state == "claimed"),
        "proposed_at_utc": utc(intent.proposed_at),
        "approved_at_utc": utc(approved[0]) if approved else None,
        "sent_at_utc": utc(sent[-1]) if sent else None,
        "settled_at_utc": utc(moves[-1].at) if moves and moves[-1].state in FINAL else None,
        "is_shadow": intent.is_shadow,
        "detail": told[-1] if told else None,
        "source_url": intent.url,
    }


def fact_feedback(seen: Seen, each: Feedback) -> dict[str, Any]:
    """The fact's row."""
    is_disposed = each.disposed_at is not None and each.disposed_at <= seen.as_of
    return {
        "feedback_key": seen.key("feedback", each.feedback_id),
        "handoff_key": handoff_key_of(seen, each.deal_id),
        "item_key": item_key_of(seen, each.item),
        "kind": each.kind,
        "reported_by_key": seen.agent_key(each.by),
        "reported_at_utc": utc(each.at),
        "note": each.note,
        "disposition": each.disposition if is_disposed else None,
    }
