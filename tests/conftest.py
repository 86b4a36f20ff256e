"""What the whole suite runs under: no network but loopback, no settings of the person who runs it, must-run tests that are run.

Fixtures of one room belong in that room's own conftest.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["pytester", "tests.house.must_run", "tests.house.loopback", "tests.house.postgresql", "tests.house.pace"]

KEPT = {"HANDOFF_MUST_RUN"}
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes folders of its own in it
ENOUGH_BYTES = 10 * 1024**3
"""What must be free of memory itself, not only of the folder's allowance: the folder may promise more than the machine has left."""


def pytest_configure() -> None:
    """Keep the tests' homes in memory where there is room: a night commits some thousand times, and a test has nothing to survive."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and min(shutil.disk_usage(MEMORY).free, _free_memory_bytes()) > ENOUGH_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _free_memory_bytes() -> int:
    """What the kernel could hand out now; 0 where it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


@pytest.fixture(scope="session", autouse=True)
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave out the developer's own HANDOFF_* variables and Dagster home: a test that needs one sets it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("HANDOFF_") and name not in KEPT:
                patch.delenv(name)
        patch.setenv("DAGSTER_HOME", str(tmp_path_factory.mktemp("dagster-home")))
        patch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
        yield


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder of this checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that `handoff demo` leaves: made once for all of pytest's workers, a copy for each. Read it, never write to it."""
    from handoff_pipeline.commands.main import execute

    base = tmp_path_factory.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-home"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            fresh = tmp_path_factory.mktemp("demo") / "home"
            assert execute(["demo", "--nights", "1", "--home", str(fresh)]) == 0
            fresh.rename(made)
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("demo") / "home"))
