"""`handoff rollback`: the compensating writes are shown and proposed, and nothing is sent."""

from __future__ import annotations

import pytest

from handoff_pipeline.commands.exits import Exit
from tests.commands.outbox_world import JO, a_move, a_note, confirm

REASON = ("--by", "Jo Field", "--reason", "the wrong deal was moved")


@pytest.fixture
def moved(ledger, people):
    move = a_move()
    ledger.intents.propose([move])
    confirm(ledger, move)
    return move


def of_rollback(ledger, intent):
    return [each for each in ledger.intents.all() if each.rollback_of == intent.intent_id]


def test_the_writes_are_shown_with_their_exact_requests(handoff, moved):
    said = handoff("rollback", moved.intent_id, *REASON, "--json").json
    assert [each["intent"]["action"] for each in said["writes"]] == ["halo_status", "halo_note"]
    assert all(each["request"]["url"].startswith("https://acme.halopsa.com/") for each in said["writes"])


def test_they_are_proposed_for_the_same_approvers_and_not_sent(handoff, ledger, moved):
    assert handoff("rollback", moved.intent_id, *REASON, "--yes").code == Exit.DONE
    back, note = of_rollback(ledger, moved)
    back, note = (back, note) if back.action == "halo_status" else (note, back)
    assert (back.state, back.action_class, back.requested_by) == ("proposed", "one_approver", JO)
    assert (back.content, back.precondition) == ('{"kind":"opportunity","status_id":2,"ticket_id":1042}', '{"status_id":9}')
    assert "agent 12: the wrong deal was moved" in note.content


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_without_a_yes_nothing_is_proposed(handoff, ledger, moved, arguments):
    handoff("rollback", moved.intent_id, *REASON, *arguments)
    assert of_rollback(ledger, moved) == []


def test_a_second_rollback_adds_nothing(handoff, ledger, moved):
    handoff("rollback", moved.intent_id, *REASON, "--yes")
    assert "had been proposed before" in handoff("rollback", moved.intent_id, *REASON, "--yes").out
    assert len(of_rollback(ledger, moved)) == 2


def test_what_was_not_confirmed_is_not_taken_back(handoff, ledger, people):
    note = a_note()
    ledger.intents.propose([note])
    said = handoff("rollback", note.intent_id, *REASON, "--yes")
    assert (said.code, "only what was confirmed" in said.err) == (Exit.FAILED, True)


@pytest.mark.parametrize(("by", "why"), [("Nobody Here", "No agent"), ("Lee Park", "not active")])
def test_somebody_who_is_not_there_asks_for_nothing(handoff, moved, by, why):
    said = handoff("rollback", moved.intent_id, "--by", by, "--reason", "x", "--yes")
    assert (said.code, why in said.err) == (Exit.FAILED, True)
