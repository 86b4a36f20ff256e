"""The simulated Workflows endpoint does what is publicly known of the real one, and keeps what it has got."""

from __future__ import annotations

import json

import httpx
import pytest

from handoff_pipeline.simulator.teams import CARD_TYPE, SimulatedTeams
from handoff_pipeline.simulator.teams_serve import running_teams

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": []}
MESSAGE = {"type": "message", "attachments": [{"contentType": CARD_TYPE, "contentUrl": None, "content": CARD}]}


@pytest.fixture
def teams():
    return SimulatedTeams()


@pytest.fixture
def address(teams):
    with running_teams(teams) as url:
        yield url


def post(url: str, document: object) -> httpx.Response:
    return httpx.post(url, json=document, trust_env=False, timeout=20)


def test_a_message_is_queued_and_its_card_shown(teams, address):
    answer = post(address, MESSAGE)
    assert (answer.status_code, answer.content) == (202, b"")
    assert teams.channel == [CARD]


@pytest.mark.parametrize(
    "document", [CARD, {"text": "hello"}, {"attachments": None}, {"attachments": [{"contentType": CARD_TYPE, "content": {}}]}]
)
def test_what_the_template_cannot_read_is_queued_and_lost_in_the_flow(teams, address, document):
    assert post(address, document).status_code == 202
    assert teams.channel == []
    assert "Send_each_adaptive_card" in teams.runs[0].flow_error


def test_a_card_of_a_version_that_teams_does_not_promise_is_lost(teams, address):
    post(address, {"attachments": [{"contentType": CARD_TYPE, "content": {**CARD, "version": "1.6"}}]})
    assert teams.channel == []


def test_above_28_kb_nothing_is_taken(teams, address):
    assert post(address, {**MESSAGE, "padding": "x" * 28 * 1024}).status_code == 413
    assert teams.runs == []


def test_without_the_right_signature_nothing_is_taken(teams, address):
    assert post(address.replace("sig=s1", "sig=s2"), MESSAGE).status_code == 401
    assert post(address.split("?")[0], MESSAGE).status_code == 401
    assert teams.runs == []


def test_another_path_and_another_method_are_refused(address):
    assert post(address.replace("/invoke", "/other"), MESSAGE).status_code == 404
    assert httpx.get(address, trust_env=False).status_code == 405


def test_a_flow_of_ones_own_wants_the_bare_card():
    teams = SimulatedTeams(expects="card")
    with running_teams(teams) as address:
        assert post(address, MESSAGE).status_code == 400
        assert post(address, CARD).status_code == 202
    assert teams.channel == [CARD]


def test_a_limit_refuses_what_is_above_it_and_opens_again():
    seconds = [0.0]
    teams = SimulatedTeams(limit=(2, 30.0), seconds=lambda: seconds[0])
    with running_teams(teams) as address:
        answers = [post(address, MESSAGE) for _ in range(3)]
        seconds[0] = 30.0
        answers.append(post(address, MESSAGE))
    assert [answer.status_code for answer in answers] == [202, 202, 429, 202]
    assert answers[2].headers["retry-after"] == "30"


def test_a_fault_meets_as_many_messages_as_it_was_switched_on_for(teams, address):
    teams.switches.on("unavailable_503", times=2)
    assert [post(address, MESSAGE).status_code for _ in range(3)] == [503, 503, 202]


def test_a_reset_after_taking_leaves_the_card_in_the_channel(teams, address):
    teams.switches.on("reset_after_taking")
    with pytest.raises(httpx.TransportError):
        post(address, MESSAGE)
    assert len(teams.channel) == 1


def test_everything_that_came_is_kept(teams, address):
    teams.switches.on("reset_before_taking", times=1)
    with pytest.raises(httpx.TransportError):
        post(address, MESSAGE)
    post(address, MESSAGE)
    assert [(one.fault, one.status, one.is_taken) for one in teams.posts] == [("reset_before_taking", None, False), (None, 202, True)]
    assert json.loads(teams.posts[0].body) == MESSAGE
