"""`handoff approve`: off by default, weak where it is on, and never for what needs two people or a sure identity."""

from __future__ import annotations

from decimal import Decimal

import pytest

from handoff_pipeline.commands.exits import Exit
from tests.commands.outbox_world import JO, KIM, OS_USER, a_move, hold
from tests.ledger.acting import an_approval

ROLE = "project_manager"


@pytest.fixture
def asked(ledger):
    """Jo is asked, as project manager, about a change of status."""
    move = a_move()
    _ask(ledger, move)
    return move


@pytest.fixture
def switched_on(policy):
    policy(actions={"command_line_approval": True})


def _ask(ledger, move, approver=JO, role=ROLE, approval_id="a1"):
    ledger.intents.propose([move])
    hold(ledger, role, approver)
    hashes = {"content_hash": move.content_hash, "precondition_hash": move.precondition_hash}
    ledger.approvals.ask(an_approval(approval_id, subject_id=move.intent_id, role=role, approver_id=approver, **hashes))


def test_what_waits_is_listed_with_whom_and_what(handoff, asked):
    said = handoff("approve", "list")
    assert ("Move deal 1042 to On hold" in said.out, ROLE in said.out) == (True, True)
    assert [each["approver_id"] for each in handoff("approve", "--json").json["approvals"]] == [JO]


def test_nothing_that_waits_is_said(handoff, ledger):
    assert handoff("approve").out.strip() == "Nothing waits for an approver."


def test_it_is_off_by_default(handoff, ledger, asked):
    said = handoff("approve", asked.intent_id, "--yes")
    assert (said.code, "actions.command_line_approval" in said.err) == (Exit.FAILED, True)
    assert ledger.approvals.get("a1").result == "pending"


def test_an_answer_keeps_the_user_of_this_machine_and_is_weak(handoff, ledger, asked, switched_on):
    said = handoff("approve", asked.intent_id, "--yes")
    assert said.code == Exit.DONE
    kept = ledger.approvals.get("a1")
    assert (kept.result, kept.identity, kept.is_weak, kept.channel) == ("accepted", f"os:{OS_USER}", True, "command_line")
    assert ledger.intents.get(asked.intent_id).state == "approved"


def test_the_user_is_not_taken_from_the_environment(monkeypatch):
    from handoff_pipeline.commands.at_hand import os_user

    before = os_user()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert os_user() == before != "somebody-else"


def test_a_no_ends_the_intent(handoff, ledger, asked, switched_on):
    assert handoff("approve", asked.intent_id, "--reject", "--yes").code == Exit.DONE
    assert (ledger.approvals.get("a1").result, ledger.intents.get(asked.intent_id).state) == ("rejected", "refused")


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_without_a_yes_nothing_is_kept(handoff, ledger, asked, switched_on, arguments):
    handoff("approve", asked.intent_id, *arguments)
    assert ledger.approvals.get("a1").result == "pending"


def test_what_two_people_approve_is_never_approved_here(handoff, ledger, switched_on):
    large = a_move(amount_base=Decimal(900_000), action_class="two_approvers")
    _ask(ledger, large)
    said = handoff("approve", large.intent_id, "--yes")
    assert (said.code, "of class two_approvers" in said.err) == (Exit.FAILED, True)
    assert ledger.approvals.get("a1").result == "pending"


def test_an_amount_that_needs_two_people_today_needs_them_whatever_was_proposed(handoff, ledger, switched_on):
    large = a_move(amount_base=Decimal(900_000))
    _ask(ledger, large)
    assert handoff("approve", large.intent_id, "--yes").code == Exit.FAILED


def test_a_project_is_never_approved_here(handoff, ledger, switched_on):
    project = a_move(action="project_create")
    _ask(ledger, project)
    said = handoff("approve", project.intent_id, "--yes")
    assert (said.code, "needs a sure identity" in said.err) == (Exit.FAILED, True)


def test_nobody_approves_his_own_request_here(handoff, ledger, switched_on):
    own = a_move(requested_by=JO)
    _ask(ledger, own)
    said = handoff("approve", own.intent_id, "--yes")
    assert (said.code, "nobody approves his own request" in said.err) == (Exit.FAILED, True)
    assert ledger.approvals.get("a1").result == "pending"


def test_of_two_who_are_asked_one_is_named(handoff, ledger, asked, switched_on):
    hold(ledger, "finance", KIM)
    hashes = {"content_hash": asked.content_hash, "precondition_hash": asked.precondition_hash}
    ledger.approvals.ask(an_approval("a2", subject_id=asked.intent_id, role="finance", approver_id=KIM, **hashes))
    assert "--role" in handoff("approve", asked.intent_id, "--yes").err
    handoff("approve", asked.intent_id, "--role", ROLE, "--yes")
    assert [ledger.approvals.get(each).result for each in ("a1", "a2")] == ["accepted", "pending"]


def test_what_nobody_was_asked_about_is_not_answered(handoff, ledger, switched_on):
    move = a_move()
    ledger.intents.propose([move])
    assert "Nobody is asked about intent" in handoff("approve", move.intent_id, "--yes").err


def test_the_deals_own_seller_may_say_no_to_it_and_not_yes(handoff, ledger, switched_on):
    move = a_move(seller_id=JO)
    _ask(ledger, move)
    said = handoff("approve", move.intent_id, "--yes")
    assert (said.code, "approvals.own_deal" in said.err, ledger.approvals.get("a1").result) == (Exit.FAILED, True, "pending")
    assert handoff("approve", move.intent_id, "--reject", "--yes").code == Exit.DONE
    assert ledger.intents.get(move.intent_id).state == "refused"
