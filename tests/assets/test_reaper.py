"""Runs whose process is dead are closed, so that a killed night never blocks the next one."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from assets.instance import instance_of
from assets.jobs import nightly_schedule
from assets.reaper import BOOT, BORN, GRACE, HOST, PID, is_dead, reap, signature
from tests.assets.conftest import Installation

NOW = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
KILLED_NIGHT = """
import os, signal, sys
from pathlib import Path
from pydantic import SecretStr
from assets.graph import definitions
from assets.night import run_night
from handoff_pipeline.settings import Settings

def die(name, done, total):
    if name == "core":
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings.model_validate_json(sys.stdin.read())
run_night(definitions(Path(sys.argv[1])), settings.model_copy(update={"halo_client_secret": SecretStr(sys.argv[2])}), die)
"""


def kill_a_night(installation: Installation) -> str:
    """Run a night in another process, which is killed while a step holds the pool; the run's id."""
    settings = installation.settings
    assert settings.halo_client_secret
    done = subprocess.run(
        [sys.executable, "-c", KILLED_NIGHT, str(installation.sql), settings.halo_client_secret.get_secret_value()],
        input=settings.model_dump_json(),
        text=True,
        timeout=100,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with instance_of(installation.home) as instance:
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.STARTED
        assert instance.event_log_storage.get_concurrency_info("warehouse").active_run_ids == {run.run_id}
    return run.run_id


@pytest.mark.timeout(240)
def test_a_killed_night_does_not_block_the_next_one(installation):
    killed = kill_a_night(installation)

    result = installation.stored_night()

    assert result.ok, result.message
    with instance_of(installation.home) as instance:
        assert instance.get_run_by_id(killed).status is dg.DagsterRunStatus.FAILURE
        assert instance.event_log_storage.get_concurrency_info("warehouse").active_run_ids == set()


def a_run(instance: dg.DagsterInstance, tags: dict[str, str]) -> str:
    """A run that Dagster believes to be under way."""

    @dg.op
    def nothing() -> None:
        pass

    @dg.job
    def idle():
        nothing()

    run = instance.create_run_for_job(idle, tags=tags)
    instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", idle.name), run.run_id)
    return run.run_id


def test_only_runs_of_dead_processes_are_closed():
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait(timeout=20)
    with dg.DagsterInstance.ephemeral() as instance:
        living = a_run(instance, signature())
        gone = a_run(instance, signature() | {PID: str(dead.pid)})
        assert [run.run_id for run in reap(instance, NOW)] == [gone]
        assert instance.get_run_by_id(living).status is dg.DagsterRunStatus.STARTED
        assert instance.get_run_by_id(gone).status is dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize(
    ("changed", "dead"),
    [
        ({}, False),
        ({BORN: "1"}, True),  # the number was given to another process
        ({BOOT: "before the restart"}, True),
        ({HOST: "another machine", PID: "1"}, False),  # cannot be looked up: left to max_runtime_seconds
    ],
)
def test_a_process_is_known_by_more_than_its_number(changed, dead):
    assert is_dead(signature() | changed, NOW, NOW) is dead


def test_a_run_that_nobody_signed_is_given_time_to_start():
    assert not is_dead({}, NOW - GRACE, NOW)
    assert is_dead({}, NOW - GRACE - timedelta(seconds=1), NOW)


def test_the_schedule_closes_dead_runs_before_it_asks_for_a_new_one(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait(timeout=20)
    # A tick opens the instance anew from its reference, which one in memory has not.
    with dg.instance_for_test() as instance:
        gone = a_run(instance, signature() | {PID: str(dead.pid)})
        tick = nightly_schedule.evaluate_tick(dg.build_schedule_context(instance=instance))
        assert len(tick.run_requests or ()) == 1
        assert instance.get_run_by_id(gone).status is dg.DagsterRunStatus.FAILURE
