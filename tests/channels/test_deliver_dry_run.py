"""The dry run: the exact requests of a delivery in files, secrets masked, and nothing sent."""

from __future__ import annotations

import asyncio
import json
import stat
from dataclasses import replace
from datetime import timedelta

import pytest

from handoff_pipeline.channels.dry_run import dry_run
from handoff_pipeline.channels.halo_gateway import HaloGateway, HaloPlanner
from handoff_pipeline.channels.halo_writes import HaloForms
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo import writing
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED
from tests.channels.outbox import NOW, Wire, a_card, an_intent, policy, rules, settings, won_deal

FORMS = HaloForms.of(policy())
SECRET = "a-secret-of-the-writer"
PLANNERS = {"halopsa": HaloPlanner("http://127.0.0.1:8000", FORMS, Redactor(SECRET))}


def a_note(key="note", text="Two gaps are open."):
    return an_intent(key, "halo_note", {"ticket_id": won_deal(), "note": text})


def _documents(planned):
    return [json.loads(one.path.read_text(encoding="utf-8")) for one in planned]


def test_a_dry_run_writes_the_very_request_and_sends_nothing(bench, tmp_path):
    note = a_note()
    bench.propose(note)
    before = len(bench.sim.requests)
    (document,) = _documents(dry_run(bench.ledger, PLANNERS, rules(), tmp_path / "dry", NOW))
    assert (len(bench.sim.requests), bench.state(note)) == (before, "approved")
    bench.run()
    assert json.loads(document["request"]["body"]) == bench.writes()[0]
    assert document["request"]["url"] == "http://127.0.0.1:8000/api/Actions"
    assert document["would_be_sent"] is True


def test_a_plan_without_a_credential_is_the_writers_own(bench):
    note = a_note()

    async def play():
        async with writing(settings(), bench.clock, Wire(bench.sim, None)) as writer:
            return HaloGateway(writer, FORMS).plan(note)

    assert asyncio.run(play()) == PLANNERS["halopsa"].plan(note)


def test_a_secret_that_stands_in_a_text_is_masked_and_the_folder_is_the_owners_alone(bench, tmp_path):
    bench.propose(a_note(text=f"do not show {SECRET}"))
    (one,) = dry_run(bench.ledger, PLANNERS, rules(), tmp_path / "dry", NOW)
    written = one.path.read_text(encoding="utf-8")
    assert SECRET not in written
    assert "Bearer ***" in written
    assert stat.S_IMODE((tmp_path / "dry").stat().st_mode) == 0o700


def test_a_dry_run_says_what_would_not_be_sent_and_why(bench, tmp_path):
    content = {"ticket_id": won_deal(), "status_id": STATUS_BLOCKED}
    move = an_intent("move", "halo_status", content, action_class="one_approver")
    odd = an_intent("odd", "halo_note", {"ticket_id": won_deal(), "words": "x"})
    bench.propose(move, odd, a_card())
    planned = {one.intent_id: one.objection or "" for one in dry_run(bench.ledger, PLANNERS, rules(), tmp_path / "dry", NOW)}
    assert "no approval of role project_manager" in planned[move.intent_id]
    assert "note: Field required" in planned[odd.intent_id]
    assert "no gateway to teams" in planned[a_card().intent_id]


def test_a_dry_run_of_what_waits_says_that_it_would_be_sent_of_nothing_that_a_delivery_leaves_alone(bench, tmp_path):
    proposed, over, early, due = (a_note(key) for key in ("proposed", "over", "early", "due"))
    over, early = replace(over, expires_at=NOW), replace(early, next_try_at=NOW + timedelta(hours=1))
    bench.propose(proposed, approve=False)
    bench.propose(over, early, due)
    planned = {
        one.intent_id: one.objection or ""
        for one in dry_run(bench.ledger, PLANNERS, rules(), tmp_path / "dry", NOW, bench.ledger.intents.all())
    }
    assert "not approved" in planned[proposed.intent_id]
    assert "its time was over" in planned[over.intent_id]
    assert "not due before" in planned[early.intent_id]
    assert planned[due.intent_id] == ""
    bench.run()
    assert [bench.state(one) for one in (proposed, over, early, due)] == ["proposed", "expired", "approved", "confirmed"]


def test_an_old_dry_run_is_not_mixed_with_a_new_one(bench, tmp_path):
    dry_run(bench.ledger, PLANNERS, rules(), tmp_path / "dry", NOW)
    with pytest.raises(HandoffError, match="exists"):
        dry_run(bench.ledger, PLANNERS, rules(), tmp_path / "dry", NOW)
