"""What makes a whole run of the tests a fifth shorter, and changes nothing that is tested.

One engine for each of Dagster's SQLite files: it makes a new one for every statement, so SQLAlchemy compiles the same few statements some
thousand times a night. An engine holds no connection between two statements (NullPool), so what is stored, and when, stays as it is.

What collecting has made lives to the end, so the garbage collector need not walk through it again and again.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

MAKERS = (
    "dagster._core.storage.event_log.sqlite.sqlite_event_log",
    "dagster._core.storage.runs.sqlite.sqlite_run_storage",
    "dagster._core.storage.schedules.sqlite.sqlite_schedule_storage",
)


def pytest_collection_finish() -> None:
    """Leave what is there out of every further collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _engines_are_kept() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in MAKERS:
            if name in sys.modules:
                patch.setattr(f"{name}.create_engine", _kept(sys.modules[name].create_engine))
        yield


def _kept(make: Callable[..., Any]) -> Callable[..., Any]:
    engines: dict[str, Any] = {}

    def kept(address: str, **options: Any) -> Any:
        name = f"{address} {sorted(options.items(), key=lambda option: option[0])}"
        if name not in engines:
            engines[name] = make(address, **options)
        return engines[name]

    return kept
