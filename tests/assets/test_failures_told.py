"""What the sensor `failures` finds and tells: runs, checks, ticks and nights that stay away, each once, in the file first."""

from __future__ import annotations

import json
from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, TickData, TickStatus
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster_shared.error import SerializableErrorInfo

from assets import alerts, sensors
from assets.instance import instance_of
from assets.redaction import Redactor
from assets.sensing_failures import failed_checks, failed_ticks, of_line
from handoff_pipeline.errors import PolicyError
from handoff_pipeline.ledger import Run
from tests.assets.conftest import SENSED_AT, tick


def told(home):
    """The lines of alerts.jsonl as kind and words."""
    return [(line["state"], line["message"]) for line in alerts.lines(home)]


@pytest.mark.usefixtures("webhook")
def test_a_failed_run_becomes_one_card_whatever_becomes_of_the_cursor(sensor_ledger, sensor_home):
    alerts.deliver(sensor_home, alerts.Alert(f"{SENSED_AT - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}", "run-9", "nightly", None, "no"))
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(3):
            tick(sensors.failures_told, instance, cursor=None)
    assert [(one.dedupe_key, one.state) for one in sensor_ledger.intents.all()] == [("alert|run|run-9", "approved")]


def test_a_failed_check_that_stops_no_run_is_told_once_in_the_file(sensor_ledger, sensor_home):
    @dg.asset
    def table() -> None:
        """A table."""

    @dg.asset_check(asset=table)
    def rows_are_right() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN, description="3 rows are wrong")

    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([table, rows_are_right], instance=instance)
        first = tick(sensors.failures_told, instance)
        tick(sensors.failures_told, instance, first.cursor)
        tick(sensors.failures_told, instance)
    (line,) = [json.loads(text) for text in (sensor_home / "alerts.jsonl").read_text("utf-8").splitlines()]
    assert (line["state"], line["message"]) == ("check", "3 rows are wrong")
    assert sensor_ledger.intents.all() == []


def checked(instance, severity, *, blocking):
    """A run with one check that fails."""

    @dg.asset
    def table() -> None:
        """A table."""

    @dg.asset_check(asset=table, blocking=blocking)
    def rows_are_right() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, severity=severity, description="3 rows are wrong")

    dg.materialize([table, rows_are_right], instance=instance, raise_on_error=False)


@pytest.mark.parametrize(
    ("severity", "blocking", "alerts_of_it"),
    [(dg.AssetCheckSeverity.WARN, True, 1), (dg.AssetCheckSeverity.ERROR, False, 1), (dg.AssetCheckSeverity.ERROR, True, 0)],
    ids=["blocks but only warns", "wrong and blocks nothing", "stops its run, which is told itself"],
)
def test_a_check_is_told_exactly_where_no_failed_run_tells_of_it(severity, blocking, alerts_of_it):
    with dg.DagsterInstance.ephemeral() as instance:
        checked(instance, severity, blocking=blocking)
        found, _ = failed_checks(instance, None, SENSED_AT, Redactor())
    assert len(found) == alerts_of_it


def test_a_wiped_event_log_hides_no_failed_check():
    with dg.DagsterInstance.ephemeral() as instance:
        checked(instance, dg.AssetCheckSeverity.WARN, blocking=False)
        found, position = failed_checks(instance, 90_000.0, SENSED_AT, Redactor())
        again, _ = failed_checks(instance, position, SENSED_AT, Redactor())
    assert ([one.said for one in found], again) == (["3 rows are wrong"], [])


