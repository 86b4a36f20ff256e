"""One HTTP exchange: sent, received within a size, decompressed; never redirected, never retried.

Waiting, retrying and judging the status are the caller's (see `caller`). The one thing to know: the body is counted after
decompression, so a compressed bomb stops at the cap and not in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import httpx

from handoff_pipeline import __version__
from handoff_pipeline.halo.errors import ProtocolError
from handoff_pipeline.halo.origin import is_loopback, origin_text, same_origin

BODY_CAP_BYTES = 64 * 1024 * 1024
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
"""Seconds; HaloPSA has been seen to take more than 30 s for a page."""

Parameters = Mapping[str, str | int]


class Unreachable(Exception):
    """No whole answer came (time-out, refused or broken connection, a short body). It never leaves this package."""


@dataclass(frozen=True)
class Answer:
    """A whole answer; `body` is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """An httpx client that is bound to one tenant. Use as an async context manager."""

    def __init__(self, base: httpx.URL, inner: httpx.AsyncBaseTransport | None = None, body_cap: int = BODY_CAP_BYTES) -> None:
        self._base = base
        self._cap = body_cap
        self._client = httpx.AsyncClient(
            transport=inner,
            timeout=TIMEOUT,
            follow_redirects=False,
            verify=True,
            # A proxy of the environment has no business between two programs of one machine.
            trust_env=not is_loopback(base.host),
            headers={"accept": "application/json", "accept-encoding": "gzip", "user-agent": f"handoff-pipeline/{__version__}"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, url: httpx.URL, parameters: Parameters, token: str | None) -> Answer:
        """A GET of the tenant's own origin, with the token where one is given.

        Raises:
            Unreachable: no whole answer.
            ProtocolError: a redirect, or a body above the cap.
            ValueError: an address of another origin; the token would go astray.
        """
        if not same_origin(url, self._base):
            raise ValueError(f"not the tenant's origin: {origin_text(url)}")
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return await self._send(self._client.build_request("GET", url, params=dict(parameters), headers=headers))

    async def post_form(self, url: httpx.URL, parameters: Parameters, form: Mapping[str, str]) -> Answer:
        """The token request to the authority; the only POST of the read client. Raises as `get` does."""
        return await self._send(self._client.build_request("POST", url, params=dict(parameters), data=dict(form)))

    async def _send(self, request: httpx.Request) -> Answer:
        """Sends one request and reads the whole answer."""
        where = f"{request.method} {request.url.path}"
        try:
            response = await self._client.send(request, stream=True)
            try:
                self._refuse_redirect(response, where)
                body = await self._read(response, where)
            finally:
                await response.aclose()
        except httpx.DecodingError as error:
            raise ProtocolError(
                f"{where}: the compressed body cannot be read ({error}).", "Look for a proxy that alters answers."
            ) from None
        except httpx.TransportError as error:
            # The text of httpx names sockets and hosts, never headers; the chain would carry the request with its token.
            raise Unreachable(f"{type(error).__name__}: {error}") from None
        return Answer(response.status_code, response.headers, body)

    def _refuse_redirect(self, response: httpx.Response, where: str) -> None:
        """A redirect is never followed: the token belongs to one origin."""
        if 300 <= response.status_code < 400:
            try:
                target = origin_text(response.url.join(response.headers.get("location", "")))
            except (httpx.InvalidURL, ValueError):
                target = "an unreadable address"
            raise ProtocolError(
                f"{where} answered {response.status_code}, a redirect to {target}; redirects are never followed.",
                "Set HANDOFF_HALO_URL to the address on which HaloPSA itself answers.",
            )

    async def _read(self, response: httpx.Response, where: str) -> bytes:
        """The decompressed body, up to the cap."""
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.aiter_bytes(65_536):
            size += len(chunk)
            if size > self._cap:
                raise ProtocolError(
                    f"{where}: the answer is larger than {self._cap} bytes.",
                    "Lower HANDOFF_PAGE_SIZE (or HANDOFF_ACTIONS_COUNT for time entries).",
                )
            chunks.append(chunk)
        return b"".join(chunks)
