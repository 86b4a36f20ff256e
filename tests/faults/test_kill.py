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
from tests.end_to_end.bare_night import Installation
from tests.end_to_end.in_process import Moments
from tests.faults.night import CHECKOUT, MOMENT, Scheduler, tenant

NAMED = ("land.inserted",)
FURTHER = (
    "publish.table:5",
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
    """What a night that nobody disturbs publishes, and what starts the others."""

    scheduler: Scheduler
    content_hash: str


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unbroken]:
    """One undisturbed night in this process, and the tenant for the disturbed ones."""
    sim, clock, folder = tenant(), Moments(MOMENT), tmp_path_factory.mktemp("unbroken")
    content_hash = Installation(folder / "bare", CHECKOUT / "handoff.yaml", sim, clock).night().manifest.content_hash
    with running(sim) as url:
        yield Unbroken(Scheduler(folder / "home", url), content_hash)


@pytest.fixture(scope="module")
def seconds(unbroken: Unbroken) -> float:
    """How long a night takes that the scheduler starts."""
    began = time.monotonic()
    _rerun_equals(unbroken, unbroken.scheduler)
    return time.monotonic() - began


def _rerun_equals(unbroken: Unbroken, scheduler: Scheduler) -> None:
    again = scheduler.run()
    assert again.returncode == 0, again.stderr[-2000:]
    assert "Warning" not in again.stderr
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
def test_a_night_killed_at_random_and_rerun_equals_an_unbroken_one(unbroken: Unbroken, seconds: float, number: int, tmp_path: Path) -> None:
    scheduler = replace(unbroken.scheduler, home=tmp_path / "home")
    process = scheduler.start()
    try:
        # Not before the interpreter is up: a process that has done nothing proves nothing.
        process.wait(timeout=random.Random(number).uniform(0.15, 1.0) * seconds)  # noqa: S311 - no secret
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
