"""What the ledger knew at a moment: its rows with everything that came later taken off again. Reads only.

What a build makes of it is the assets'. The one thing to know: an intent's state then is told by its events; an answer, an approval and an
acknowledgement by their own moments; what has no moment of its own (an end, a void, a disposition) by the audit chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select

from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.intents import Intents
from handoff_pipeline.ledger.records_action import (
    NOBODY,
    Acknowledgement,
    ApprovalRequest,
    Escalation,
    Feedback,
    Intent,
    IntentEvent,
    Override,
    Snooze,
)
from handoff_pipeline.ledger.schema_action import AUDIT
from handoff_pipeline.ledger.store import Ledger

_CLOSED: Final = "override.closed"
_VOID: Final = "approval.void"
_DISPOSED: Final = "feedback.disposed"
_ENDS: Final = ("override.refused", "override.expired", _CLOSED)
Chained = Mapping[tuple[str, str], datetime]
"""When the chain says that it happened, by kind and subject: all of it, whatever the moment that is asked about."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything of action and of people that was known at a moment, each list oldest first.

    `closed_at` says when an override was closed, by its id: the record does not, the audit chain does.
    """

    intents: Sequence[Intent]
    approvals: Sequence[ApprovalRequest]
    acknowledgements: Sequence[Acknowledgement]
    escalations: Sequence[Escalation]
    overrides: Sequence[Override]
    feedback: Sequence[Feedback]
    snoozes: Sequence[Snooze]
    closed_at: Mapping[str, datetime]


def known_at(ledger: Ledger, at: datetime) -> Known:
    """What the ledger knew at an aware moment."""
    people, chained = ledger.people, _chained(ledger)
    return Known(
        intents=intents_at(ledger.intents, at),
        approvals=[approval_at(each, chained, at) for each in ledger.approvals.all(until=at)],
        acknowledgements=people.acknowledgements(until=at),
        escalations=[replace(each, acknowledged_at=_by(each.acknowledged_at, at)) for each in people.escalations(until=at)],
        overrides=[override_at(each, chained, at) for each in people.overrides(until=at)],
        feedback=[feedback_at(each, chained, at) for each in people.feedback(until=at)],
        snoozes=people.snoozes(until=at),
        closed_at={subject: moment for (kind, subject), moment in chained.items() if kind == _CLOSED and moment <= at},
    )


def intents_at(intents: Intents, at: datetime) -> list[Intent]:
    """Every intent that was proposed by then, in the state that it had."""
    events: dict[str, list[IntentEvent]] = {}
    for event in intents.events():
        events.setdefault(event.intent_id, []).append(event)
    return [intent_at(each, events.get(each.intent_id, ()), at) for each in intents.all(until=at)]


def intent_at(intent: Intent, events: Iterable[IntentEvent], at: datetime) -> Intent:
    """One intent as it was, by its moves up to the moment."""
    moves = list(events)
    by_then = [event for event in moves if event.at <= at]
    if not by_then or len(by_then) == len(moves):
        return intent
    last = by_then[-1]
    return replace(
        intent,
        state=last.to_state,
        attempts=last.attempts,
        approved_at=_by(intent.approved_at, at),
        claimed_at=_since_approved("claimed", by_then),
        sent_at=_since_approved("sent", by_then),
        settled_at=_by(intent.settled_at, at),
        # What was told stays until something else is told.
        detail=next((event.detail for event in reversed(by_then) if event.detail is not None), None),
        far_ref=last.far_ref,
    )


def approval_at(request: ApprovalRequest, chained: Chained, at: datetime) -> ApprovalRequest:
    """One approval as it was: one that was answered later was still waiting, one that was taken back later was accepted."""
    request = replace(request, used_at=_by(request.used_at, at))
    if request.decided_at is None or request.decided_at <= at:
        is_void_later = request.result == "void" and chained.get((_VOID, request.approval_id), at) > at
        return replace(request, result="accepted") if is_void_later else request
    return replace(request, result="pending", decided_at=None, identity=None, is_weak=False)


def override_at(override: Override, chained: Chained, at: datetime) -> Override:
    """One override as it was: asked for only, where it was approved later; as before its end, where that came later."""
    if override.approved_at is not None and override.approved_at > at:
        return replace(override, state="requested", approved_at=None, approved_by=NOBODY, second_approver=NOBODY)
    ends = [kind for kind in _ENDS if chained.get((kind, override.override_id), at) > at]
    if f"override.{override.state}" in ends:
        return replace(override, state="requested" if override.approved_at is None else "approved")
    return override


def feedback_at(feedback: Feedback, chained: Chained, at: datetime) -> Feedback:
    """One feedback as it was: open still, where something came of it later."""
    return replace(feedback, disposition=None) if chained.get((_DISPOSED, feedback.feedback_id), at) > at else feedback


def _chained(ledger: Ledger) -> dict[tuple[str, str], datetime]:
    told = AUDIT.c.kind.in_((*_ENDS, _VOID, _DISPOSED))
    query = select(AUDIT.c.kind, AUDIT.c.subject, AUDIT.c.at).where(told).order_by(AUDIT.c.seq)
    with ledger.engine.begin() as connection:
        rows = connection.execute(query).all()
    return {(str(kind), str(subject)): datetime.fromisoformat(moment).astimezone(UTC) for kind, subject, moment in rows}


def _since_approved(state: State, events: Sequence[IntentEvent]) -> datetime | None:
    """When it last came to a state; None where it has been put back since."""
    last = next((event for event in reversed(events) if event.to_state in {state, "approved"}), None)
    return last.at if last is not None and last.to_state == state else None


def _by(moment: datetime | None, at: datetime) -> datetime | None:
    return None if moment is None or moment > at else moment
