"""A simulated tenant for tests, asked in process: signs in once and gives decoded answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx

from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Quirks, SimulatedHalo, Truth, build_world

DEMO_MOMENT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)


@cache
def demo_world() -> Truth:
    """The world of `make demo`: seed 7, 120 deals."""
    return build_world()


@dataclass
class Seconds:
    """A time function that a test moves by hand."""

    at: float = 0.0

    def __call__(self) -> float:
        """Give the seconds."""
        return self.at


class InProcess(httpx.BaseTransport):
    """Calls the app without a socket, as a caller from `host`."""

    def __init__(self, sim: SimulatedHalo, host: str) -> None:
        self.transport = httpx.ASGITransport(sim.app, client=(host, 50000))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answered = await self.transport.handle_async_request(request)
        # The body as it was sent: the client itself unpacks what is packed.
        sent = b"".join([chunk async for chunk in answered.aiter_raw()])
        return httpx.Response(answered.status_code, headers=answered.headers, stream=httpx.ByteStream(sent))


class Tenant:
    """The demo's tenant with its quirks; `get` signs in on first use."""

    def __init__(self, quirks: Quirks | None = None, scope: str = "all", now: datetime = DEMO_MOMENT) -> None:
        self.seconds = Seconds()
        self.sim = SimulatedHalo(demo_world(), now, quirks, self.seconds)
        self.http = httpx.Client(transport=InProcess(self.sim, "127.0.0.1"), base_url="http://simulated.test")
        self.scope, self.token = scope, ""

    def sign_in(self, **changes: str) -> httpx.Response:
        """Ask for a token, with some form fields changed."""
        form = {"grant_type": "client_credentials", "client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET, "scope": self.scope}
        return self.http.post("/auth/token", params={"tenant": "demo"}, data=form | changes)

    def ask(self, path: str, **params: str | float) -> httpx.Response:
        """Ask a path under /api and give the response as it is."""
        if not self.token:
            self.token = self.sign_in().json()["access_token"]
        return self.http.get(f"/api{path}", params=params, headers={"Authorization": f"Bearer {self.token}"})

    def get(self, path: str, **params: str | float) -> Any:
        """Ask and decode."""
        response = self.ask(path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    def rows(self, path: str, **params: str | float) -> list[dict[str, Any]]:
        """Give every row of a paged list, page by page, ordered by id."""
        rows: list[dict[str, Any]] = []
        for page in range(1, 100):
            answer = self.get(path, pageinate="true", page_no=page, page_size=100, order="id", **params)
            found = next(value for value in answer.values() if isinstance(value, list))
            rows.extend(found)
            if len(found) < 100:
                break
        return rows
