"""`handoff outbox`: what waits is shown, what would be sent is written down and not sent, and a person's no is kept."""

from __future__ import annotations

import json

import pytest

from handoff_pipeline.commands.exits import Exit
from tests.commands.outbox_world import OS_USER, a_move, a_note, confirm, doubt
from tests.ledger.acting import an_approval, an_intent


def test_before_the_first_run_it_says_how_to_start_one(handoff):
    said = handoff("outbox", "list")
    assert (said.code, "handoff run" in said.err) == (Exit.FAILED, True)


def test_the_list_holds_what_is_open_and_nothing_that_ended_or_was_only_recorded(handoff, ledger):
    done, waiting, shadow = a_note("done"), a_move("waiting"), a_note("shadow|1", is_shadow=True)
    ledger.intents.propose([done, waiting, shadow])
    confirm(ledger, done)
    listed = handoff("outbox", "list", "--json").json["intents"]
    assert [each["intent_id"] for each in listed] == [waiting.intent_id]
    assert len(handoff("outbox", "list", "--all", "--json").json["intents"]) == 3
    assert "Move deal 1042 to On hold" in handoff("outbox", "list").out


def test_a_list_holds_no_customers_words(handoff, ledger):
    ledger.intents.propose([a_note()])
    assert "The scope is not signed" not in handoff("outbox", "list").out


def test_a_state_that_there_is_not_is_refused_with_those_that_are(handoff, ledger):
    said = handoff("outbox", "list", "--state", "lost")
    assert (said.code, "uncertain" in said.err) == (Exit.FAILED, True)


def test_a_list_of_one_state_and_one_handoff_holds_nothing_else(handoff, ledger):
    lost, other = an_intent("lost", handoff_id=1), a_note()
    ledger.intents.propose([lost, other])
    doubt(ledger, lost)
    listed = handoff("outbox", "list", "--state", "uncertain", "--handoff", "1", "--json").json["intents"]
    assert [each["intent_id"] for each in listed] == [lost.intent_id]
    assert handoff("outbox", "list", "--state", "uncertain", "--handoff", "2").out.strip() == "The outbox holds nothing of that kind."


def test_an_intent_is_shown_by_the_first_digits_of_its_id_with_its_moves_and_what_to_do(handoff, ledger):
    lost = an_intent("lost")
    ledger.intents.propose([lost])
    ledger.approvals.ask(an_approval(subject_id=lost.intent_id))
    doubt(ledger, lost)
    said = handoff("outbox", "show", lost.intent_id[:12]).out
    assert "Nobody knows whether it arrived" in said
    assert ("no answer" in said, "delivery_lead" in said, "owner_card" in said) == (True, True, True)
    shown = handoff("outbox", "show", lost.intent_id, "--json").json
    assert [move["to_state"] for move in shown["moves"]] == ["proposed", "approved", "claimed", "uncertain"]
    assert shown["intent"]["content"]["card"] == "owner_card"


@pytest.mark.parametrize(("which", "why"), [("abc", "too little"), ("f" * 32, "There is no intent")])
def test_an_id_that_names_no_intent_is_refused(handoff, ledger, which, why):
    said = handoff("outbox", "show", which)
    assert (said.code, why in said.err) == (Exit.FAILED, True)


def test_the_dry_run_writes_the_exact_request_and_moves_nothing(handoff, ledger, acting, tmp_path):
    note = a_note()
    ledger.intents.propose([note])
    ledger.intents.approve_automatic(note.proposed_at)
    said = handoff("outbox", "plan", "--to", str(tmp_path / "requests"), "--json")
    assert [each["objection"] for each in said.json["requests"]] == [None]
    (file,) = (tmp_path / "requests").iterdir()
    written = json.loads(file.read_text("utf-8"))
    assert written["request"]["method"] == "POST"
    assert written["request"]["url"].startswith("https://acme.halopsa.com/")
    assert f"[handoff:{note.intent_id}]" in json.dumps(written["request"]["body"])
    assert ledger.intents.get(note.intent_id).state == "approved"
    assert (tmp_path / "requests").stat().st_mode & 0o077 == 0


