"""Exceptions from the rules: when a waiver of an item, or of a whole control, stood over a deal, and the fact of overrides.

What a waiver does to a gap is in `gaps`, to a score in `checklist`, to a bypass in `bypasses`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.oracle.keys import UNKNOWN, money, utc
from tests.oracle.observation import Seen
from tests.oracle.said import Override, Span, joined
from tests.oracle.wins import win_of

WHOLE_CONTROL = ""


def overrides(seen: Seen) -> list[Override]:
    """Every override that was asked for by the last night."""
    return [each for each in seen.said.overrides if each.asked_at <= seen.as_of]


def spans_of(seen: Seen, deal_id: int, item: str) -> list[Span]:
    """When an approved override of the item stood over the deal."""
    asked = ("waivers", deal_id, item)
    if asked not in seen.remembered:
        mine = (each.span(seen.as_of) for each in overrides(seen) if (each.deal_id, each.item) == (deal_id, item))
        seen.remembered[asked] = joined(span for span in mine if span is not None)
    spans: list[Span] = seen.remembered[asked]
    return spans


def is_waived(seen: Seen, deal_id: int, item: str) -> bool:
    """Whether one stood over it on the last night."""
    return any(begun <= seen.as_of < ended for begun, ended in spans_of(seen, deal_id, item))


def is_overridden_after(seen: Seen, deal_id: int, moment: datetime) -> bool:
    """Whether an override of a whole control stood over the deal at a moment, or later."""
    return any(ended > moment for _, ended in spans_of(seen, deal_id, WHOLE_CONTROL))


def override_key(seen: Seen, override: Override) -> int:
    """The override's key."""
    return seen.key("override", override.override_id)


def handoff_key_of(seen: Seen, deal_id: int | None) -> int:
    """The key of a handoff that a record of the ledger names; 0 where no deal of that id was ever seen won."""
    was_won = any(deal.deal_id == deal_id and win_of(seen, deal) is not None for deal in seen.deals)
    return seen.key("handoff", deal_id) if was_won else UNKNOWN


def item_key_of(seen: Seen, item: str) -> int:
    """The key of an item of a policy that has begun; 0 for anything else."""
    is_known = any(item == each["id"] for policy in seen.policies for each in policy.items)
    return seen.key("item", item) if is_known else UNKNOWN


def fact_override(seen: Seen, override: Override) -> dict[str, Any]:
    """The fact's row."""
    is_approved = override.is_approved(seen.as_of)
    return {
        "override_key": override_key(seen, override),
        "handoff_key": handoff_key_of(seen, override.deal_id),
        "item_key": item_key_of(seen, override.item),
        "control_id": override.control_id,
        "reason": override.reason,
        "compensating_control": override.instead,
        "amount_base": money(override.amount),
        "requested_by_key": seen.agent_key(override.asked_by),
        "approved_by_key": seen.agent_key(override.approved_by) if is_approved else UNKNOWN,
        "second_approver_key": seen.agent_key(override.second) if is_approved else UNKNOWN,
        "requested_at_utc": utc(override.asked_at),
        "approved_at_utc": utc(override.approved_at) if is_approved else None,
        "expires_at_utc": utc(override.ends_at),
        "state": override.state(seen.as_of),
        "source_url": override.url,
    }
