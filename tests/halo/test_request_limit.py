"""The tenant's request limit and our own budget: what is waited out, for how long, and what ends a pull."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from handoff_pipeline.halo.client import connected
from handoff_pipeline.halo.errors import BudgetSpent, RateLimited
from tests.halo.asking import GOOD, STATUS, Replies, ask, good
from tests.halo.fake import NOW, FakeHalo, InstantClock, answer, pull_from, settings


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

    ask(FakeHalo(handlers={"/api/Status": status}), tmp_path, clock)
    assert asked[1] - asked[0] >= seconds


def test_an_absurd_retry_after_ends_cleanly_and_nothing_is_asked_early(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: answer("slow down", 429, **{"retry-after": "86400"})})
    with pytest.raises(RateLimited, match="86400 s"):
        ask(halo, tmp_path, times=4)
    # Those that were under way together; nobody asks after the refusal.
    assert len(halo.to("/api/Status")) <= 4


def test_an_outage_that_names_its_end_is_waited_out_and_an_endless_one_is_not(tmp_path: Path) -> None:
    clock = InstantClock()
    ask(FakeHalo(handlers={"/api/Status": Replies(lambda: httpx.Response(503, headers={"retry-after": "900"}), good)}), tmp_path, clock)
    assert sum(clock.slept) >= 900
    with pytest.raises(RateLimited):
        ask(FakeHalo(handlers={"/api/Status": lambda _: httpx.Response(503, headers={"retry-after": "90000"})}), tmp_path)


@pytest.mark.fact("H093", "H094")
def test_a_limit_without_a_header_is_waited_out_from_5_to_60_seconds(tmp_path: Path) -> None:
    clock = InstantClock()
    halo = FakeHalo(handlers={"/api/Status": Replies(*[lambda: answer("Rate Limit Reached", 429)] * 6, good)})
    ask(halo, tmp_path, clock)
    assert len(clock.slept) == 6
    assert all(5 <= wait <= 60 for wait in clock.slept)


def test_a_limit_that_never_lifts_ends_after_more_than_one_window(tmp_path: Path) -> None:
    clock = InstantClock()
    halo = FakeHalo(handlers={"/api/Status": lambda _: answer({"error": "Rate Limit Reached"}, 429)})
    with pytest.raises(RateLimited, match="refused by the request limit 12 times; last: 429 Rate Limit Reached"):
        ask(halo, tmp_path, clock)


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

    ask(FakeHalo(handlers={"/api/Status": status}), tmp_path, times=20)
    assert most == 1


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
    halo = FakeHalo(handlers={"/api/Status": Replies(lambda: httpx.Response(500), lambda: httpx.Response(500), good)})
    with pytest.raises(BudgetSpent, match="HANDOFF_REQUEST_BUDGET=4"):
        ask(halo, tmp_path, request_budget=4)
    assert len(halo.seen) == 4


@pytest.mark.parametrize("header", ["0", "-30", "soon", "", format_datetime(NOW - timedelta(days=1))])
def test_a_429_that_asks_for_no_wait_or_for_none_that_can_be_read_is_waited_out_all_the_same(tmp_path: Path, header: str) -> None:
    clock = InstantClock()
    halo = FakeHalo(handlers={"/api/Status": Replies(lambda: answer("Rate Limit Reached", 429, **{"retry-after": header}), good)})
    ask(halo, tmp_path, clock)
    assert 5 <= sum(clock.slept) <= 60


@pytest.mark.parametrize("header", [str(365 * 86_400), str(10**12), "9" * 400, format_datetime(NOW + timedelta(days=365))])
def test_a_wait_beyond_patience_stops_the_pull_and_is_never_cut_short(tmp_path: Path, header: str) -> None:
    clock = InstantClock()
    halo = FakeHalo(handlers={"/api/Status": lambda _: answer("later", 429, **{"retry-after": header})})
    with pytest.raises(RateLimited, match="longer than the 3600 s"):
        ask(halo, tmp_path, clock)
    assert (len(halo.to("/api/Status")), clock.slept) == (1, [])


def test_a_lowered_limit_is_part_of_the_pulls_report(tmp_path: Path) -> None:
    refused = Replies(lambda: answer("Rate Limit Reached", 429), good)
    assert "Another integration" in str(pull_from(FakeHalo(handlers={"/api/Status": refused}), tmp_path).limit_note)
    assert pull_from(FakeHalo(), tmp_path).limit_note is None
