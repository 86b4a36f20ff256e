"""One door for every request of a run: the rolling-window limit, the requests under way, pauses that the server asks for, the budget.

No HTTP here; time comes from the clock that is handed in. The one thing to know: a turn is granted at the moment of sending and in order
of arrival, so any rolling window holds at most `limit` sendings (H: 300 in any rolling 300 s, HaloAPI #31). The limit is the tenant's, not
ours, so a refusal that our own sendings do not explain lowers it for the rest of the run.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.errors import BudgetSpent, RateLimited

PATIENCE_SECONDS = 3600.0
"""The longest pause that a pull sits out. A longer one ends the pull cleanly: waiting less than the server asked is never an option."""
LEAST_SHARE = 0.1
"""The part of the configured limit below which it is never lowered: somebody else's burst must not make a run last for days."""
_SHORTEST_SLEEP_SECONDS = 0.001  # a remainder below a float's resolution would spin for ever


class Throttle:
    """Grants turns. At most `limit` in any rolling `window_seconds`, at most `width` at once, one at once for a window after a refusal.

    `budget` is the most turns of the whole run, token requests and repeats included; 0 means no bound.
    """

    def __init__(
        self,
        clock: Clock,
        limit: int,
        window_seconds: float,
        width: int,
        patience_seconds: float = PATIENCE_SECONDS,
        *,
        budget: int = 0,
    ) -> None:
        self._clock = clock
        self._window = window_seconds
        self._width = width
        self._patience = patience_seconds
        self._budget = budget
        self._spent = 0
        self._configured = limit
        self._granted: deque[float] = deque(maxlen=limit)
        self._limit = limit
        self._under_way = 0
        self._paused_until = float("-inf")
        self._narrow_until = float("-inf")
        self._lowered_at = float("-inf")
        self._door = asyncio.Lock()
        self._left = asyncio.Event()

    @property
    def spent(self) -> int:
        """Turns granted so far."""
        return self._spent

    @property
    def limit(self) -> int:
        """The limit in use: the configured one, or what refusals have taught."""
        return self._limit

    @property
    def note(self) -> str | None:
        """What a person should know about the limit after the run; None when it was never lowered."""
        if self._limit == self._configured:
            return None
        return (
            f"HaloPSA refused requests before this run had used its own {self._configured} in {self._window:.0f} s; "
            f"at most {self._limit} were sent per window from then on. Another integration uses the same limit, or HaloPSA's is lower "
            "than HANDOFF_REQUESTS_PER_WINDOW says."
        )

    def pause(self, seconds: float) -> None:
        """Nobody gets a turn for that long; a shorter pause never ends a longer one."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    def narrow(self) -> None:
        """One request at a time until a whole window has gone by: somebody else may be using up the same limit."""
        self._narrow_until = self._clock.monotonic() + self._window

    def lower(self) -> None:
        """After a 429: where our own sendings do not explain it, no more per window from now on than were answered in the last one.

        Once per window at most: the refusals that follow at once come of the same shortage. Call it after the refused turn was left.
        """
        now = self._clock.monotonic()
        sent = sum(moment + self._window > now for moment in self._granted)
        if sent >= self._limit or now < self._lowered_at + self._window:
            return
        answered = sent - self._under_way - 1
        least = max(1, int(self._configured * LEAST_SHARE))
        self._limit = min(self._limit, max(least, answered))
        self._granted = deque(self._granted, maxlen=self._limit)
        self._lowered_at = now

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a turn and holds it.

        Raises:
            RateLimited: the server asked for a pause longer than the pull's patience.
            BudgetSpent: every turn of the run's budget has been granted.
        """
        async with self._door:
            self._keep_to_budget()
            await self._wait()
            self._granted.append(self._clock.monotonic())
            self._spent += 1
            self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._left.set()

    def _keep_to_budget(self) -> None:
        if self._budget and self._spent >= self._budget:
            raise BudgetSpent(
                f"The run has sent {self._spent} requests, all that HANDOFF_REQUEST_BUDGET={self._budget} allows.",
                "Run again: what was read whole is kept. Raise HANDOFF_REQUEST_BUDGET, or set it to 0 for no bound.",
            )

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
