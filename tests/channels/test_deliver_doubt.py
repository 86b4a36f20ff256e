"""The far side is not as it was seen, or nobody knows what came of a call: the delivery looks, waits, and never sends blindly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_pipeline.channels.points import AFTER_SEND
from handoff_pipeline.channels.recover import LATE
from handoff_pipeline.simulator import Fault
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED
from tests.channels.deeds import SCORE, a_block, a_note, a_score
from tests.channels.outbox import MANAGER, NOW, Bench, ScriptedCards, a_card, an_intent, tenant, won_deal


def test_a_field_that_changed_since_the_decision_is_left_alone(bench):
    score = a_score(before=None)
    bench.sim.edits.change("tickets", won_deal(), {"customfields": [{"name": SCORE, "value": "by hand"}]})
    bench.propose(score)
    bench.run()
    assert (bench.state(score), bench.writes(), bench.field_value(won_deal(), SCORE)) == ("conflict", [], "by hand")
    assert "by hand" not in bench.detail(score)


def test_a_field_that_already_holds_what_is_wanted_is_confirmed_without_a_write(bench):
    score = a_score(before=None)
    bench.sim.edits.change("tickets", won_deal(), {"customfields": [{"name": SCORE, "value": "85"}]})
    bench.propose(score)
    bench.run()
    assert (bench.state(score), bench.writes()) == ("confirmed", [])


def test_a_precondition_of_a_note_is_read_at_the_far_side(bench):
    note = a_note(precondition={"status_id": STATUS_BLOCKED})
    bench.propose(note)
    bench.run()
    assert (bench.state(note), bench.writes()) == ("conflict", [])


def test_a_precondition_in_another_form_of_the_same_value_holds(bench):
    bench.sim.edits.change("tickets", won_deal(), {"customfields": [{"name": SCORE, "value": "70.0"}]})
    score = a_score(before="70")
    bench.propose(score)
    bench.run()
    assert bench.state(score) == "confirmed"


def test_a_ticket_that_is_gone_is_a_conflict(bench):
    score = an_intent("gone", "halo_score_fields", {"ticket_id": 99_999_999, "fields": {SCORE: "1"}}, precondition={SCORE: None})
    bench.propose(score)
    bench.run()
    assert (bench.state(score), bench.writes()) == ("conflict", [])


# Trouble at the far side


def test_a_write_that_was_answered_500_and_made_is_found_and_not_sent_again(bench):
    bench.sim = tenant(Fault("POST /Actions", 1, "applied_500"))
    note = a_note()
    bench.propose(note)
    bench.run()
    assert (bench.state(note), len(bench.notes(note)), len(bench.writes())) == ("confirmed", 1, 1)


def test_a_write_that_was_answered_500_and_not_made_is_sent_again_only_when_it_can_no_longer_arrive(bench):
    bench.sim = tenant(Fault("POST /Actions", 1, "server_error_500"))
    note = a_note()
    bench.propose(note)
    bench.run()
    bench.clock.pass_by(60)
    bench.run()
    assert (bench.state(note), len(bench.writes())) == ("uncertain", 1)
    bench.clock.pass_by(LATE.total_seconds())
    bench.run()
    assert (bench.state(note), len(bench.notes(note)), len(bench.writes())) == ("confirmed", 1, 2)


def test_a_write_that_arrives_late_is_found_and_not_sent_again(bench):
    bench.sim = tenant(Fault("POST /Actions", 1, "server_error_500"))
    note = a_note()
    bench.propose(note)
    bench.run()
    (late,) = bench.writes()
    bench.sim.edits.create("actions", dict(late[0]))
    bench.clock.pass_by(LATE.total_seconds())
    bench.run()
    assert (bench.state(note), len(bench.notes(note)), len(bench.writes())) == ("confirmed", 1, 1)


def test_a_note_that_another_ledger_sent_already_is_not_sent_twice(bench, tmp_path):
    note = a_note()
    bench.propose(note)
    bench.run()
    bench.ledger.close()
    restored = Bench(type(bench.ledger).open(tmp_path / "restored.sqlite"), sim=bench.sim)
    restored.propose(note)
    restored.run()
    assert (restored.state(note), len(bench.notes(note))) == ("confirmed", 1)
    restored.ledger.close()


def test_another_text_that_carries_the_marker_is_no_proof(bench):
    note = a_note()
    foreign = {"ticket_id": won_deal(), "outcome": "Note", "note": f"quoting [handoff:{note.intent_id}] in a mail"}
    bench.sim.edits.create("actions", foreign)
    bench.propose(note)
    bench.run()
    assert (bench.state(note), bench.writes()) == ("conflict", [])


def test_a_note_on_a_ticket_whose_notes_cannot_all_be_seen_is_not_written_and_holds_nothing_up(bench, monkeypatch):
    monkeypatch.setattr("handoff_pipeline.halo.markers.OF_A_TICKET", 0)
    notes = [a_note(f"note {number}") for number in range(4)]
    score = an_intent("score", "halo_score_fields", {"ticket_id": won_deal(), "fields": {SCORE: "85"}}, precondition={SCORE: None})
    bench.sim.edits.create("actions", {"ticket_id": won_deal(), "outcome": "Note", "note": "long ago"})
    bench.propose(*notes, score)
    bench.run()
    assert [bench.state(one) for one in (*notes, score)] == ["refused"] * 4 + ["confirmed"]
    assert "the marker is not looked for among so many" in bench.detail(notes[0])


def test_an_answer_that_quotes_the_note_hides_it_from_no_look(bench):
    bench.sim = tenant(Fault("POST /Actions", 1, "applied_500"))
    note = a_note()
    bench.propose(note)
    quoting = {"ticket_id": won_deal(), "outcome": "Note", "note": f"ACK > Two gaps are open. [handoff:{note.intent_id}]"}
    bench.run(point=lambda name: bench.sim.edits.create("actions", quoting) and None if name == AFTER_SEND else None)
    assert (bench.state(note), len(bench.writes())) == ("confirmed", 1)


@pytest.mark.parametrize(("shows_later", "ends"), [(True, "confirmed"), (False, "conflict")])
def test_a_block_whose_status_does_not_show_is_looked_at_again_and_not_made_again(bench, shows_later, ends):
    bench.sim = tenant(ignored_fields=frozenset({"new_status"}))
    block = a_block()
    bench.hold(MANAGER, "service_delivery_lead")
    bench.propose(block)
    bench.approved_by(block, role="service_delivery_lead")
    bench.run()
    assert (bench.state(block), "did not take status_id" in bench.detail(block)) == ("uncertain", True)
    if shows_later:
        bench.sim.edits.change("tickets", won_deal(), {"status_id": STATUS_BLOCKED})
    bench.run()
    assert (bench.state(block), len(bench.notes(block)), len(bench.writes())) == (ends, 1, 1)


def test_a_note_that_stands_there_twice_is_for_a_person(bench):
    note = a_note()
    twice = {"ticket_id": won_deal(), "outcome": "Note", "note": f"Two gaps are open. [handoff:{note.intent_id}]"}
    for _ in range(2):
        bench.sim.edits.create("actions", dict(twice))
    bench.propose(note)
    bench.run()
    assert (bench.state(note), bench.writes()) == ("conflict", [])
    assert "2 records hold its very text" in bench.detail(note)


def test_a_refusal_ends_the_intent_with_halopsas_words(bench):
    bench.sim = tenant(unknown_fields_ignored=False)
    score = an_intent("odd", "halo_status", {"ticket_id": won_deal(), "status_id": 40}, action_class="one_approver")
    bench.hold(MANAGER, "project_manager")
    bench.propose(score)
    bench.approved_by(score)
    bench.sim = tenant(denied_scopes=frozenset({"edit:tickets"}))
    bench.run()
    assert bench.state(score) == "approved"
    assert "403" in bench.detail(score)


def test_cards_of_a_channel_that_is_down_stay_and_one_call_finds_it_out(bench):
    cards = [a_card(f"card {number}") for number in range(4)]
    bench.cards = ScriptedCards(["retry"], retry_after=120)
    bench.propose(*cards)
    report = bench.run()
    assert (bench.scripted.calls, report.counts) == (1, {"put_back": 1, "held": 3})
    bench.clock.pass_by(121)
    bench.run()
    assert (sorted(bench.scripted.shown), bench.scripted.calls) == (sorted(card.intent_id for card in cards), 5)


def test_a_week_without_the_channel_loses_nothing(bench):
    cards = [a_card(f"card {number}", expires_at=NOW + timedelta(days=14)) for number in range(3)]
    bench.cards = ScriptedCards(["retry"] * 10_000)
    bench.propose(*cards)
    for _ in range(7 * 4):
        bench.run()
        bench.clock.pass_by(6 * 3600)
    assert bench.scripted.shown == []
    bench.cards = ScriptedCards()
    bench.run()
    assert sorted(bench.scripted.shown) == sorted(card.intent_id for card in cards)


def test_a_card_of_which_nobody_knows_is_never_sent_again_and_stands_as_uncertain(bench):
    first, second = a_card("first"), a_card("second")
    bench.cards = ScriptedCards(["lost_answer"])
    bench.propose(first, second)
    for _ in range(4):
        bench.run()
        bench.clock.pass_by(LATE.total_seconds())
    lost = bench.ledger.intents.by_state("uncertain")
    assert len(lost) == 1
    assert sorted(bench.scripted.shown) == sorted([first.intent_id, second.intent_id])


def test_what_a_gateway_cannot_read_now_is_not_written(bench):
    bench.sim = tenant(Fault("/Actions", 1, "forbidden_403"))
    note = a_note()
    bench.propose(note)
    report = bench.run()
    assert (bench.state(note), bench.writes()) == ("approved", [])
    assert "403" in report.held[note.intent_id]
    bench.run()
    assert bench.state(note) == "confirmed"
