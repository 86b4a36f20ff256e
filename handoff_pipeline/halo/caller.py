"""Asks until there is an answer: takes a turn at the throttle, counts the request, waits and asks again on 429, 5xx and silence.

Tokens, permissions and the meaning of a body are not known here. The one thing to know: whatever is asked through here may be asked
twice, so only GETs and the token request (which makes nothing but a token) go through it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.bodies import error_text
from handoff_pipeline.halo.errors import RateLimited, ServerFault
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.halo.retry import LIMIT_FLOOR_SECONDS, backoff_seconds, http_date, retry_after_seconds
from handoff_pipeline.halo.throttle import Throttle
from handoff_pipeline.halo.transport import Answer, Unreachable

FAULT_TRIES = 5
LIMIT_TRIES = 12
"""Enough waits of 5 to 60 s to outlast one window of 300 s that somebody else has used up."""

Exchange = Callable[[], Awaitable[Answer]]


class Caller:
    """Sends exchanges for one run. `counts` holds every request sent, by (entity, endpoint)."""

    def __init__(self, throttle: Throttle, clock: Clock, redactor: Redactor, dice: random.Random) -> None:
        self._throttle = throttle
        self._clock = clock
        self._dice = dice
        self.redactor = redactor
        self.counts: Counter[tuple[str, str]] = Counter()
        self.first_date: datetime | None = None
        """The server's time by the `Date` header of the first answer."""

    async def ask(self, exchange: Exchange, entity: str, endpoint: str) -> Answer:
        """The first answer that is neither 429 nor 5xx, whatever else its status.

        Raises:
            RateLimited: 429 on every try, or a pause longer than the throttle's patience.
            ServerFault: 5xx or no whole answer on every try.
        """
        faults = limits = 0
        while True:
            said, answer = await self._once(exchange, entity, endpoint)
            if answer is not None and answer.status == 429:
                limits += 1
                self._slow_down(answer, limits, said, endpoint)
                continue
            if answer is not None and answer.status < 500:
                return answer
            faults += 1
            if faults >= FAULT_TRIES:
                raise ServerFault(f"{endpoint} failed {faults} times; last: {said}", "HaloPSA or the way to it is down: run again later.")
            if answer is not None:
                self._throttle.pause(retry_after_seconds(answer.headers, self._clock.now()) or 0.0)
            await self._clock.sleep(backoff_seconds(faults, self._dice))

    async def _once(self, exchange: Exchange, entity: str, endpoint: str) -> tuple[str, Answer | None]:
        """One try: what went wrong in words (empty for nothing), and the answer if a whole one came."""
        async with self._throttle.turn():
            self.counts[entity, endpoint] += 1
            try:
                answer = await exchange()
            except Unreachable as silence:
                return self.redactor.clean(str(silence)), None
        if self.first_date is None:
            self.first_date = http_date(answer.headers.get("date"))
        if answer.status == 429 or answer.status >= 500:
            return f"{answer.status} {error_text(answer.body, self.redactor)}".rstrip(), answer
        return "", answer

    def _slow_down(self, answer: Answer, limits: int, said: str, endpoint: str) -> None:
        """After a 429: everybody pauses, and one request at a time for the rest of the window."""
        if limits >= LIMIT_TRIES:
            raise RateLimited(
                f"{endpoint} was refused by the request limit {limits} times; last: {said}",
                "Another integration uses up the tenant's limit: run later, or lower HANDOFF_REQUESTS_PER_WINDOW.",
            )
        asked = retry_after_seconds(answer.headers, self._clock.now())
        wait = backoff_seconds(limits, self._dice, floor=LIMIT_FLOOR_SECONDS) if asked is None else asked
        self._throttle.pause(wait)
        self._throttle.narrow()
