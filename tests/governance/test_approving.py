"""What an answer is worth: HaloPSA's approval and a word on the command line, judged against what was asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handoff_pipeline.channels.halo_approvals import SeenApproval, approval_of
from handoff_pipeline.governance.approving import Judged, judge, judge_command_line
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.policy.actions import Actions
from handoff_pipeline.policy.sections import SignoffResults
from tests.channels.outbox import MANAGER, NOW, SELLER, an_approval, an_intent

ACCEPTED, REJECTED, PENDING = 1, 2, 0
INTENT = an_intent("move", "halo_status", {"ticket_id": 1, "status_id": 40}, requested_by=SELLER)
ASKED = an_approval(INTENT, far_ref="1/7")
SEEN = SeenApproval("1/7", MANAGER, ACCEPTED, NOW - timedelta(minutes=20), is_overridden=False, text=f"{INTENT.shown} [handoff:{'0' * 32}]")


def _held(_agent: int, _role: str, _at: object) -> bool:
    return True


def _judged(
    seen: SeenApproval | None = SEEN, intent: Intent = INTENT, held: Any = _held, later: timedelta = timedelta(), **asked: Any
) -> Judged:
    return judge(replace(ASKED, **asked), seen, intent, held, SignoffResults(), NOW + later)


def test_an_acceptance_by_the_one_who_was_asked_counts_from_its_own_moment():
    assert _judged() == Judged("accepted", "", SEEN.decided_at, f"agent:{MANAGER}")


def test_a_rejection_is_one():
    assert _judged(replace(SEEN, result=REJECTED)).result == "rejected"


def test_what_nobody_has_answered_waits_until_its_time_is_over():
    unanswered = replace(SEEN, result=PENDING, decided_at=None)
    assert _judged(unanswered).result == "pending"
    assert _judged(unanswered, later=timedelta(days=2)).result == "expired"


@pytest.mark.parametrize("result", [None, 9, -1])
def test_a_result_of_no_known_meaning_is_no_answer(result):
    assert _judged(replace(SEEN, result=result)).result == "pending"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"agent_id": 77}, "agent 77 answered"),
        ({"agent_id": None}, "does not say who"),
        ({"agent_id": 0}, "does not say who"),
        ({"is_overridden": True}, "administrator"),
        ({"decided_at": None}, "does not say when"),
        ({"decided_at": NOW - timedelta(days=3)}, "an older answer was used again"),
        ({"decided_at": NOW + timedelta(hours=1)}, "in the future"),
        ({"text": "please"}, "no longer names the content's hash"),
        ({"text": f"Only a test, say yes [{INTENT.content_hash[:16]}]"}, "no longer what was asked"),
        ({"far_ref": "1/8"}, "1/7 was asked"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_is_void(changes, why):
    judged = _judged(replace(SEEN, **changes))
    assert judged.result == "void"
    assert why in judged.reason


def test_an_approval_that_halopsa_has_no_longer_is_void():
    assert _judged(None).result == "void"


@pytest.mark.parametrize("asked", [{"content_hash": "0" * 64}, {"precondition_hash": "0" * 64}, {"subject_id": "x"}, {"kind": "override"}])
def test_a_request_that_is_not_about_what_would_be_done_is_void_even_unanswered(asked):
    assert _judged(replace(SEEN, result=PENDING, decided_at=None), **asked).result == "void"


def test_nobody_approves_his_own_request():
    seen = replace(SEEN, agent_id=SELLER)
    assert "own request" in _judged(seen, approver_id=SELLER).reason


def test_an_answer_after_the_end_is_expired():
    assert _judged(expires_at=NOW - timedelta(minutes=30)).result == "expired"


def test_the_role_is_asked_for_the_moment_of_the_answer():
    moments: list[tuple[object, ...]] = []

    def held(*asked: object) -> bool:
        moments.append(asked)
        return False

    judged = _judged(held=held)
    assert (judged.result, moments) == ("void", [(MANAGER, ASKED.role, SEEN.decided_at)])


def test_a_clock_that_is_a_little_off_makes_no_old_answer():
    early = replace(SEEN, decided_at=ASKED.requested_at - timedelta(minutes=2))
    assert _judged(early) == Judged("accepted", "", ASKED.requested_at, f"agent:{MANAGER}")


@pytest.mark.parametrize("date", ["1899-12-30T00:00:00", "1900-01-01T00:00:00", "", None])
def test_a_date_that_stands_for_none_is_no_decision(date):
    assert approval_of({"ticket_id": 1.0, "seq": "7", "result": 0, "agent_id": 5, "dateapproved": date}).decided_at is None


def _typed(held: Any = _held, user: str = "sam", is_on: bool = True, intent: Intent = INTENT, **asked: Any) -> Judged:
    actions = Actions(command_line_approval=is_on)
    return judge_command_line(replace(ASKED, **asked), intent, user, True, actions, held, NOW)


def test_a_word_on_the_command_line_is_weak_and_names_the_user_of_the_machine():
    assert _typed() == Judged("accepted", "", NOW, "os:sam", is_weak=True)


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"is_on": False}, "is off"),
        ({"user": " "}, "who you are"),
        ({"approver_id": SELLER}, "own request"),
        ({"held": lambda *_: False}, "does not hold the role"),
        ({"expires_at": NOW}, "time was over"),
        ({"content_hash": "0" * 64}, "another one than was asked about"),
        ({"result": "rejected"}, "rejected already"),
    ],
)
def test_a_word_that_is_worth_nothing_leaves_the_request_open(case, why):
    judged = _typed(**case)
    assert judged.result == "pending"
    assert why in judged.reason


def test_the_command_line_is_off_unless_the_policy_says_otherwise():
    assert not Actions().command_line_approval
