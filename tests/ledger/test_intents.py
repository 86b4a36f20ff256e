"""The outbox: a proposal is one intent for ever, moves follow the table and nothing else, and a claim is one run's."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.audit import AuditChain
from tests.ledger.acting import AT, HOUR, KEY, ON_SQLITE, an_intent

ONE = an_intent()


@pytest.fixture
def intents(acting):
    acting.intents.propose([ONE])
    return acting.intents


@pytest.fixture
def approved(intents):
    intents.approve(ONE.intent_id, AT)
    return intents


@pytest.fixture
def claimed(approved):
    approved.claim(ONE.intent_id, "r1", AT)
    return approved


def test_an_intent_comes_back_as_it_was_proposed(acting):
    whole = an_intent(amount_base=Decimal("1250.5000"), source_url="https://acme.halopsa.com/x", rollback_of="f" * 32, project_id=9)
    acting.intents.propose([whole])
    assert acting.intents.get(whole.intent_id) == whole
    assert acting.intents.get("0" * 32) is None


def test_the_same_proposal_is_the_same_intent_for_ever(intents):
    changed = an_intent(content='{"card":"other"}', content_hash=ONE.content_hash)
    again = replace(ONE, proposed_at=AT + HOUR)
    assert intents.propose([again]) == 0
    assert intents.propose([again, an_intent("owner|8|kickoff")]) == 1
    assert intents.get(ONE.intent_id) == ONE
    with pytest.raises(HandoffError, match="content_hash is not"):
        intents.propose([changed])


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"state": "approved"}, "comes as approved"),
        ({"content": "{}"}, "content_hash is not"),
        ({"precondition": '{"status":3}'}, "precondition_hash is not"),
        ({"shown": "trust me"}, "shown does not name"),
        ({"expires_at": AT}, "expires before"),
    ],
)
def test_a_proposal_that_binds_nothing_is_refused_with_all_beside_it(acting, changes, wrong):
    with pytest.raises(HandoffError, match=wrong):
        acting.intents.propose([an_intent("first"), replace(ONE, **changes)])
    assert acting.intents.all() == []
    assert acting.audit.head() is None


def test_a_delivery_leaves_every_move_behind(claimed):
    claimed.sent(ONE.intent_id, AT + HOUR, far_ref="ref-1")
    done = claimed.settle(ONE.intent_id, "accepted", AT + 2 * HOUR, "202")
    assert (done.state, done.attempts, done.claimed_by, done.far_ref, done.detail) == ("accepted", 1, "r1", "ref-1", "202")
    assert (done.approved_at, done.claimed_at, done.sent_at, done.settled_at) == (AT, AT, AT + HOUR, AT + 2 * HOUR)
    assert claimed.get(ONE.intent_id) == done
    moves = [(event.from_state, event.to_state, event.run_id, event.detail) for event in claimed.events(ONE.intent_id)]
    assert moves == [
        (None, "proposed", None, None),
        ("proposed", "approved", None, None),
        ("approved", "claimed", "r1", None),
        ("claimed", "sent", "r1", None),
        ("sent", "accepted", "r1", "202"),
    ]


def test_every_move_stands_in_the_chain_with_its_hashes_and_no_words(claimed, acting):
    claimed.settle(ONE.intent_id, "failed", AT, "Jo Field has left the team")
    rows = acting.audit.last_rows(10)
    assert [row.kind for row in rows] == ["intent.proposed", "intent.approved", "intent.claimed", "intent.failed"]
    assert {row.subject for row in rows} == {ONE.intent_id}
    assert all(ONE.content_hash in row.content for row in rows)
    assert "Field" not in "".join(row.content for row in rows)


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"is_shadow": True}, "shadow"), ({"action_class": "never"}, "never"), ({"expires_at": AT + HOUR}, "expired on")],
)
def test_what_may_not_be_done_cannot_be_approved(acting, changes, why):
    acting.intents.propose([replace(ONE, **changes)])
    with pytest.raises(HandoffError, match=why):
        acting.intents.approve(ONE.intent_id, AT + HOUR)
    assert acting.intents.by_state("proposed")[0].intent_id == ONE.intent_id


@pytest.mark.parametrize(("column", "value"), [("is_shadow", True), ("action_class", "never")])
def test_the_database_itself_lets_no_shadow_and_no_never_go_on(acting, column, value):
    acting.intents.propose([replace(ONE, **{column: value})])
    with pytest.raises(IntegrityError), acting.engine.begin() as connection:
        connection.exec_driver_sql("update outbox set state = 'approved'")


def test_only_what_is_automatic_is_approved_by_itself(acting):
    acting.intents.propose(
        [
            an_intent("a"),
            an_intent("b", is_shadow=True),
            an_intent("c", action_class="one_approver"),
            an_intent("d", expires_at=AT + HOUR),
        ]
    )
    assert acting.intents.approve_automatic(AT + HOUR) == 1
    assert [intent.dedupe_key for intent in acting.intents.by_state("approved")] == ["a"]


def test_an_approved_intent_is_approved_once(claimed):
    with pytest.raises(HandoffError, match="it is claimed"):
        claimed.approve(ONE.intent_id, AT)


def test_due_is_what_is_approved_not_expired_and_whose_time_has_come(acting):
    later = an_intent("later", next_try_at=AT + HOUR)
    acting.intents.propose([an_intent("young", proposed_at=AT + HOUR), later, ONE, an_intent("short", expires_at=AT + HOUR)])
    acting.intents.approve_automatic(AT)
    assert {intent.dedupe_key for intent in acting.intents.due(AT)} == {"short", ONE.dedupe_key, "young"}
    assert {intent.dedupe_key for intent in acting.intents.due(AT + HOUR)} == {"later", ONE.dedupe_key, "young"}
    assert acting.intents.due(AT + HOUR)[-1].dedupe_key == "young"


def test_a_claimed_intent_is_claimed_by_nobody_else(claimed):
    assert claimed.claim(ONE.intent_id, "r2", AT) is False
    assert claimed.get(ONE.intent_id).claimed_by == "r1"


def test_an_expired_intent_is_not_claimed(approved):
    assert approved.claim(ONE.intent_id, "r1", ONE.expires_at) is False


def test_of_many_that_claim_at_once_one_wins(approved, place):
    barrier, won = threading.Barrier(4), []

    def claim(run_id):
        with Ledger.open(place, KEY) as own:
            barrier.wait()
            if own.intents.claim(ONE.intent_id, run_id, AT):
                won.append(run_id)

    threads = [threading.Thread(target=claim, args=(f"r{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    intent = approved.get(ONE.intent_id)
    assert (won, intent.attempts) == ([intent.claimed_by], 1)
    assert len(approved.events(ONE.intent_id)) == 3


def test_a_claim_has_committed_when_it_returns(claimed, place):
    with Ledger.open(place, KEY) as other:
        assert other.intents.get(ONE.intent_id).state == "claimed"


def test_a_crash_before_the_chain_is_written_undoes_the_move(approved, monkeypatch):
    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(AuditChain, "append", crash)
    with pytest.raises(KeyboardInterrupt):
        approved.claim(ONE.intent_id, "r1", AT)
    assert approved.get(ONE.intent_id).state == "approved"
    assert len(approved.events()) == 2


def test_what_was_not_sent_is_put_back_for_later_and_counts_the_attempt(claimed):
    claimed.put_back(ONE.intent_id, AT, AT + HOUR, "429")
    assert claimed.due(AT) == []
    assert [intent.attempts for intent in claimed.due(AT + HOUR)] == [1]
    assert claimed.claim(ONE.intent_id, "r2", AT + HOUR)
    assert claimed.get(ONE.intent_id).attempts == 2


def test_what_may_have_arrived_goes_back_only_after_it_was_uncertain(claimed):
    claimed.sent(ONE.intent_id, AT)
    with pytest.raises(HandoffError, match="is sent and cannot become approved"):
        claimed.put_back(ONE.intent_id, AT, None)
    assert claimed.settle(ONE.intent_id, "uncertain", AT, "timeout").settled_at is None
    assert claimed.put_back(ONE.intent_id, AT, None, "looked up").state == "approved"


def test_putting_back_is_no_way_around_an_approval(intents):
    with pytest.raises(HandoffError, match="never approved"):
        intents.put_back(ONE.intent_id, AT, None)


def test_settling_is_for_ends_only(claimed):
    with pytest.raises(HandoffError, match="cannot be settled as approved"):
        claimed.settle(ONE.intent_id, "approved", AT)


def test_what_nobody_approved_or_delivered_in_time_expires_and_shadows_stay(acting):
    acting.intents.propose([ONE, an_intent("shadow", is_shadow=True), an_intent("long", expires_at=AT + timedelta(days=9))])
    assert acting.intents.expire(ONE.expires_at) == [ONE.intent_id]
    assert acting.intents.get(ONE.intent_id).settled_at == ONE.expires_at
    assert len(acting.intents.by_state("proposed")) == 2


def test_an_intent_that_is_not_there_is_named(acting):
    with pytest.raises(HandoffError, match="There is no intent abc"):
        acting.intents.approve("abc", AT)


def test_a_snapshot_until_a_moment_leaves_out_later_proposals(intents):
    intents.propose([an_intent("later", proposed_at=AT + HOUR)])
    assert intents.all(until=AT) == [ONE]


@ON_SQLITE
@pytest.mark.parametrize(
    "statement",
    [
        "update outbox set content = '{}'",
        "update outbox set amount_base = '1'",
        "delete from outbox",
        "insert or replace into outbox select * from outbox",
        "update intent_event set to_state = 'confirmed'",
        "delete from intent_event",
        "insert or replace into intent_event select * from intent_event",
    ],
)
def test_the_database_refuses_to_change_what_was_proposed_or_moved(intents, acting, statement):
    with pytest.raises(IntegrityError, match=r"never changes|append-only"), acting.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert intents.get(ONE.intent_id) == ONE
    assert len(intents.events()) == 1


@pytest.mark.parametrize("state", ["refused", "expired", "conflict"])
def test_what_nobody_has_claimed_is_turned_down(approved, state):
    assert approved.turn_down(ONE.intent_id, state, AT + HOUR, "no") is True
    ended = approved.get(ONE.intent_id)
    assert (ended.state, ended.settled_at, ended.detail) == (state, AT + HOUR, "no")


def test_what_is_claimed_is_not_turned_down_and_goes_its_way(claimed):
    assert claimed.turn_down(ONE.intent_id, "refused", AT + HOUR, "too late") is False
    assert claimed.get(ONE.intent_id).state == "claimed"
    assert claimed.sent(ONE.intent_id, AT + HOUR).state == "sent"
