"""Undoing: what was confirmed is taken back by writes of its own, and nothing that somebody changed since is touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.rollback import rollback
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED, STATUS_WON
from tests.channels.outbox import MANAGER, NOW, SELLER, TENANT, Bench, an_intent, new_ledger, policy, won_deal

SCORE = "CFHandoffScore"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with new_ledger(tmp_path) as ledger:
        yield Bench(ledger)


def _score(**changes: Any) -> Intent:
    content = {"ticket_id": won_deal(), "fields": {SCORE: "85"}}
    return an_intent("score", "halo_score_fields", content, **{"precondition": {SCORE: None}, **changes})


def _planned(intent: Intent, reason: str = "wrong pilot") -> list[Intent]:
    return rollback(intent, TENANT, policy(), SELLER, reason, NOW)


def _done(bench: Bench, intent: Intent) -> Intent:
    bench.propose(intent)
    bench.run()
    done = bench.now(intent)
    assert done.state == "confirmed"
    return done


def test_fields_go_back_to_what_was_seen_and_a_note_says_so(bench):
    done = _done(bench, _score())
    back = _planned(done)
    bench.propose(*back)
    bench.run()
    assert [bench.state(one) for one in back] == ["confirmed", "confirmed"]
    assert bench.field_value(won_deal(), SCORE) is None
    assert "wrong pilot" in bench.notes(back[1])[0]["note"]


def test_a_field_that_somebody_changed_since_stays(bench):
    done = _done(bench, _score())
    bench.sim.edits.change("tickets", won_deal(), {"customfields": [{"name": SCORE, "value": "by hand"}]})
    back = _planned(done)
    bench.propose(*back)
    bench.run()
    assert (bench.state(back[0]), bench.field_value(won_deal(), SCORE)) == ("conflict", "by hand")


def test_a_note_is_answered_and_never_deleted(bench):
    note = an_intent("note", "halo_note", {"ticket_id": won_deal(), "note": "Two gaps are open."})
    done = _done(bench, note)
    (answer,) = _planned(done, reason=f"not ours [handoff:{note.intent_id}]")
    bench.propose(answer)
    bench.run()
    assert (bench.state(answer), len(bench.notes(note)), len(bench.notes(answer))) == ("confirmed", 1, 1)


def test_a_block_is_taken_back_in_one_write_by_approval_like_any_other(bench):
    content = {"ticket_id": won_deal(), "note": "Signed scope is missing.", "status_id": STATUS_BLOCKED}
    block = an_intent("block", "halo_blocking", content, action_class="one_approver", precondition={"status_id": STATUS_WON})
    bench.hold(MANAGER, "service_delivery_lead")
    bench.propose(block)
    bench.approved_by(block, role="service_delivery_lead")
    bench.run()
    (back,) = _planned(bench.now(block))
    assert (back.action_class, back.requested_by, back.rollback_of) == ("one_approver", SELLER, block.intent_id)
    bench.propose(back)
    bench.approved_by(back, role="service_delivery_lead")
    bench.run()
    assert (bench.state(back), bench.status_of(won_deal())) == ("confirmed", STATUS_WON)


def test_planning_twice_gives_the_same_intents():
    done = replace(_score(), state="confirmed")
    assert _planned(done) == _planned(done)


def test_a_status_is_put_back_under_the_precondition_that_it_is_still_ours():
    content = {"ticket_id": 7, "kind": "project", "status_id": 40}
    move = an_intent("move", "halo_status", content, precondition={"status_id": 22}, state="confirmed")
    change, note = _planned(move)
    assert json.loads(change.content) == {"ticket_id": 7, "kind": "project", "status_id": 22}
    assert json.loads(change.precondition) == {"status_id": 40}
    assert note.action == "halo_note"


@pytest.mark.parametrize("state", ["refused", "expired", "conflict", "failed"])
def test_what_came_to_nothing_is_planned_anew_under_another_key(state):
    done = replace(_score(), state="confirmed")
    change, note = _planned(done)
    tried = [replace(change, state=state), replace(note, state="confirmed")]
    again = rollback(done, TENANT, policy(), SELLER, "wrong pilot", NOW, tried)
    assert [one.dedupe_key for one in again] == [f"{change.dedupe_key}#2", note.dedupe_key]
    waiting = [*tried, again[0]]
    assert [one.intent_id for one in rollback(done, TENANT, policy(), SELLER, "x", NOW, waiting)] == [one.intent_id for one in again]


def test_a_rollback_is_taken_back_like_anything_else(bench):
    done = _done(bench, _score())
    back = _done(bench, _planned(done)[0])
    forth = _done(bench, rollback(back, TENANT, policy(), SELLER, "it was right", NOW, bench.ledger.intents.all())[0])
    assert (bench.field_value(won_deal(), SCORE), forth.rollback_of) == ("85", back.intent_id)


def test_a_note_says_that_something_is_taken_back_only_where_it_is_the_deed_itself():
    content = {"ticket_id": 7, "status_id": 40}
    move = an_intent("move", "halo_status", content, precondition={"status_id": 22}, state="confirmed")
    _, told = _planned(move)
    block = an_intent("b", "halo_blocking", {**content, "note": "x"}, precondition={"status_id": 22}, state="confirmed")
    (deed,) = _planned(block)
    assert ["is to be taken back" in one.content for one in (told, deed)] == [True, False]
    assert "is taken back" in deed.content


@pytest.mark.parametrize(
    "state", ["proposed", "approved", "claimed", "sent", "uncertain", "accepted", "conflict", "failed", "expired", "refused"]
)
def test_only_what_was_confirmed_is_taken_back(state):
    with pytest.raises(HandoffError, match=f"is {state}; only what was confirmed"):
        _planned(replace(_score(), state=state))


@pytest.mark.parametrize(
    ("intent", "why"),
    [
        (_score(precondition={}, state="confirmed"), f"what {SCORE} held before was not seen"),
        (an_intent("card", "owner_card", {}, state="accepted"), "went to teams cannot be taken back"),
        (an_intent("ask", "approval_request", {"ticket_id": 7}, state="confirmed"), "Reject or delete the approval"),
    ],
)
def test_what_cannot_be_taken_back_is_said_with_the_way_out(intent, why):
    with pytest.raises(HandoffError, match=why):
        _planned(intent)


def test_a_rollback_needs_a_reason():
    with pytest.raises(HandoffError, match="needs a reason"):
        _planned(replace(_score(), state="confirmed"), reason=" ")
