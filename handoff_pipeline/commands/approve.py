"""`handoff approve`: what waits for an approver, and an answer given on this machine, where the policy lets such an answer count.

What an answer is worth is governance's (approving) and, at the moment of the deed, delivery's (consent). The one thing to know: it is off
unless the policy says otherwise, and weak at best: it proves who was logged in here, so it never counts where two must approve, nor for
projects and what a client could see.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import Yes, intent_named, may_write, open_ledger, os_user
from handoff_pipeline.commands.outbox_show import SHOWN_ID, show_one, shown_briefly
from handoff_pipeline.commands.screen import Json, emit, out, plain, table
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from handoff_pipeline.governance.approving import Judged
    from handoff_pipeline.ledger import ApprovalRequest, Intent, Ledger
    from handoff_pipeline.ledger.approvals import Answer
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff approve list\n
handoff approve 5c0ffee01234\n
handoff approve 5c0ffee01234 --reject --role finance --yes
"""
LIST: Final = "list"
IN_HALOPSA: Final = "Let the approver answer in HaloPSA, where the request stands."


def approve(
    which: Annotated[str, typer.Argument(metavar="list|INTENT", help="`list`, or the intent to answer for.")] = LIST,
    role: Annotated[str | None, typer.Option("--role", help="The role to answer in, where several are asked.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="The answer is no.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """List what waits for an approver, or answer for one intent on this machine (off unless the policy allows it).

    An answer given here keeps the user of this machine and is marked weak.
    """
    from handoff_pipeline.policy import load_policy

    settings = load_settings()
    now = clock_for(settings.as_of).now()
    with open_ledger(settings) as ledger:
        if which == LIST:
            _list(ledger, now, as_json=as_json)
            return
        policy, intent = load_policy(settings.policy_file), intent_named(ledger, which)
        request = _asked(ledger, intent, role, now)
        _refuse_weak(policy, intent)
        if not reject:
            _refuse_own(policy, intent, request)
        judged = _judged(ledger, policy, intent, request, accepts=not reject, now=now)
        if not as_json:
            show_one(intent, ledger.intents.events(intent.intent_id), [request], out())
        answer = "Reject" if reject else "Approve"
        is_written = may_write(f"{answer} this as {request.role}, for agent {request.approver_id}?", yes=yes, as_json=as_json)
        if is_written:
            _write(ledger, policy, intent, request, judged, now)
            intent = ledger.intents.get(intent.intent_id) or intent
    if as_json:
        told = {"approval_id": request.approval_id, "result": judged.result, "identity": judged.identity, "is_weak": judged.is_weak}
        emit({"written": is_written, **told, "intent_id": intent.intent_id, "state": intent.state})
    else:
        out().print(plain(f"Kept: {judged.result} by {judged.identity}, weak. The intent is {intent.state}."), soft_wrap=True)


def _list(ledger: Ledger, now: datetime, *, as_json: bool) -> None:
    pending = ledger.approvals.pending(now)
    shown = {one.subject_id: _words(ledger, one) for one in pending}
    if as_json:
        emit({"approvals": [{**asdict(one), "shown": shown[one.subject_id]} for one in pending]})
        return
    if not pending:
        out().print(plain("Nothing waits for an approver."))
        return
    cells = [
        (
            one.subject_id[:SHOWN_ID],
            one.role,
            one.approver_id,
            f"{one.expires_at:%Y-%m-%d %H:%M}",
            f"{shown[one.subject_id]}{'' if one.far_ref else ' (not asked yet)'}",
        )
        for one in pending
    ]
    columns = ("subject", "role", "agent", "expires (UTC)", "what")
    out().print(table("Waiting for an approver", columns, cells, right=("agent",), whole=("subject", "role", "expires (UTC)")))
    out().print(plain(IN_HALOPSA), soft_wrap=True)


def _words(ledger: Ledger, request: ApprovalRequest) -> str:
    """What the approver is shown."""
    if request.kind == "intent":
        intent = ledger.intents.get(request.subject_id)
        return shown_briefly(intent) if intent else ""
    found = [one for one in ledger.people.overrides() if one.override_id == request.subject_id]
    return f"Exception from {found[0].item} on handoff {found[0].handoff_id}: {found[0].reason}" if found else ""


def _asked(ledger: Ledger, intent: Intent, role: str | None, now: datetime) -> ApprovalRequest:
    """The open request that the answer is for.

    Raises:
        HandoffError: nobody was asked, or several were and no role tells which is meant.
    """
    waiting = [one for one in ledger.approvals.pending(now) if one.subject_id == intent.intent_id and role in {None, one.role}]
    if not waiting:
        raise HandoffError(
            f"Nobody is asked about intent {intent.intent_id}{f' as {role}' if role else ''} ({intent.state}, {intent.action_class}).",
            "`handoff approve list` shows what waits; the job `approve` asks for what was proposed since.",
        )
    if len(waiting) > 1:
        raise HandoffError(f"{len(waiting)} people are asked.", f"Say which with --role: {', '.join(one.role for one in waiting)}.")
    return waiting[0]


def _refuse_weak(policy: Policy, intent: Intent) -> None:
    """Refuse at once what `consent` would not let count later.

    Raises:
        HandoffError: no answer given here counts for it.
    """
    from handoff_pipeline.channels.consent import Rules
    from handoff_pipeline.policy.actions import LOWEST

    if not policy.actions.command_line_approval:
        raise HandoffError(
            "Approval by the command line is off.",
            f"{IN_HALOPSA} Or set actions.command_line_approval in handoff.yaml, knowing that it proves only who was logged in here.",
        )
    action_class = Rules.of(policy).class_of(intent)
    if action_class != "one_approver" or intent.action in LOWEST:
        why = f"{intent.action} is of class {action_class}" if intent.action not in LOWEST else f"{intent.action} needs a sure identity"
        raise HandoffError(f"{why}, and an answer given here is weak: it would not count.", IN_HALOPSA)


def _refuse_own(policy: Policy, intent: Intent, request: ApprovalRequest) -> None:
    """Refuse a yes of the deal's own seller, where the policy does not let it count; his no is taken.

    Raises:
        HandoffError: it is his own deal.
    """
    if policy.approvals.bars(request.approver_id, intent.seller_id):
        raise HandoffError(
            f"The deal is agent {request.approver_id}'s own, and the seller's approval does not count for it (approvals.own_deal).",
            "The job `approve` asks the next holder of the role; where there is none, name further people in approvals.roles.",
        )


def _judged(ledger: Ledger, policy: Policy, intent: Intent, request: ApprovalRequest, *, accepts: bool, now: datetime) -> Judged:
    """The answer's worth.

    Raises:
        HandoffError: it is worth nothing; the request stays open.
    """
    from handoff_pipeline.governance.approving import judge_command_line

    judged = judge_command_line(request, intent, os_user(), accepts, policy.actions, ledger.people.role_held, now)
    if judged.result == "pending":
        raise HandoffError(f"This answer would not count: {judged.reason}.", IN_HALOPSA)
    return judged


def _write(ledger: Ledger, policy: Policy, intent: Intent, request: ApprovalRequest, judged: Judged, now: datetime) -> None:
    """Keep the answer, and let the intent follow it."""
    from handoff_pipeline.channels.consent import Rules
    from handoff_pipeline.governance.asking import answered

    result: Answer = "accepted" if judged.result == "accepted" else "rejected"
    ledger.approvals.decide(request.approval_id, result, now, identity=judged.identity, is_weak=judged.is_weak, channel="command_line")
    follows = answered(intent, ledger.approvals.of(intent.intent_id), Rules.of(policy), ledger.people.role_held, now)
    if follows is None:
        return
    state, why = follows
    if state == "approved":
        ledger.intents.approve(intent.intent_id, now)
    elif ledger.intents.turn_down(intent.intent_id, state, now, f"{why}, by {judged.identity}"):
        ledger.approvals.void(intent.intent_id, now)
