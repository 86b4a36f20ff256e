"""The delivery: what is approved reaches the far side once, and everything else is said and left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_pipeline.channels.deliver import MOVED
from handoff_pipeline.channels.points import AFTER_CLAIM, AFTER_SEND, BEFORE_CLAIM
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED
from tests.channels.deeds import SCORE, a_block, a_note, a_score
from tests.channels.outbox import MANAGER, NOW, a_card, an_intent, won_deal


def test_a_note_is_written_once_hidden_from_the_end_user_and_confirmed(bench):
    note = a_note()
    bench.propose(note)
    bench.run()
    (written,) = bench.notes(note)
    assert written["hiddenfromuser"] is True
    assert (bench.state(note), bench.now(note).far_ref) == ("confirmed", f"{written['ticket_id']}/{written['id']}")


def test_a_second_run_sends_nothing_again(bench):
    note, score, card = a_note(), a_score(), a_card()
    bench.propose(note, score, card)
    bench.run()
    posts, calls = len(bench.writes()), bench.scripted.calls
    bench.run()
    assert (len(bench.writes()), bench.scripted.calls) == (posts, calls) == (2, 1)


def test_custom_fields_are_written_in_one_post_of_one_object(bench):
    score = a_score()
    bench.propose(score)
    bench.run()
    assert bench.field_value(won_deal(), SCORE) == "85"
    assert [len(body) for body in bench.writes()] == [1]


def test_a_card_that_nobody_can_read_ends_as_accepted(bench):
    card = a_card()
    bench.propose(card)
    bench.run()
    assert bench.state(card) == "accepted"


def test_a_block_is_a_note_and_a_status_in_one_post(bench):
    block = a_block()
    bench.hold(MANAGER, "service_delivery_lead")
    bench.propose(block)
    bench.approved_by(block, role="service_delivery_lead")
    bench.run()
    assert (bench.state(block), len(bench.writes()), bench.status_of(won_deal())) == ("confirmed", 1, STATUS_BLOCKED)


def test_an_approval_is_asked_for_with_the_contents_hash_in_what_the_approver_reads(bench):
    block = a_block()
    asked = {"ticket_id": won_deal(), "approver_id": 5, "subject_id": block.intent_id, "content_hash": block.content_hash}
    request = an_intent("ask", "approval_request", {**asked, "shown": block.shown})
    bench.propose(request)
    bench.run()
    ticket, seq = bench.now(request).far_ref.split("/")
    row = next(row for row in bench.sim.snapshot().approvals if (row["ticket_id"], row["seq"]) == (int(ticket), int(seq)))
    assert block.content_hash[:16] in row["note"]
    assert (row["agent_id"], row["step_name"]) == (5, "Handoff approval")


def test_an_approval_whose_words_name_no_hash_is_not_asked_for(bench):
    asked = {"ticket_id": won_deal(), "approver_id": 5, "subject_id": "x", "content_hash": "0" * 64, "shown": "please"}
    request = an_intent("ask", "approval_request", asked)
    bench.propose(request)
    bench.run()
    assert "does not name the content's hash" in bench.detail(request)
    assert (bench.state(request), bench.writes()) == ("refused", [])


@pytest.mark.parametrize("content", [{"note": "x"}, {"ticket_id": 1, "note": "half a character: \ud800"}])
def test_what_can_never_be_written_ends_and_holds_nothing_else_up(bench, content):
    odd = [an_intent(f"odd {number}", "halo_note", content, proposed_at=NOW - timedelta(hours=2)) for number in range(4)]
    note = a_note()
    bench.propose(*odd, note)
    bench.run()
    assert [bench.state(one) for one in (*odd, note)] == ["refused"] * 4 + ["confirmed"]


def test_what_a_person_refuses_while_the_run_looks_is_not_sent(bench):
    note = a_note()
    bench.propose(note)
    at_the_claim = {BEFORE_CLAIM: lambda: bench.ledger.intents.turn_down(note.intent_id, "refused", NOW, "no")}
    report = bench.run(point=lambda name: at_the_claim.get(name, lambda: None)())
    assert (bench.state(note), bench.writes(), report.held[note.intent_id]) == ("refused", [], MOVED)


def test_what_a_person_refuses_while_it_is_being_sent_is_told_as_sent(bench):
    note = a_note()
    bench.propose(note)
    refused: list[bool] = []

    def refuse(name: str) -> None:
        if name in {AFTER_CLAIM, AFTER_SEND}:
            refused.append(bench.ledger.intents.turn_down(note.intent_id, "refused", NOW, "no"))

    bench.run(point=refuse)
    assert (refused, bench.state(note), len(bench.notes(note))) == ([False, False], "confirmed", 1)
