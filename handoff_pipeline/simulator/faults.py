"""What a scheduled fault answers instead of the real thing: errors, web pages, redirects, absurd and broken-off bodies.

When it comes is in `schedule`; faults that spoil a good answer are in `spoiling`. The one thing to know: a fault here never
reaches the store, so a write that meets one is not applied ("applied_500" and "warning_201" are in `writes`).
"""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from handoff_pipeline.simulator.quirks import FaultKind, Quirks
from handoff_pipeline.simulator.refusals import DOTNET, dotnet, too_many

EXCEPTION: Final = dotnet("Object reference not set to an instance of an object.", DOTNET)
BAD_GATEWAY: Final = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
LOGIN_PAGE: Final = (
    "<!DOCTYPE html><html><head><title>Halo - Log in</title></head><body><form method='post' action='/auth/login'>"
    "<input name='username'><input name='password' type='password'></form></body></html>"
)
CHUNK: Final = 1_048_576
DEPTH: Final = 100_000
UNAVAILABLE_SECONDS: Final = 30
JSON: Final = "application/json"

_FIXED: Final[dict[FaultKind, tuple[int, str, str]]] = {
    "server_error_500": (500, orjson.dumps(EXCEPTION).decode(), JSON),
    "error_body_200": (200, orjson.dumps(EXCEPTION).decode(), JSON),
    "html_502": (502, BAD_GATEWAY, "text/html"),
    "html_200": (200, LOGIN_PAGE, "text/html"),
    "unauthorized_once": (401, "", ""),
    "unauthorized": (401, "", ""),
    "forbidden_403": (403, "", ""),
    "not_found_404": (404, "", ""),
    "empty_200": (200, "", ""),
    "plain_text_200": (200, "An unexpected error occurred.", "text/plain"),
    "deep_nesting": (200, "[" * DEPTH + "]" * DEPTH, JSON),
}


class BrokenOff(Response):
    """An answer whose connection ends in the middle of its body: it announces its whole length and sends half."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half the body, then stop."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})


def instead(kind: FaultKind | None, request: Request, quirks: Quirks, now: datetime) -> Response | None:
    """Give the answer that stands in for the real one; None for a fault that does not replace it."""
    if kind is None:
        return None
    if kind in _FIXED:
        status, body, media_type = _FIXED[kind]
        return Response(body, status, media_type=media_type or None)
    make = _MADE.get(kind)
    return None if make is None else make(request, quirks, now)


def _unavailable(_request: Request, quirks: Quirks, _now: datetime) -> Response:
    seconds = UNAVAILABLE_SECONDS if quirks.retry_after_seconds is None else quirks.retry_after_seconds
    return Response(status_code=503, headers={"retry-after": str(seconds)})


def _huge(_request: Request, quirks: Quirks, _now: datetime) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"record_count":0,"padding":"'
        for start in range(0, quirks.absurd_bytes, CHUNK):
            yield b"x" * min(CHUNK, quirks.absurd_bytes - start)
        yield b'"}'

    return StreamingResponse(chunks(), media_type=JSON)


def _bomb(_request: Request, quirks: Quirks, _now: datetime) -> Response:
    packed = gzip.compress(b'{"record_count":0}' + b" " * quirks.absurd_bytes, compresslevel=1)
    return Response(packed, headers={"content-encoding": "gzip"}, media_type=JSON)


def _elsewhere(request: Request, quirks: Quirks, _now: datetime) -> Response:
    return Response(status_code=302, headers={"location": f"{quirks.foreign_host}{request.url.path}?{request.url.query}"})


def _to_itself(request: Request, _quirks: Quirks, _now: datetime) -> Response:
    return Response(status_code=302, headers={"location": str(request.url)})


_MADE: Final[dict[FaultKind, Callable[[Request, Quirks, datetime], Response]]] = {
    "rate_limited_429": lambda _request, quirks, now: too_many(quirks, quirks.rate_limit_seconds, now),
    "unavailable_503": _unavailable,
    "huge_body": _huge,
    "gzip_bomb": _bomb,
    "redirect_elsewhere": _elsewhere,
    "redirect_to_itself": _to_itself,
}