def failed_tick(instance, name, minutes_ago, words):
    """A tick that failed, as the daemon keeps it."""
    location = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(module_name="handoff_pipeline.definitions"), location_name="handoff_pipeline"
    )
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
    state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING)
    inner = SerializableErrorInfo(f"handoff_pipeline.errors.PolicyError: {words}\n", [], "PolicyError")
    outer = SerializableErrorInfo("SensorExecutionError: Error occurred during the execution of evaluation_fn\n", [], "E", cause=inner)
    if state.instigator_origin_id not in {one.instigator_origin_id for one in instance.all_instigator_state()}:
        instance.add_instigator_state(state)
    moment = (SENSED_AT - timedelta(minutes=minutes_ago)).timestamp()
    kept = (state.instigator_origin_id, name, InstigatorType.SENSOR, TickStatus.FAILURE, moment)
    instance.create_tick(TickData(*kept, error=outer, selector_id=state.selector_id))


def test_a_failed_tick_is_told_in_the_words_of_its_cause_even_where_a_later_one_was_told_before(tmp_path):
    with instance_of(tmp_path) as instance:
        failed_tick(instance, "delivery", 3, "handoff.yaml is not valid YAML")
        first, position = failed_ticks(instance, None, SENSED_AT, Redactor())
        failed_tick(instance, "escalation", 4, "the ledger is locked")
        second, _ = failed_ticks(instance, position, SENSED_AT, Redactor())
    assert [(one.title, one.said) for one in first] == [("delivery could not be evaluated", "handoff.yaml is not valid YAML")]
    assert ("escalation could not be evaluated", "the ledger is locked") in [(one.title, one.said) for one in second]


@pytest.mark.usefixtures("sensor_ledger")
def test_with_a_broken_policy_the_tick_fails_and_the_file_is_written_all_the_same(sensor_home, monkeypatch):
    (sensor_home / "broken.yaml").write_text("version: [", "utf-8")
    monkeypatch.setenv("HANDOFF_POLICY_FILE", str(sensor_home / "broken.yaml"))
    with dg.DagsterInstance.ephemeral() as instance:
        checked(instance, dg.AssetCheckSeverity.WARN, blocking=False)
        with pytest.raises(PolicyError):
            tick(sensors.failures_told, instance)
    assert told(sensor_home) == [("check", "3 rows are wrong")]


def begun(ledger, hours_ago):
    """A night that began and never ended well."""
    started = SENSED_AT - timedelta(hours=hours_ago)
    ledger.start_run(Run("night-0", started, started, "v1", "hash", "duckdb", "shadow"))


@pytest.mark.usefixtures("webhook")
@pytest.mark.parametrize(("hours_ago", "alarms"), [(35, 0), (37, 1)])
def test_that_no_night_ever_succeeded_is_an_alarm_once_a_day(sensor_ledger, sensor_home, hours_ago, alarms):
    begun(sensor_ledger, hours_ago)
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            tick(sensors.failures_told, instance)
    assert [one.dedupe_key for one in sensor_ledger.intents.all()] == ["dead_man|2026-09-28"] * alarms
    assert [state for state, _ in told(sensor_home)] == ["overdue"] * alarms


def test_without_teams_the_alarm_stands_in_the_file(sensor_ledger, sensor_home):
    begun(sensor_ledger, 48)
    with dg.DagsterInstance.ephemeral() as instance:
        tick(sensors.failures_told, instance)
    [(state, said)] = told(sensor_home)
    assert (state, said.startswith("No night has succeeded since 2026-09-26 09:00 UTC.")) == ("overdue", True)
    assert sensor_ledger.intents.all() == []


@pytest.mark.parametrize("at_utc", ["2026-09-28T08:59:00", "yesterday", None], ids=["without a zone", "no moment", "nothing"])
def test_a_line_whose_moment_nobody_can_read_is_no_failure(at_utc):
    line = {"at_utc": at_utc, "run_id": "run-1", "job": "nightly", "failed_step": None, "message": "no"}
    assert of_line(line, SENSED_AT) is None


def test_a_line_of_last_week_is_history():
    line = {"at_utc": "2026-09-20T09:00:00Z", "run_id": "run-1", "job": "nightly", "failed_step": None, "message": "no"}
    assert (of_line(line, SENSED_AT), of_line({**line, "at_utc": "2026-09-28T08:00:00Z"}, SENSED_AT) is not None) == (None, True)
