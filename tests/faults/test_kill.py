"""A night that is killed, anywhere, and then run again ends with what an unbroken night publishes."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from handoff_pipeline.simulator import running
from handoff_pipeline.warehouse.crash import EXIT_CODE
from tests.faults.night import Scheduler, tenant

NAMED = ("land.inserted", "publish.table:5")
FURTHER = (
    "pull.page:7",
    "land.announced",
    "land.committed",
    "build.model:20",
    "build.model:60",
    "publish.table:1",
    "publish.before_manifest",
)
RANDOM_KILLS = 10


@dataclass(frozen=True)
class Unbroken:
    """A night that nobody disturbed: how long it took and what it published."""

    scheduler: Scheduler
    seconds: float
    content_hash: str


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unbroken]:
    """One undisturbed night, and the tenant for the disturbed ones."""
    with running(tenant()) as url:
        scheduler = Scheduler(tmp_path_factory.mktemp("unbroken"), url)
        began = time.monotonic()
        finished = scheduler.run()
        assert finished.returncode == 0, finished.stderr[-2000:]
        yield Unbroken(scheduler, time.monotonic() - began, scheduler.published_hash())


def _rerun_equals(unbroken: Unbroken, scheduler: Scheduler) -> None:
    again = scheduler.run()
    assert again.returncode == 0, again.stderr[-2000:]
    assert scheduler.published_hash() == unbroken.content_hash


def _kill_at(unbroken: Unbroken, point: str, home: Path) -> None:
    scheduler = replace(unbroken.scheduler, home=home)
    killed = scheduler.run(HANDOFF_CRASH_AT=point)
    assert killed.returncode == EXIT_CODE, f"the night came by {point} unharmed: {killed.stderr[-2000:]}"
    _rerun_equals(unbroken, scheduler)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("point", NAMED)
def test_a_night_killed_at_a_named_point_and_rerun_equals_an_unbroken_one(unbroken: Unbroken, point: str, tmp_path: Path) -> None:
    _kill_at(unbroken, point, tmp_path / "home")


@pytest.mark.campaign
@pytest.mark.timeout(400)
@pytest.mark.parametrize("point", FURTHER)
def test_a_night_killed_at_any_other_named_point_and_rerun_equals_an_unbroken_one(unbroken: Unbroken, point: str, tmp_path: Path) -> None:
    _kill_at(unbroken, point, tmp_path / "home")


@pytest.mark.campaign
@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", range(RANDOM_KILLS))
def test_a_night_killed_at_random_and_rerun_equals_an_unbroken_one(unbroken: Unbroken, number: int, tmp_path: Path) -> None:
    scheduler = replace(unbroken.scheduler, home=tmp_path / "home")
    process = scheduler.start()
    try:
        # Not before the interpreter is up: a process that has done nothing proves nothing.
        process.wait(timeout=random.Random(number).uniform(0.15, 1.0) * unbroken.seconds)  # noqa: S311 - no secret
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    _rerun_equals(unbroken, scheduler)


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_night_killed_again_and_again_in_the_same_home_heals(unbroken: Unbroken, tmp_path: Path) -> None:
    scheduler = replace(unbroken.scheduler, home=tmp_path / "home")
    for point in (*NAMED, *FURTHER):
        scheduler.run(HANDOFF_CRASH_AT=point)
    _rerun_equals(unbroken, scheduler)
