"""What people say is kept once, with a reason where one is owed, and told to the chain as a fingerprint."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Acknowledgement, CalendarState, Escalation, Feedback, RoleHeld, Snooze
from tests.ledger.acting import AT, HOUR, ON_SQLITE, an_override

GAP = "7|signed_scope|2026-09-01T02:00:00"
SEEN = Acknowledgement("gap", GAP, 17, AT, "note", "action 44")
LATER = Snooze(GAP, AT + timedelta(days=2), "the customer is on holiday", 17, AT)
WRONG = Feedback(
    feedback_id="f1",
    handoff_id=7,
    item="signed_scope",
    kind="false_positive",
    reported_by=17,
    reported_at=AT,
    note="signed, see p. 3",
)
LEAD = RoleHeld(21, "delivery_lead", AT, None, "named in March")
REACHED = Escalation(GAP, 1, 21, AT, "f" * 32)


@pytest.fixture
def people(acting):
    return acting.people


def test_what_was_said_comes_back_and_is_kept_once(people):
    assert people.acknowledge([SEEN, SEEN]) == 1
    assert [people.snooze(LATER), people.snooze(LATER)] == [True, False]
    assert [people.report(WRONG), people.report(WRONG)] == [True, False]
    assert [people.escalated(REACHED), people.escalated(REACHED)] == [True, False]
    assert (people.acknowledgements(), people.snoozes(), people.feedback(), people.escalations()) == ([SEEN], [LATER], [WRONG], [REACHED])
    assert people.acknowledgements(until=AT - HOUR) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [((AT, "why", 17), "before it begins"), ((AT + HOUR, "  ", 17), "no reason"), ((AT + HOUR, "why", 0), "nobody's")],
)
def test_a_snooze_has_a_reason_a_person_and_an_end(people, changes, why):
    until, reason, agent = changes
    with pytest.raises(HandoffError, match=why):
        people.snooze(Snooze(GAP, until, reason, agent, AT))


def test_an_escalation_is_acknowledged_once_by_whom_it_reached(people):
    people.escalated(REACHED)
    assert people.acknowledge_escalation(GAP, 1, 21, AT + HOUR) is True
    assert people.acknowledge_escalation(GAP, 1, 21, AT + 2 * HOUR) is False
    assert people.escalations()[0].acknowledged_at == AT + HOUR
    with pytest.raises(HandoffError, match="never reached agent 22"):
        people.acknowledge_escalation(GAP, 1, 22, AT)


def test_feedback_stays_open_until_it_is_disposed_of(people):
    people.report(WRONG)
    assert people.dispose("f1", " the rule was wrong ", 21, AT).disposition == "the rule was wrong"
    with pytest.raises(HandoffError, match="There is no feedback f2"):
        people.dispose("f2", "x", 21, AT)
    with pytest.raises(HandoffError, match="is empty"):
        people.dispose("f1", " ", 21, AT)


def test_an_override_is_requested_then_approved_by_others(people):
    asked = an_override(amount_base=Decimal("12000.50"))
    assert [people.request_override(asked), people.request_override(asked)] == [True, False]
    assert people.overrides() == [asked]
    approved = people.decide_override("o1", "approved", AT + HOUR, by=21, second=22)
    assert people.overrides() == [approved]
    assert (approved.state, approved.approved_by, approved.second_approver, approved.approved_at) == ("approved", 21, 22, AT + HOUR)
    assert people.decide_override("o1", "closed", AT + 2 * HOUR, by=21).state == "closed"


def test_an_override_that_ran_out_can_still_be_closed_and_nothing_else(people):
    people.request_override(an_override())
    people.decide_override("o1", "approved", AT, by=21)
    people.decide_override("o1", "expired", AT + HOUR)
    with pytest.raises(HandoffError, match="cannot become approved"):
        people.decide_override("o1", "approved", AT + HOUR, by=21)
    assert people.decide_override("o1", "closed", AT + HOUR, by=21).state == "closed"


def test_one_approver_is_enough_where_no_second_is_told(people):
    people.request_override(an_override())
    assert people.decide_override("o1", "approved", AT, by=21).second_approver == 0


@pytest.mark.parametrize(("by", "second"), [(0, 0), (17, 0), (21, 17), (21, 21)])
def test_nobody_and_the_requester_and_one_person_twice_approve_no_override(people, by, second):
    people.request_override(an_override())
    with pytest.raises(HandoffError, match="cannot be approved by"):
        people.decide_override("o1", "approved", AT, by=by, second=second)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": "approved"}, "comes as approved"),
        ({"reason": " "}, "no reason"),
        ({"compensating_control": ""}, "stands in"),
        ({"expires_at": AT}, "expires before"),
    ],
)
def test_an_override_that_owes_something_is_refused(people, changes, why):
    with pytest.raises(HandoffError, match=why):
        people.request_override(an_override(**changes))


def test_a_refused_override_stays_refused(people):
    people.request_override(an_override())
    people.decide_override("o1", "refused", AT, by=21)
    with pytest.raises(HandoffError, match="is refused and cannot become approved"):
        people.decide_override("o1", "approved", AT, by=21)


def test_a_role_is_held_from_its_beginning_and_up_to_its_end(people):
    people.give_role(LEAD, by=1)
    assert [people.role_held(21, "delivery_lead", AT + hours * HOUR) for hours in (-1, 0, 5)] == [False, True, True]
    assert people.end_role(21, "delivery_lead", AT + 3 * HOUR) == 1
    assert [people.role_held(21, "delivery_lead", AT + hours * HOUR) for hours in (0, 2, 3)] == [True, True, False]
    assert people.role_held(21, "finance", AT) is False
    assert people.end_role(21, "delivery_lead", AT + 4 * HOUR) == 0


def test_a_role_owes_a_reason_and_a_span(people):
    with pytest.raises(HandoffError, match="no reason"):
        people.give_role(RoleHeld(21, "finance", AT, None, ""))
    with pytest.raises(HandoffError, match="ends before"):
        people.give_role(RoleHeld(21, "finance", AT, AT - HOUR, "x"))


def test_the_chain_names_agents_and_holds_no_words(people, acting):
    people.snooze(LATER)
    people.report(WRONG)
    people.give_role(LEAD, by=1)
    rows = acting.audit.last_rows(10)
    assert [(row.kind, row.actor) for row in rows] == [("snooze.said", 17), ("feedback.reported", 17), ("role.given", 1)]
    assert not any(words in row.content for row in rows for words in ("holiday", "p. 3", "March"))


@ON_SQLITE
@pytest.mark.parametrize(
    "statement",
    [
        "update snooze set reason = 'x'",
        "delete from snooze",
        "insert or replace into snooze select gap_id, at, until, 'x', agent_id from snooze",
        "delete from acknowledgement",
        "insert or replace into acknowledgement select 99, subject, subject_id, agent_id, at, channel, 'x' from acknowledgement",
    ],
)
def test_the_database_refuses_to_change_a_word(people, acting, statement):
    people.snooze(LATER)
    people.acknowledge([SEEN])
    with pytest.raises(IntegrityError, match="append-only"), acting.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert (people.snoozes(), people.acknowledgements()) == ([LATER], [SEEN])


def test_a_duty_is_done_once_per_period(acting):
    done = CalendarState("heartbeat", "2026-09-01", AT, "r1")
    assert acting.calendar.is_done("heartbeat", "2026-09-01") is False
    assert acting.calendar.mark(done) is True
    assert acting.calendar.mark(CalendarState("heartbeat", "2026-09-01", AT + HOUR, "r2")) is False
    assert acting.calendar.mark(CalendarState("heartbeat", "2026-09-02", AT + HOUR, "r2")) is True
    assert acting.calendar.all(until=AT) == [done]
    assert acting.calendar.is_done("heartbeat", "2026-09-01") is True
