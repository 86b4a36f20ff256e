"""An approval is asked once, answered once and used once, and whatever happens to it stands in the chain without a name."""

from __future__ import annotations

import threading

import pytest

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.fingerprints import fingerprint
from tests.ledger.acting import AT, HOUR, KEY, an_approval

ASKED = an_approval()


@pytest.fixture
def approvals(acting):
    acting.approvals.ask(ASKED)
    return acting.approvals


def test_an_approval_comes_back_as_it_was_asked(approvals):
    assert approvals.get("a1") == ASKED
    assert approvals.of(ASKED.subject_id) == approvals.pending(AT) == approvals.all(until=AT) == [ASKED]


def test_asking_twice_asks_once(approvals):
    assert approvals.ask(an_approval(approver_id=99)) is False
    assert approvals.all() == [ASKED]


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"result": "accepted"}, "comes with an answer"), ({"approver_id": 0}, "asked of nobody"), ({"expires_at": AT}, "expires before")],
)
def test_a_question_that_is_none_is_refused(acting, changes, why):
    with pytest.raises(HandoffError, match=why):
        acting.approvals.ask(an_approval(**changes))


def test_the_answer_keeps_who_gave_it_and_how(approvals):
    decided = approvals.decide("a1", "accepted", AT + HOUR, identity="os:jo", is_weak=True, channel="command_line")
    assert approvals.get("a1") == decided
    assert (decided.result, decided.decided_at, decided.identity, decided.is_weak) == ("accepted", AT + HOUR, "os:jo", True)


def test_a_second_answer_is_refused(approvals):
    approvals.decide("a1", "rejected", AT)
    with pytest.raises(HandoffError, match="is rejected already and cannot become accepted"):
        approvals.decide("a1", "accepted", AT)


def test_a_yes_after_the_end_is_none(approvals):
    with pytest.raises(HandoffError, match="after its end"):
        approvals.decide("a1", "accepted", ASKED.expires_at)
    assert approvals.decide("a1", "expired", ASKED.expires_at).result == "expired"


def test_an_accepted_approval_is_used_once(approvals):
    assert approvals.use("a1", AT) is False
    approvals.decide("a1", "accepted", AT)
    assert [approvals.use("a1", AT + HOUR), approvals.use("a1", AT + HOUR)] == [True, False]
    assert approvals.get("a1").used_at == AT + HOUR


def test_an_approval_is_not_used_after_its_end(approvals):
    approvals.decide("a1", "accepted", AT)
    assert approvals.use("a1", ASKED.expires_at) is False


def test_of_two_that_use_it_at_once_one_does(approvals, place):
    approvals.decide("a1", "accepted", AT)
    barrier, used = threading.Barrier(3), []

    def use():
        with Ledger.open(place, KEY) as own:
            barrier.wait()
            used.append(own.approvals.use("a1", AT))

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(used) == [False, False, True]


def test_a_changed_subject_voids_what_is_not_used(approvals):
    for number in range(2, 5):
        approvals.ask(an_approval(f"a{number}"))
    approvals.decide("a2", "accepted", AT)
    approvals.decide("a3", "accepted", AT)
    approvals.use("a3", AT)
    approvals.decide("a4", "rejected", AT)
    assert approvals.void(ASKED.subject_id, AT + HOUR) == 2
    assert [request.result for request in approvals.all()] == ["void", "void", "accepted", "rejected"]
    assert approvals.use("a2", AT + HOUR) is False


def test_a_question_nobody_answers_in_time_expires(approvals):
    assert approvals.expire(AT) == []
    assert approvals.expire(ASKED.expires_at) == ["a1"]
    assert approvals.pending(AT) == []


def test_where_a_question_stands_is_said_once(approvals):
    approvals.sent("a1", "1234/2", AT, "https://acme.halopsa.com/ticket?id=1234")
    assert approvals.sent("a1", "1234/2", AT).source_url == "https://acme.halopsa.com/ticket?id=1234"
    with pytest.raises(HandoffError, match="stands at 1234/2 already"):
        approvals.sent("a1", "1234/3", AT)


def test_an_approval_that_is_not_there_is_named(approvals):
    with pytest.raises(HandoffError, match="There is no approval nope"):
        approvals.use("nope", AT)


def test_the_chain_knows_the_approvers_key_and_no_user_of_a_machine(approvals, acting):
    approvals.decide("a1", "accepted", AT, identity="os:jofield", is_weak=True, channel="command_line")
    approvals.use("a1", AT)
    rows = acting.audit.last_rows(10)
    assert [(row.kind, row.actor) for row in rows] == [("approval.asked", 0), ("approval.accepted", 21), ("approval.used", 0)]
    assert '"is_weak":true' in rows[1].content
    assert "jofield" not in "".join(row.content for row in rows)


def test_a_user_of_a_machine_leaves_no_trace_in_the_fingerprint():
    assert fingerprint(an_approval(identity="os:jofield")) == fingerprint(an_approval(identity=None))
    assert fingerprint(an_approval(is_weak=True)) != fingerprint(an_approval())
