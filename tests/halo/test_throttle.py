"""The throttle: the rolling window, pauses, and the narrow way after a 429."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.halo.errors import BudgetSpent, RateLimited
from handoff_pipeline.halo.throttle import Throttle
from tests.halo.fake import InstantClock


async def _send(throttle: Throttle, clock: InstantClock, sent: list[float]) -> None:
    async with throttle.turn():
        sent.append(clock.monotonic())
        await asyncio.sleep(0)


@pytest.mark.fact("H092")
@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 6),
    window=st.floats(0.5, 400.0),
    width=st.integers(1, 9),
    arrivals=st.lists(st.tuples(st.floats(0.0, 300.0), st.integers(1, 7)), min_size=1, max_size=12),
)
def test_never_more_than_the_limit_in_any_rolling_window(limit: int, window: float, width: int, arrivals: list[tuple[float, int]]) -> None:
    async def play() -> list[float]:
        clock, sent = InstantClock(), list[float]()
        throttle = Throttle(clock, limit, window, width)
        for pause, crowd in arrivals:
            clock.pass_by(pause)
            await asyncio.gather(*(_send(throttle, clock, sent) for _ in range(crowd)))
        return sent

    sent = asyncio.run(play())
    assert len(sent) == sum(crowd for _, crowd in arrivals)
    # The same sum as in the throttle: a difference of two floats may round the other way.
    assert all(sent[position] + window <= sent[position + limit] for position in range(len(sent) - limit))


@settings(max_examples=40, deadline=None)
@given(width=st.integers(1, 8), crowd=st.integers(1, 30))
def test_never_more_than_the_width_at_once(width: int, crowd: int) -> None:
    async def play() -> int:
        throttle = Throttle(InstantClock(), 1000, 1.0, width)
        under_way = most = 0

        async def one() -> None:
            nonlocal under_way, most
            async with throttle.turn():
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                under_way -= 1

        await asyncio.gather(*(one() for _ in range(crowd)))
        return most

    assert asyncio.run(play()) == min(width, crowd)


def test_after_a_refusal_one_request_at_a_time_for_a_window() -> None:
    async def play() -> tuple[int, int]:
        clock = InstantClock()
        throttle = Throttle(clock, 1000, 300.0, 8)
        throttle.narrow()

        async def most_of(crowd: int) -> int:
            under_way = most = 0

            async def one() -> None:
                nonlocal under_way, most
                async with throttle.turn():
                    under_way += 1
                    most = max(most, under_way)
                    await asyncio.sleep(0)
                    under_way -= 1

            await asyncio.gather(*(one() for _ in range(crowd)))
            return most

        narrow = await most_of(10)
        clock.pass_by(301)
        return narrow, await most_of(10)

    assert asyncio.run(play()) == (1, 8)


def test_a_pause_is_sat_out_in_full_and_a_shorter_one_does_not_end_it() -> None:
    async def play() -> float:
        clock, sent = InstantClock(), list[float]()
        throttle = Throttle(clock, 10, 300.0, 8)
        start = clock.monotonic()
        throttle.pause(120.0)
        throttle.pause(3.0)
        await _send(throttle, clock, sent)
        return sent[0] - start

    assert asyncio.run(play()) >= 120.0


def test_a_pause_beyond_patience_ends_cleanly_instead_of_asking_early() -> None:
    async def play() -> None:
        throttle = Throttle(InstantClock(), 10, 300.0, 8)
        throttle.pause(86_400)
        async with throttle.turn():
            pytest.fail("a turn was granted")

    with pytest.raises(RateLimited, match="86400 s"):
        asyncio.run(play())


def test_a_turn_that_fails_is_given_back() -> None:
    async def play() -> None:
        throttle = Throttle(InstantClock(), 100, 1.0, 1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                async with throttle.turn():
                    _ = 1 / 0

    asyncio.run(asyncio.wait_for(play(), 5))


def _turns(throttle: Throttle, clock: InstantClock, number: int) -> list[float]:
    sent: list[float] = []

    async def play() -> None:
        for _ in range(number):
            await _send(throttle, clock, sent)

    asyncio.run(play())
    return sent


def test_a_budget_grants_so_many_turns_and_no_more() -> None:
    clock = InstantClock()
    throttle = Throttle(clock, 10, 300.0, 8, budget=25)
    assert len(_turns(throttle, clock, 25)) == 25
    with pytest.raises(BudgetSpent, match="sent 25 requests, all that HANDOFF_REQUEST_BUDGET=25 allows"):
        _turns(throttle, clock, 1)
    assert throttle.spent == 25


def test_no_budget_is_no_bound() -> None:
    clock = InstantClock()
    assert len(_turns(Throttle(clock, 10, 1.0, 8, budget=0), clock, 100)) == 100


def test_a_refusal_that_our_own_count_does_not_explain_lowers_the_limit_for_the_rest_of_the_run() -> None:
    clock = InstantClock()
    throttle = Throttle(clock, 300, 300.0, 8)
    _turns(throttle, clock, 121)
    throttle.lower()
    assert throttle.limit == 120
    clock.pass_by(3000)
    sent = _turns(throttle, clock, 400)
    assert max(sum(start <= moment < start + 300 for moment in sent) for start in sent) == 120
    assert "at most 120 were sent per window" in str(throttle.note)


def test_a_refusal_at_the_limit_itself_explains_itself() -> None:
    clock = InstantClock()
    throttle = Throttle(clock, 50, 300.0, 8)
    _turns(throttle, clock, 50)
    throttle.lower()
    assert (throttle.limit, throttle.note) == (50, None)


def test_the_refusals_of_one_shortage_lower_the_limit_once() -> None:
    clock = InstantClock()
    throttle = Throttle(clock, 300, 300.0, 8)
    _turns(throttle, clock, 101)
    for _ in range(8):
        throttle.lower()
    assert throttle.limit == 100
    clock.pass_by(301)
    _turns(throttle, clock, 61)
    throttle.lower()
    assert throttle.limit == 60


def test_somebody_elses_burst_never_lowers_the_limit_below_a_tenth() -> None:
    clock = InstantClock()
    throttle = Throttle(clock, 300, 300.0, 8)
    _turns(throttle, clock, 1)
    throttle.lower()
    assert throttle.limit == 30
    single = Throttle(clock, 1, 300.0, 8)
    single.lower()
    assert single.limit == 1


def test_a_second_refusal_within_a_window_lowers_no_further() -> None:
    clock = InstantClock()
    throttle = Throttle(clock, 300, 300.0, 8)
    _turns(throttle, clock, 50)
    clock.pass_by(200)
    _turns(throttle, clock, 51)
    throttle.lower()
    clock.pass_by(150)
    throttle.lower()
    assert throttle.limit == 100
