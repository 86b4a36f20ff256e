"""No secret in anything that is said, whichever way the client, the writer, the landing or a command fails.

The secrets are those of hostile.py, the readers those of stores.py; what whole nights leave behind is test_canary_stores.py's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from handoff_pipeline.commands.main import execute
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo import PullPlan, PullReport, pull, writing
from handoff_pipeline.simulator import DEMO_CLIENT_ID, WRITER_CLIENT_ID, running
from handoff_pipeline.warehouse import crash
from tests.end_to_end.bare_night import Installation
from tests.end_to_end.canary import NEEDLES, applications, clean, installation, told_of
from tests.end_to_end.hostile import ANSWERS, FORMS, MARKER, SECRET, WRITER_SECRET, Echo
from tests.end_to_end.in_process import InProcess
from tests.end_to_end.quirky import MOMENT
from tests.end_to_end.stores import STORES, holds


@pytest.fixture(scope="module", autouse=True)
def _known_secrets() -> Iterator[None]:
    with applications():
        yield


# What the client says of a server that says the secrets again.


@dataclass
class Heard:
    """What came of a pull: the report or the error, and the lines of the log."""

    report: PullReport | None
    error: HandoffError | None

    @property
    def said(self) -> str:
        details = [str(each.detail) for each in self.report.entities.values()] if self.report else []
        return "\n".join([*details, f"{self.error} {self.error.fix}" if self.error else "", told_of(self.error) if self.error else ""])


def heard(made: Installation, transport: httpx.AsyncBaseTransport | None = None) -> Heard:
    made.root.mkdir(parents=True, exist_ok=True)
    plan = PullPlan(as_of=made.sim.now, change_type_names=frozenset({"Project Change Request"}))
    try:
        return Heard(
            pull(made.settings, plan, made.root / "inbox", made.clock, transport=transport or InProcess(made.sim, made.clock)), None
        )
    except HandoffError as error:
        return Heard(None, error)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ANSWERS)
def test_an_echo_of_the_secrets_is_said_without_them(checkout: Path, tmp_path: Path, caplog: Any, capfd: Any, way: str, form: str) -> None:
    caplog.set_level(logging.DEBUG)
    made = installation(tmp_path, checkout)
    made.sim.app = Echo(made.sim.app, way, form, "/api/Projects")  # type: ignore[assignment]
    came = heard(made)
    said = capfd.readouterr()
    clean(came.said, caplog.text, said.out, said.err)
    assert holds("inbox", tmp_path, NEEDLES) == set()
    if way not in {"redirect", "redirect to a host of it", "JSON that is cut off"}:
        assert MARKER in came.said


@pytest.mark.parametrize("form", FORMS)
def test_credentials_that_are_refused_are_not_said_again(checkout: Path, tmp_path: Path, form: str) -> None:
    made = installation(tmp_path, checkout)
    made.sim.app = Echo(made.sim.app, "refused", form, "/auth/token")  # type: ignore[assignment]
    came = heard(made)
    assert came.error is not None
    assert MARKER in came.said
    clean(came.said)


@pytest.mark.parametrize("kind", [httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError, httpx.DecodingError])
def test_what_the_network_says_is_said_without_secrets(checkout: Path, tmp_path: Path, kind: Any) -> None:
    class Broken(httpx.AsyncBaseTransport):
        """A proxy that names what it was sent."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            body = (await request.aread()).decode()
            raise kind(f"{MARKER}: {request.headers.get('authorization')} {body}", request=request)

    came = heard(installation(tmp_path, checkout), Broken())
    assert came.error is not None
    assert MARKER in came.said
    clean(came.said)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ANSWERS)
def test_a_writer_that_fails_says_no_secret(checkout: Path, tmp_path: Path, way: str, form: str) -> None:
    made = installation(tmp_path, checkout)
    made.sim.app = Echo(made.sim.app, way, form)  # type: ignore[assignment]

    async def write() -> None:
        async with writing(made.settings, made.clock, InProcess(made.sim, made.clock)) as writer:
            clean(writer.plan("project", {"summary": f"about {WRITER_SECRET}", "tickettype_id": 31}))
            await writer.upsert("project", {"summary": "about", "tickettype_id": 31})

    import asyncio

    with pytest.raises(HandoffError) as raised:
        asyncio.run(write())
    clean(told_of(raised.value), raised.value, raised.value.fix)


def test_a_crash_in_landing_leaves_no_secret_in_the_home(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = installation(tmp_path / "home", checkout)

    def crashed(point: str) -> None:
        if point == "land.inserted":
            raise RuntimeError(MARKER)

    monkeypatch.setattr(crash, "point", crashed)
    with pytest.raises(RuntimeError, match=MARKER) as raised:
        made.pull_and_land(lambda _conn: None)
    clean(told_of(raised.value))
    assert {store: found for store in STORES if (found := holds(store, made.root, NEEDLES))} == {}


@pytest.mark.parametrize(
    "command", [["doctor"], ["doctor", "--access"], ["init", "--out", "drafted.yaml"], ["status"], ["policy", "check", "--live"]]
)
@pytest.mark.parametrize("way", ["500", "error with 200", "refused"])
def test_no_command_says_a_secret(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, command: list[str], way: str
) -> None:
    made = installation(tmp_path / "home", checkout)
    echo = Echo(made.sim.app, way, "plain", "/auth/token" if way == "refused" else "/api/TicketType")
    made.sim.app = echo  # type: ignore[assignment]
    monkeypatch.chdir(tmp_path)
    with running(made.sim) as url:
        for name, value in {
            "HOME": made.root,
            "POLICY_FILE": made.policy_file,
            "AS_OF": MOMENT.isoformat(),
            "HALO_URL": url,
            "HALO_CLIENT_ID": DEMO_CLIENT_ID,
            "HALO_CLIENT_SECRET": SECRET,
            "HALO_WRITER_CLIENT_ID": WRITER_CLIENT_ID,
            "HALO_WRITER_CLIENT_SECRET": WRITER_SECRET,
        }.items():
            monkeypatch.setenv(f"HANDOFF_{name}", str(value))
        monkeypatch.setattr("asyncio.sleep", _at_once())
        execute(command)
    said = capfd.readouterr()
    assert said.out + said.err
    clean(said.out, said.err)


def _at_once() -> Any:
    """Waits that take no time: a fault is tried five times, and nothing else here depends on the time."""
    import asyncio

    real = asyncio.sleep

    async def sleep(_seconds: float, result: Any = None) -> Any:
        return await real(0, result)

    return sleep
