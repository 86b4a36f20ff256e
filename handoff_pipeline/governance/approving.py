"""What an answer to a request for approval is worth: HaloPSA's approval, or a word on the command line, judged against what was asked.

Pure; reading it is a channel's, and whether the approval still counts when the deed is done is asked once more by `channels.consent`. The
one thing to know: the approver must have read the very words that were asked, with the content's hash in them, so an answer under other
words, or by somebody else, approves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from handoff_pipeline.channels.halo_approvals import SeenApproval
from handoff_pipeline.halo.verify import holds_words
from handoff_pipeline.ledger.records_action import NOBODY, ApprovalRequest, ApprovalResult, Intent
from handoff_pipeline.policy.actions import Actions
from handoff_pipeline.policy.sections import SignoffResults

RoleHeldAt = Callable[[int, str, datetime], bool]
"""(agent, role, moment) -> whether the agent held the role then."""
SKEW: Final = timedelta(minutes=5)
"""How far HaloPSA's clock may be off ours before a decision looks older than its request."""


@dataclass(frozen=True)
class Judged:
    """What the answer is worth.

    Attributes:
        result: `pending` leaves the request open; the others decide it.
        reason: In words, for the ledger's detail and the person who asked; empty where it is plain.
        decided_at: When it was decided; None while it is pending.
        identity: How the answer was identified; None where it is not.
        is_weak: The identity proves only who was logged in on this machine.
    """

    result: ApprovalResult
    reason: str = ""
    decided_at: datetime | None = None
    identity: str | None = None
    is_weak: bool = False


def judge(
    request: ApprovalRequest, seen: SeenApproval | None, intent: Intent, held: RoleHeldAt, results: SignoffResults, now: datetime
) -> Judged:
    """The worth of HaloPSA's approval at `now`.

    A fault of the request itself (other content, other words, an approval that is gone) voids it even while nobody has answered, so that
    nobody is left with a question that can no longer be answered rightly.
    """
    fault = next(_faults_of_request(request, seen, intent), None)
    if fault is not None or seen is None:
        return Judged("void", fault or "", now)
    is_answered = seen.result in {results.accepted, results.rejected}
    if not is_answered and now >= request.expires_at:
        return Judged("expired", f"nobody answered by {request.expires_at:%Y-%m-%d %H:%M} UTC", now)
    if not is_answered:
        return Judged("pending")
    identity = f"agent:{seen.agent_id}"
    fault = next(_faults_of_answer(request, seen, intent, held, now), None)
    if fault is not None:
        return Judged("void", fault, now, identity)
    decided = _clamped(seen.decided_at, request.requested_at, now)
    if decided >= request.expires_at:
        return Judged("expired", f"it was answered at {decided:%Y-%m-%d %H:%M} UTC, after its time", now, identity)
    return Judged("accepted" if seen.result == results.accepted else "rejected", "", decided, identity)


def _faults_of_binding(request: ApprovalRequest, intent: Intent) -> Iterator[str]:
    """Why the request is not about what would be done."""
    if request.kind != "intent" or request.subject_id != intent.intent_id:
        yield "it was asked for something else"
    if request.content_hash != intent.content_hash:
        yield "the content is another one than was asked about"
    if request.precondition_hash != intent.precondition_hash:
        yield "the precondition is another one than was asked about"


def _faults_of_request(request: ApprovalRequest, seen: SeenApproval | None, intent: Intent) -> Iterator[str]:
    """Why what HaloPSA shows no longer asks for what would be done."""
    yield from _faults_of_binding(request, intent)
    if seen is None:
        yield "HaloPSA no longer has it"
    elif seen.far_ref != request.far_ref:
        yield f"it is HaloPSA's {seen.far_ref}, and {request.far_ref} was asked"
    elif request.content_hash[:16] not in seen.text:
        yield "what the approver reads no longer names the content's hash"
    elif not holds_words(seen.text, intent.shown):
        yield "what the approver reads is no longer what was asked"


def _faults_of_answer(request: ApprovalRequest, seen: SeenApproval, intent: Intent, held: RoleHeldAt, now: datetime) -> Iterator[str]:
    """Why an answer is nobody's who may give it."""
    if seen.is_overridden:
        yield "an administrator of HaloPSA answered in the approver's place"
    if seen.agent_id is None or seen.agent_id == NOBODY:
        yield "HaloPSA does not say who answered"
    elif seen.agent_id != request.approver_id:
        yield f"agent {seen.agent_id} answered, and agent {request.approver_id} was asked"
    elif seen.agent_id == intent.requested_by:
        yield f"agent {seen.agent_id} asked for it, and nobody approves his own request"
    if seen.decided_at is None:
        yield "HaloPSA does not say when it was answered"
    elif seen.decided_at < request.requested_at - SKEW:
        yield "it was answered before it was asked: an older answer was used again"
    elif seen.decided_at > now + SKEW:
        yield "it was answered in the future"
    elif not held(request.approver_id, request.role, _clamped(seen.decided_at, request.requested_at, now)):
        yield f"agent {request.approver_id} did not hold the role {request.role} when it was answered"


def _clamped(moment: datetime | None, first: datetime, last: datetime) -> datetime:
    """The moment by our clock: HaloPSA's may be a little off."""
    return last if moment is None else min(max(moment, first), last)


def judge_command_line(
    request: ApprovalRequest, intent: Intent, os_user: str, accepts: bool, actions: Actions, held: RoleHeldAt, now: datetime
) -> Judged:
    """The worth of `handoff approve` at `now`: weak, with the user of the operating system; nothing where it is off, as it is by default.

    Nobody is proved to be the agent who was asked; that is what weak means, and `consent` lets it count for little. An answer that is worth
    nothing leaves the request open with the reason, or whoever sits at this machine could spoil every request.
    """
    identity = f"os:{os_user.strip()}"
    fault = next(_faults_on_command_line(request, intent, os_user, actions, held, now), None)
    if fault is not None:
        return Judged("pending", fault, None, identity, is_weak=True)
    return Judged("accepted" if accepts else "rejected", "", now, identity, is_weak=True)


def _faults_on_command_line(
    request: ApprovalRequest, intent: Intent, os_user: str, actions: Actions, held: RoleHeldAt, now: datetime
) -> Iterator[str]:
    if not actions.command_line_approval:
        yield "approval by the command line is off; answer it in HaloPSA, or set actions.command_line_approval"
    if not os_user.strip():
        yield "the operating system does not say who you are"
    if request.result != "pending":
        yield f"it is {request.result} already"
    if request.approver_id in {NOBODY, intent.requested_by}:
        yield "nobody approves his own request"
    if now >= request.expires_at:
        yield f"its time was over at {request.expires_at:%Y-%m-%d %H:%M} UTC"
    if not held(request.approver_id, request.role, now):
        yield f"agent {request.approver_id} does not hold the role {request.role}"
    yield from _faults_of_binding(request, intent)
