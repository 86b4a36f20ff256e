"""The acting jobs as Dagster runs them: one step each, what a person sees when something is away, and nothing done twice."""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pytest

from assets import alerts, sensors
from assets.acting import jobs, work
from assets.acting.jobs import ACTING
from assets.acting.running import run_job_on
from assets.resources import resources
from handoff_pipeline.channels.kill_switch import kill_switch
from handoff_pipeline.ledger import Ledger, engine
from handoff_pipeline.warehouse.home import Home
from tests.assets.acting_home import MORNING, acting_home, policy_of
from tests.assets.conftest import tick
from tests.halo.fake import InstantClock

JOBS = dg.Definitions(jobs=list(ACTING), resources=resources())
NOBODY_THERE = "http://127.0.0.1:9"


@pytest.fixture
def operate(checkout, tmp_path):
    with acting_home(checkout, tmp_path, "operate") as made:
        yield made


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def states(home):
    with Ledger.open(Home.of(home.settings).ledger_file) as ledger:
        return sorted((one.dedupe_key, one.state) for one in ledger.intents.all())


def test_an_hour_makes_two_requests_for_each_handoff_and_three_besides(operate, instance):
    settings = operate.at(MORNING).model_copy(update={"halo_writer_client_id": None, "teams_webhook": None})
    before = len(operate.sim.requests)
    assert run_job_on(instance, JOBS, settings, "hourly").ok
    asked = [request.endpoint for request in operate.sim.requests[before:]]
    assert len(asked) == 3 + 2 * len(operate.deals), asked
    assert operate.sim.writes == []


def test_while_halopsa_is_away_the_run_says_so_cards_go_out_and_the_rest_waits(operate, instance, monkeypatch):
    monkeypatch.setattr(work, "clock_for", InstantClock)
    at = operate.at(MORNING)
    assert run_job_on(instance, JOBS, at, "remediate").ok
    result = run_job_on(instance, JOBS, at.model_copy(update={"halo_url": NOBODY_THERE}), "hourly")
    assert (result.ok, "HaloPSA could not be read: " in result.told["said"]) == (True, True)
    warned = [entry.user_message for entry in instance.all_logs(result.run_id) if entry.level == logging.WARNING]
    assert any(words.startswith("HaloPSA could not be reached for writing: ") for words in warned)
    waiting = {state for key, state in states(operate) if key.startswith(("note|", "score|"))}
    assert (waiting, {state for key, state in states(operate) if key.startswith("owner|")}) == ({"approved"}, {"accepted"})
    run_job_on(instance, JOBS, operate.at(MORNING + timedelta(hours=1)), "deliver")
    assert {state for key, state in states(operate) if key.startswith(("note|", "score|"))} == {"confirmed"}


def test_a_publication_is_worked_on_only_once_halopsa_could_be_read(operate, instance, monkeypatch):
    monkeypatch.setattr(work, "clock_for", InstantClock)
    at, done = operate.at(MORNING), []
    for settings in (at.model_copy(update={"halo_url": NOBODY_THERE}), at):
        assert run_job_on(instance, JOBS, settings, "remediate").ok
        with Ledger.open(Home.of(at).ledger_file) as ledger:
            done.append(ledger.calendar.is_done(work.REMEDIATED, "night-1"))
    assert done == [False, True]


def test_a_run_that_finds_the_ledger_locked_fails_in_plain_words_and_is_told(operate, instance, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)
    at = operate.at(MORNING)
    run_job_on(instance, JOBS, at, "remediate")
    with sqlite3.connect(Home.of(at).ledger_file, isolation_level=None) as other:
        other.execute("begin immediate")
        result = run_job_on(instance, JOBS, at, "deliver")
        other.execute("rollback")
    assert (result.ok, "ledger" in str(result.message)) == (False, True)
    [line] = [line for line in alerts.lines(at.home) if line["run_id"] == result.run_id]
    assert (line["job"], line["failed_step"], line["message"]) == ("deliver", "drain_outbox", result.message)


def test_a_run_on_a_policy_that_cannot_be_read_names_the_place_and_the_fix(operate, instance, tmp_path):
    (tmp_path / "broken.yaml").write_text("version: [", "utf-8")
    result = run_job_on(instance, JOBS, operate.at(MORNING).model_copy(update={"policy_file": tmp_path / "broken.yaml"}), "escalate")
    assert (result.ok, "Fix:" in str(result.message)) == (False, True)


