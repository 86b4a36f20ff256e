"""Client credentials: where the authority is, and a token that is renewed before it expires and once when it is refused.

What a token is used for is `client`'s. The one thing to know: renewing is single-flight, so eight requests that meet an expired token
cost one token request (H: TopLeft added a lock for the same reason), and a token is never printed.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
from pydantic import SecretStr

from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import SettingsError
from handoff_pipeline.halo.bodies import error_text
from handoff_pipeline.halo.caller import Caller
from handoff_pipeline.halo.errors import AuthenticationError
from handoff_pipeline.halo.origin import authority_url, below
from handoff_pipeline.halo.transport import Answer, Transport
from handoff_pipeline.settings import Settings

BROAD_SCOPES = frozenset({"all", "all:standard", "admin"})
LIFETIME_SECONDS = 3600.0
MARGIN_SECONDS = 60.0
"""A token is renewed this long before its end, or a fifth of its life where that is shorter (H: 3540 of 3600 s, TopLeft)."""


def refuse_broad_scope(scope: str, settings: Settings, *, granted: bool) -> None:
    """Least privilege: the pull reads, so it does not run on a credential that may write everything.

    Raises:
        SettingsError: such a scope is asked for, or was granted, and HANDOFF_ALLOW_SCOPE_ALL does not say otherwise.
    """
    broad = sorted(BROAD_SCOPES.intersection(scope.split()))
    if broad and not settings.allow_scope_all:
        whose = "The token was granted" if granted else "HANDOFF_HALO_SCOPE asks for"
        raise SettingsError(
            f"{whose} the scope {broad[0]!r}, which may change everything in HaloPSA; the pull only reads.",
            "Give the API application the read: scopes only and leave HANDOFF_HALO_SCOPE unset, or set HANDOFF_ALLOW_SCOPE_ALL=true.",
        )


class TokenSource:
    """Hands out the current token of one run."""

    def __init__(self, transport: Transport, caller: Caller, clock: Clock, base: httpx.URL, settings: Settings) -> None:
        if not settings.halo_client_id or settings.halo_client_secret is None:
            missing = "HANDOFF_HALO_CLIENT_SECRET" if settings.halo_client_id else "HANDOFF_HALO_CLIENT_ID"
            raise SettingsError(
                f"{missing} is not set.", "Copy it from HaloPSA: Configuration, Integrations, HaloPSA API, your application."
            )
        refuse_broad_scope(settings.halo_scope, settings, granted=False)
        self._transport = transport
        self._caller = caller
        self._clock = clock
        self._base = base
        self._settings = settings
        self._client_id = settings.halo_client_id
        self._client_secret = settings.halo_client_secret
        self._lock = asyncio.Lock()
        self._endpoint: tuple[httpx.URL, str | None] | None = None
        self._token: SecretStr | None = None
        self._renew_at = float("-inf")
        caller.redactor.learn(self._client_secret.get_secret_value())

    async def token(self) -> str:
        """The current token, renewed first when its end is near.

        Raises:
            AuthenticationError: the authority refuses the credentials, or answers without a token.
        """
        return (await self._current(refused=None)).get_secret_value()

    async def renew(self, refused: str) -> str:
        """A token other than the one that was refused; asks for one unless somebody else has just done so."""
        return (await self._current(refused=refused)).get_secret_value()

    async def _current(self, refused: str | None) -> SecretStr:
        """The token under the lock, so that there is never more than one request for one."""
        async with self._lock:
            held = self._token
            is_refused = held is not None and held.get_secret_value() == refused
            if held is None or is_refused or self._clock.monotonic() >= self._renew_at:
                held = await self._ask()
            return held

    async def _ask(self) -> SecretStr:
        """Asks the authority for a token and notes when to renew it."""
        if self._endpoint is None:
            self._endpoint = await self._discover()
        url, tenant = self._endpoint
        parameters = {"tenant": tenant} if tenant else {}

        async def exchange() -> Answer:
            form = {
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._client_secret.get_secret_value(),
                "scope": self._settings.halo_scope,
            }
            return await self._transport.post_form(url, parameters, form)

        answer = await self._caller.ask(exchange, "token", "/auth/token")
        granted = _object(answer.body)
        token = granted.get("access_token")
        if answer.status != 200 or not isinstance(token, str) or not token:
            raise self._refusal(answer)
        self._caller.redactor.learn(token)
        scope = granted.get("scope")
        refuse_broad_scope(scope if isinstance(scope, str) else "", self._settings, granted=True)
        life = granted.get("expires_in")
        seconds = float(life) if isinstance(life, int | float) and life > 0 else LIFETIME_SECONDS
        self._renew_at = self._clock.monotonic() + seconds - min(MARGIN_SECONDS, seconds / 5)
        self._token = SecretStr(token)
        return self._token

    def _refusal(self, answer: Answer) -> AuthenticationError:
        """What the authority said, with the fix for it."""
        said = error_text(answer.body, self._caller.redactor) if answer.status != 200 else "an answer without access_token"
        fix = "Check HANDOFF_HALO_CLIENT_ID and HANDOFF_HALO_CLIENT_SECRET against the application in HaloPSA, and that it is active."
        if "invalid_scope" in said:
            fix = "HANDOFF_HALO_SCOPE names a scope that the application lacks: tick it in HaloPSA, or take it out of the setting."
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
        return endpoint, str(tenant) if tenant else self._settings.halo_tenant


def _object(body: bytes) -> dict[str, Any]:
    """The decoded JSON object; empty for anything else."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
