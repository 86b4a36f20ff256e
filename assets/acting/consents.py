"""Consent: people are asked at HaloPSA, what they answered is read and judged, and the intents that wait for it go on or end.

Whom to ask and what an answer is worth is governance's. The one thing to know: the question is in the outbox before the approval is in the
ledger, so whatever a crash cuts off is said again by the next run, and nothing is asked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from handoff_pipeline.channels.consent import Rules
from handoff_pipeline.channels.halo_approvals import SeenApproval, read_approval
from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.approving import Judged, judge
from handoff_pipeline.governance.asking import Holders, Question, answered, approval_asked_by, questions
from handoff_pipeline.governance.owners import holders_of, present
from handoff_pipeline.governance.remediation_rows import People
from handoff_pipeline.halo.writer import HaloWriter, writing
from handoff_pipeline.ledger import ApprovalRequest, Ledger
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.people import ROLES
from handoff_pipeline.settings import Settings

MOST_ASKED: Final = 6
"""Approvals asked for one intent in all; answers that go wrong again and again are for a person."""


@dataclass
class Consented:
    """What came of it: intents asked about, approvals answered, intents moved, and what could not be done, in words."""

    asked: int = 0
    decided: int = 0
    approved: int = 0
    refused: int = 0
    troubles: list[str] = field(default_factory=list)


def has_writer(settings: Settings) -> bool:
    """Whether HaloPSA may be written to at all."""
    return bool(settings.halo_writer_client_id) and settings.halo_writer_client_secret is not None


def holders(people: People, policy: Policy, now: datetime) -> Holders:
    """Role to the agents who hold it and are there, by number."""
    there = present(people, policy, policy.business_calendar.local_day(now))

    def of(role: str) -> list[int]:
        known = next((one for one in ROLES if one == role), None)
        return [] if known is None else sorted(agent for agent in holders_of(known, there, policy) if there.is_there(agent))

    return of


def ask(ledger: Ledger, people: People, settings: Settings, policy: Policy, clock: Clock, done: Consented) -> None:
    """Ask what is still to be asked for every intent that waits for approvers."""
    who = holders(people, policy, clock.now())
    for intent in ledger.intents.by_state("proposed"):
        if not intent.is_shadow:
            after = partial(questions, intent, holders=who, tenant=settings.tenant_name, policy=policy, now=clock.now())
            put_questions(ledger, intent.intent_id, after, done)
    ledger.intents.approve_automatic(clock.now())


def put_questions(
    ledger: Ledger, subject_id: str, questions_after: Callable[[Sequence[ApprovalRequest]], Sequence[Question]], done: Consented
) -> None:
    """Put what is still to be asked about a subject, after what was asked before, into the outbox and the ledger."""
    asked = ledger.approvals.of(subject_id)
    if len(asked) >= MOST_ASKED:
        return
    try:
        found = questions_after(asked)
    except HandoffError as trouble:
        done.troubles.append(trouble.message)
        return
    for question in found:
        ledger.intents.propose([question.intent])
        ledger.approvals.ask(question.approval)
        done.asked += 1


def place_questions(ledger: Ledger, clock: Clock) -> None:
    """Where each question stands at HaloPSA, once the intent that carried it is confirmed."""
    for carrier in ledger.intents.by_state("confirmed"):
        approval_id = approval_asked_by(carrier)
        approval = ledger.approvals.get(approval_id) if approval_id and carrier.far_ref else None
        if approval is not None and carrier.far_ref and approval.far_ref is None:
            ledger.approvals.sent(approval.approval_id, carrier.far_ref, clock.now(), carrier.source_url)


async def read_answers(ledger: Ledger, settings: Settings, policy: Policy, clock: Clock, done: Consented) -> None:
    """Read every approval that waits at HaloPSA, judge it, and write down what it is worth."""
    place_questions(ledger, clock)
    waiting = [one for one in ledger.approvals.all() if one.result == "pending" and one.kind == "intent" and one.far_ref is not None]
    if waiting and has_writer(settings):
        try:
            async with writing(settings, clock) as writer:
                for request in waiting:
                    intent = ledger.intents.get(request.subject_id)
                    if intent is not None:
                        worth = partial(
                            judge, request, intent=intent, held=ledger.people.role_held, results=policy.signoff.results, now=clock.now()
                        )
                        await read_one(ledger, writer, clock, request, worth, done)
        except HandoffError as trouble:
            done.troubles.append(f"approvals could not be read at HaloPSA: {trouble}")
    ledger.approvals.expire(clock.now())


async def read_one(
    ledger: Ledger,
    writer: HaloWriter,
    clock: Clock,
    request: ApprovalRequest,
    worth: Callable[[SeenApproval | None], Judged],
    done: Consented,
) -> None:
    """Read one approval at HaloPSA and write down what it is worth; one that does not count voids all that were asked with it."""
    known = ledger.approvals.get(request.approval_id)
    if known is None or known.result != "pending":  # voided by the one that was read before it
        return
    try:
        judged = worth(await read_approval(writer, request.far_ref or ""))
    except (HandoffError, ValueError) as trouble:
        done.troubles.append(f"approval {request.approval_id}: {trouble.message if isinstance(trouble, HandoffError) else trouble}")
        return
    if judged.result == "pending":
        return
    done.decided += 1
    if judged.result == "void":
        done.troubles.append(f"approval {request.approval_id} of {request.kind} {request.subject_id} does not count: {judged.reason}")
        ledger.approvals.void(request.subject_id, clock.now())
        return
    at = judged.decided_at or clock.now()
    ledger.approvals.decide(request.approval_id, judged.result, at, identity=judged.identity, is_weak=judged.is_weak)


async def recheck(ledger: Ledger, settings: Settings, policy: Policy, clock: Clock, done: Consented) -> None:
    """Before anything is sent, read once more what was accepted for it: whoever took the answer back at HaloPSA has approved nothing.

    What cannot be read now stays as it was read.
    """
    accepted = [
        (one, intent) for intent in ledger.intents.due(clock.now()) for one in ledger.approvals.of(intent.intent_id)
        if one.result == "accepted" and one.used_at is None and one.far_ref is not None
    ]  # fmt: skip
    if not accepted or not has_writer(settings):
        return
    try:
        async with writing(settings, clock) as writer:
            for request, intent in accepted:
                seen = await read_approval(writer, request.far_ref or "")
                judged = judge(request, seen, intent, ledger.people.role_held, policy.signoff.results, clock.now())
                # Who answered on the command line has left the question open at HaloPSA.
                if judged.result != "accepted" and not (request.is_weak and judged.result == "pending"):
                    why = judged.reason or f"it is {judged.result} there now"
                    done.troubles.append(f"approval {request.approval_id} of intent {intent.intent_id} no longer counts: {why}")
                    ledger.approvals.void(intent.intent_id, clock.now())
    except HandoffError as trouble:
        done.troubles.append(trouble.message)


def conclude(ledger: Ledger, policy: Policy, clock: Clock, done: Consented) -> None:
    """Move the intents that have their answer."""
    rules = Rules.of(policy)
    # What was only recorded is asked of nobody, and stays for good: it would be looked up one by one in every run.
    for intent in (one for one in ledger.intents.by_state("proposed") if not one.is_shadow):
        approvals: Sequence[ApprovalRequest] = ledger.approvals.of(intent.intent_id)
        came = answered(intent, approvals, rules, ledger.people.role_held, clock.now()) if approvals else None
        if came is None or intent.expires_at <= clock.now():
            continue
        if came[0] == "approved":
            ledger.intents.approve(intent.intent_id, clock.now())
            done.approved += 1
        elif ledger.intents.turn_down(intent.intent_id, "refused", clock.now(), came[1]):
            ledger.approvals.void(intent.intent_id, clock.now())
            done.refused += 1
