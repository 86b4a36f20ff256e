"""Who is told when a run fails, and in which words."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import dagster as dg
import pytest
from pydantic import SecretStr

from assets.alerts import LONGEST, Alert, decide, deliver, stale
from assets.failures import RunFailure, StepFailure, why
from assets.reaper import PID, signature
from assets.redaction import Redactor
from assets.sensors import dead_runs, run_failures
from handoff_pipeline.redaction import MASK
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse.manifest import Manifest, PublishedFile, StaleSource

AT = datetime(2026, 9, 28, 1, 31, tzinfo=UTC)


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path))
    return tmp_path


def lines(home):
    return [json.loads(line) for line in (home / "alerts.jsonl").read_text("utf-8").splitlines()]


def failed(*steps: StepFailure, message: str = "") -> RunFailure:
    return RunFailure(steps, message, frozenset())


def test_the_first_step_that_failed_is_named_in_its_own_words():
    alert = decide("run-1", "nightly", failed(StepFailure("raw/halo_pull", "no"), StepFailure("b", "later")), AT, Redactor())
    assert alert == Alert("2026-09-28T01:31:00Z", "run-1", "nightly", "raw/halo_pull", "no")


def test_a_run_that_failed_before_its_first_step_says_so():
    alert = decide("run-1", "nightly", failed(message="the warehouse is taken"), AT, Redactor())
    assert (alert.failed_step, alert.message) == (None, "the warehouse is taken")


def test_an_alert_holds_no_secret_and_is_cut():
    settings = Settings(_env_file=None, halo_client_secret=SecretStr("s3cret-value"))
    alert = decide("run-1", "nightly", failed(StepFailure("a", "s3cret-value " + "x" * 5000)), AT, Redactor.of(settings))
    assert alert.message.startswith(MASK)
    assert len(alert.message) == LONGEST


def a_manifest(*stale: StaleSource) -> Manifest:
    nothing = PublishedFile(bytes=0, sha256="")
    return Manifest(
        run_id="run-1", state="stale" if stale else "complete", contract_version=1, policy_version="v", policy_hash="h", engine="duckdb",
        requests=1, as_of_utc=AT, published_at_utc=AT, content_hash="", tables={}, database=nothing, history=None, completeness={},
        stale=stale,
    )  # fmt: skip


def test_a_stale_night_names_the_entity_since_when_and_what_to_do():
    source = StaleSource(
        entity="opportunity", state="quarantined", since_utc=AT, detail="8 of 10 are not shown", what_to_do="Check the agent."
    )
    alert = stale(a_manifest(source), "nightly", Redactor())
    said = "opportunity is quarantined since 2026-09-28 01:31 UTC (8 of 10 are not shown). Check the agent."
    assert alert == Alert("2026-09-28T01:31:00Z", "run-1", "nightly", None, said, state="stale")
    assert str(alert) == f"nightly is stale: {said} (run run-1)"


def test_a_fresh_night_alerts_nobody():
    assert stale(a_manifest(), "nightly", Redactor()) is None


def test_a_torn_line_of_a_full_disk_does_not_stop_the_next_alert(tmp_path):
    (tmp_path / "alerts.jsonl").write_text('{"run_id": "run-0', "utf-8")
    alert = Alert("2026-09-28T01:31:00Z", "run-1", "nightly", None, "no")
    assert deliver(tmp_path, alert)
    assert not deliver(tmp_path, alert)
    assert json.loads((tmp_path / "alerts.jsonl").read_text("utf-8").splitlines()[1])["run_id"] == "run-1"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("three is no two"), "three is no two"),
        (
            dg.DagsterExecutionInterruptedError(),
            "The run was interrupted (Ctrl-C, or the machine was asked to stop). The next run heals it.",
        ),
    ],
)
def test_an_error_is_told_in_its_own_words_without_the_name_of_its_class(error, words):
    @dg.op
    def step() -> None:
        raise error

    @dg.job
    def job():
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        assert why(instance, result.run_id).steps == (StepFailure("step", words),)


def a_failing_job() -> dg.JobDefinition:
    @dg.op
    def raw__halo_pull() -> None:
        raise dg.Failure("HaloPSA refused the credentials. Fix: enter the secret again.")

    @dg.job
    def nightly():
        raw__halo_pull()

    return nightly


def test_the_sensor_writes_a_failed_run_once(home):
    with dg.DagsterInstance.ephemeral() as instance:
        result = a_failing_job().execute_in_process(instance=instance, raise_on_error=False)
        event = next(event for event in result.all_events if event.event_type is dg.DagsterEventType.RUN_FAILURE)
        for _ in range(2):
            context = dg.build_run_status_sensor_context("run_failures", event, instance, result.dagster_run)
            run_failures(context.for_run_failure())
        (alert,) = lines(home)
        assert (alert["run_id"], alert["failed_step"]) == (result.run_id, "raw/halo_pull")
        assert alert["message"] == "HaloPSA refused the credentials. Fix: enter the secret again."
        assert why(instance, result.run_id).steps == (StepFailure("raw/halo_pull", alert["message"]),)


def test_the_sensor_of_dead_runs_closes_and_reports_them_and_asks_for_no_run(home):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait(timeout=20)
    with dg.instance_for_test() as instance:
        job = a_failing_job()
        run = instance.create_run_for_job(job, tags=signature() | {PID: str(dead.pid)})
        instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", job.name), run.run_id)
        told = dead_runs(dg.build_sensor_context(instance=instance))
        assert isinstance(told, dg.SkipReason)
        assert run.run_id in str(told.skip_message)
        assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.FAILURE
    (alert,) = lines(home)
    assert (alert["run_id"], alert["failed_step"]) == (run.run_id, None)
    assert "is gone" in alert["message"]
