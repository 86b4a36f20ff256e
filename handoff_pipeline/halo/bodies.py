"""Reads a body: is it sound JSON, and what does an error body say, in any of the shapes that HaloPSA has been seen to use.

Rows and envelopes are read in `envelope`. The one thing to know: error bodies are not uniform, so nothing here may fail on a strange one.
Facts: reference section 5 (HaloAPI's error reader; TopLeft's fixes of 2025 and 2026, one of them a rate error that was a bare string).
"""

from __future__ import annotations

from typing import Any

import orjson

from handoff_pipeline.halo.errors import UnsoundBody
from handoff_pipeline.halo.oddity import oddity
from handoff_pipeline.halo.redact import Redactor

_SAID_IN = ("error_description", "errorMessage", "Message", "message", "error", "title", "detail")
_EXCERPT = 64_000  # an error page is cleaned up to here; a secret further on is never shown anyway


def error_text(body: bytes, redactor: Redactor) -> str:
    """What an error body says, in one cleaned line; empty for an empty body.

    Shapes: `{"error", "error_description"}`, `{"error"}`, `{"ClassName", "Message"}`, `{"resultCode", "errorMessage"}`, `{"Message"}`,
    an object with one arbitrary key, a JSON string, plain text, HTML, nothing.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return redactor.clean(body[:_EXCERPT].decode("utf-8", "replace"))
    return redactor.clean(_said(document))


def _said(document: Any) -> str:
    """The message inside a decoded error body."""
    if isinstance(document, str):
        return document
    if isinstance(document, list):
        return _said(document[0]) if document else ""
    if not isinstance(document, dict):
        return str(document)
    if isinstance(document.get("error"), dict):
        return _said(document["error"])
    said = [str(document[name]) for name in _SAID_IN if isinstance(document.get(name), str | int) and document.get(name) != ""]
    code = document.get("ClassName") or (document.get("error") if len(said) > 1 else None) or document.get("resultCode")
    if said:
        return f"{code}: {said[0]}" if code not in (None, "", said[0]) else said[0]
    # An object with one arbitrary key: its value is the message (HaloAPI, New-HaloError).
    return "; ".join(f"{name}: {value}" for name, value in list(document.items())[:3] if isinstance(value, str | int))


def sound_json(body: bytes, content_type: str | None, where: str, redactor: Redactor) -> Any:
    """The decoded body.

    Raises:
        UnsoundBody: not JSON by its content type or by orjson, which rejects every unsound document of the public test corpus; nested
            beyond sense; or an object that has one name twice with two values. The message has the first 80 safe characters.
    """
    document, wrong = _examined(body, content_type, where, redactor)
    if wrong is not None:
        # A traceback that is stored with its locals would hold the body: customers' text, and whatever a server repeats of a request.
        del body, document
        raise wrong
    return document


def _examined(body: bytes, content_type: str | None, where: str, redactor: Redactor) -> tuple[Any, UnsoundBody | None]:
    """The decoded body, or what is wrong with it. It returns the error, since one that is raised here would carry the body along."""
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind and "json" not in kind:
        return None, UnsoundBody(
            f"{where} answered 200 with content type {redactor.clean(kind, 60)!r} instead of JSON; {_begins(body, redactor)}.",
            "Open the address in a browser: a login page or a proxy's notice means that HANDOFF_HALO_URL is not the tenant's own address.",
        )
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # Only the position is passed on: the decoder keeps the whole document in its exception.
        position = f"line {error.lineno}, column {error.colno}"
        return None, UnsoundBody(
            f"{where} answered 200 with a body of {len(body)} bytes that is not sound JSON ({position}); {_begins(body, redactor)}.",
            "Run again; if it stays, a proxy in between may cut answers off.",
        )
    if (wrong := oddity(document, body)) is not None:
        return None, UnsoundBody(
            f"{where} answered 200 with JSON in which {redactor.clean(wrong, 120)}; {_begins(body, redactor)}.",
            "Run again; if it stays, report it with HaloPSA's version: two readers of such a document see two different rows.",
        )
    return document, None


def _begins(body: bytes, redactor: Redactor) -> str:
    """The first 80 safe characters. Cleaning takes longer than decoding, so only a body that is refused is cleaned."""
    return f"it begins: {redactor.clean(body[:_EXCERPT].decode('utf-8', 'replace'), 80)!r}"
