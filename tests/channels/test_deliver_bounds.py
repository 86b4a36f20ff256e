"""What the delivery keeps back: kill switch, caps, phases, shadows, what is over its time, and targets that are not connected."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from handoff_pipeline.channels.caps import Caps
from handoff_pipeline.channels.deliver import KILLED
from handoff_pipeline.channels.kill_switch import kill_switch, kill_switch_path
from tests.channels.deeds import a_note
from tests.channels.outbox import MANAGER, NOW, a_card, an_intent, rules, settings, won_deal


def test_the_kill_switch_is_asked_before_each_write(bench):
    notes = [a_note(f"note {number}") for number in range(3)]
    bench.propose(*notes)
    report = bench.run(kill_switch=lambda: len(bench.writes()) >= 1)
    assert (len(bench.writes()), report.stopped) == (1, KILLED)
    assert sorted(bench.state(note) for note in notes) == ["approved", "approved", "confirmed"]


def test_a_kill_switch_that_is_thrown_after_the_claim_still_stops_the_write(bench):
    note = a_note()
    bench.propose(note)
    bench.run(kill_switch=lambda: bench.state(note) == "claimed")
    assert (bench.writes(), bench.state(note)) == ([], "approved")
    bench.run()
    assert bench.state(note) == "confirmed"


def test_the_kill_switch_is_a_file_in_the_home_or_a_setting(tmp_path):
    here = settings(home=tmp_path)
    is_thrown = kill_switch(here)
    assert not is_thrown()
    kill_switch_path(here).touch()
    assert is_thrown()
    kill_switch_path(here).unlink()
    assert not is_thrown()
    assert kill_switch(settings(home=tmp_path, kill_switch=True))()


def test_a_kill_switch_that_cannot_be_seen_counts_as_thrown(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert kill_switch(settings(home=tmp_path / "loop"))()


def test_a_run_writes_no_more_objects_than_its_cap_and_the_next_one_goes_on(bench):
    notes = [a_note(f"note {number}") for number in range(5)]
    bench.propose(*notes)
    by = rules(caps=Caps(2, Decimal(0)))
    written = []
    for _ in range(3):
        bench.run(rules=by)
        written.append(len(bench.writes()))
    assert written == [2, 4, 5]


def test_a_run_concerns_no_more_money_than_its_cap(bench):
    bench.hold(MANAGER, "project_manager")
    deal = won_deal()
    moves = [
        an_intent(f"move {status}", "halo_status", {"ticket_id": deal, "status_id": status}, action_class="one_approver", amount_base=money)
        for status, money in ((40, Decimal(6000)), (41, Decimal(5000)), (42, Decimal(4000)))
    ]
    bench.propose(*moves)
    for move in moves:
        bench.approved_by(move)
    report = bench.run(rules=rules(caps=Caps(10, Decimal(10_000))))
    assert len(bench.writes()) == 2
    assert [why for why in report.held.values() if "above the run's cap" in why] != []


def test_what_tells_of_an_amount_and_moves_none_does_not_count_as_money(bench):
    note = a_note(amount_base=Decimal(90_000))
    bench.propose(note)
    bench.run(rules=rules(caps=Caps(10, Decimal(10))))
    assert bench.state(note) == "confirmed"


def test_a_phase_that_has_gone_back_to_shadow_writes_nothing_that_was_approved_before_but_alerts(bench):
    note, alert = a_note(), an_intent("alert", "alert_card", {"card": "alert_card", "title": "The night failed"})
    bench.propose(note, alert)
    report = bench.run(rules=rules(phase="shadow"))
    assert (bench.writes(), bench.state(alert)) == ([], "accepted")
    assert "phase shadow" in report.held[note.intent_id]


def test_shadows_are_never_delivered(bench):
    shadow = a_note(is_shadow=True)
    bench.propose(shadow, approve=False)
    bench.ledger.intents.approve_automatic(NOW)
    bench.run()
    assert (bench.writes(), bench.state(shadow)) == ([], "proposed")


def test_what_is_over_its_time_expires_and_is_not_sent(bench):
    note = a_note()
    bench.propose(note)
    bench.clock.pass_by(timedelta(days=3).total_seconds())
    bench.run()
    assert (bench.state(note), bench.writes()) == ("expired", [])


def test_an_intent_whose_target_is_not_connected_waits(bench):
    card = a_card()
    bench.propose(card)
    report = bench.run(without="teams")
    assert (bench.state(card), report.held[card.intent_id]) == ("approved", "no gateway to teams is set up")
