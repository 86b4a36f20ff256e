"""Asks until there is an answer: takes a turn at the throttle, counts the request, waits and asks again on 429, 5xx and silence.

Tokens, permissions and the meaning of a body are not known here. The one thing to know: what goes through `ask` may be sent twice, so it
is for what changes nothing (a GET, a report, a token request); a write goes through `send_once`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.bodies import error_text
from handoff_pipeline.halo.errors import ProtocolError, RateLimited, ServerFault
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

    @property
    def limit_note(self) -> str | None:
        """What a person should know about the request limit (see `Throttle.note`)."""
        return self._throttle.note

    async def ask(self, exchange: Exchange, entity: str, endpoint: str) -> Answer:
        """The first answer that is neither 429 nor 5xx, whatever else its status.

        Raises:
            RateLimited: 429 on every try, or a pause longer than the throttle's patience.
            BudgetSpent: the run's budget of requests is spent.
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
                if answer.status == 503:
                    self._throttle.narrow()  # it is too busy: one request at a time until it has been quiet for a window
                self._throttle.pause(retry_after_seconds(answer.headers, self._clock.now()) or 0.0)
            await self._clock.sleep(backoff_seconds(faults, self._dice))

    async def send_once(self, exchange: Exchange, entity: str, endpoint: str) -> Answer:
        """The answer to something that must not happen twice, whatever its status but 429.

        Sent again only where HaloPSA cannot have acted: after a 429, which refuses before the work, and where no connection was made.

        Raises:
            RateLimited, BudgetSpent: nothing was done.
            ServerFault: no connection on any try; nothing was done.
            Unreachable: sent, and no whole answer came; it may have been done. The text is clean.
        """
        unsent = limits = 0
        while True:
            said, answer, may_have_arrived = await self._tried(exchange, entity, endpoint)
            if answer is None:
                unsent += 1
                if may_have_arrived:
                    raise Unreachable(said)
                if unsent >= FAULT_TRIES:
                    raise ServerFault(f"{endpoint} could not be reached: {said}", "Nothing was written: run again later.")
                await self._clock.sleep(backoff_seconds(unsent, self._dice))
            elif answer.status == 429:
                limits += 1
                self._slow_down(answer, limits, f"429 {error_text(answer.body, self.redactor)}", endpoint)
            else:
                return answer

    async def _tried(self, exchange: Exchange, entity: str, endpoint: str) -> tuple[str, Answer | None, bool]:
        """One sending, counted, in its turn: why no whole answer came, the answer if one did, and whether HaloPSA may have got it."""
        async with self._throttle.turn():
            self.counts[entity, endpoint] += 1
            try:
                answer = await exchange()
            except Unreachable as silence:
                return self.redactor.clean(str(silence)), None, silence.may_have_arrived
            except ProtocolError as error:
                trouble = ProtocolError(self.redactor.mask(error.message), error.fix)
            else:
                if self.first_date is None:
                    self.first_date = http_date(answer.headers.get("date"))
                return "", answer, True
        # A redirect's target and a coding's name are the server's own text. Raised out here, so that no chain carries them uncleaned.
        raise trouble

    async def _once(self, exchange: Exchange, entity: str, endpoint: str) -> tuple[str, Answer | None]:
        """One try: what went wrong in words (empty for nothing), and the answer if a whole one came."""
        said, answer, _ = await self._tried(exchange, entity, endpoint)
        if answer is not None and (answer.status == 429 or answer.status >= 500):
            said = f"{answer.status} {error_text(answer.body, self.redactor)}".rstrip()
        return said, answer

    def _slow_down(self, answer: Answer, limits: int, said: str, endpoint: str) -> None:
        """After a 429: everybody pauses, and one request at a time for the rest of the window."""
        if limits >= LIMIT_TRIES:
            raise RateLimited(
                f"{endpoint} was refused by the request limit {limits} times; last: {said}",
                "Another integration uses up the tenant's limit: run later, or lower HANDOFF_REQUESTS_PER_WINDOW.",
            )
        # A zero or a moment gone by asks for no wait; asking again at once would only be refused again.
        asked = retry_after_seconds(answer.headers, self._clock.now())
        self._throttle.pause(asked or backoff_seconds(limits, self._dice, floor=LIMIT_FLOOR_SECONDS))
        self._throttle.lower()
        self._throttle.narrow()
