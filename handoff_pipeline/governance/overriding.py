"""Exceptions from a control: who is asked about one, what an answer to it is worth, and what follows for it. Pure.

They are asked, judged and used by the rules of every other approval; only what is approved is no intent. The one thing to know: two people
approve an exception, whatever it concerns and whatever the policy makes of actions, neither of them its requester nor (by default) the
deal's own seller, and never by the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from handoff_pipeline.channels.consent import RoleHeldAt, Rules, consent
from handoff_pipeline.channels.halo_approvals import SeenApproval
from handoff_pipeline.governance.approving import Judged, judge
from handoff_pipeline.governance.asking import Holders, Question, question_of, still_to_ask
from handoff_pipeline.ledger.canonical import bound, sha256_of
from handoff_pipeline.ledger.records_action import ApprovalRequest, Intent, Override
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.approvals import OVERRIDE
from handoff_pipeline.policy.sections import SignoffResults

CLASS: Final = "two_approvers"


def override_id_of(handoff_id: int, item: str, control_id: str, requested_by: int, requested_at: datetime) -> str:
    """The id of a request: the same words at the same moment are the same request."""
    return sha256_of(f"{handoff_id}|{item}|{control_id}|{requested_by}|{requested_at:%Y-%m-%dT%H:%M:%S%z}")[:32]


def subject_of(override: Override) -> Intent:
    """The exception in the form in which approvals are asked and judged. It is no intent of the outbox and is never delivered."""
    content = {
        "handoff_id": override.handoff_id,
        "item": override.item,
        "control_id": override.control_id,
        "reason": override.reason,
        "compensating_control": override.compensating_control,
        "amount_base": None if override.amount_base is None else str(override.amount_base),
        "requested_by": override.requested_by,
        "expires_at": f"{override.expires_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    shown = (
        f"Exception from {override.item} until {override.expires_at:%Y-%m-%d %H:%M} UTC, asked for by agent {override.requested_by}:"
        f" {override.reason} Instead: {override.compensating_control}"
    )
    return Intent(
        intent_id=override.override_id,
        dedupe_key=f"override|{override.override_id}",
        target="halopsa",
        action=OVERRIDE,
        action_class=CLASS,
        handoff_id=override.handoff_id,
        project_id=None,
        requested_by=override.requested_by,
        **bound(content, {}, shown),
        amount_base=override.amount_base,
        proposed_at=override.requested_at,
        expires_at=override.expires_at,
        source_url=override.source_url,
        seller_id=override.seller_id,
    )


def override_questions(
    override: Override, asked: Sequence[ApprovalRequest], holders: Holders, tenant: str, policy: Policy, now: datetime
) -> list[Question]:
    """What is still to be asked about a requested exception: one question for each of the two roles.

    Raises:
        HandoffError: nobody who may be asked holds a role.
    """
    if override.state != "requested" or now >= override.expires_at:
        return []
    subject = subject_of(override)
    chosen = still_to_ask(subject, policy.approvals.roles_for(OVERRIDE, CLASS), asked, holders, policy.approvals)
    made = (question_of(subject, role, who, len(asked), tenant, policy, now) for role, who in chosen)
    return [replace(each, approval=replace(each.approval, kind="override")) for each in made]


def judge_override(
    request: ApprovalRequest, seen: SeenApproval | None, override: Override, held: RoleHeldAt, results: SignoffResults, now: datetime
) -> Judged:
    """What HaloPSA's answer to a question about the exception is worth; see `approving.judge`."""
    if request.kind != "override":
        return Judged("void", "it was asked for something else", now)
    return judge(replace(request, kind="intent"), seen, subject_of(override), held, results, now)


def override_answered(
    override: Override, approvals: Sequence[ApprovalRequest], held: RoleHeldAt, policy: Policy, now: datetime
) -> tuple[Literal["approved", "refused", "expired"], tuple[ApprovalRequest, ...]] | None:
    """What follows for a requested or approved exception, with the approvals that it uses, the first role's first; None: it stays.

    An approved one expires by itself. An approval of it that was used once is not asked for again.
    """
    if override.state in {"requested", "approved"} and now >= override.expires_at:
        return "expired", ()
    if override.state != "requested":
        return None
    if any(one.result == "rejected" for one in approvals):
        return "refused", ()
    rules = Rules.of(policy)
    strict = replace(rules, classes={**rules.classes, OVERRIDE: CLASS})
    mine = [replace(one, kind="intent") for one in approvals if one.kind == "override"]
    agreed = consent(subject_of(override), mine, strict, held, now)
    return None if agreed.objection is not None else ("approved", agreed.using)
