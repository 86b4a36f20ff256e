"""A simulated tenant that is asked without a socket, and a clock whose waits take no time: what makes thousands of nights affordable.

What a night does is bare_night.py's. The one thing to know: one clock serves both sides, so that limits, tokens and waits agree, and every
request takes a little of its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any

import httpx

from handoff_pipeline.simulator import SimulatedHalo

ADDRESS = "http://127.0.0.1:8765"
REQUEST_SECONDS = 0.05


class Moments:
    """A clock that is held at a moment; its seconds pass by waiting and by asking. Called, it gives them, as the simulator wants it."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.seconds = 1000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.slept += seconds
        await asyncio.sleep(0)


class Body(httpx.AsyncByteStream):
    """A body as it was sent; one that was cut off breaks where the connection ended."""

    def __init__(self, parts: list[bytes], *, is_whole: bool) -> None:
        self.parts, self.is_whole = parts, is_whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if not self.is_whole:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class InProcess(httpx.AsyncBaseTransport):
    """Calls the simulator's app. Unlike httpx's own ASGI transport it can break off in the middle of a body."""

    def __init__(self, sim: SimulatedHalo, clock: Moments, ignored: Collection[str] = ()) -> None:
        """Names in `ignored` are parameters that this HaloPSA does not know; it ignores them (H: panoramicdata)."""
        self.sim, self.clock, self.ignored = sim, clock, frozenset(ignored)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.clock.seconds += REQUEST_SECONDS
        if self.ignored:
            kept = [(name, value) for name, value in request.url.params.multi_items() if name not in self.ignored]
            request.url = request.url.copy_with(params=kept)
        sent = await request.aread()
        asked = [{"type": "http.request", "body": sent, "more_body": False}]
        head: dict[str, Any] = {}
        parts: list[bytes] = []
        is_whole = False

        async def receive() -> dict[str, Any]:
            return asked.pop() if asked else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal is_whole
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                parts.append(message.get("body", b""))
                is_whole = not message.get("more_body", False)

        await self.sim.app(_scope(request), receive, send)
        return httpx.Response(head["status"], headers=head["headers"], stream=Body(parts, is_whole=is_whole))


def _scope(request: httpx.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 50000),
    }
