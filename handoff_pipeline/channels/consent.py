"""May this intent be done now? Its integrity, the class that it has by today's policy, and every approval that it needs, judged anew.

Pure: rows, roles and the moment in, words out. Reading an approval from HaloPSA is governance's. The one thing to know: an approval counts
when it is used, not when it was given: whoever has lost the role since, or approved other words, has approved nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import product
from typing import Final, Self

from handoff_pipeline.channels.caps import ALERTS, Caps
from handoff_pipeline.ledger.canonical import sha256_of
from handoff_pipeline.ledger.records_action import NOBODY, ActionClass, ApprovalRequest, Intent
from handoff_pipeline.policy.actions import ACTION_CLASSES, LOWEST
from handoff_pipeline.policy.approvals import Approvals
from handoff_pipeline.policy.models import Policy
from handoff_pipeline.policy.rollout import ACTING, Phase

RoleHeldAt = Callable[[int, str, datetime], bool]
"""(agent, role, moment) -> whether the agent held the role then."""
_TO_PEOPLE: Final = frozenset({"owner_card", "daily_card", "closure_card", "escalation_card", "digest"})
"""Cards that wait for working hours where the policy has quiet hours; what was put back in an outage must not ring at night."""
_ORDER: Final = {name: place for place, name in enumerate(ACTION_CLASSES)}


@dataclass(frozen=True)
class Rules:
    """What today's policy says of every delivery.

    Attributes:
        classes: Action -> class; an action that is not named is never done.
        materiality: What needs an approver and concerns more than this, base currency, needs two.
        approvals: Which roles are asked for what.
        weak_counts: Whether an approval by the command line counts where one approver is enough. Never for what `LOWEST` guards
            (projects, clients), and never for one of two.
        caps: Bounds of one run.
        phase: Where the rollout stands.
        told_from: Moment -> the earliest one from then on at which people may be told of a gap.
    """

    classes: Mapping[str, ActionClass]
    materiality: Decimal
    approvals: Approvals
    weak_counts: bool
    caps: Caps
    phase: Phase
    told_from: Callable[[datetime], datetime] = lambda moment: moment

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """The rules of a policy."""
        actions = policy.actions
        caps = Caps(actions.caps.objects_per_run, actions.caps.amount_base_per_run, policy.teams.cards_per_hour)
        made = cls(actions.classes, actions.materiality_amount, policy.approvals, actions.command_line_approval, caps, policy.rollout.phase)
        return made if policy.remediation.quiet_hours == "never" else replace(made, told_from=policy.business_calendar.next_working)

    def held_back(self, intent: Intent, now: datetime) -> str | None:
        """Why it waits, whatever was decided earlier: for another phase of the rollout, or for working hours. None where it may go out.

        What tells of the pipeline itself goes out in every phase and at any time, and so does what undoes.
        """
        if intent.action in ALERTS or intent.rollback_of is not None:
            return None
        if self.phase not in ACTING:
            return f"the rollout is in phase {self.phase}, in which nothing is written"
        if intent.action in _TO_PEOPLE and (opening := self.told_from(now)) > now:
            return f"people are told in working hours only, next from {opening:%Y-%m-%d %H:%M} UTC"
        return None

    def class_of(self, intent: Intent) -> ActionClass:
        """The class by which the intent is judged: the one of its proposal or today's, whichever asks for more.

        An amount that is not known counts as material.
        """
        today = self.classes.get(intent.action, "never")
        stricter = max(intent.action_class, today, key=_ORDER.__getitem__)
        amount = intent.amount_base
        if stricter == "one_approver" and (amount is None or abs(amount) > self.materiality):
            return "two_approvers"
        return stricter


@dataclass(frozen=True)
class Consent:
    """`using` are the approvals that the intent uses up; `objection` says why it may not be done, None where it may."""

    using: tuple[ApprovalRequest, ...] = ()
    objection: str | None = None


def consent(intent: Intent, approvals: Sequence[ApprovalRequest], rules: Rules, held: RoleHeldAt, now: datetime) -> Consent:
    """Whether the intent may be done at `now`, and which of its approvals it uses."""
    if sha256_of(intent.content) != intent.content_hash or sha256_of(intent.precondition) != intent.precondition_hash:
        return Consent(objection="its content or precondition is not what its hash says: the ledger was changed by hand")
    action_class = rules.class_of(intent)
    if action_class == "never":
        return Consent(objection=f"{intent.action} is never done by the product")
    roles = rules.approvals.roles_for(intent.action, action_class)
    rejected = next((one for one in approvals if roles and one.result == "rejected"), None)
    if rejected is not None:
        return Consent(objection=f"approval {rejected.approval_id} of role {rejected.role} is rejected")
    counting: list[list[ApprovalRequest]] = []
    for role in roles:
        judged = [(one, next(_faults(one, intent, action_class, rules, held, now), None)) for one in approvals if one.role == role]
        counting.append([one for one, fault in judged if fault is None])
        if not counting[-1]:
            said = "; ".join(f"{one.approval_id} {fault}" for one, fault in judged if fault is not None)
            return Consent(objection=f"no approval of role {role} counts: {said or 'nobody has answered'}")
    for using in product(*counting):
        if len({one.approver_id for one in using}) == len(roles):
            return Consent(using=using)
    return Consent(objection=f"one person has approved as {' and as '.join(roles)}, and {len(roles)} people are needed")


def _faults(
    approval: ApprovalRequest, intent: Intent, action_class: ActionClass, rules: Rules, held: RoleHeldAt, now: datetime
) -> Iterator[str]:
    """Why one approval does not count, the plainest reason first; nothing where it does."""
    if approval.kind != "intent" or approval.subject_id != intent.intent_id:
        yield "is for something else"
    if approval.result != "accepted" or approval.decided_at is None:
        yield f"is {approval.result}"
    elif not approval.requested_at <= approval.decided_at < approval.expires_at:
        yield "was decided outside its time"
    if approval.content_hash != intent.content_hash:
        yield "was given for other content"
    if approval.precondition_hash != intent.precondition_hash:
        yield "was given under another precondition"
    if now >= approval.expires_at:
        yield "has expired"
    # An intent that was claimed before may have used it in that attempt, of which nothing came.
    if approval.used_at is not None and intent.attempts == 0:
        yield "was used already"
    if approval.is_weak and not (rules.weak_counts and action_class == "one_approver" and intent.action not in LOWEST):
        yield "is weak (command line), and the action needs an identity that can be checked"
    yield from _faults_of_person(approval, intent, rules, held, now)


def _faults_of_person(approval: ApprovalRequest, intent: Intent, rules: Rules, held: RoleHeldAt, now: datetime) -> Iterator[str]:
    """What is wrong with who gave it."""
    who, role = approval.approver_id, approval.role
    if who in {NOBODY, intent.requested_by}:
        yield "was given by the requester" if who else "was given by nobody who is known"
    elif rules.approvals.bars(who, intent.seller_id):
        yield f"was given by agent {who}, the deal's own seller"
    if approval.decided_at is not None and not held(who, role, approval.decided_at):
        yield f"was given by agent {who}, who did not hold the role {role} then"
    if not held(who, role, now):
        yield f"was given by agent {who}, who no longer holds the role {role}"
