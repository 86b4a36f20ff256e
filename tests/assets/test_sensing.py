"""What the sensors decide, on planted facts: nothing is asked for twice, and nothing is given up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from assets.sensing import approvals, deliveries, escalations, failures, gaps
from assets.sensing.approvals import ApprovalFacts
from assets.sensing.decision import MOST, Cursor, Decision
from assets.sensing.deliveries import DeliveryFacts
from assets.sensing.escalations import EscalationFacts
from assets.sensing.failures import Failure, FailureFacts
from assets.sensing.gaps import GapFacts

NOW = datetime(2026, 9, 28, 9, 0, tzinfo=UTC)
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(minutes=6)


def gap_facts(publication: str | None = "night-1", why_not: str | None = None, *, done: bool = False, under_way: bool = False) -> GapFacts:
    return GapFacts(publication, why_not, is_done=done, gap_ids=("1|a|x", "2|b|y"), is_under_way=under_way)


def asked(decision: Decision) -> tuple[str, ...]:
    return () if decision.request is None else decision.request.ids


def test_a_new_publication_asks_for_one_run_with_all_its_gaps():
    decision = gaps.decide(None, gap_facts(), NOW)
    assert decision.request is not None
    assert (decision.request.job, decision.request.ids) == ("remediate", ("1|a|x", "2|b|y"))


def test_the_cursor_of_gaps_moves_on_only_when_the_ledger_says_that_the_work_is_done():
    first = gaps.decide(None, gap_facts(), NOW)
    assert Cursor.read(first.cursor).done == ""
    second = gaps.decide(first.cursor, gap_facts(done=True), SOON)
    assert (asked(second), Cursor.read(second.cursor).done) == ((), "night-1")


def test_a_sensor_that_lost_its_cursor_repeats_nothing_that_the_ledger_knows():
    assert asked(gaps.decide(None, gap_facts(done=True), NOW)) == ()


@pytest.mark.parametrize("cursor", ["", "no json", "[]", '{"strange": 1}', '{"asked_at": "never"}', "null"])
def test_a_cursor_that_nobody_can_read_is_a_new_one(cursor):
    assert Cursor.read(cursor) == Cursor()


def test_a_run_that_failed_is_asked_for_again_but_later_each_time():
    cursor, moments, now = None, [], NOW
    for _ in range(24 * 60):
        decision = gaps.decide(cursor, gap_facts(), now)
        cursor = decision.cursor
        if decision.request is not None:
            moments.append(now - NOW)
        now += timedelta(minutes=1)
    assert [int(each.total_seconds() // 60) for each in moments] == [0, 5, 15, 35, 75, 155, 315, 635, 995, 1355]


def test_a_new_publication_does_not_wait_for_the_failures_of_the_last():
    first = gaps.decide(None, gap_facts("night-1"), NOW)
    assert asked(gaps.decide(first.cursor, gap_facts("night-2"), SOON)) != ()


def test_nothing_is_asked_for_while_a_run_is_under_way_or_the_figures_are_stale():
    assert asked(gaps.decide(None, gap_facts(under_way=True), NOW)) == ()
    stale = gaps.decide(None, gap_facts(why_not="opportunity is quarantined"), NOW)
    assert (asked(stale), "opportunity is quarantined" in stale.reason) == ((), True)
    assert asked(gaps.decide(None, gap_facts(publication=None), NOW)) == ()


def test_escalations_ask_once_for_the_same_cards_and_at_once_for_new_ones():
    first = escalations.decide(None, EscalationFacts(None, ["escalation|1|a|x|1|7"], ["1|a|x"], is_under_way=False), NOW)
    assert asked(first) == ("1|a|x",)
    again = EscalationFacts(None, ["escalation|1|a|x|1|7"], ["1|a|x"], is_under_way=False)
    assert asked(escalations.decide(first.cursor, again, SOON)) == ()
    more = EscalationFacts(None, ["escalation|1|a|x|1|7", "escalation|2|b|y|1|7"], ["1|a|x", "2|b|y"], is_under_way=False)
    assert asked(escalations.decide(first.cursor, more, SOON)) == ("1|a|x", "2|b|y")


def test_no_escalation_is_asked_for_on_stale_figures_or_where_none_is_due():
    assert asked(escalations.decide(None, EscalationFacts("stale", ["k"], ["1|a|x"], is_under_way=False), NOW)) == ()
    assert asked(escalations.decide(None, EscalationFacts(None, [], [], is_under_way=False), NOW)) == ()


def test_approvals_are_read_every_ten_minutes_while_any_waits():
    facts = ApprovalFacts(["a1"], ["i1"], has_writer=True, is_under_way=False)
    first = approvals.decide(None, facts, NOW)
    assert asked(first) == ("a1", "i1")
    assert asked(approvals.decide(first.cursor, facts, NOW + timedelta(minutes=9))) == ()
    assert asked(approvals.decide(first.cursor, facts, NOW + timedelta(minutes=10))) == ("a1", "i1")


def test_approvals_ask_nobody_without_a_writer_or_a_question():
    assert asked(approvals.decide(None, ApprovalFacts(["a1"], [], has_writer=False, is_under_way=False), NOW)) == ()
    assert asked(approvals.decide(None, ApprovalFacts([], [], has_writer=True, is_under_way=False), NOW)) == ()


def delivery_facts(*due: str, held: int = 0, left: tuple[str, ...] = (), killed: bool = False) -> DeliveryFacts:
    return DeliveryFacts(due, held, left, is_killed=killed, is_under_way=False)


def test_a_delivery_is_asked_for_with_what_was_left_behind_first():
    assert asked(deliveries.decide(None, delivery_facts("i2", left=("i1",)), NOW)) == ("i1", "i2")


def test_what_waits_for_a_channel_or_stands_behind_the_kill_switch_asks_for_no_run():
    assert asked(deliveries.decide(None, delivery_facts(held=1), NOW)) == ()
    assert asked(deliveries.decide(None, delivery_facts("i1", killed=True), NOW)) == ()


def test_a_delivery_that_changed_nothing_is_not_repeated_every_minute():
    first = deliveries.decide(None, delivery_facts("i1"), NOW)
    assert asked(deliveries.decide(first.cursor, delivery_facts("i1"), SOON)) == ()
    assert asked(deliveries.decide(first.cursor, delivery_facts("i1"), LATER)) == ("i1",)
    assert asked(deliveries.decide(first.cursor, delivery_facts("i1", "i2"), SOON)) == ("i1", "i2")


def test_a_request_is_cut_to_what_one_run_may_be_given():
    ids = tuple(f"i{number}" for number in range(MOST + 5))
    assert len(asked(deliveries.decide(None, delivery_facts(*ids), NOW))) == MOST


def failure(key: str, minutes: int = 0) -> Failure:
    return Failure("run", key, "nightly failed", "no", NOW - timedelta(minutes=minutes))


def test_each_failure_is_told_once_and_the_oldest_first():
    facts = FailureFacts([failure("b", 1), failure("a", 2), failure("b", 1), failure("old", 9)], {"checks": 7.0}, None, frozenset({"old"}))
    told = failures.decide('{"ticks": 3.0, "checks": 5.0}', facts, NOW)
    assert [one.key for one in told.failures] == ["a", "b"]
    assert json.loads(told.cursor) == {"checks": 7.0, "ticks": 3.0}


def test_the_cursor_of_failures_goes_to_where_was_read_also_back_where_a_log_was_wiped():
    told = failures.decide('{"checks": 9.0, "ticks": 2.0}', FailureFacts([], {"checks": 1.0}, None, frozenset()), NOW)
    assert json.loads(told.cursor) == {"checks": 1.0, "ticks": 2.0}


@pytest.mark.parametrize("cursor", ["no json", "[]", '{"checks": Infinity}', '{"checks": NaN}', '{"checks": "9"}', "null"])
def test_a_position_that_nobody_can_read_is_none(cursor):
    assert failures.positions(cursor) == {}


def test_the_alarm_says_since_when_no_night_has_succeeded():
    told = failures.decide(None, FailureFacts([], {}, NOW - timedelta(hours=40), frozenset()), NOW)
    assert (told.is_overdue, "2026-09-26 17:00" in told.reason) == (True, True)
