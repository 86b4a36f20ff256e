"""The wire: redirects, size, silence, limits, and what is asked again."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import orjson
import pytest
from pydantic import SecretStr

from handoff_pipeline.halo.client import connected
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.errors import BudgetSpent, ProtocolError, RateLimited, ServerFault
from handoff_pipeline.halo.transport import Transport, Unreachable, tls_context
from tests.halo.fake import NOW, TOKEN, FakeHalo, InstantClock, answer, pull_from, settings

STATUS = ENTITIES["status"]
GOOD = [{"id": 1, "name": "New"}]


def _ask(halo: FakeHalo, tmp_path: Path, clock: InstantClock | None = None, times: int = 1, **overrides: object) -> None:
    async def play() -> None:
        async with connected(settings(tmp_path, **overrides), clock or InstantClock(), halo.transport) as client:
            await asyncio.gather(*(client.rows(STATUS, {}) for _ in range(times)))

    asyncio.run(play())


class Replies:
    """Gives one reply after another; the last for ever."""

    def __init__(self, *replies: object) -> None:
        self._replies = list(replies)

    def __call__(self, _request: httpx.Request) -> object:
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return reply() if callable(reply) else reply


def _good() -> httpx.Response:
    return answer(GOOD)


@pytest.mark.parametrize(
    "location", ["https://evil.example/steal", "//evil.example/x", "/login", "http://acme.halopsa.com/", "https://[bad", ""]
)
def test_a_redirect_is_never_followed_and_no_other_origin_gets_the_token(tmp_path: Path, location: str) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(302, headers={"location": location})})
    with pytest.raises(ProtocolError, match="redirects are never followed"):
        _ask(halo, tmp_path)
    assert {request.url.host for request in halo.seen} == {"acme.halopsa.com"}
    assert len(halo.to("/api/Status")) == 1


def test_a_redirect_names_the_origin_it_leads_to(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(301, headers={"location": "https://evil.example/a?b=c"})})
    with pytest.raises(ProtocolError, match=r"redirect to https://evil\.example;"):
        _ask(halo, tmp_path)


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
    _ask(FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(200, content=packed, headers=headers)}), tmp_path)


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
    halo = FakeHalo(handlers={"/api/Status": Replies(trouble, _good)})
    _ask(halo, tmp_path)
    assert len(halo.to("/api/Status")) == 2


def test_a_lasting_fault_ends_after_bounded_tries(tmp_path: Path) -> None:
    halo, clock = FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(500, json="down")}), InstantClock()
    with pytest.raises(ServerFault, match="failed 5 times; last: 500 down"):
        _ask(halo, tmp_path, clock)
    assert len(halo.to("/api/Status")) == 5
    assert sum(clock.slept) <= 2 + 4 + 8 + 16


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
def test_a_login_page_with_200_is_asked_for_once_more_and_no_more(tmp_path: Path, content_type: str) -> None:
    page = httpx.Response(200, content=b"<html>Log in</html>", headers={"content-type": content_type})
    halo = FakeHalo(handlers={"/api/Status": lambda _: page})
    with pytest.raises(ProtocolError, match="Log in"):
        _ask(halo, tmp_path)
    assert len(halo.to("/api/Status")) == 2


@pytest.mark.parametrize("status", [400, 404, 410, 204])
def test_a_lasting_refusal_is_not_asked_again(tmp_path: Path, status: int) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(status, json={"Message": "missing mandatory field"})})
    with pytest.raises(ProtocolError, match=f"answered {status}: missing mandatory field"):
        _ask(halo, tmp_path)
    assert len(halo.to("/api/Status")) == 1


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("1800", 1800.0), (format_datetime(NOW + timedelta(seconds=600), usegmt=False), 600.0)]
)
def test_retry_after_is_honoured_in_full(tmp_path: Path, header: str, seconds: float) -> None:
    clock = InstantClock()
    asked: list[float] = []

    def status(_: httpx.Request) -> httpx.Response:
        asked.append(clock.monotonic())
        limit = answer("Rate Limit Reached - 300 Requests per rolling 5 minute window", 429, **{"retry-after": header})
        return limit if len(asked) == 1 else answer(GOOD)

    _ask(FakeHalo(handlers={"/api/Status": status}), tmp_path, clock)
    assert asked[1] - asked[0] >= seconds


def test_an_absurd_retry_after_ends_cleanly_and_nothing_is_asked_early(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: answer("slow down", 429, **{"retry-after": "86400"})})
    with pytest.raises(RateLimited, match="86400 s"):
        _ask(halo, tmp_path, times=4)
    # Those that were under way together; nobody asks after the refusal.
    assert len(halo.to("/api/Status")) <= 4


def test_an_outage_that_names_its_end_is_waited_out_and_an_endless_one_is_not(tmp_path: Path) -> None:
    clock = InstantClock()
    _ask(FakeHalo(handlers={"/api/Status": Replies(lambda: httpx.Response(503, headers={"retry-after": "900"}), _good)}), tmp_path, clock)
    assert sum(clock.slept) >= 900
    with pytest.raises(RateLimited):
        _ask(FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(503, headers={"retry-after": "90000"})}), tmp_path)


@pytest.mark.fact("H093", "H094")
def test_a_limit_without_a_header_is_waited_out_from_5_to_60_seconds(tmp_path: Path) -> None:
    clock = InstantClock()
    halo = FakeHalo(handlers={"/api/Status": Replies(*[lambda: answer("Rate Limit Reached", 429)] * 6, _good)})
    _ask(halo, tmp_path, clock)
    assert len(clock.slept) == 6
    assert all(5 <= wait <= 60 for wait in clock.slept)


def test_a_limit_that_never_lifts_ends_after_more_than_one_window(tmp_path: Path) -> None:
    clock = InstantClock()
    halo = FakeHalo(handlers={"/api/Status": lambda _: answer({"error": "Rate Limit Reached"}, 429)})
    with pytest.raises(RateLimited, match="refused by the request limit 12 times; last: 429 Rate Limit Reached"):
        _ask(halo, tmp_path, clock)


def test_after_a_limit_one_request_at_a_time(tmp_path: Path) -> None:
    under_way = most = asked = 0

    async def status(_: httpx.Request) -> httpx.Response:
        nonlocal under_way, most, asked
        asked += 1
        if asked <= 8:
            return answer("Rate Limit Reached", 429)
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        under_way -= 1
        return answer(GOOD)

    _ask(FakeHalo(handlers={"/api/Status": status}), tmp_path, times=20)
    assert most == 1


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
        _ask(halo, tmp_path)
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


def test_a_429_before_our_own_count_explains_it_is_said_after_the_run(tmp_path: Path) -> None:
    clock, asked = InstantClock(), 0

    def status(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return answer("Rate Limit Reached - 300 Requests per rolling 5 minute window", 429) if asked == 101 else answer(GOOD)

    halo = FakeHalo(handlers={"/api/Status": status})

    async def play() -> str | None:
        async with connected(settings(tmp_path, concurrency=1), clock, halo.transport) as client:
            assert client.limit_note is None
            for _ in range(150):
                await client.rows(STATUS, {})
            return client.limit_note

    # 100 answers and the two requests for the token.
    assert "at most 102 were sent per window" in str(asyncio.run(play()))


def test_the_budget_counts_token_requests_and_repeats(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Status": Replies(lambda: httpx.Response(500), lambda: httpx.Response(500), _good)})
    with pytest.raises(BudgetSpent, match="HANDOFF_REQUEST_BUDGET=4"):
        _ask(halo, tmp_path, request_budget=4)
    assert len(halo.seen) == 4


@pytest.mark.parametrize("header", ["0", "-30", "soon", "", format_datetime(NOW - timedelta(days=1))])
def test_a_429_that_asks_for_no_wait_or_for_none_that_can_be_read_is_waited_out_all_the_same(tmp_path: Path, header: str) -> None:
    clock = InstantClock()
    halo = FakeHalo(handlers={"/api/Status": Replies(lambda: answer("Rate Limit Reached", 429, **{"retry-after": header}), _good)})
    _ask(halo, tmp_path, clock)
    assert 5 <= sum(clock.slept) <= 60


@pytest.mark.parametrize("header", [str(365 * 86_400), str(10**12), "9" * 400, format_datetime(NOW + timedelta(days=365))])
def test_a_wait_beyond_patience_stops_the_pull_and_is_never_cut_short(tmp_path: Path, header: str) -> None:
    clock = InstantClock()
    halo = FakeHalo(handlers={"/api/Status": lambda _: answer("later", 429, **{"retry-after": header})})
    with pytest.raises(RateLimited, match="longer than the 3600 s"):
        _ask(halo, tmp_path, clock)
    assert (len(halo.to("/api/Status")), clock.slept) == (1, [])


def test_a_lowered_limit_is_part_of_the_pulls_report(tmp_path: Path) -> None:
    refused = Replies(lambda: answer("Rate Limit Reached", 429), _good)
    assert "Another integration" in str(pull_from(FakeHalo(handlers={"/api/Status": refused}), tmp_path).limit_note)
    assert pull_from(FakeHalo(), tmp_path).limit_note is None