def test_sensors_with_another_name_and_a_wiped_run_history_repeat_nothing(operate, instance, monkeypatch):
    settings = operate.at(MORNING)
    monkeypatch.setattr(sensors, "load_settings", lambda: settings)
    for job in ("remediate", "deliver"):
        assert run_job_on(instance, JOBS, settings, job).ok
    before = (states(operate), len(operate.sim.writes), len(operate.teams.posts))
    assert len(operate.teams.posts) > 0
    with dg.DagsterInstance.ephemeral() as new:
        asking = {sensor.name for sensor in sensors.ACTING if tick(sensor, new).run_requests}
        assert asking <= {"approvals"}
        for job in ("remediate", "escalate", "approve", "deliver", "hourly"):
            assert run_job_on(new, JOBS, settings, job).ok
    assert (states(operate), len(operate.sim.writes), len(operate.teams.posts)) == before


@pytest.mark.parametrize("author", ["client", "seller"])
def test_only_an_agents_note_acknowledges(operate, instance, author):
    at, deal = operate.at(MORNING), operate.deals[0]
    operate.say(deal, 0 if author == "client" else operate.seller_of(deal), "ACK")
    run_job_on(instance, JOBS, operate.at(MORNING + timedelta(hours=1)), "hourly")
    with Ledger.open(Home.of(at).ledger_file) as ledger:
        assert len(ledger.people.acknowledgements()) == (author == "seller")


def test_an_item_that_the_policy_gave_up_gets_no_card_and_takes_back_what_waits(operate, instance, checkout, tmp_path):
    at = operate.at(MORNING)
    run_job_on(instance, JOBS, at, "remediate")
    without = policy_of(checkout, tmp_path / "without.yaml", "operate", without="signed_scope")
    run_job_on(instance, JOBS, at.model_copy(update={"policy_file": without}), "remediate")
    assert {state for key, state in states(operate) if key.startswith("owner|")} == {"refused"}


@pytest.mark.parametrize(("hourly", "phase", "waits", "asks"), [
    (None, "shadow", False, False), (True, "shadow", False, True), (None, "pilot", False, True), (False, "pilot", False, False),
    (None, "pilot", True, False),
])  # fmt: skip
def test_an_hour_is_asked_for_by_phase_or_setting_and_never_behind_one_that_waits(
    instance, sensor_home, checkout, monkeypatch, hourly, phase, waits, asks
):
    monkeypatch.setenv("HANDOFF_POLICY_FILE", str(policy_of(checkout, sensor_home / "handoff.yaml", phase)))
    if hourly is not None:
        monkeypatch.setenv("HANDOFF_HOURLY", json.dumps(hourly))
    if waits:
        instance.add_run(dg.DagsterRun(jobs.hourly.name, status=dg.DagsterRunStatus.STARTED))
    asked = jobs.hour_wanted(instance)
    assert isinstance(asked, dg.RunRequest) is asks


def test_behind_a_night_that_waits_the_hour_goes_on_without_a_look(operate, instance):
    instance.add_run(dg.DagsterRun(job_name="nightly", status=dg.DagsterRunStatus.NOT_STARTED))
    result = run_job_on(instance, JOBS, operate.at(MORNING), "hourly")
    assert (result.ok, "a night runs, or waits" in result.told["look"], result.told["proposed"] > 0) == (True, True, True)


def test_a_look_that_breaks_does_not_stop_the_hour(operate, instance, monkeypatch):
    def broken(*_):
        raise ValueError("a fault of its own")

    monkeypatch.setattr(jobs, "look", broken)
    result = run_job_on(instance, JOBS, operate.at(MORNING), "hourly")
    assert (result.ok, "a fault of its own" in result.told["look"], result.told["proposed"] > 0) == (True, True, True)


def test_a_tenant_that_empties_other_fields_stops_every_write_fails_the_run_and_is_told(operate, instance, monkeypatch):
    monkeypatch.setattr(work, "clock_for", InstantClock)
    operate.sim.quirks = replace(operate.sim.quirks, custom_fields_replaced_whole=True)
    at = operate.at(MORNING)
    assert run_job_on(instance, JOBS, at, "remediate").ok
    result = run_job_on(instance, JOBS, at, "deliver")
    assert (result.ok, "changed others" in str(result.message), kill_switch(at)()) == (False, True, True)
    lost = [one for one in operate.sim.writes if "customfields" in json.dumps(one, default=str)]
    assert len(lost) == 1
    [line] = [line for line in alerts.lines(at.home) if line["run_id"] == result.run_id]
    assert "Restore these in HaloPSA" in line["message"]
