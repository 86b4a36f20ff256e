"""The wire: redirects, size, silence, limits, and what is asked again."""

from __future__ import annotations

import asyncio
import gzip
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import orjson
import pytest

from handoff_pipeline.halo.client import connected
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.errors import ProtocolError, RateLimited, ServerFault
from handoff_pipeline.halo.transport import Transport, Unreachable
from tests.halo.fake import NOW, TOKEN, FakeHalo, InstantClock, answer, settings

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
            await transport.get(httpx.URL("https://evil.example/api"), {}, TOKEN)

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
            await transport.get(base, {}, TOKEN)

    with pytest.raises(Unreachable) as caught:
        asyncio.run(play())
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
