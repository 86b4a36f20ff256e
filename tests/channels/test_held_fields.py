"""A tenant that empties the custom fields which a post leaves out: noticed at the first write, whatever becomes of the run, or avoided."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from handoff_pipeline.channels.gateway import Unfit
from handoff_pipeline.channels.halo_writes import HaloForms, write_of
from handoff_pipeline.channels.held_fields import FOLDER, FieldsLost, HeldFields, addressed, unaddressed
from handoff_pipeline.channels.kill_switch import kill_switch, kill_switch_path, throw
from handoff_pipeline.channels.recover import LATE
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.simulator import Fault
from tests.channels.habits import ACTIONS, EFFECT, SCORE, changed, deals, played, proposals, records
from tests.channels.outbox import NOW, Bench, Killed, an_intent, policy, settings, tenant

LOSES = (("custom_fields_replaced_whole", True),)
OPPORTUNITIES = "POST /Opportunities"
FORMS = HaloForms.of(policy())


@pytest.fixture
def losing(bench: Bench, tmp_path: Path) -> Bench:
    """A bench whose tenant empties what is left out, with the guard as an installation has it."""
    home = settings(home=tmp_path)
    bench.sim = tenant(custom_fields_replaced_whole=True)
    bench.held = HeldFields(tmp_path / FOLDER, lambda reason: throw(home, "handoff", reason, NOW))
    return bench


def anew(bench: Bench, tmp_path: Path) -> None:
    """Another process: nothing in memory."""
    home = settings(home=tmp_path)
    bench.held = HeldFields(tmp_path / FOLDER, lambda reason: throw(home, "handoff", reason, NOW))


@pytest.mark.fact("H112")
def test_the_first_write_that_empties_other_fields_stops_all_writes_and_names_them():
    result = played(LOSES)
    lost = {name.removeprefix("tickets.customfields.") for name in result.effect("halo_score_fields")} - {SCORE}
    assert result.is_stopped
    assert result.states("halo_score_fields") == ["failed"]
    assert len(lost) > 5
    assert all(name in result.words("halo_score_fields") for name in (*lost, f"ticket {deals()['halo_score_fields']}"))


def test_no_second_record_is_touched_after_a_loss():
    result = played(LOSES)
    assert (result.states("rollback"), result.effect("rollback")) == (["approved"], [])


@pytest.mark.parametrize("action", ACTIONS)
def test_where_all_fields_are_sent_nothing_is_lost(action):
    result = played(LOSES, sends_all_fields=True)
    assert (set(result.states(action)), result.effect(action)) == ({"confirmed"}, sorted(EFFECT[action]))
    assert not result.is_stopped


def test_sending_all_fields_changes_nothing_where_they_are_merged():
    result = played((), sends_all_fields=True)
    assert {action: result.effect(action) for action in ACTIONS} == {action: sorted(EFFECT[action]) for action in ACTIONS}


def test_the_switch_says_why_and_the_run_fails(losing, tmp_path):
    losing.propose(proposals()["halo_score_fields"])
    losing.run(kill_switch=kill_switch(settings(home=tmp_path)))
    note = orjson.loads(kill_switch_path(settings(home=tmp_path)).read_bytes())
    assert note["thrown_by"] == "handoff"
    assert "CFSignedScopeLink" in note["reason"]
    with pytest.raises(FieldsLost, match="CFSignedScopeLink"):
        losing.held.alarm()


def test_what_the_fields_held_is_kept_for_the_daemons_user_alone(losing, tmp_path):
    score = proposals()["halo_score_fields"]
    before = losing.field_value(deals()["halo_score_fields"], "CFAcceptanceCriteria")
    losing.propose(score)
    losing.run()
    (file,) = (tmp_path / FOLDER).iterdir()
    assert orjson.loads(file.read_bytes())["held"]["CFAcceptanceCriteria"] == before
    assert file.stat().st_mode & 0o077 == 0
    assert str(file) in losing.detail(score)
    assert before not in losing.detail(score)


def test_nothing_is_kept_of_a_write_that_lost_nothing(losing, tmp_path):
    losing.sim = tenant()
    losing.propose(proposals()["halo_score_fields"])
    losing.run()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_run_that_dies_after_its_call_leaves_the_loss_to_the_next_one(losing, tmp_path):
    score, is_thrown = proposals()["halo_score_fields"], kill_switch(settings(home=tmp_path))
    losing.propose(score)
    losing.dies_in_call = "after_arrival"
    with pytest.raises(Killed):
        losing.run()
    losing.dies_in_call = None
    anew(losing, tmp_path)
    losing.run(kill_switch=is_thrown)
    assert (losing.state(score), is_thrown()) == ("conflict", True)
    assert "CFSignedScopeLink" in losing.detail(score)


def test_a_loss_without_an_answer_is_noticed_at_once(losing, tmp_path):
    losing.sim = tenant(Fault(OPPORTUNITIES, 1, "applied_500"), custom_fields_replaced_whole=True)
    score, is_thrown = proposals()["halo_score_fields"], kill_switch(settings(home=tmp_path))
    losing.propose(score)
    losing.run(kill_switch=is_thrown)
    assert (losing.state(score), is_thrown()) == ("failed", True)


def test_a_write_that_may_still_arrive_keeps_what_was_held_until_it_did(losing, tmp_path):
    losing.sim = tenant(Fault(OPPORTUNITIES, 1, "server_error_500"), custom_fields_replaced_whole=True)
    score, is_thrown = proposals()["halo_score_fields"], kill_switch(settings(home=tmp_path))
    losing.propose(score)
    losing.run(kill_switch=is_thrown)
    assert (losing.state(score), is_thrown()) == ("uncertain", False)
    wiped = [{"name": "CFAcceptanceCriteria", "value": None}, {"name": SCORE, "value": "85"}]
    losing.sim.edits.change("tickets", deals()["halo_score_fields"], {"customfields": wiped})
    anew(losing, tmp_path)
    losing.clock.pass_by(LATE.total_seconds())
    losing.run(kill_switch=is_thrown)
    assert (losing.state(score), is_thrown()) == ("conflict", True)


def test_a_gateway_that_saw_a_loss_writes_no_more_fields_even_if_nobody_stops_it(bench):
    bench.sim = tenant(custom_fields_replaced_whole=True)
    first, second = proposals()["halo_score_fields"], proposals()["rollback"]
    bench.propose(first, second)
    bench.run()
    assert sorted((bench.state(first), bench.state(second))) == ["approved", "failed"]
    assert len(bench.writes()) == 1


def test_what_cannot_be_kept_is_not_written(bench, tmp_path):
    (tmp_path / FOLDER).write_text("no folder")
    bench.held = HeldFields(tmp_path / FOLDER)
    score = proposals()["halo_score_fields"]
    before = records(bench.sim)
    bench.propose(score)
    bench.run()
    assert (bench.state(score), changed(before, records(bench.sim))) == ("approved", {})
    assert "cannot be kept" in bench.detail(score)


def test_a_switch_that_cannot_be_thrown_ends_the_run_and_every_later_one_says_so(losing, tmp_path):
    def stuck(reason: str) -> None:
        raise HandoffError(reason)

    score = proposals()["halo_score_fields"]
    losing.held = HeldFields(tmp_path / FOLDER, stuck)
    losing.propose(score)
    with pytest.raises(HandoffError, match="changed others"):
        losing.run()
    losing.held = HeldFields(tmp_path / FOLDER, stuck)
    assert "changed others" in losing.run().troubles[0]
    with pytest.raises(FieldsLost):
        losing.held.alarm()
    assert len(losing.writes()) == 1


WRITE = write_of(an_intent("x", "halo_score_fields", {"ticket_id": 7, "fields": {SCORE: "85"}}), FORMS)


def a_ticket(**fields: dict[str, object]) -> dict[str, object]:
    return {"id": 7, "customfields": [{"id": number, "name": name, **held} for number, (name, held) in enumerate(fields.items(), 1)]}


def test_somebody_else_who_changes_a_field_meanwhile_is_no_loss_unless_all_were_sent():
    before, after = a_ticket(CFSize={"value": "2"}), a_ticket(CFSize={"value": "3"})
    found = []
    for is_exact in (False, True):
        held = HeldFields()
        held.keep("one", WRITE, before)
        found.append(held.loss_of("one", after, is_exact=is_exact, is_over=True) is not None)
    assert found == [False, True]


@pytest.mark.parametrize("left", [{}, {"value": None}, {"value": ""}, {"value": "1900-01-01T00:00:00"}, {"value": [], "display": ""}])
def test_every_form_of_nothing_is_a_loss(left):
    held = HeldFields()
    held.keep("one", WRITE, a_ticket(CFSize={"value": "2"}))
    assert held.loss_of("one", a_ticket(CFSize=left), is_exact=False, is_over=True)


def test_a_switch_that_is_off_and_then_absent_is_no_loss():
    held = HeldFields()
    held.keep("one", WRITE, a_ticket(CFVip={"value": False}))
    assert held.loss_of("one", a_ticket(), is_exact=True, is_over=True) is None


def test_a_field_that_the_ticket_shows_no_more_is_a_loss():
    held = HeldFields()
    held.keep("one", WRITE, a_ticket(CFSize={"value": "2"}))
    assert held.loss_of("one", {"id": 7}, is_exact=False, is_over=True)


def test_all_fields_go_along_by_id_with_the_value_that_was_read():
    row = a_ticket(CFSize={"value": 2, "display": "Medium"}, CFEmpty={"value": None, "display": ""}, CFHandoffScore={"value": "70"})
    sent = addressed(WRITE, row, {}, sends_all=True).fields["customfields"]
    assert sent == [{"id": 3, "name": SCORE, "value": "85"}, {"id": 1, "name": "CFSize", "value": 2}]


def test_our_field_that_is_shown_without_an_id_goes_by_the_id_of_the_list():
    row = {"id": 7, "customfields": [{"name": SCORE, "value": "70"}]}
    assert unaddressed(WRITE, row) == [SCORE]
    assert addressed(WRITE, row, {SCORE: 113}, sends_all=False).fields["customfields"] == [{"id": 113, "name": SCORE, "value": "85"}]


def test_words_without_a_value_cannot_go_along_so_nothing_is_sent():
    with pytest.raises(Unfit, match="CFTable of ticket 7"):
        addressed(WRITE, a_ticket(CFTable={"value": None, "display": "3 rows"}), {}, sends_all=True)


def test_the_policy_says_whether_all_fields_are_sent():
    assert not FORMS.sends_all_fields
    of_all = policy().model_copy(update={"write_back": policy().write_back.model_copy(update={"custom_fields": "all"})})
    assert HaloForms.of(of_all) == replace(FORMS, sends_all_fields=True)


SPELT = (("ids_as_text", True), ("numbers_as_text", True), ("nulls_as_empty_text", True), ("date_spelling", "fraction_zulu"))


@pytest.mark.parametrize("habit", [SPELT, (("ids_as_decimals", True),), (*SPELT, *LOSES)], ids=["texts", "decimals", "replaced"])
def test_no_spelling_of_the_same_values_counts_as_a_loss_where_all_fields_are_sent(habit):
    result = played(habit, sends_all_fields=True)
    assert {action: set(result.states(action)) for action in ACTIONS} == {action: {"confirmed"} for action in ACTIONS}
    assert not result.is_stopped
