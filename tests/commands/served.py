"""A simulated tenant on loopback for the tests of commands, and the environment that reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from handoff_pipeline.simulator.access import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, WRITER_CLIENT_ID, WRITER_CLIENT_SECRET
from handoff_pipeline.simulator.serve import running
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.world import build_world

AT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)


@contextmanager
def tenant(deals: int) -> Iterator[tuple[SimulatedHalo, str]]:
    """A tenant of the demo's kind, with the address at which it answers."""
    halo = SimulatedHalo(build_world(seed=7, deals=deals), AT)
    with running(halo) as url:
        yield halo, url


def connect(monkeypatch: pytest.MonkeyPatch, url: str, *, writer: bool = False) -> None:
    """Set what a person puts into `.env`."""
    values = {"URL": url, "CLIENT_ID": DEMO_CLIENT_ID, "CLIENT_SECRET": DEMO_CLIENT_SECRET}
    values |= {"WRITER_CLIENT_ID": WRITER_CLIENT_ID, "WRITER_CLIENT_SECRET": WRITER_CLIENT_SECRET} if writer else {}
    for name, value in values.items():
        monkeypatch.setenv(f"HANDOFF_HALO_{name}", value)
    monkeypatch.setenv("HANDOFF_AS_OF", AT.isoformat())
