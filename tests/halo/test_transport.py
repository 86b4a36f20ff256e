"""The wire: redirects, size, silence, and what is asked again."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest
from pydantic import SecretStr

from handoff_pipeline.halo.client import connected
from handoff_pipeline.halo.errors import ProtocolError, ServerFault
from handoff_pipeline.halo.transport import Transport, Unreachable, tls_context
from tests.halo.asking import GOOD, STATUS, Replies, ask, good
from tests.halo.fake import TOKEN, FakeHalo, InstantClock, answer, settings


@pytest.mark.parametrize(
    "location", ["https://evil.example/steal", "//evil.example/x", "/login", "http://acme.halopsa.com/", "https://[bad", ""]
)
def test_a_redirect_is_never_followed_and_no_other_origin_gets_the_token(tmp_path: Path, location: str) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(302, headers={"location": location})})
    with pytest.raises(ProtocolError, match="redirects are never followed"):
        ask(halo, tmp_path)
    assert {request.url.host for request in halo.seen} == {"acme.halopsa.com"}
    assert len(halo.to("/api/Status")) == 1


def test_a_redirect_names_the_origin_it_leads_to(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(301, headers={"location": "https://evil.example/a?b=c"})})
    with pytest.raises(ProtocolError, match=r"redirect to https://evil\.example;"):
        ask(halo, tmp_path)


def test_the_token_goes_to_no_other_origin_whoever_asks() -> None:
    async def play() -> None:
        base = httpx.URL("https://acme.halopsa.com/")
        async with Transport(base, httpx.MockTransport(lambda _: pytest.fail("something was sent"))) as transport:
            await transport.get(httpx.URL("https://evil.example/api"), {}, SecretStr(TOKEN))

    with pytest.raises(ValueError, match="not the tenant's origin"):
        asyncio.run(play())


def test_a_compressed_bomb_stops_at_the_cap() -> None:
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")

    async def play() -> None:
        base = httpx.URL("https://acme.halopsa.com/")
        inner = httpx.MockTransport(lambda _: httpx.Response(200, content=bomb, headers={"content-encoding": "gzip"}))
        async with Transport(base, inner, body_cap=1_000_000) as transport:
            await transport.get(base, {}, None)

    assert len(bomb) < 10_000
    with pytest.raises(ProtocolError, match="larger than 1000000 bytes"):
        asyncio.run(play())


def test_a_compressed_answer_is_read_decompressed(tmp_path: Path) -> None:
    packed = gzip.compress(orjson.dumps(GOOD))
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    ask(FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(200, content=packed, headers=headers)}), tmp_path)


@pytest.mark.parametrize(
    "trouble",
    [
        lambda: httpx.Response(500, json={"ClassName": "System.Exception", "Message": "boom"}),
        lambda: httpx.Response(502, content="<html>Bad gateway</html>", headers={"content-type": "text/html"}),
        lambda: httpx.Response(503),
        lambda: httpx.ReadTimeout("slow"),
        lambda: httpx.ConnectError("refused"),
        lambda: httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
        lambda: httpx.Response(200, content=b'[{"id": 1, "na', headers={"content-type": "application/json"}),
    ],
)
def test_a_passing_trouble_is_asked_again(tmp_path: Path, trouble: object) -> None:
    halo = FakeHalo(handlers={"/api/Status": Replies(trouble, good)})
    ask(halo, tmp_path)
    assert len(halo.to("/api/Status")) == 2


def test_a_lasting_fault_ends_after_bounded_tries(tmp_path: Path) -> None:
    halo, clock = FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(500, json="down")}), InstantClock()
    with pytest.raises(ServerFault, match="failed 5 times; last: 500 down"):
        ask(halo, tmp_path, clock)
    assert len(halo.to("/api/Status")) == 5
    assert sum(clock.slept) <= 2 + 4 + 8 + 16


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
def test_a_login_page_with_200_is_asked_for_once_more_and_no_more(tmp_path: Path, content_type: str) -> None:
    page = httpx.Response(200, content=b"<html>Log in</html>", headers={"content-type": content_type})
    halo = FakeHalo(handlers={"/api/Status": lambda _: page})
    with pytest.raises(ProtocolError, match="Log in"):
        ask(halo, tmp_path)
    assert len(halo.to("/api/Status")) == 2


@pytest.mark.parametrize("status", [400, 404, 410, 204])
def test_a_lasting_refusal_is_not_asked_again(tmp_path: Path, status: int) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(status, json={"Message": "missing mandatory field"})})
    with pytest.raises(ProtocolError, match=f"answered {status}: missing mandatory field"):
        ask(halo, tmp_path)
    assert len(halo.to("/api/Status")) == 1


def test_unreachable_never_carries_the_request() -> None:
    async def play() -> None:
        base = httpx.URL("https://acme.halopsa.com/")

        def refuse(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused", request=request)

        async with Transport(base, httpx.MockTransport(refuse)) as transport:
            await transport.get(base, {}, SecretStr(TOKEN))

    with pytest.raises(Unreachable) as caught:
        asyncio.run(play())
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def _bare(handler: object, use: object, **options: object) -> object:
    """One use of a transport that is answered by `handler`."""

    async def play() -> object:
        base = httpx.URL("https://acme.halopsa.com/")
        async with Transport(base, httpx.MockTransport(handler), **options) as transport:  # type: ignore[arg-type]
            return await use(transport, base)  # type: ignore[operator]

    return asyncio.run(play())


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "gzip,deflate", "zstd"])
def test_a_body_packed_in_layers_or_unasked_is_refused_unread(coding: str) -> None:
    bomb = gzip.compress(gzip.compress(b" " * 5_000_000))
    with pytest.raises(ProtocolError, match="only gzip is asked for"):
        _bare(
            lambda _: httpx.Response(200, stream=httpx.ByteStream(bomb), headers={"content-encoding": coding}),
            lambda transport, base: transport.get(base, {}, None),
        )


def test_a_body_that_is_no_gzip_is_an_error_in_words() -> None:
    reply = {"content-encoding": "gzip", "content-type": "application/json"}
    with pytest.raises(ProtocolError, match="compressed body cannot be read"):
        _bare(
            lambda _: httpx.Response(200, stream=httpx.ByteStream(b"not gzip"), headers=reply),
            lambda transport, base: transport.get(base, {}, None),
        )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_the_token_call_never_takes_the_secret_along(tmp_path: Path, status: int) -> None:
    halo = FakeHalo(handlers={"/auth/token": lambda _: httpx.Response(status, headers={"location": "https://evil.example/token"})})
    with pytest.raises(ProtocolError, match="redirects are never followed"):
        ask(halo, tmp_path)
    assert {request.url.host for request in halo.seen} == {"acme.halopsa.com"}
    assert len(halo.token_posts()) == 1


def test_a_next_link_in_an_answer_is_never_used(tmp_path: Path) -> None:
    evil = "https://evil.example/api/Status?page_no=2"
    reply = {"statuses": GOOD, "record_count": 1, "next": evil, "nextLink": evil, "links": {"next": evil}, "@odata.nextLink": evil}
    halo = FakeHalo(handlers={"/api/Status": lambda _: answer(reply, link=f'<{evil}>; rel="next"')})

    async def play() -> None:
        async with connected(settings(tmp_path), InstantClock(), halo.transport) as client:
            await client.get(STATUS, "/Status", {})

    asyncio.run(play())
    assert {request.url.host for request in halo.seen} == {"acme.halopsa.com"}
    assert len(halo.to("/api/Status")) == 1


def test_certificates_are_always_verified_and_nothing_older_than_tls_1_2_is_spoken() -> None:
    context = tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("body", [b'{"id": 1}', b""])
def test_an_answer_shorter_than_it_announces_is_asked_for_again(tmp_path: Path, body: bytes) -> None:
    """Over a real socket, since a short body is noticed by the wire."""

    async def play() -> int:
        asked = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal asked
            head = await reader.readuntil(b"\r\n\r\n")
            if b"/api/Status" in head:
                asked += 1
            whole = orjson.dumps(GOOD if b"/api/Status" in head else {"access_token": TOKEN, "expires_in": 3600})
            if b"content-length:" in head.lower():
                await reader.read(10_000)
            sent = body if b"/api/Status" in head and asked == 1 else whole
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(whole) + sent)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, connected(settings(tmp_path, halo_url=f"http://127.0.0.1:{port}"), InstantClock()) as client:
            _, rows = await client.rows(STATUS, {})
            assert rows.rows == GOOD
        return asked

    assert asyncio.run(play()) == 2


def test_an_answer_that_drips_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handoff_pipeline.halo.transport.WHOLE_ANSWER_SECONDS", 0.05)

    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.01)
                yield b" "

    with pytest.raises(Unreachable, match="no whole answer within"):
        _bare(lambda _: httpx.Response(200, stream=Drip()), lambda transport, base: transport.get(base, {}, None))
