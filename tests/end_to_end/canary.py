"""A tenant and a home whose secrets can be told from all other text, and the looking for them in what is said.

Where they are looked for in what is kept is stores.py's. The one thing to know: a secret is looked for in every form in which it travels.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from handoff_pipeline.redaction import forms_of
from handoff_pipeline.simulator import DEMO_CLIENT_ID, WRITER_CLIENT_ID, SimulatedHalo, build_world
from handoff_pipeline.simulator.access import APPLICATIONS
from tests.end_to_end.bare_night import Installation
from tests.end_to_end.hostile import SECRET, TOKEN, WRITER_SECRET, CanaryTokens
from tests.end_to_end.in_process import Moments
from tests.end_to_end.model import tiny_world
from tests.end_to_end.quirky import MOMENT

NEEDLES = frozenset(form for secret in (SECRET, WRITER_SECRET, TOKEN) for form in forms_of(secret))
CREDENTIALS = {
    "halo_client_secret": SecretStr(SECRET),
    "halo_writer_client_id": WRITER_CLIENT_ID,
    "halo_writer_client_secret": SecretStr(WRITER_SECRET),
}


@contextmanager
def applications() -> Iterator[None]:
    """The simulated tenant knows the canaries as its applications' secrets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(APPLICATIONS, DEMO_CLIENT_ID, SECRET)
        patch.setitem(APPLICATIONS, WRITER_CLIENT_ID, WRITER_SECRET)
        yield


def tenant(clock: Moments, *, deals: int = 0) -> SimulatedHalo:
    sim = SimulatedHalo(build_world(seed=11, deals=deals) if deals else tiny_world(), clock.at, clock=clock)
    sim.tokens = CanaryTokens(clock)
    return sim


def installation(root: Path, checkout: Path, *, deals: int = 0) -> Installation:
    clock = Moments(MOMENT)
    return Installation(root, checkout / "handoff.yaml", tenant(clock, deals=deals), clock, CREDENTIALS)


def clean(*texts: object) -> None:
    """No form of a secret in any of the texts."""
    found = [needle for text in texts for needle in NEEDLES if needle in str(text) or needle in repr(text)]
    assert not found, f"found in what was said: {found}"


def told_of(error: BaseException) -> str:
    """Everything that a tool may store of an exception: chain, stack, and the locals of every frame of the product."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format()) + _locals_of(error)


def _locals_of(error: BaseException | None) -> str:
    said = []
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "handoff_pipeline" in frame.f_code.co_filename and "simulator" not in frame.f_code.co_filename:
                said += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
        error = error.__cause__ or error.__context__
    return "\n".join(said)
