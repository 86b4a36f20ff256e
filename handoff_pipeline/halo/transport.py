"""One HTTP exchange that reads: sent, received within a size, decompressed; never redirected, never retried.

Waiting, retrying and judging the status are the caller's (see `caller`). Two things to know: the body is counted after decompression, so
a compressed bomb stops at the cap and not in memory; and every request passes `_permits`, so no path and no method that is handed in can
make this transport change anything. The one that writes is a class of its own (see `writing`).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import httpx
from pydantic import SecretStr

from handoff_pipeline import __version__
from handoff_pipeline.halo.errors import ProtocolError
from handoff_pipeline.halo.origin import below, is_loopback, origin_text, same_origin
from handoff_pipeline.halo.report_call import Select

BODY_CAP_BYTES = 64 * 1024 * 1024
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
"""Seconds; HaloPSA has been seen to take more than 30 s for a page."""
WHOLE_ANSWER_SECONDS = 600.0
"""The longest that one answer may take to the last byte: a server that drips would otherwise hold a run for ever."""

CONNECTIONS = httpx.Limits(max_connections=100, max_keepalive_connections=20)
REPORT_PATH = "/api/Report"

Parameters = Mapping[str, str | int]


class Unreachable(Exception):
    """No whole answer came (time-out, refused or broken connection, a short body). It never leaves this package.

    `may_have_arrived` is False only where no connection was made, so that HaloPSA cannot have seen the request.
    """

    def __init__(self, message: str, *, may_have_arrived: bool = True) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


@dataclass(frozen=True)
class Answer:
    """A whole answer; `body` is decompressed. Neither it nor the headers are printed: a token or a customer's text may be in them."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def tls_context() -> ssl.SSLContext:
    """The certificate and the name are always verified, and nothing older than TLS 1.2 is spoken; there is no switch."""
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def bearer(token: SecretStr | None) -> dict[str, str]:
    """The header that carries a token. It is never kept in a name of its own, so that no traceback with its locals shows it."""
    return {} if token is None else {"authorization": f"Bearer {token.get_secret_value()}"}


class Transport:
    """An httpx client that is bound to one tenant and can only read. Use as an async context manager."""

    def __init__(
        self,
        base: httpx.URL,
        inner: httpx.AsyncBaseTransport | None = None,
        body_cap: int = BODY_CAP_BYTES,
        limits: httpx.Limits = CONNECTIONS,
    ) -> None:
        self._base = base
        self._cap = body_cap
        self._client = httpx.AsyncClient(
            transport=inner,
            timeout=TIMEOUT,
            limits=limits,
            follow_redirects=False,
            verify=tls_context() if inner is None else True,
            # A proxy of the environment has no business between two programs of one machine.
            trust_env=not is_loopback(base.host),
            headers={"accept": "application/json", "accept-encoding": "gzip", "user-agent": f"handoff-pipeline/{__version__}"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, url: httpx.URL, parameters: Parameters, token: SecretStr | None) -> Answer:
        """A GET of the tenant's own origin, with the token where one is given.

        Raises:
            Unreachable: no whole answer.
            ProtocolError: a redirect, or a body above the cap.
            ValueError: an address of another origin; the token would go astray.
        """
        self._own(url)
        return await self._send(self._client.build_request("GET", url, params=dict(parameters), headers=bearer(token)))

    async def post_form(self, url: httpx.URL, parameters: Parameters, form: Mapping[str, SecretStr]) -> Answer:
        """The token request to the authority. Raises as `get` does; ValueError for an address that is no token endpoint."""
        return await self._send(
            self._client.build_request(
                "POST", url, params=dict(parameters), data={name: value.get_secret_value() for name, value in form.items()}
            )
        )

    async def post_select(self, select: Select, token: SecretStr) -> Answer:
        """The report call: a checked SELECT, which saves nothing. With the token request the only POST. Raises as `get` does."""
        url = below(self._base, REPORT_PATH)
        return await self._send(self._client.build_request("POST", url, json=select.document, headers=bearer(token)))

    def _own(self, url: httpx.URL) -> None:
        if not same_origin(url, self._base):
            raise ValueError(f"not the tenant's origin: {origin_text(url)}")

    def _permits(self, request: httpx.Request) -> bool:
        """Whether a transport that reads may send this: a GET, a token request (never below the API), or the report call."""
        if request.method == "GET":
            return True
        if request.method != "POST":
            return False
        url = request.url.copy_with(query=None)
        if url == below(self._base, REPORT_PATH):
            return True
        is_api = same_origin(url, self._base) and url.path.startswith(below(self._base, "/api").path + "/")
        return url.path.endswith("/token") and not is_api

    async def _send(self, request: httpx.Request) -> Answer:
        """Sends one request and reads the whole answer."""
        if not self._permits(request):
            raise ValueError(f"{request.method} {request.url.path} may change something; this client only reads")
        where = f"{request.method} {request.url.path}"
        try:
            async with asyncio.timeout(WHOLE_ANSWER_SECONDS):
                response = await self._client.send(request, stream=True)
                try:
                    self._refuse_redirect(response, where)
                    self._refuse_nesting(response, where)
                    body = await self._read(response, where)
                finally:
                    await response.aclose()
        except httpx.DecodingError as error:
            raise ProtocolError(
                f"{where}: the compressed body cannot be read ({error}).", "Look for a proxy that alters answers."
            ) from None
        except httpx.TransportError as error:
            # The text of httpx names sockets and hosts, never headers; the chain would carry the request with its token.
            not_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)
            raise Unreachable(f"{type(error).__name__}: {error}", may_have_arrived=not not_sent) from None
        except TimeoutError:
            raise Unreachable(f"no whole answer within {WHOLE_ANSWER_SECONDS:.0f} s") from None
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

    def _refuse_nesting(self, response: httpx.Response, where: str) -> None:
        """Only gzip, once, is asked for: a body packed in several layers could fill the memory before its first chunk is counted."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise ProtocolError(
                f"{where}: the body is packed as {coding[:40]!r}, only gzip is asked for.", "Look for a proxy that alters answers."
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
