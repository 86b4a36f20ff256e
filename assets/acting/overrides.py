"""Exceptions from a control that people asked for: two approvers are asked at HaloPSA, their answers are read, and it is granted or ends.

Whom to ask and what an answer is worth is governance's (overriding). The one thing to know: the decision is written before its approvals
are used up; they are bound to this one exception, so a crash in between grants nothing twice.
"""

from __future__ import annotations

from functools import partial

from assets.acting.consents import Consented, has_writer, holders, put_questions, read_one
from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.overriding import judge_override, override_answered, override_questions
from handoff_pipeline.governance.remediation_rows import People
from handoff_pipeline.halo.writer import writing
from handoff_pipeline.ledger import NOBODY, Ledger, Override
from handoff_pipeline.policy import Policy
from handoff_pipeline.settings import Settings


def ask(ledger: Ledger, people: People, settings: Settings, policy: Policy, clock: Clock, done: Consented) -> None:
    """Ask the two approvers of every exception that waits for them, in a phase in which anything may be written."""
    who = holders(people, policy, clock.now())
    for override in _standing(ledger) if policy.rollout.is_acting else ():
        after = partial(override_questions, override, holders=who, tenant=settings.tenant_name, policy=policy, now=clock.now())
        put_questions(ledger, override.override_id, after, done)
    ledger.intents.approve_automatic(clock.now())


async def read_answers(ledger: Ledger, settings: Settings, policy: Policy, clock: Clock, done: Consented) -> None:
    """Read every approval of an exception that waits at HaloPSA, and write down what it is worth."""
    by_id = {override.override_id: override for override in _standing(ledger)}
    waiting = [one for one in ledger.approvals.pending(clock.now()) if one.subject_id in by_id and one.far_ref is not None]
    if not waiting or not has_writer(settings):
        return
    try:
        async with writing(settings, clock) as writer:
            for request in waiting:
                worth = partial(
                    judge_override,
                    request,
                    override=by_id[request.subject_id],
                    held=ledger.people.role_held,
                    results=policy.signoff.results,
                    now=clock.now(),
                )
                await read_one(ledger, writer, clock, request, worth, done)
    except HandoffError as trouble:
        done.troubles.append(f"approvals of exceptions could not be read at HaloPSA: {trouble}")


def conclude(ledger: Ledger, policy: Policy, clock: Clock, done: Consented) -> None:
    """Grant what two people approved, refuse what one rejected, and end what is over."""
    for override in ledger.people.overrides():
        approvals, now = ledger.approvals.of(override.override_id), clock.now()
        came = override_answered(override, approvals, ledger.people.role_held, policy, now)
        if came is None:
            continue
        state, using = came
        first, second = (*(one.approver_id for one in using), NOBODY, NOBODY)[:2]
        ledger.people.decide_override(override.override_id, state, now, by=first, second=second)
        for approval in using:
            ledger.approvals.use(approval.approval_id, now)
        if state == "approved":
            done.approved += 1
        else:
            ledger.approvals.void(override.override_id, now)
            done.refused += state == "refused"


def _standing(ledger: Ledger) -> list[Override]:
    return [override for override in ledger.people.overrides() if override.state == "requested"]
