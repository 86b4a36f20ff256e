"""One list asked for, by one client or several, and replies that change from one to the next."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from handoff_pipeline.halo.client import connected
from handoff_pipeline.halo.entities import ENTITIES
from tests.halo.fake import FakeHalo, InstantClock, answer, settings

STATUS = ENTITIES["status"]
GOOD = [{"id": 1, "name": "New"}]


def ask(halo: FakeHalo, tmp_path: Path, clock: InstantClock | None = None, times: int = 1, **overrides: object) -> None:
    async def play() -> None:
        async with connected(settings(tmp_path, **overrides), clock or InstantClock(), halo.transport) as client:
            await asyncio.gather(*(client.rows(STATUS, {}) for _ in range(times)))

    asyncio.run(play())


class Replies:
    """Gives one reply after another; the last for ever."""

    def __init__(self, *replies: object) -> None:
        self._replies = list(replies)

    def __call__(self, _request: httpx.Request) -> object:
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return reply() if callable(reply) else reply


def good() -> httpx.Response:
    return answer(GOOD)
