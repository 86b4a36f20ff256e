"""Writes a script of what people decided into a ledger, through the ledger's own words, in the order in which it was said.

What is said is `oracle_script`'s, what follows from it the oracle's. The one thing to know: whoever plants up to a moment plants what comes
after it later, so that a night may find things in the ledger that had not happened on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from handoff_pipeline.ledger import Acknowledgement, ApprovalRequest, Escalation, Feedback, Intent, Ledger, Override, canonical, sha256_of
from handoff_pipeline.ledger.intent_states import State
from tests.oracle import said

Step = tuple[datetime, Callable[[Ledger], object]]
FAR = datetime(2027, 1, 1, tzinfo=UTC)
NO_CONDITION = "{}"


def plant(ledger_file: Path, script: said.Said, after: datetime | None, until: datetime) -> None:
    """Write down everything that was said after one moment (None: from the beginning), up to another."""
    with Ledger.open(ledger_file) as ledger:
        for at, write in sorted(_steps(script), key=lambda step: step[0]):
            if (after is None or at > after) and at <= until:
                write(ledger)


def _steps(script: said.Said) -> Iterator[Step]:
    for override in script.overrides:
        yield from _of_override(override)
    for request in script.requests:
        yield from _of_request(request)
    for intent in script.intents:
        yield from _of_intent(intent)
    for each in script.feedback:
        yield from _of_feedback(each)
    for level in script.escalations:
        yield level.at, _telling("escalated", Escalation(level.gap_id, level.level, level.to, level.at, "card"))
    for answer in script.acknowledgements:
        words = Acknowledgement(answer.subject, answer.subject_id, answer.by, answer.at, cast("Any", answer.channel))
        yield answer.at, _telling("acknowledge", [words])


def _telling(word: str, record: object) -> Callable[[Ledger], object]:
    return lambda ledger: getattr(ledger.people, word)(record)


def _of_override(each: said.Override) -> Iterator[Step]:
    asked = Override(
        override_id=each.override_id, handoff_id=each.deal_id, item=each.item, control_id=each.control_id, reason=each.reason,
        compensating_control=each.instead, amount_base=each.amount, requested_by=each.asked_by, requested_at=each.asked_at,
        expires_at=each.ends_at, source_url=each.url,
    )  # fmt: skip
    yield each.asked_at, lambda ledger: ledger.people.request_override(asked)
    for state, at in (
        ("approved", each.approved_at),
        ("refused", each.refused_at),
        ("expired", each.expired_at),
        ("closed", each.closed_at),
    ):
        if at is not None:
            people = {"by": each.approved_by, "second": each.second} if state == "approved" else {}
            yield at, _deciding(each.override_id, state, at, people)


def _deciding(override_id: str, state: str, at: datetime, people: dict[str, int]) -> Callable[[Ledger], object]:
    return lambda ledger: ledger.people.decide_override(override_id, cast("Any", state), at, **people)


def _of_request(each: said.Request) -> Iterator[Step]:
    asked = ApprovalRequest(
        approval_id=each.approval_id, kind=cast("Any", each.kind), subject_id=each.subject, handoff_id=each.deal_id,
        project_id=each.project_id, role=each.role, approver_id=each.asked, content_hash=sha256_of(each.content),
        precondition_hash=sha256_of(NO_CONDITION), requested_at=each.asked_at, expires_at=each.ends_at, channel=cast("Any", each.channel),
        source_url=each.url,
    )  # fmt: skip
    yield each.asked_at, lambda ledger: ledger.approvals.ask(asked)
    at = each.answered_at
    if at is not None:
        # Two clocks: an answer can bear a moment from before its question.
        result = cast("Any", each.answer)
        yield max(at, each.asked_at), lambda ledger: ledger.approvals.decide(each.approval_id, result, at, is_weak=each.is_weak)
    void_at = each.void_at
    if void_at is not None:
        yield void_at, lambda ledger: ledger.approvals.void(each.subject, void_at)


def _of_feedback(each: said.Feedback) -> Iterator[Step]:
    reported = Feedback(
        feedback_id=each.feedback_id, handoff_id=each.deal_id, item=each.item, kind=cast("Any", each.kind), reported_by=each.by,
        reported_at=each.at, note=each.note,
    )  # fmt: skip
    yield each.at, _telling("report", reported)
    disposition, at = each.disposition, each.disposed_at
    if disposition is not None and at is not None:
        yield at, lambda ledger: ledger.people.dispose(each.feedback_id, disposition, each.by, at)


def _of_intent(each: said.Intent) -> Iterator[Step]:
    content = canonical({"script": each.intent_id})
    proposed = Intent(
        intent_id=each.intent_id, dedupe_key=f"script|{each.intent_id}", target=cast("Any", each.target), action=each.action,
        action_class=cast("Any", each.action_class), handoff_id=each.deal_id, project_id=each.project_id, requested_by=0, content=content,
        content_hash=sha256_of(content), precondition=NO_CONDITION, precondition_hash=sha256_of(NO_CONDITION),
        shown=sha256_of(content)[:16], amount_base=None, proposed_at=each.proposed_at, expires_at=FAR, is_shadow=each.is_shadow,
        source_url=each.url,
    )  # fmt: skip
    yield each.proposed_at, lambda ledger: ledger.intents.propose([proposed])
    before = "proposed"
    for move in each.moves:
        yield move.at, _moving(each.intent_id, before, move)
        before = move.state


def _moving(intent_id: str, before: str, move: said.Move) -> Callable[[Ledger], object]:
    def write(ledger: Ledger) -> None:
        outbox = ledger.intents
        if move.state == "approved" and before == "proposed":
            outbox.approve(intent_id, move.at)
        elif move.state == "approved":
            outbox.put_back(intent_id, move.at, None, move.detail)
        elif move.state == "claimed":
            assert outbox.claim(intent_id, "run", move.at)
        elif move.state == "sent":
            outbox.sent(intent_id, move.at, detail=move.detail)
        else:
            outbox.settle(intent_id, cast("State", move.state), move.at, move.detail)

    return write
