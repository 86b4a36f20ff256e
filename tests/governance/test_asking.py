"""From a proposal to the deed by way of a person: who is asked, what he reads in HaloPSA, and what his answer brings about."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from handoff_pipeline.channels.halo_approvals import read_approval
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.approving import judge
from handoff_pipeline.governance.asking import answered, approval_asked_by, questions
from handoff_pipeline.halo import writing
from handoff_pipeline.ledger.records_action import ApprovalResult, Intent
from handoff_pipeline.policy.sections import SignoffResults
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED, STATUS_WON
from handoff_pipeline.simulator.shaping import stamp
from tests.channels.outbox import (
    MANAGER,
    MONEY,
    NOW,
    TENANT,
    Bench,
    Wire,
    an_approval,
    an_intent,
    new_ledger,
    policy,
    rules,
    settings,
    won_deal,
)

ROLE = "project_manager"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with new_ledger(tmp_path) as ledger:
        yield Bench(ledger)


def _move(**changes: Any) -> Intent:
    content = {"ticket_id": won_deal(), "status_id": STATUS_BLOCKED}
    seen = {"status_id": STATUS_WON}
    return an_intent("move", "halo_status", content, **{"action_class": "one_approver", "precondition": seen, **changes})


def _asked(intent: Intent, asked=(), holders=lambda _role: [MANAGER, MONEY]):
    return questions(intent, asked, holders, TENANT, policy(), NOW)


def _answer_in_halopsa(bench: Bench, far_ref: str, result: int) -> None:
    ticket, seq = (int(part) for part in far_ref.split("/"))
    bench.sim.edits.change("approvals", (ticket, seq), {"result": result, "dateapproved": stamp(bench.sim.now)})


async def _seen(bench: Bench, far_ref: str):
    async with writing(settings(), bench.clock, Wire(bench.sim, None)) as writer:
        return await read_approval(writer, far_ref)


@pytest.mark.parametrize(("result", "ends", "status"), [(1, "confirmed", STATUS_BLOCKED), (2, "refused", STATUS_WON)])
def test_a_person_is_asked_in_halopsa_and_his_answer_decides(bench, result, ends, status):
    ledger, move = bench.ledger, _move(handoff_id=won_deal())
    bench.hold(MANAGER, ROLE)
    ledger.intents.propose([move])
    (question,) = _asked(move)
    ledger.approvals.ask(question.approval)
    ledger.intents.propose([question.intent])
    ledger.intents.approve_automatic(NOW)
    bench.run()
    carried = bench.now(question.intent)
    ledger.approvals.sent(approval_asked_by(carried), carried.far_ref, NOW)
    _answer_in_halopsa(bench, carried.far_ref, result)

    asked = ledger.approvals.get(question.approval.approval_id)
    seen = asyncio.run(_seen(bench, carried.far_ref))
    judged = judge(asked, seen, move, ledger.people.role_held, SignoffResults(), NOW)
    ledger.approvals.decide(asked.approval_id, judged.result, judged.decided_at, identity=judged.identity)
    follows = answered(bench.now(move), ledger.approvals.of(move.intent_id), rules(), ledger.people.role_held, NOW)
    verdict = follows[0] if follows else None
    if verdict == "approved":
        ledger.intents.approve(move.intent_id, NOW)
    else:
        ledger.intents.settle(move.intent_id, verdict, NOW)
    bench.run()
    assert (bench.state(move), bench.status_of(won_deal())) == (ends, status)


def test_one_person_is_asked_for_each_role_and_nobody_twice():
    material = _move(action_class="two_approvers", amount_base=Decimal(30_000))
    assert [(one.approval.role, one.approval.approver_id) for one in _asked(material)] == [(ROLE, MANAGER), ("finance", MONEY)]


def test_a_role_that_is_needed_twice_is_asked_of_two_people_also_where_one_was_asked_before():
    same = policy().model_copy(update={"approvals": policy().approvals.model_copy(update={"second": ROLE})})
    move = _move(action_class="two_approvers")
    both = questions(move, (), lambda _role: [MANAGER, MONEY], TENANT, same, NOW)
    assert [one.approval.approver_id for one in both] == [MANAGER, MONEY]
    (other,) = questions(move, [both[0].approval], lambda _role: [MANAGER, MONEY], TENANT, same, NOW)
    assert other.approval.approver_id == MONEY


def test_a_question_about_undoing_is_asked_in_every_phase():
    (question,) = _asked(_move(rollback_of="f" * 32))
    assert rules(phase="shadow").held_back(question.intent, NOW) is None
    (other,) = _asked(_move())
    assert rules(phase="shadow").held_back(other.intent, NOW) is not None


def test_the_requester_is_not_asked():
    (one,) = _asked(_move(requested_by=MANAGER))
    assert one.approval.approver_id == MONEY


def test_nobody_to_ask_is_said_with_the_fix():
    with pytest.raises(HandoffError, match=rf"Name further people in approvals.roles.{ROLE}"):
        _asked(_move(requested_by=MANAGER), holders=lambda _role: [MANAGER])


def test_what_was_asked_is_not_asked_again_while_it_stands():
    move = _move()
    for result in ("pending", "accepted", "rejected"):
        assert _asked(move, [replace(an_approval(move), result=result)]) == []


def test_a_question_that_ran_out_is_asked_anew_under_another_approval():
    move = _move()
    (first,) = _asked(move)
    (second,) = _asked(move, [replace(first.approval, result="expired")])
    assert second.approval.approval_id != first.approval.approval_id


@pytest.mark.parametrize("changes", [{"is_shadow": True}, {"state": "approved"}])
def test_what_needs_no_answer_asks_nobody(changes):
    assert _asked(_move(**changes)) == []


def test_an_automatic_action_asks_nobody():
    note = an_intent("note", "halo_note", {"ticket_id": won_deal(), "note": "x"})
    assert _asked(note) == []


def test_what_has_become_material_since_is_asked_of_the_second_role_as_well():
    assert len(_asked(_move(amount_base=policy().actions.materiality_amount + 1))) == 2


def test_a_question_is_over_when_the_proposal_is():
    (one,) = _asked(_move(expires_at=NOW + timedelta(hours=1)))
    assert one.approval.expires_at == one.intent.expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("ago", [timedelta(), timedelta(seconds=1)])
def test_nobody_is_asked_about_what_is_over_its_time_although_no_delivery_has_ended_it(ago: timedelta):
    assert _asked(_move(proposed_at=NOW - timedelta(days=3), expires_at=NOW - ago)) == []


def test_an_intent_without_a_record_cannot_be_asked_about_in_halopsa():
    with pytest.raises(HandoffError, match="nowhere to ask"):
        _asked(_move(handoff_id=None))


def test_a_proposal_waits_while_an_answer_is_open():
    move = _move()
    assert answered(move, [an_approval(move)], rules(), lambda *_: True, NOW) is None


def test_the_intent_of_another_action_carried_no_question():
    assert approval_asked_by(_move()) is None


OPEN = policy().model_copy(update={"approvals": policy().approvals.model_copy(update={"own_deal": "allow"})})


def _of_own_deal(holders, asked=(), of=None):
    move = _move(seller_id=MANAGER)
    return questions(move, asked, lambda _role: holders, TENANT, of or policy(), NOW)


def test_the_deals_own_seller_is_not_asked_about_it_but_the_next_holder_of_the_role() -> None:
    assert [one.approval.approver_id for one in _of_own_deal([MANAGER, MONEY])] == [MONEY]


def test_where_the_seller_alone_holds_the_role_it_is_said_so() -> None:
    with pytest.raises(HandoffError, match=f"nobody but the deal's own seller, agent {MANAGER}, holds it"):
        _of_own_deal([MANAGER])


def test_the_seller_may_be_asked_where_the_policy_says_so() -> None:
    assert [one.approval.approver_id for one in _of_own_deal([MANAGER], of=OPEN)] == [MANAGER]


@pytest.mark.parametrize(("result", "asked"), [("pending", [MONEY]), ("accepted", [MONEY]), ("rejected", [])])
def test_what_the_seller_was_asked_before_counts_only_as_a_no(result: ApprovalResult, asked: list[int]) -> None:
    before = replace(an_approval(_move(seller_id=MANAGER)), result=result)
    assert [one.approval.approver_id for one in _of_own_deal([MANAGER, MONEY], [before])] == asked
