"""One door for every request of a run: the rolling-window limit, the bound on requests under way, and pauses that the server asks for.

No HTTP here; time comes from the clock that is handed in. The one thing to know: a turn is granted at the moment of sending and in order
of arrival, so any rolling window holds at most `limit` sendings (H: 300 in any rolling 300 s, HaloAPI #31).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.errors import RateLimited

PATIENCE_SECONDS = 3600.0
"""The longest pause that a pull sits out. A longer one ends the pull cleanly: waiting less than the server asked is never an option."""
_SHORTEST_SLEEP_SECONDS = 0.001  # a remainder below a float's resolution would spin for ever


class Throttle:
    """Grants turns. At most `limit` in any rolling `window_seconds`, at most `width` at once, one at once for a window after a 429."""

    def __init__(self, clock: Clock, limit: int, window_seconds: float, width: int, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._clock = clock
        self._window = window_seconds
        self._width = width
        self._patience = patience_seconds
        self._granted: deque[float] = deque(maxlen=limit)
        self._limit = limit
        self._under_way = 0
        self._paused_until = float("-inf")
        self._narrow_until = float("-inf")
        self._door = asyncio.Lock()
        self._left = asyncio.Event()

    def pause(self, seconds: float) -> None:
        """Nobody gets a turn for that long; a shorter pause never ends a longer one."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    def narrow(self) -> None:
        """One request at a time until a whole window has gone by: somebody else may be using up the same limit."""
        self._narrow_until = self._clock.monotonic() + self._window

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a turn and holds it.

        Raises:
            RateLimited: the server asked for a pause longer than the pull's patience.
        """
        async with self._door:
            await self._wait()
            self._granted.append(self._clock.monotonic())
            self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._left.set()

    async def _wait(self) -> None:
        """Returns when a request may leave now. The bound is read anew after every wait, since a 429 may have come in meanwhile."""
        while True:
            now = self._clock.monotonic()
            if self._under_way >= (1 if now < self._narrow_until else self._width):
                self._left.clear()
                await self._left.wait()
                continue
            seconds = self._remaining(now)
            if seconds <= 0:
                return
            await self._clock.sleep(max(seconds, _SHORTEST_SLEEP_SECONDS))

    def _remaining(self, now: float) -> float:
        """Seconds until the window and the pause let one more request out."""
        pause = self._paused_until - now
        if pause > self._patience:
            raise RateLimited(
                f"HaloPSA asks to wait {pause:.0f} s more, longer than the {self._patience:.0f} s that a pull waits.",
                "Run again after that time; see which other integration uses up the tenant's request limit.",
            )
        window = self._granted[0] + self._window - now if len(self._granted) == self._limit else 0.0
        return max(pause, window)
