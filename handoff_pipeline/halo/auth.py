"""Client credentials: where the authority is, and a token that is renewed before it expires and once when it is refused.

What a token is used for is `client`'s. The one thing to know: renewing is single-flight, so eight requests that meet an expired token
cost one token request (H: TopLeft added a lock for the same reason), and a token is never printed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import orjson
from pydantic import SecretStr

from handoff_pipeline.clock import Clock
from handoff_pipeline.halo.bodies import error_text
from handoff_pipeline.halo.caller import Caller, Exchange
from handoff_pipeline.halo.credential import Credential, granted_scopes
from handoff_pipeline.halo.errors import AuthenticationError, ServerFault
from handoff_pipeline.halo.origin import authority_url, below
from handoff_pipeline.halo.transport import Answer, Transport

LIFETIME_SECONDS = 3600.0
MARGIN_SECONDS = 60.0
"""A token is renewed this long before its end, or a fifth of its life where that is shorter (H: 3540 of 3600 s, TopLeft)."""

MOST_TOKENS = 4
"""So many tokens one request may use up by waiting; a request limit of minutes and a token's life of an hour need no more."""

Send = Callable[[SecretStr], Awaitable[Answer]]
"""Sends one request with the token that it is given."""
Ask = Callable[[Exchange], Awaitable[Answer]]
"""Asks until there is an answer, in the reader's or in the writer's manner."""


@dataclass(frozen=True)
class _Held:
    """A token and when it is renewed, in seconds of the clock."""

    token: SecretStr
    renew_at: float


class TokenSource:
    """Hands out the current token of one credential. `granted` are the scopes that HaloPSA says it has; None where it does not say."""

    def __init__(
        self, transport: Transport, caller: Caller, clock: Clock, base: httpx.URL, credential: Credential, tenant: str | None
    ) -> None:
        self._transport = transport
        self._caller = caller
        self._clock = clock
        self._base = base
        self._tenant = tenant
        self._credential = credential
        self._lock = asyncio.Lock()
        self._endpoint: tuple[httpx.URL, str | None] | None = None
        self._held: _Held | None = None
        self.granted: frozenset[str] | None = None
        caller.redactor.learn(credential.secret.get_secret_value())

    async def authorised(self, send: Send, ask: Ask, endpoint: str) -> Answer:
        """The answer with the current token; with a new one, once, if that is refused.

        A token may end while its request waits for its turn (`Retry-After` may be longer than a token's life); that is no refusal, and such
        a request is tried again with a new token, a bounded number of times.

        Raises:
            AuthenticationError: the new token is refused as well. Otherwise as `ask` and `token`.
        """
        held, used, refusals = await self._current(refused=None), 1, 0
        while True:
            answer = await ask(partial(send, held.token))
            if answer.status != 401:
                return answer
            refusals += self._clock.monotonic() < held.renew_at
            if refusals > 1 or used == MOST_TOKENS:
                break
            used += 1
            held = await self._current(refused=held)
        raise AuthenticationError(
            f"{endpoint} answered 401 to a token that was just issued: {error_text(answer.body, self._caller.redactor) or 'no text'}.",
            "Check in HaloPSA that the API application is active and that the user it logs in as may use the API.",
        )

    async def token(self) -> SecretStr:
        """The current token, renewed first when its end is near.

        Raises:
            AuthenticationError: the authority refuses the credentials, or answers without a token.
            SettingsError: the token is granted a broad scope.
        """
        return (await self._current(refused=None)).token

    async def _current(self, refused: _Held | None) -> _Held:
        """The token under the lock, so that there is never more than one request for one; another than the one that was refused."""
        async with self._lock:
            if self._held is None or self._held is refused or self._clock.monotonic() >= self._held.renew_at:
                self._held = await self._ask()
            return self._held

    async def _ask(self) -> _Held:
        """Asks the authority for a token and notes when to renew it."""
        if self._endpoint is None:
            self._endpoint = await self._discover()
        url, tenant = self._endpoint
        parameters = {"tenant": tenant} if tenant else {}

        form = {
            "grant_type": SecretStr("client_credentials"),
            "client_id": SecretStr(self._credential.client_id),
            "client_secret": self._credential.secret,
            "scope": SecretStr(self._credential.scope),
        }

        async def exchange() -> Answer:
            return await self._transport.post_form(url, parameters, form)

        try:
            answer = await self._caller.ask(exchange, "token", "/auth/token")
        except ServerFault as fault:
            # A wrong tenant name was answered with 500 (H: HaloPSA-API).
            fix = f"{fault.fix} If it stays, check the tenant's name (HANDOFF_HALO_TENANT) and HANDOFF_HALO_URL."
            raise ServerFault(fault.message, fix) from None
        grant = _grant(answer)
        if grant is None:
            raise self._refusal(answer)
        self._caller.redactor.learn(grant.token.get_secret_value())
        self.granted = grant.scopes
        self._credential.refuse_broad(" ".join(grant.scopes or ()), granted=True)
        return _Held(grant.token, self._clock.monotonic() + grant.seconds - min(MARGIN_SECONDS, grant.seconds / 5))

    def _refusal(self, answer: Answer) -> AuthenticationError:
        """What the authority said, with the fix for it."""
        said = error_text(answer.body, self._caller.redactor) if answer.status != 200 else "an answer without access_token"
        setting = self._credential.setting
        fix = f"Check {setting}_CLIENT_ID and {setting}_CLIENT_SECRET against the application in HaloPSA, and that it is active."
        if "invalid_scope" in said:
            fix = f"{setting}_SCOPE names a scope that the application lacks: tick it in HaloPSA, or take it out of the setting."
        return AuthenticationError(f"HaloPSA's authority answered {answer.status}: {said.rstrip('.') or 'nothing'}.", fix)

    async def _discover(self) -> tuple[httpx.URL, str | None]:
        """The token endpoint and the tenant's name by `/api/authinfo`, else the stock place `<host>/auth/token`."""

        async def exchange() -> Answer:
            return await self._transport.get(below(self._base, "/api/authinfo"), {}, None)

        answer = await self._caller.ask(exchange, "token", "/authinfo")
        told = _object(answer.body) if answer.status == 200 else {}
        named, tenant = told.get("auth_url"), told.get("tenant_id")
        authority = authority_url(self._base, named) if isinstance(named, str) and named else below(self._base, "/auth")
        endpoint = authority.copy_with(path=authority.path.rstrip("/") + "/token")
        return endpoint, str(tenant) if tenant else self._tenant


@dataclass(frozen=True)
class _Grant:
    """What the authority gave. The token is wrapped at once: a name that holds it bare would show in a traceback's locals."""

    token: SecretStr
    scopes: frozenset[str] | None
    seconds: float


def _grant(answer: Answer) -> _Grant | None:
    """The grant in an answer; None where there is none."""
    granted = _object(answer.body)
    token = granted.get("access_token")
    if answer.status != 200 or not isinstance(token, str) or not token:
        return None
    life = granted.get("expires_in")
    seconds = float(life) if isinstance(life, int | float) and life > 0 else LIFETIME_SECONDS
    return _Grant(SecretStr(token), granted_scopes(granted), seconds)


def _object(body: bytes) -> dict[str, Any]:
    """The decoded JSON object; empty for anything else."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
