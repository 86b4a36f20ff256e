"""Asking for approvals: whom, about what, in which words; and what follows for an intent once people have answered. Pure.

The question travels as an intent of its own (`approval_request`), so it is sent once like everything else. The one thing to know: one
person is asked for each role, never the requester, by default never the deal's own seller, and never one person twice; whoever asks anew
asks under another approval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from handoff_pipeline.channels.consent import RoleHeldAt, Rules, consent
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.rollout import action_class
from handoff_pipeline.ledger.canonical import bound, intent_id_of, sha256_of
from handoff_pipeline.ledger.records_action import NOBODY, ApprovalRequest, Intent
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.approvals import Approvals

ACTION: Final = "approval_request"
KEY: Final = "ask|"
Holders = Callable[[str], Sequence[int]]
"""Role -> agents who hold it and are at work, in the order in which to ask them."""


@dataclass(frozen=True)
class Question:
    """One approval to ask for, and the intent that carries the question to HaloPSA."""

    approval: ApprovalRequest
    intent: Intent


def questions(
    intent: Intent, asked: Sequence[ApprovalRequest], holders: Holders, tenant: str, policy: Policy, now: datetime
) -> list[Question]:
    """What is still to be asked for a proposed intent: one question for each role that nobody has been asked in.

    Raises:
        HandoffError: nobody who may be asked holds a role, or the intent concerns no record on which HaloPSA could ask.
    """
    if intent.state != "proposed" or intent.is_shadow or now >= intent.expires_at:
        return []
    roles = policy.approvals.roles_for(intent.action, Rules.of(policy).class_of(intent))
    chosen = still_to_ask(intent, roles, asked, holders, policy.approvals)
    return [question_of(intent, role, who, len(asked), tenant, policy, now) for role, who in chosen]


def still_to_ask(
    intent: Intent, roles: Sequence[str], asked: Sequence[ApprovalRequest], holders: Holders, approvals: Approvals
) -> list[tuple[str, int]]:
    """The roles in which nobody has been asked, each with a person for it; a role that is needed twice is asked of two people.

    Raises:
        HandoffError: nobody who may be asked holds a role.
    """
    standing = [
        one for one in asked
        if one.result == "rejected" or (one.result in {"pending", "accepted"} and not approvals.bars(one.approver_id, intent.seller_id))
    ]  # fmt: skip
    people = {one.approver_id for one in standing} | {NOBODY, intent.requested_by}
    chosen: list[tuple[str, int]] = []
    for role in roles:
        already = next((one for one in standing if one.role == role), None)
        if already is not None:
            standing.remove(already)
            continue
        free = [agent for agent in holders(role) if agent not in people]
        who = next((agent for agent in free if not approvals.bars(agent, intent.seller_id)), None)
        if who is None:
            nobody = f"nobody but the deal's own seller, agent {intent.seller_id}," if free else "nobody who may be asked"
            raise HandoffError(
                f"Intent {intent.intent_id} ({intent.action}) needs the role {role}, and {nobody} holds it.",
                f"Name further people in approvals.roles.{role}.",
            )
        people.add(who)
        chosen.append((role, who))
    return chosen


def question_of(intent: Intent, role: str, who: int, number: int, tenant: str, policy: Policy, now: datetime) -> Question:
    """The question to one person in one role; `number` tells it from earlier ones about the same.

    Raises:
        HandoffError: the intent concerns no record on which HaloPSA could ask.
    """
    ticket = intent.project_id or intent.handoff_id
    if ticket is None:
        raise HandoffError(f"Intent {intent.intent_id} concerns no record, so HaloPSA has nowhere to ask.", "Ask its people yourself.")
    expires = min(now + timedelta(hours=policy.actions.approval_expires_hours), intent.expires_at)
    approval = ApprovalRequest(
        approval_id=sha256_of(f"{intent.intent_id}|{role}|{who}|{number}")[:32],
        kind="intent",
        subject_id=intent.intent_id,
        handoff_id=intent.handoff_id,
        project_id=intent.project_id,
        role=role,
        approver_id=who,
        content_hash=intent.content_hash,
        precondition_hash=intent.precondition_hash,
        requested_at=now,
        expires_at=expires,
        source_url=intent.source_url,
    )
    content = {
        "ticket_id": ticket,
        "approver_id": who,
        "subject_id": intent.intent_id,
        "content_hash": intent.content_hash,
        "shown": intent.shown,
    }
    key = f"{KEY}{approval.approval_id}"
    carrier = Intent(
        intent_id=intent_id_of(tenant, key),
        dedupe_key=key,
        target="halopsa",
        action=ACTION,
        action_class=action_class(ACTION, None, is_policy_exception=False, policy=policy),
        handoff_id=intent.handoff_id,
        project_id=intent.project_id,
        requested_by=NOBODY,
        **bound(content, {}, f"Ask agent {who} as {role} about intent {intent.intent_id}"),
        amount_base=None,
        proposed_at=now,
        expires_at=expires,
        source_url=intent.source_url,
        # What undoes is asked about in every phase, as it is done in every phase.
        rollback_of=intent.rollback_of,
    )
    return Question(approval, carrier)


def approval_asked_by(carrier: Intent) -> str | None:
    """The approval whose question an intent carried; None for any other intent."""
    return carrier.dedupe_key.removeprefix(KEY) if carrier.action == ACTION and carrier.dedupe_key.startswith(KEY) else None


def answered(
    intent: Intent, approvals: Sequence[ApprovalRequest], rules: Rules, held: RoleHeldAt, now: datetime
) -> tuple[Literal["approved", "refused"], str] | None:
    """What follows for a proposed intent: it may be done, somebody rejected it, or (None) it still waits. With the reason in words."""
    if any(one.result == "rejected" for one in approvals):
        return "refused", f"rejected by agent {next(one.approver_id for one in approvals if one.result == 'rejected')}"
    if intent.state != "proposed" or intent.is_shadow or rules.class_of(intent) in {"automatic", "never"}:
        return None
    return ("approved", "") if consent(intent, approvals, rules, held, now).objection is None else None
