"""A question to HaloPSA's API that either gives sound JSON or says in words why not. Read-only: a GET, or a SELECT by the report call.

Which pages make a whole entity is decided by the strategies. The one thing to know: a 401 is healed by one new token; a second one ends the
pull, because asking on with refused credentials only locks the application out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.auth import Send, TokenSource
from handoff_pipeline.halo.bodies import error_text, sound_json
from handoff_pipeline.halo.caller import Caller, Exchange
from handoff_pipeline.halo.credential import reader
from handoff_pipeline.halo.entities import Entity
from handoff_pipeline.halo.envelope import Rows, key_of, rows_of
from handoff_pipeline.halo.errors import NotOffered, PermissionMissing, ProtocolError, UnsoundBody
from handoff_pipeline.halo.origin import below, tenant_url
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.halo.report_call import Select
from handoff_pipeline.halo.throttle import Throttle
from handoff_pipeline.halo.transport import Answer, Parameters, Transport
from handoff_pipeline.settings import Settings

SKEW = timedelta(minutes=2)
"""How far the server's clock may run ahead of ours before its time is not believed."""


@dataclass(frozen=True)
class Page:
    """One sound answer: the body as it came (decompressed) and the same, decoded. Neither is printed: they hold customers' text."""

    body: bytes = field(repr=False)
    document: Any = field(repr=False)


class HaloClient:
    """One run's reader of one tenant."""

    def __init__(self, transport: Transport, caller: Caller, tokens: TokenSource, clock: Clock, base: httpx.URL) -> None:
        self._transport = transport
        self._caller = caller
        self._tokens = tokens
        self._clock = clock
        self._base = base

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """Every request sent so far, by (entity, endpoint)."""
        return self._caller.counts

    @property
    def server_date(self) -> datetime | None:
        """The server's time at the first answer, as its `Date` header says."""
        return self._caller.first_date

    @property
    def limit_note(self) -> str | None:
        """What a person should know about the request limit of this run; None while nothing is unusual."""
        return self._caller.limit_note

    @property
    def granted(self) -> frozenset[str] | None:
        """The scopes that HaloPSA says the credential has; None where it does not say."""
        return self._tokens.granted

    def server_time(self) -> datetime:
        """The server's time at the first answer, for cursors. A server that runs ahead is not believed: no cursor lies in the future."""
        told, ours = self._caller.first_date, self._clock.now()
        return told if told is not None and told <= ours + SKEW else ours

    async def connect(self) -> None:
        """Finds the authority and gets the first token. Raises as `TokenSource.token` does."""
        await self._tokens.token()

    async def rows(self, entity: Entity, parameters: Parameters) -> tuple[Page, Rows]:
        """One page of the entity's list and the rows in it.

        Raises:
            ProtocolError: no list where one belongs, or rows without the entity's key: any of a required entity, or all of an optional one.
                Otherwise as `get` does.
        """
        page = await self.get(entity, entity.path, parameters)
        rows = rows_of(page.document, page.body, entity.envelope, entity.path, self._caller.redactor)
        keyless = [number for number, row in enumerate(rows.rows, start=1) if key_of(row, entity.key) is None]
        # One that cannot be told apart may be any record's change; where figures rest on the list, what is not known is not passed over.
        if keyless and (entity.is_required or len(keyless) == len(rows.rows)):
            raise ProtocolError(
                f"{entity.path}: {len(keyless)} of {len(rows.rows)} rows (the first is row {keyless[0]}) lack {' and '.join(entity.key)}.",
                "Report it with HaloPSA's version: rows without a key cannot be told apart.",
            )
        return page, rows

    async def get(self, entity: Entity, path: str, parameters: Parameters, endpoint: str | None = None) -> Page:
        """`path` of the API (below `/api`); `endpoint` is the name under which the request is counted.

        Raises:
            PermissionMissing: 403. AuthenticationError: 401 with a fresh token. RateLimited, ServerFault: no answer on every try.
            BudgetSpent: the run's budget of requests. ProtocolError: any other status but 200, a redirect, or a body that is not sound
            JSON on two tries.
        """
        url = below(self._base, "/api" + path)

        async def send(token: SecretStr) -> Answer:
            return await self._transport.get(url, parameters, token)

        return await self._twice(entity, endpoint or path, send)

    async def report(self, entity: Entity, sql: str) -> Page:
        """The answer of the report call to one SELECT, as it came; whether HaloPSA ran it is for the strategy to read from it.

        A report changes nothing, so it is asked again after a fault as a GET is (H: POST /Report with `_loadreportonly`, conduit).

        Raises:
            ProtocolError: the statement is not one plain SELECT; nothing is sent. Otherwise as `get`.
        """
        select = Select(sql)

        async def send(token: SecretStr) -> Answer:
            return await self._transport.post_select(select, token)

        return await self._twice(entity, "/Report", send)

    async def _twice(self, entity: Entity, endpoint: str, send: Send) -> Page:
        """A body cut off on the way heals by itself; a login page does not, so one more try is enough."""
        try:
            return await self._sound(entity, endpoint, send)
        except UnsoundBody:
            return await self._sound(entity, endpoint, send)

    async def _sound(self, entity: Entity, endpoint: str, send: Send) -> Page:
        """One answer, judged by its status and then by its body."""
        answer = await self._authorised(entity, endpoint, send)
        self._refuse(answer, entity, endpoint)
        return Page(answer.body, sound_json(answer.body, answer.headers.get("content-type"), endpoint, self._caller.redactor))

    async def _authorised(self, entity: Entity, endpoint: str, send: Send) -> Answer:
        """The answer, with a new token if the current one is refused."""

        async def ask(exchange: Exchange) -> Answer:
            return await self._caller.ask(exchange, entity.name, endpoint)

        return await self._tokens.authorised(send, ask, endpoint)

    def _refuse(self, answer: Answer, entity: Entity, endpoint: str) -> None:
        """Raises for every status but 200, and 201, which the report call may answer as other POSTs do (H: reference 2.1)."""
        if answer.status == 200 or (answer.status == 201 and endpoint == "/Report"):
            return
        said = error_text(answer.body, self._caller.redactor) or "no text"
        if answer.status == 403:
            scopes = " or ".join(entity.scopes)
            raise PermissionMissing(
                f"{endpoint} answered 403 ({said}): the scope {scopes} or the permission of the application's user is missing.",
                f"In HaloPSA give the API application {scopes}, and the user it logs in as the right to see {entity.title}.",
            )
        kind = NotOffered if answer.status == 404 else ProtocolError
        raise kind(f"{endpoint} answered {answer.status}: {said}.", "See what HaloPSA says; 404 means that this version lacks the call.")


@asynccontextmanager
async def connected(
    settings: Settings, clock: Clock, inner: httpx.AsyncBaseTransport | None = None, dice: random.Random | None = None
) -> AsyncIterator[HaloClient]:
    """A client with its first token, closed at the end. `inner` replaces the network, `dice` the jitter's source.

    Raises:
        SettingsError, AuthenticationError: before anything is pulled.
    """
    base = tenant_url(settings.halo_url)
    credential = reader(settings)
    redactor = Redactor()
    throttle = Throttle(clock, settings.requests_per_window, settings.window_seconds, settings.concurrency, budget=settings.request_budget)
    # Jitter spreads retries; nothing secret is drawn from it.
    caller = Caller(throttle, clock, redactor, dice or random.Random())  # noqa: S311
    async with Transport(base, inner) as transport:
        client = HaloClient(transport, caller, TokenSource(transport, caller, clock, base, credential, settings.halo_tenant), clock, base)
        await client.connect()
        yield client
