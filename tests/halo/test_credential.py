"""Scopes and secrets: what a token says about itself, and that no form of a secret gets past a mask or into a traceback's locals."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import traceback
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.errors import HandoffError, SettingsError
from handoff_pipeline.halo.client import connected
from handoff_pipeline.halo.credential import granted_scopes
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.redaction import MASK, forms_of, longest_first, mask
from tests.halo.fake import SECRET, TOKEN, FakeHalo, InstantClock, answer
from tests.halo.fake import settings as settings_of
from tests.halo.keeping import WRITER_SECRET, KeepingHalo, writer_to

AWKWARD = "p+q/r=s&t<u>\"v'w%é\\z"


def _token(claims: object) -> str:
    payload = base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{payload}.signature"


@pytest.mark.parametrize(
    ("reply", "scopes"),
    [
        ({"scope": "read:tickets read:crm"}, {"read:tickets", "read:crm"}),
        ({"access_token": _token({"scope": "read:tickets all"})}, {"read:tickets", "all"}),
        ({"access_token": _token({"scope": ["read:tickets"]})}, {"read:tickets"}),
        ({"access_token": _token({"sub": "x"})}, None),
        ({"access_token": _token([1])}, None),
        ({"access_token": "a.!!!.c"}, None),
        ({"access_token": "opaque"}, None),
        ({"access_token": 5, "scope": ""}, None),
        ({}, None),
    ],
)
def test_the_granted_scopes_are_read_from_the_reply_or_the_tokens_own_claim(reply: dict[str, object], scopes: set[str] | None) -> None:
    assert granted_scopes(reply) == scopes


def test_a_token_whose_own_claim_says_all_is_refused(tmp_path: Path) -> None:
    token = _token({"scope": "read:tickets all"})
    halo = FakeHalo(handlers={"/auth/token": lambda _: answer({"access_token": token, "expires_in": 3600})})

    async def play() -> None:
        async with connected(settings_of(tmp_path), InstantClock(), halo.transport):
            pytest.fail("connected")

    with pytest.raises(SettingsError, match="was granted the scope 'all'"):
        asyncio.run(play())


def _dotnet(secret: str) -> str:
    return "".join(f"\\u{ord(letter):04X}" if letter in "+&<>\"'`é" else "\\\\" if letter == "\\" else letter for letter in secret)


@pytest.mark.parametrize("secret", [SECRET, WRITER_SECRET, AWKWARD])
@pytest.mark.parametrize(
    "travels",
    [
        str,
        quote,
        quote_plus,
        lambda secret: quote(secret, safe=""),
        lambda secret: quote(quote(secret, safe=""), safe=""),
        lambda secret: "%".join(part[:2].lower() + part[2:] if number else part for number, part in enumerate(quote(secret).split("%"))),
        json.dumps,
        lambda secret: json.dumps(secret, ensure_ascii=False),
        lambda secret: json.dumps(secret).replace("/", "\\/"),
        _dotnet,
        lambda secret: (
            _dotnet(secret)
            .replace("\\u002B", "\\u002b")
            .replace("\\u003C", "\\u003c")
            .replace("\\u003E", "\\u003e")
            .replace("\\u00E9", "\\u00e9")
        ),
        html.escape,
        lambda secret: html.escape(secret).replace("&#x27;", "&#39;"),
        repr,
        lambda secret: repr(secret.encode()),
        lambda secret: secret.encode().hex(),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    ],
)
def test_every_form_in_which_a_secret_travels_is_masked(secret: str, travels) -> None:
    text = f"before {travels(secret)} after"
    masked = mask(text, longest_first(forms_of(secret)))
    assert MASK in masked
    assert travels(secret).strip("'\"=") not in masked


@settings(max_examples=60, deadline=None)
@given(before=st.binary(max_size=7), after=st.binary(max_size=7), secret=st.text("abcdefXYZ0123456789+/=-", min_size=16, max_size=80))
def test_a_secret_inside_a_base64_text_is_masked_wherever_it_stands(before: bytes, after: bytes, secret: str) -> None:
    text = base64.b64encode(before + secret.encode() + after).decode()
    masked = mask(text, longest_first(forms_of(secret)))
    assert MASK in masked
    # What is left at the edges is less than a byte of the secret on either side.
    assert len(masked.replace(MASK, "")) <= len(base64.b64encode(before + after)) + 8


def test_a_cut_never_leaves_half_a_secret() -> None:
    text = "x" * 195 + SECRET
    assert SECRET[:8] not in Redactor(SECRET).clean(text)


def _locals_of(error: BaseException) -> str:
    """A traceback with the locals of every frame, of the error and of all that it was raised from, as strict readers store it."""
    shown: list[str] = []
    link: BaseException | None = error
    while link is not None:
        # Frames of the test itself know the secrets by right.
        frames = traceback.TracebackException.from_exception(link, capture_locals=True)
        shown += [str(link), repr(link)]
        for frame in frames.stack:
            if "/tests/" not in frame.filename:
                shown += [f"{name}={value}" for name, value in (frame.locals or {}).items()]
        link = link.__cause__ or link.__context__
    return "\n".join(shown)


def _failures(leak: str = f"{TOKEN}-1 {SECRET} Bearer abc.def {_token({'sub': 'x'})}") -> dict[str, object]:
    return {
        "refused": lambda _: answer({"Message": leak}, 400),
        "forbidden": lambda _: answer({"Message": leak}, 403),
        "unauthorised": lambda _: httpx.Response(401, content=leak),
        "server": lambda _: answer(leak, 500),
        "limit": lambda _: answer(leak, 429, **{"retry-after": "99999"}),
        "html": lambda _: httpx.Response(200, content=f"<html>{leak}</html>", headers={"content-type": "text/html"}),
        "json": lambda _: httpx.Response(200, content=f'{{"a": "{leak}"', headers={"content-type": "application/json"}),
        "redirect": lambda _: httpx.Response(307, headers={"location": f"https://evil.example/{TOKEN}-1"}),
        "silence": lambda request: httpx.ReadTimeout(leak, request=request),
        "refusal": lambda request: httpx.ConnectError(leak, request=request),
    }


@pytest.mark.parametrize("path", ["/api/Status", "/auth/token", "/api/authinfo"])
@pytest.mark.parametrize("kind", sorted(_failures()))
def test_no_error_of_the_reader_holds_a_secret_in_words_chain_or_locals(tmp_path: Path, kind: str, path: str) -> None:
    # Before a token is issued nothing can repeat it.
    failures = _failures() if path == "/api/Status" else _failures(SECRET)
    halo = FakeHalo(handlers={path: failures[kind]})  # type: ignore[dict-item]

    async def play() -> None:
        async with connected(settings_of(tmp_path), InstantClock(), halo.transport) as client:
            await client.rows(ENTITIES["status"], {})

    if path == "/api/authinfo" and kind in {"refused", "forbidden", "unauthorised", "html", "json"}:
        asyncio.run(play())  # without it the stock place is asked
        return
    with pytest.raises(HandoffError) as caught:
        asyncio.run(play())
    shown = _locals_of(caught.value)
    assert SECRET not in shown
    assert f"{TOKEN}-1" not in shown
    assert "abc.def" not in shown
    assert _token({"sub": "x"}) not in shown


@pytest.mark.parametrize("kind", sorted(_failures()))
def test_no_error_of_the_writer_holds_a_secret_in_words_chain_or_locals(tmp_path: Path, kind: str) -> None:
    halo = KeepingHalo(handlers={"/api/Projects": _failures(f"{TOKEN}-1 {SECRET} {WRITER_SECRET}")[kind]})  # type: ignore[dict-item]

    async def play() -> None:
        async with writer_to(halo, tmp_path) as writer:
            await writer.upsert("project", {"summary": "x", "tickettype_id": 21})

    with pytest.raises(HandoffError) as caught:
        asyncio.run(play())
    shown = _locals_of(caught.value)
    assert not any(secret in shown for secret in (SECRET, WRITER_SECRET, f"{TOKEN}-1"))
