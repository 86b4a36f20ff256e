"""What the ledger knew at a moment: rows that came later are not there, and states are those of then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from handoff_pipeline.ledger import Escalation, Feedback, Ledger
from handoff_pipeline.ledger.as_of import known_at
from handoff_pipeline.ledger.records_action import OverrideState
from tests.ledger.acting import AT, HOUR, an_approval, an_intent, an_override

LATER = AT + 10 * HOUR


def test_an_intent_is_in_the_state_that_it_had(acting: Ledger) -> None:
    acting.intents.propose([an_intent(), an_intent("later", proposed_at=AT + 5 * HOUR)])
    (first, _) = acting.intents.all()
    acting.intents.approve(first.intent_id, AT + HOUR)
    acting.intents.claim(first.intent_id, "run-1", AT + 2 * HOUR)
    acting.intents.sent(first.intent_id, AT + 3 * HOUR, detail="taken")
    acting.intents.settle(first.intent_id, "accepted", AT + 4 * HOUR, detail="202", far_ref="f")

    seen = [known_at(acting, AT + hours * HOUR).intents for hours in (0.5, 1.5, 3.5, 10)]
    assert [each[0].state for each in seen] == ["proposed", "approved", "sent", "accepted"]
    assert [(each[0].attempts, each[0].detail, each[0].settled_at is None) for each in seen] == [
        (0, None, True), (0, None, True), (1, "taken", True), (1, "202", False),
    ]  # fmt: skip
    assert [len(each) for each in seen] == [1, 1, 1, 2]


def test_an_answer_that_came_later_was_still_awaited(acting: Ledger) -> None:
    acting.intents.propose([an_intent()])
    acting.approvals.ask(an_approval())
    acting.approvals.decide("a1", "accepted", AT + 2 * HOUR, identity="agent:21")
    (before,), (after,) = (known_at(acting, AT + hours * HOUR).approvals for hours in (1, 3))

    assert (before.result, before.decided_at, before.identity) == ("pending", None, None)
    assert (after.result, after.decided_at) == ("accepted", AT + 2 * HOUR)


@pytest.mark.parametrize(("hours", "state", "is_closed"), [(0.5, "requested", False), (2, "approved", False), (5, "closed", True)])
def test_an_override_is_closed_when_the_chain_says_so(acting: Ledger, hours: float, state: str, is_closed: bool) -> None:
    override = replace(an_override(), requested_at=AT, expires_at=AT + timedelta(days=9))
    acting.people.request_override(override)
    acting.people.decide_override("o1", "approved", AT + HOUR, by=override.requested_by + 1)
    acting.people.decide_override("o1", "closed", AT + 4 * HOUR, by=override.requested_by + 1)
    known = known_at(acting, AT + hours * HOUR)

    assert [each.state for each in known.overrides] == [state]
    assert known.closed_at == ({"o1": AT + 4 * HOUR} if is_closed else {})
    assert (known.overrides[0].approved_at is None) is (state == "requested")


def test_an_escalation_that_was_answered_later_was_open(acting: Ledger) -> None:
    acting.people.escalated(Escalation("7|it|2026-09-01T02:00:00", 1, 17, AT, "i"))
    acting.people.acknowledge_escalation("7|it|2026-09-01T02:00:00", 1, 17, AT + 2 * HOUR)

    assert [known_at(acting, AT + hours * HOUR).escalations[0].acknowledged_at for hours in (1, 3)] == [None, AT + 2 * HOUR]
    assert known_at(acting, AT - HOUR).escalations == []


@pytest.mark.parametrize(("end", "is_approved"), [("refused", False), ("expired", False), ("expired", True)])
def test_an_override_that_ended_later_was_what_it_had_been(acting: Ledger, end: OverrideState, is_approved: bool) -> None:
    override = replace(an_override(), requested_at=AT, expires_at=AT + timedelta(days=9))
    acting.people.request_override(override)
    if is_approved:
        acting.people.decide_override("o1", "approved", AT + HOUR, by=override.requested_by + 1)
    acting.people.decide_override("o1", end, AT + 4 * HOUR)

    states = [known_at(acting, AT + hours * HOUR).overrides[0].state for hours in (3, 5)]
    assert states == ["approved" if is_approved else "requested", end]


def test_an_acceptance_that_was_taken_back_later_was_one(acting: Ledger) -> None:
    acting.approvals.ask(an_approval())
    acting.approvals.decide("a1", "accepted", AT + HOUR)
    acting.approvals.void(an_approval().subject_id, AT + 3 * HOUR)

    assert [known_at(acting, AT + hours * HOUR).approvals[0].result for hours in (0.5, 2, 4)] == ["pending", "accepted", "void"]


def test_feedback_of_which_something_came_later_was_open(acting: Ledger) -> None:
    reported = Feedback(feedback_id="f", handoff_id=7, item="signed_scope", kind="false_positive", reported_by=17, reported_at=AT, note="n")
    acting.people.report(reported)
    acting.people.dispose("f", "the rule was changed", 21, AT + 2 * HOUR)

    assert [known_at(acting, AT + hours * HOUR).feedback[0].disposition for hours in (1, 3)] == [None, "the rule was changed"]


def test_an_intent_that_was_put_back_later_had_been_sent(acting: Ledger) -> None:
    acting.intents.propose([an_intent()])
    (intent,) = acting.intents.all()
    acting.intents.approve(intent.intent_id, AT + HOUR)
    acting.intents.claim(intent.intent_id, "run-1", AT + 2 * HOUR)
    acting.intents.sent(intent.intent_id, AT + 3 * HOUR)
    acting.intents.settle(intent.intent_id, "uncertain", AT + 4 * HOUR)
    acting.intents.put_back(intent.intent_id, AT + 5 * HOUR, None)

    assert [known_at(acting, AT + hours * HOUR).intents[0].sent_at for hours in (2, 4.5, 6)] == [None, AT + 3 * HOUR, None]
