"""Every answer of Teams through the delivery: in which state the card ends, what waits and for how long, and what a person reads."""

from __future__ import annotations

import re
import socket
from datetime import timedelta

import pytest
from pydantic import SecretStr

from handoff_pipeline.channels.caps import pause
from handoff_pipeline.channels.hosts import checked
from handoff_pipeline.channels.teams import TeamsGateway
from handoff_pipeline.channels.teams_post import Limits
from handoff_pipeline.simulator.teams import SIGNATURE, SimulatedTeams
from handoff_pipeline.simulator.teams_faults import TeamsFault
from handoff_pipeline.simulator.teams_serve import running_teams
from tests.channels.card_examples import PEOPLE, ZONE
from tests.channels.outbox import NOW, Bench, a_card, an_intent

QUICK = Limits(connect=5.0, part=0.4, whole=5.0)
PATIENT = Limits(connect=20.0, part=20.0, whole=30.0)


@pytest.fixture
def teams():
    return SimulatedTeams()


@pytest.fixture
def address(teams):
    with running_teams(teams) as url:
        yield url


def connect(bench: Bench, address: str, limits: Limits = PATIENT) -> None:
    webhook = checked("default", "HANDOFF_TEAMS_WEBHOOK", SecretStr(address), allow_loopback=True)
    bench.cards = TeamsGateway({"default": webhook}, PEOPLE, ZONE, bench.clock, limits=limits)


@pytest.mark.parametrize(
    ("fault", "state", "waits", "words"),
    [
        (None, "accepted", None, ""),
        ("not_delivered_202", "accepted", None, ""),
        ("plain_one_200", "accepted", None, ""),
        ("error_body_200", "failed", None, "200, and refused by its text: Webhook message delivery failed"),
        ("error_json_200", "failed", None, "200, and an error in the body"),
        ("error_429_in_200", "approved", 60.0, "too many messages by its text"),
        ("web_page_200", "approved", 60.0, "Look for a proxy"),
        ("too_large_413", "failed", None, "413: Teams refuses this card for good"),
        ("bad_request_400", "failed", None, "400: Teams refuses this card for good"),
        ("limited_429", "approved", 60.0, "429: Too many messages"),
        ("unavailable_503", "approved", 60.0, "503: Teams takes nothing now"),
        ("unauthorized_401", "approved", 60.0, "Copy the flow's address anew"),
        ("no_flow_404", "approved", 60.0, "Make a new one, with a co-owner"),
        ("server_error_500", "uncertain", None, "500 after the card was posted"),
        ("bad_gateway_502", "uncertain", None, "502 after the card was posted"),
        ("gateway_timeout_504", "uncertain", None, "504 after the card was posted"),
        ("reset_before_taking", "uncertain", None, "HANDOFF_TEAMS_WEBHOOK: "),
        ("reset_after_taking", "uncertain", None, "HANDOFF_TEAMS_WEBHOOK: "),
    ],
)
def test_every_answer_ends_in_its_state_with_words(bench: Bench, teams, address, fault: TeamsFault | None, state, waits, words):
    if fault:
        teams.switches.on(fault)
    card = a_card()
    connect(bench, address)
    bench.propose(card)
    bench.run()
    ended = bench.now(card)
    assert (ended.state, ended.attempts) == (state, 1)
    assert re.search(re.escape(words), ended.detail or "")
    wait = None if ended.next_try_at is None else (ended.next_try_at - bench.clock.now()).total_seconds()
    assert wait == waits if waits is None else wait is not None and wait >= waits


@pytest.mark.parametrize(("fault", "shown"), [("hang_before_taking", 0), ("hang_after_taking", 1)])
def test_a_time_out_after_the_card_was_posted_is_for_a_person_whether_it_came_or_not(
    bench: Bench, teams, address, fault: TeamsFault, shown
):
    teams.switches.on(fault, times=1)
    card = a_card()
    connect(bench, address, QUICK)
    bench.propose(card)
    for _ in range(3):
        bench.run()
        bench.clock.pass_by(3600.0)
    assert (bench.state(card), len(teams.posts), len(teams.channel)) == ("uncertain", 1, shown)


def test_a_time_out_before_the_connection_stands_puts_the_card_back_and_it_comes_later(bench: Bench, teams, address):
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}/x?sig={SIGNATURE}"
    card = a_card()
    connect(bench, nobody)
    bench.propose(card)
    bench.run()
    assert (bench.state(card), bench.now(card).next_try_at) == ("approved", NOW + timedelta(minutes=1))
    connect(bench, address)
    bench.clock.pass_by(61.0)
    bench.run()
    assert (bench.state(card), len(teams.channel)) == ("accepted", 1)


def test_a_card_that_is_called_too_large_is_sent_once_more_and_smaller_and_says_what_it_lacks(bench: Bench, teams, address):
    rows = [{"title": f"{number} " + "ü" * 100, "detail": "d" * 200} for number in range(200)]
    card = an_intent("large", "daily_card", {"card": "daily_card", "title": "x", "rows": rows})
    teams.switches.on("too_large_413", times=1)
    connect(bench, address)
    bench.propose(card)
    bench.run()
    assert (bench.state(card), len(teams.posts), len(teams.channel)) == ("accepted", 2, 1)
    assert "rows were left out of the card for its size" in bench.detail(card)


def test_the_wait_that_a_429_asks_for_is_kept_over_runs_and_then_the_card_comes_once(bench: Bench, teams, address):
    teams.switches.on("limited_429_unnamed", times=1)
    card = a_card()
    connect(bench, address)
    bench.propose(card)
    posts = []
    for _ in range(4):
        bench.run()
        posts.append(len(teams.posts))
        bench.clock.pass_by(31.0)
    assert (posts, len(teams.channel), bench.state(card)) == ([1, 1, 2, 2], 1, "accepted")


def test_a_wait_that_is_asked_for_counts_where_it_is_longer_than_the_products_own_and_is_believed_for_a_day_at_most():
    assert pause(1, 23.0) == timedelta(minutes=1)
    assert pause(1, 300.0) == timedelta(minutes=5)
    assert pause(1, 1e9) == timedelta(hours=24)
