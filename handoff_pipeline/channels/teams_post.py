"""One POST to a webhook: sent once, its answer read up to a cap; never redirected, never retried, its address in no log.

What the answer means is teams_answer. The one thing to know: nothing is raised out of here, because an exception of the HTTP library holds
the request and with it the address; what went wrong comes back in words, with whether the card may have arrived.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import httpx

from handoff_pipeline import __version__
from handoff_pipeline.channels.hosts import Webhook, private_among
from handoff_pipeline.channels.teams_message import HEADERS
from handoff_pipeline.halo.redact import Redactor

ANSWER_CAP_BYTES: Final = 8192
"""No honest answer is larger; more of it is not read."""

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class Limits:
    """How long to wait, seconds: for a connection, for each part of the answer, and for everything to the answer's last byte."""

    connect: float = 10.0
    part: float = 20.0
    whole: float = 30.0


@dataclass(frozen=True)
class Posted:
    """An answer; `is_whole` is False where its body broke off."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_whole: bool


@dataclass(frozen=True)
class NotPosted:
    """No answer. `may_have_arrived` is False only where no connection was made or the address was refused before one."""

    words: str
    may_have_arrived: bool
    is_refused: bool = False


class _Masking(logging.Filter):
    """Masks the address in what the HTTP library logs of its requests."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record through, cleaned."""
        record.msg, record.args = self._redactor.mask(record.getMessage()), None
        return True


@contextmanager
def masked_logs(redactor: Redactor) -> Iterator[None]:
    """While open, the HTTP library logs no address: it writes every request's URL at level INFO."""
    masking = _Masking(redactor)
    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy")]
    for logger in loggers:
        logger.addFilter(masking)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(masking)


async def addresses_of(host: str, port: int) -> list[str]:
    """The addresses that a name stands for; none where it cannot be looked up here (a proxy may know it)."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(entry[4][0]) for entry in found]


@cache
def _tls() -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def post(
    webhook: Webhook,
    body: bytes,
    redactor: Redactor,
    *,
    limits: Limits = Limits(),
    resolver: Resolver = addresses_of,
) -> Posted | NotPosted:
    """Post the body. Every try makes a connection of its own: a kept one that died in the meantime would leave a card uncertain."""
    if not webhook.is_local and private_among(await resolver(webhook.host, webhook.port)):
        return NotPosted(
            f"{webhook.setting}: its host stands for a private address, nothing was sent", may_have_arrived=False, is_refused=True
        )
    with masked_logs(redactor):
        return await _exchange(webhook, body, redactor, limits)


async def _exchange(webhook: Webhook, body: bytes, redactor: Redactor, limits: Limits) -> Posted | NotPosted:
    client = httpx.AsyncClient(
        timeout=httpx.Timeout(limits.part, connect=limits.connect),
        follow_redirects=False,
        verify=_tls(),
        # A proxy of the environment has no business between two programs of one machine.
        trust_env=not webhook.is_local,
        headers={**HEADERS, "user-agent": f"handoff-pipeline/{__version__}"},
    )
    trouble: NotPosted
    try:
        async with asyncio.timeout(limits.whole), client:
            async with client.stream("POST", webhook.url.get_secret_value(), content=body) as response:
                answer, is_whole = await _read(response)
            return Posted(response.status_code, dict(response.headers), answer, is_whole)
    except httpx.TransportError as error:
        not_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)
        trouble = NotPosted(redactor.clean(f"{type(error).__name__} {error}".strip()), may_have_arrived=not not_sent)
    except TimeoutError:
        trouble = NotPosted(f"no whole answer within {limits.whole:g} s", may_have_arrived=True)
    return trouble


async def _read(response: httpx.Response) -> tuple[bytes, bool]:
    """The body as it came, up to the cap, and whether it came to its end. It is not unpacked: none was asked for packed."""
    parts = bytearray()
    try:
        async for chunk in response.aiter_raw(4096):
            parts += chunk
            if len(parts) >= ANSWER_CAP_BYTES:
                return bytes(parts[:ANSWER_CAP_BYTES]), True
    except httpx.TransportError:
        return bytes(parts), False
    return bytes(parts), True
