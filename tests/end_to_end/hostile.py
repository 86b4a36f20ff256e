"""A HaloPSA that has been issued secrets that can be told, and says them again: in error bodies, redirects, web pages, exceptions.

What must not hold them is stores.py's. The one thing to know: the server echoes what it was really sent, in every form in which it can
travel; so that it is heard at all, it also says a marker, which is no secret and must be found wherever the echo goes.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qs, quote, quote_plus

from starlette.requests import Request
from starlette.responses import Response

from handoff_pipeline.simulator.access import Grant, TokenBook

SECRET: Final = "k4n4ry/s3cret+val ue&ü%2F"
WRITER_SECRET: Final = "wr1ter/k4n4ry+s3cret=&<é>"
TOKEN: Final = "tok3n.k4n4ry-Zq/9+x="
MARKER: Final = "pl4nted-marker"

FORMS: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "in a URL": lambda text: quote(text, safe=""),
    "in a form": quote_plus,
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in a basic header": lambda text: base64.b64encode(f"reader:{text}".encode()).decode(),
    "in JSON": lambda text: json.dumps(text)[1:-1],
    "in HTML": html.escape,
    "in hexadecimal": lambda text: text.encode().hex(),
}
"""How a secret is written on its way."""


class CanaryTokens(TokenBook):
    """Issues tokens that can be looked for."""

    def issue(self, scopes: frozenset[str], life_seconds: float) -> str:
        """Give a fresh token; all of them are found by `TOKEN`."""
        plain = super().issue(scopes, life_seconds)
        token = f"{TOKEN}{plain.rpartition('-')[2]}"
        grant: Grant = self._grants.pop(plain)
        self._grants[token] = grant
        return token


class Echo:
    """An ASGI app that stands before the simulator: requests below `path` are answered `way` by way, with what was sent."""

    def __init__(self, app: Callable[..., Awaitable[None]], way: str, form: str, path: str = "/api/") -> None:
        self.app, self.way, self.write, self.path = app, way, FORMS[form], path
        self.secret = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        if scope["path"].endswith("/token"):
            self.secret = parse_qs(body.decode()).get("client_secret", [""])[0]
        if not scope["path"].startswith(self.path) or scope["path"].endswith("/authinfo"):
            await self.app(scope, _again(body), send)
            return
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        said = " ".join(self.write(each) for each in (self.secret, token) if each)
        await ANSWERS[self.way](f"{MARKER}: {said}")(scope, receive, send)


def _again(body: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _json(status: int, key: str = "error") -> Callable[[str], Response]:
    return lambda text: Response(json.dumps({key: text}), status, media_type="application/json")


ANSWERS: Final[dict[str, Callable[[str], Response]]] = {
    "refused": lambda text: Response(
        json.dumps({"error": "invalid_client", "error_description": text}), 401, media_type="application/json"
    ),
    "400": _json(400, "Message"),
    "403": _json(403),
    "500": lambda text: Response(json.dumps({"ClassName": "System.Exception", "Message": text}), 500, media_type="application/json"),
    "error with 200": _json(200, "error_description"),
    "warning": _json(201, "_warning"),
    "text": lambda text: Response(text, 200, media_type="text/plain"),
    "web page": lambda text: Response(f"<html><body><h1>{text}</h1></body></html>", 200, media_type="text/html"),
    "redirect": lambda text: Response(status_code=302, headers={"location": f"http://elsewhere.invalid/?said={quote(text)}"}),
    "redirect to a host of it": lambda text: Response(status_code=302, headers={"location": f"http://{quote(text, safe='')}/"}),
    "JSON that is cut off": lambda text: Response(
        json.dumps({"tickets": [{"id": 1, "summary": text}]})[:-3], media_type="application/json"
    ),
}
"""How the server says it."""
