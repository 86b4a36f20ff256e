"""Proposals: what ought to be done and why it may be, before the ledger makes intents of them. Pure.

What is proposed is decided in the modules of cards, notes and digests; states are the ledger's. The one thing to know: a proposal that may
not act is marked shadow and has a key of its own, so that what was only recorded in shadow never stands in the way of the real thing later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from handoff_pipeline.governance.rollout import EFFECT_OF, Effect, Mode, action_class, allowed
from handoff_pipeline.ledger.canonical import bound, canonical, intent_id_of, sha256_of
from handoff_pipeline.ledger.records_action import NOBODY, Intent, Target
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.actions import Action

SHADOW: Final = "shadow|"
"""What the key of a proposal begins with that is only recorded."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One effect that ought to come about.

    `content` and `precondition` hold plain JSON values; `precondition` is what the far side showed, by field, empty where nothing was read.
    `shown` is what an approver reads. `not_before` is the earliest moment to send it. `seller_id` is the deal's own seller.
    """

    dedupe_key: str
    target: Target
    action: Action
    effect: Effect
    mode: Mode
    is_shadow: bool
    handoff_id: int | None
    project_id: int | None = None
    content: Mapping[str, Any]
    precondition: Mapping[str, Any] = field(default_factory=dict)
    shown: str
    amount_base: Decimal | None = None
    source_url: str | None = None
    not_before: datetime
    expires_at: datetime
    seller_id: int = NOBODY
    rollback_of: str | None = None


def is_shadow(policy: Policy, mode: Mode, in_pilot: bool, action: Action) -> bool:
    """Whether an action on a handoff is only recorded in the policy's phase."""
    return allowed(policy.rollout.phase, mode, in_pilot, EFFECT_OF[action]) == "record"


def keyed(key: str, shadow: bool) -> str:
    """The dedupe key of a proposal: its own for what is meant, another one for what is only recorded."""
    return f"{SHADOW}{key}" if shadow else key


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of a content as the ledger keeps it."""
    return sha256_of(canonical(content))


def expiry(not_before: datetime, policy: Policy) -> datetime:
    """When a proposal that was not sent is void: the policy's hours after the earliest moment to send it."""
    return not_before + timedelta(hours=policy.actions.intent_expires_hours)


def as_intent(proposal: Proposal, tenant: str, policy: Policy, now: datetime) -> Intent:
    """The intent of a proposal, in state proposed; its class is the policy's, by action and amount.

    Raises:
        HandoffError: the policy knows no such action.
    """
    return Intent(
        intent_id=intent_id_of(tenant, proposal.dedupe_key),
        dedupe_key=proposal.dedupe_key,
        target=proposal.target,
        action=proposal.action,
        action_class=action_class(proposal.action, proposal.amount_base, False, policy),
        handoff_id=proposal.handoff_id,
        project_id=proposal.project_id,
        requested_by=NOBODY,
        **bound(proposal.content, proposal.precondition, proposal.shown),
        amount_base=proposal.amount_base,
        proposed_at=now,
        expires_at=proposal.expires_at,
        next_try_at=proposal.not_before if proposal.not_before > now else None,
        is_shadow=proposal.is_shadow,
        source_url=proposal.source_url,
        rollback_of=proposal.rollback_of,
        seller_id=proposal.seller_id,
    )
