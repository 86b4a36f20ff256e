"""The simulator on a real port of this machine."""

from __future__ import annotations

import socket
from datetime import timedelta

import httpx
import pytest

from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Fault, Quirks, SimulatedHalo, running
from tests.simulator.tenant import DEMO_MOMENT, demo_world


def test_a_client_on_loopback_finds_the_server_signs_in_and_reads() -> None:
    sim = SimulatedHalo(demo_world(), DEMO_MOMENT)
    with running(sim) as url, httpx.Client(base_url=url) as http:
        auth = http.get("/api/authinfo").json()
        assert auth["auth_url"].startswith(url)
        form = {"grant_type": "client_credentials", "client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET, "scope": "all"}
        token = http.post(auth["auth_url"] + "/token", params={"tenant": auth["tenant_id"]}, data=form).json()["access_token"]
        answer = http.get("/api/Status", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, len(answer.json())) == (200, 11)
        assert answer.headers.get_list("date") == ["Mon, 28 Sep 2026 01:30:00 GMT"]


def test_another_process_can_read_and_advance_the_clock() -> None:
    sim = SimulatedHalo(demo_world(), DEMO_MOMENT)
    with running(sim) as url, httpx.Client(base_url=url) as http:
        assert http.get("/sim/clock").json() == {"now": DEMO_MOMENT.isoformat()}
        later = DEMO_MOMENT + timedelta(days=1, hours=6)
        assert http.post("/sim/advance", params={"days": 1, "hours": 6}).json() == {"now": later.isoformat()}
        assert http.post("/sim/advance", params={"days": "soon"}).status_code == 400
        assert sim.now == later


def test_a_connection_can_end_in_the_middle_of_a_body() -> None:
    sim = SimulatedHalo(demo_world(), DEMO_MOMENT, Quirks(faults=(Fault("/Status", 1, "cut_body"),)))
    token = sim.tokens.issue(frozenset({"all"}), 60)
    with running(sim) as url, httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            http.get("/api/Status")
        assert http.get("/api/Status").status_code == 200


def test_leaving_the_context_frees_the_port() -> None:
    with running(SimulatedHalo(demo_world(), DEMO_MOMENT)) as url:
        port = int(url.rsplit(":", 1)[1])
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/sim/clock")
    with running(SimulatedHalo(demo_world(), DEMO_MOMENT), port) as again:
        assert again == url


def test_a_port_in_use_is_refused_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="choose another one"), running(SimulatedHalo(demo_world(), DEMO_MOMENT), taken.getsockname()[1]):
            pass
