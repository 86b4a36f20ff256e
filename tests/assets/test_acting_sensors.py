"""The sensors' thin wrappers: one request with a list, no work file opened."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pytest

from assets import sensors
from assets.acting import duties, jobs
from assets.acting.deciding import put
from assets.sensing.failures import Failure
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import load_settings
from handoff_pipeline.warehouse.home import Home
from tests.assets.acting_home import policy_of
from tests.assets.conftest import SENSED_AT, tick
from tests.assets.test_alerts import a_manifest
from tests.ledger.acting import an_override

HOLD = "import sys, duckdb; conn = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def plant(ledger, key="run-1"):
    settings = load_settings()
    policy = load_policy(settings.policy_file)
    failure = Failure("run", key, "nightly failed", "no", SENSED_AT)
    put(ledger, duties.alert_cards(policy, SENSED_AT, failure, {"default"}), settings, policy, SENSED_AT, "run-0")
    ledger.intents.approve_automatic(SENSED_AT)
    return ledger.intents.all()


@pytest.mark.parametrize("sensor", sensors.ACTING, ids=lambda each: each.name)
def test_a_tick_before_the_first_night_asks_for_nothing_and_makes_no_ledger(sensor, sensor_home):
    with dg.DagsterInstance.ephemeral() as instance:
        result = tick(sensor, instance)
    assert (result.run_requests or [], bool(result.skip_message)) == ([], True)
    assert not Home.of(load_settings()).ledger_file.exists()


@pytest.mark.usefixtures("webhook")
def test_the_delivery_sensor_asks_for_one_run_with_the_list_of_what_is_due(sensor_ledger):
    planted = [plant(sensor_ledger), plant(sensor_ledger, "run-2")][-1]
    with dg.DagsterInstance.ephemeral() as instance:
        result = tick(sensors.delivery, instance)
        (request,) = result.run_requests
        again = tick(sensors.delivery, instance, result.cursor)
    listed = request.run_config["ops"][jobs.deliver_op.name]["config"]["ids"]
    assert sorted(listed) == sorted(one.intent_id for one in planted)
    assert (request.run_key, again.run_requests or []) == (None, [])


@pytest.mark.usefixtures("webhook")
def test_what_is_due_goes_out_while_the_published_files_cannot_be_read(sensor_ledger, sensor_home):
    plant(sensor_ledger)
    place = Home(sensor_home)
    place.manifest_file.write_text(a_manifest().model_dump_json(), "utf-8")
    place.published_file.write_bytes(b"no database")
    with dg.DagsterInstance.ephemeral() as instance:
        assert len(tick(sensors.delivery, instance).run_requests or []) == 1


def test_what_has_no_channel_asks_for_no_delivery(sensor_ledger):
    plant(sensor_ledger)
    with dg.DagsterInstance.ephemeral() as instance:
        result = tick(sensors.delivery, instance)
    assert (result.run_requests or [], "wait for a channel" in result.skip_message) == ([], True)


@pytest.mark.parametrize(("phase", "asks"), [("shadow", 0), ("pilot", 1)])
def test_an_exception_has_its_approvers_asked_soon_where_anything_may_be_written(
    sensor_ledger, sensor_home, checkout, monkeypatch, phase, asks
):
    monkeypatch.setenv("HANDOFF_POLICY_FILE", str(policy_of(checkout, sensor_home / "handoff.yaml", phase)))
    monkeypatch.setenv("HANDOFF_HALO_WRITER_CLIENT_ID", "writer")
    monkeypatch.setenv("HANDOFF_HALO_WRITER_CLIENT_SECRET", "a-secret-of-the-writer")
    override = replace(an_override(), requested_at=SENSED_AT, expires_at=SENSED_AT + timedelta(days=9))
    sensor_ledger.people.request_override(override)
    with dg.DagsterInstance.ephemeral() as instance:
        requests = tick(sensors.approvals_asked, instance).run_requests or []
    listed = [request.run_config["ops"][jobs.approve_op.name]["config"]["ids"] for request in requests]
    assert listed == [[override.override_id]] * asks


def test_ticks_do_their_work_while_another_process_holds_the_work_file(published, monkeypatch, checkout):
    home = Home.of(published.settings)
    for name, value in {"HOME": home.root, "POLICY_FILE": checkout / "handoff.yaml", "HALO_TENANT": "demo"}.items():
        monkeypatch.setenv(f"HANDOFF_{name}", str(value))
    monkeypatch.setenv("HANDOFF_AS_OF", published.settings.as_of.isoformat())
    with subprocess.Popen([sys.executable, "-c", HOLD, str(home.work_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout.readline() == b"held\n"
            with dg.DagsterInstance.ephemeral() as instance:
                results = {sensor.name: tick(sensor, instance) for sensor in sensors.ACTING}
        finally:
            holder.stdin.close()
    assert len(results["gap_remediation"].run_requests) == 1
    assert all(result.skip_message for name, result in results.items() if name != "gap_remediation")