def test_the_dry_run_of_all_shows_what_shadow_recorded_and_says_that_it_is_not_sent(handoff, ledger, acting, people, tmp_path):
    ledger.intents.propose([a_note("shadow|note", is_shadow=True)])
    assert handoff("outbox", "plan", "--to", str(tmp_path / "due"), "--json").json["requests"] == []
    said = handoff("outbox", "plan", "--to", str(tmp_path / "all"), "--all")
    assert "only recorded" in said.out
    assert "0 of 1 would be sent now" in said.out
    assert "HANDOFF_HALO_WRITER_* is not set" in said.err


def test_what_goes_to_teams_waits_where_teams_is_not_connected(handoff, ledger, acting, tmp_path):
    ledger.intents.propose([an_intent("card")])
    ledger.intents.approve_automatic(an_intent("card").proposed_at)
    [planned] = handoff("outbox", "plan", "--to", str(tmp_path / "requests"), "--json").json["requests"]
    assert planned["objection"] == "no gateway to teams is set up"


def test_a_dry_run_is_not_mixed_with_an_older_one(handoff, ledger, tmp_path):
    (tmp_path / "requests").mkdir()
    assert "exists" in handoff("outbox", "plan", "--to", str(tmp_path / "requests")).err


def test_a_refusal_is_kept_with_who_and_why_and_voids_what_was_asked(handoff, ledger):
    move = a_move()
    ledger.intents.propose([move])
    ledger.approvals.ask(an_approval(subject_id=move.intent_id))
    said = handoff("outbox", "refuse", move.intent_id, "--reason", "the client asked us to wait", "--yes")
    assert said.code == Exit.DONE
    refused = ledger.intents.get(move.intent_id)
    assert (refused.state, refused.detail) == ("refused", f"refused by os:{OS_USER}: the client asked us to wait")
    assert [one.result for one in ledger.approvals.of(move.intent_id)] == ["void"]


def test_nobody_in_the_audit_chain_is_named_by_a_refusal(handoff, ledger):
    move = a_move()
    ledger.intents.propose([move])
    handoff("outbox", "refuse", move.intent_id, "--reason", "a reason of Jo's", "--yes")
    rows = [row.content for row in ledger.audit.last_rows(100)]
    assert [row for row in rows if OS_USER in row or "Jo" in row] == []


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_without_a_yes_nothing_is_refused(handoff, ledger, arguments):
    move = a_move()
    ledger.intents.propose([move])
    handoff("outbox", "refuse", move.intent_id, "--reason", "no", *arguments)
    assert ledger.intents.get(move.intent_id).state == "proposed"


def test_what_was_only_recorded_is_not_refused(handoff, ledger):
    move = a_move(is_shadow=True)
    ledger.intents.propose([move])
    said = handoff("outbox", "refuse", move.intent_id, "--reason", "no", "--yes")
    assert (said.code, "was only recorded" in said.err) == (Exit.FAILED, True)
    assert ledger.intents.get(move.intent_id).state == "proposed"


def test_what_was_done_is_not_refused(handoff, ledger):
    note = a_note()
    ledger.intents.propose([note])
    confirm(ledger, note)
    said = handoff("outbox", "refuse", note.intent_id, "--reason", "no", "--yes")
    assert (said.code, "handoff rollback" in said.err) == (Exit.FAILED, True)


def test_what_the_delivery_took_while_a_person_read_is_not_refused(handoff, ledger, monkeypatch):
    note = a_note()
    ledger.intents.propose([note])
    ledger.intents.approve(note.intent_id, note.proposed_at)
    taken = lambda *_, **__: ledger.intents.claim(note.intent_id, "r1", note.proposed_at)  # noqa: E731
    monkeypatch.setattr("handoff_pipeline.commands.outbox.may_write", taken)
    said = handoff("outbox", "refuse", note.intent_id, "--reason", "no")
    assert (said.code, "is claimed; only what waits" in said.err) == (Exit.FAILED, True)
    assert ledger.intents.get(note.intent_id).state == "claimed"


def test_an_empty_reason_refuses_nothing(handoff, ledger):
    move = a_move()
    ledger.intents.propose([move])
    assert handoff("outbox", "refuse", move.intent_id, "--reason", " ", "--yes").code == Exit.FAILED
    assert ledger.intents.get(move.intent_id).state == "proposed"
