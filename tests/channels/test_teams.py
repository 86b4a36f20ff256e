"""The gateway to Teams against a simulated Workflows endpoint: what each answer means, what is never sent twice, what is never told."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from dataclasses import dataclass
from datetime import datetime

import pytest
from pydantic import SecretStr

from handoff_pipeline.channels.card_content import Content, Row
from handoff_pipeline.channels.gateway import Gateway, Sent
from handoff_pipeline.channels.hosts import Webhook, checked
from handoff_pipeline.channels.teams import TeamsGateway, teams_gateway
from handoff_pipeline.channels.teams_post import Limits
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.policy.teams import Teams
from handoff_pipeline.settings import load_settings
from handoff_pipeline.simulator.teams import SIGNATURE, SimulatedTeams
from handoff_pipeline.simulator.teams_serve import running_teams
from tests.channels.card_examples import CARDS, NOW, PEOPLE, ZONE, intent_of

QUICK = Limits(connect=5.0, part=0.4, whole=5.0)
"""Hanging faults must hang for less than a test takes; everything else is answered at once."""
PATIENT = Limits(connect=20.0, part=20.0, whole=30.0)
LARGE = Content(card="digest", title="x", rows=tuple(Row(title=f"{n} " + "ü" * 100, detail="d" * 200) for n in range(200)))


@dataclass
class HandClock:
    """A clock that moves only when it is told to or slept on."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def teams():
    return SimulatedTeams()


@pytest.fixture
def address(teams):
    with running_teams(teams) as url:
        yield url


def webhook(address: str, channel: str = "default") -> Webhook:
    return checked(channel, "HANDOFF_TEAMS_WEBHOOK", SecretStr(address), allow_loopback=True)


def gateway(address: str, clock: HandClock | None = None, limits: Limits = PATIENT, envelope="workflow_template") -> TeamsGateway:
    return TeamsGateway({"default": webhook(address)}, PEOPLE, ZONE, clock or HandClock(), envelope, limits=limits)


def send(one: Gateway, content: Content | str = CARDS["owner"]) -> Sent:
    return asyncio.run(one.send(intent_of(content)))


def test_a_card_that_was_taken_is_accepted_and_never_called_delivered(teams, address):
    sent = send(gateway(address))
    assert (sent.outcome, sent.far_ref) == ("accepted", "08584000000000000000000000000000CU00")
    assert [card["fallbackText"] for card in teams.channel] == ["Signed scope of work is missing"]


def test_a_card_that_the_flow_loses_is_accepted_all_the_same(teams, address):
    teams.switches.on("not_delivered_202")
    assert send(gateway(address)).outcome == "accepted"
    assert teams.channel == []


@pytest.mark.parametrize(
    ("fault", "outcome", "words", "wait", "tries"),
    [
        ("plain_one_200", "accepted", None, None, 1),
        ("broken_off_202", "accepted", None, None, 1),
        ("huge_answer", "accepted", None, None, 1),
        ("slow", "accepted", None, None, 1),
        ("error_body_200", "failed", "200, and refused by its text: Webhook message delivery failed", None, 1),
        ("error_413_in_200", "failed", "HTTP error 413", None, 2),
        ("error_429_in_200", "retry", "too many messages by its text", 60.0, 1),
        ("error_json_200", "failed", "ActionFailed", None, 1),
        ("web_page_200", "retry", "Look for a proxy", None, 1),
        ("broken_off_200", "uncertain", "broke off", None, 1),
        ("bad_request_400", "failed", "TriggerInputSchemaMismatch", None, 1),
        ("wants_bare_card_400", "failed", "set teams.envelope to raw_card", None, 1),
        ("unauthorized_401", "retry", "Copy the flow's address anew", None, 1),
        ("forbidden_403", "retry", "owner's licence", None, 1),
        ("no_flow_404", "retry", "Make a new one, with a co-owner", None, 1),
        ("retired_410", "retry", "is gone", None, 1),
        ("too_large_413", "failed", "^413: Teams refuses this card for good", None, 2),
        ("limited_429", "retry", "^429: Too many messages", 17.0, 1),
        ("limited_429_unnamed", "retry", "^429: Too many messages", 60.0, 1),
        ("server_error_500", "uncertain", "^500 after the card was posted", None, 1),
        ("server_error_500_taken", "uncertain", "^500 after the card was posted", None, 1),
        ("bad_gateway_502", "uncertain", "^502 after", None, 1),
        ("unavailable_503", "retry", "^503: Teams takes nothing now", 23.0, 1),
        ("gateway_timeout_504", "uncertain", "^504 after", None, 1),
        ("redirect", "retry", "redirects are never followed", None, 1),
        ("reset_before_taking", "uncertain", "HANDOFF_TEAMS_WEBHOOK: ", None, 1),
        ("reset_after_taking", "uncertain", "HANDOFF_TEAMS_WEBHOOK: ", None, 1),
    ],
)
def test_every_answer_has_its_meaning_and_is_asked_for_once(teams, address, fault, outcome, words, wait, tries):
    teams.switches.on(fault)
    sent = send(gateway(address))
    assert (sent.outcome, sent.retry_after, len(teams.posts)) == (outcome, wait, tries)
    if words:
        with pytest.raises(AssertionError, match=words):
            raise AssertionError(sent.detail)


@pytest.mark.parametrize(("fault", "shown"), [("hang_before_taking", 0), ("hang_after_taking", 1)])
def test_no_answer_in_time_is_uncertain_whether_it_was_taken_or_not(teams, address, fault, shown):
    teams.switches.on(fault)
    assert send(gateway(address, limits=QUICK)).outcome == "uncertain"
    assert (len(teams.posts), len(teams.channel)) == (1, shown)


def test_a_connection_that_was_never_made_may_be_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    sent = send(gateway(f"http://127.0.0.1:{port}/x?sig={SIGNATURE}"))
    assert (sent.outcome, sent.far_ref) == ("retry", None)
    assert "ConnectError" in (sent.detail or "")


def test_a_redirect_is_not_followed(teams, address):
    teams.switches.on("redirect", times=1)
    send(gateway(address))
    assert len(teams.posts) == 1


def test_a_card_that_is_too_large_is_tried_once_more_and_smaller(teams, address):
    teams.switches.on("too_large_413", times=1)
    sent = send(gateway(address), LARGE)
    first, second = (len(post.body) for post in teams.posts)
    assert second <= 10_000 < first <= 20_000
    assert sent.outcome == "accepted"
    assert "rows were left out" in (sent.detail or "")


def test_the_template_without_attachments_would_be_lost_in_the_flow(teams, address):
    """Why the envelope matters: it is the flow that fails, after a 202."""
    sent = send(gateway(address, envelope="raw_card"))
    assert sent.outcome == "accepted"
    assert teams.channel == []
    assert "Send_each_adaptive_card" in teams.posts[0].flow_error


def test_a_flow_of_ones_own_gets_the_bare_card():
    teams = SimulatedTeams(expects="card")
    with running_teams(teams) as address:
        assert send(gateway(address)).outcome == "failed"
        assert send(gateway(address, envelope="raw_card")).outcome == "accepted"
    assert [card["type"] for card in teams.channel] == ["AdaptiveCard"]


def test_a_channel_that_is_not_set_keeps_its_cards():
    sent = send(TeamsGateway({}, PEOPLE, ZONE, HandClock()), CARDS["owner"])
    assert sent == Sent("retry", detail="HANDOFF_TEAMS_WEBHOOK is not set; the card waits for it.")


def test_a_card_for_a_channel_goes_there_and_nowhere_else(teams, address):
    content = CARDS["owner"].model_copy(update={"channel": "finance"})
    sent = send(gateway(address), content)
    assert (sent.outcome, sent.detail) == ("retry", "HANDOFF_TEAMS_WEBHOOKS has no channel 'finance'; the card waits for it.")
    other = TeamsGateway({"finance": webhook(address, "finance")}, PEOPLE, ZONE, HandClock())
    assert send(other, content).outcome == "accepted"
    assert len(teams.channel) == 1


def test_content_that_is_no_card_fails_without_a_call(teams, address):
    sent = send(gateway(address), '{"card":"digest"}')
    assert sent.outcome == "failed"
    assert "title" in (sent.detail or "")
    assert teams.posts == []


def test_a_name_that_stands_for_a_private_address_gets_nothing():
    async def inside(host: str, port: int) -> list[str]:
        return ["20.50.1.2", "10.0.0.7"]

    url = SecretStr("https://a.b.environment.api.powerplatform.com/x?sig=TOPSECRETsignature")
    one = TeamsGateway({"default": checked("default", "HANDOFF_TEAMS_WEBHOOK", url)}, PEOPLE, ZONE, HandClock(), resolver=inside)
    sent = send(one)
    assert sent.outcome == "retry"
    assert "private address" in (sent.detail or "")


def test_a_week_without_teams_costs_one_doubtful_card_a_run_and_loses_none(teams, address):
    waiting = [f"{number:032x}" for number in range(30)]
    teams.switches.on("bad_gateway_502")
    doubtful = []
    for _hour in range(3):
        run = gateway(address)
        ends = {name: asyncio.run(run.send(intent_of(CARDS["owner"], name))) for name in waiting}
        doubtful += [name for name, end in ends.items() if end.outcome == "uncertain"]
        waiting = [name for name, end in ends.items() if end.outcome == "retry"]
    teams.switches.off()
    assert (len(doubtful), len(waiting), len(teams.posts)) == (3, 27, 3)
    run = gateway(address)
    assert {asyncio.run(run.send(intent_of(CARDS["owner"], name))).outcome for name in waiting} == {"accepted"}
    assert len(teams.channel) == 27


def test_the_wait_that_teams_asks_for_is_kept(teams, address):
    clock = HandClock()
    one = gateway(address, clock)
    teams.switches.on("limited_429", times=1)
    send(one)
    clock.seconds += 59
    assert send(one).outcome == "retry"
    clock.seconds += 1
    assert send(one).outcome == "accepted"
    assert len(teams.posts) == 2


@pytest.mark.parametrize("fault", ["server_error_500", "unauthorized_401", "redirect", "reset_after_taking", None])
def test_the_address_is_in_no_log_no_answer_and_no_print(teams, address, caplog, fault):
    caplog.set_level(logging.DEBUG)
    if fault:
        teams.switches.on(fault)
    one = gateway(address)
    sent = send(one)
    texts = f"{caplog.text} {sent!r} {one!r} {one.plan(intent_of(CARDS['owner']))!r}"
    assert "HTTP Request" in caplog.text or fault == "reset_after_taking"
    for secret in (SIGNATURE, address, "0123456789abcdef0123456789abcdef"):
        assert secret not in texts


def test_an_echo_of_the_address_is_masked():
    from handoff_pipeline.channels.teams_answer import judged
    from handoff_pipeline.halo.redact import Redactor

    url = "https://default0a1b.c2.environment.api.powerplatform.com:443/workflows/abc123/invoke?sp=%2Frun&sig=TOP%2BSECRET_signature"
    hook = checked("default", "HANDOFF_TEAMS_WEBHOOK", SecretStr(url))
    for echo in (url, "TOP%2BSECRET_signature", "TOP+SECRET_signature", "/workflows/abc123/invoke", "default0a1b.c2.environment"):
        body = f"no such flow: {echo}.api.powerplatform.com".encode()
        sent = judged(404, {}, body, setting=hook.setting, redactor=Redactor(*hook.secrets), now=NOW)
        assert not any(part in (sent.detail or "") for part in ("SECRET", "abc123", "default0a1b")), echo


def test_the_dry_run_shows_the_whole_card_and_not_the_address(address):
    planned = gateway(address).plan(intent_of(CARDS["owner"]))
    assert (planned.method, planned.url) == ("POST", "***")
    assert json.loads(planned.body)["attachments"][0]["content"]["fallbackText"] == "Signed scope of work is missing"


def test_what_is_planned_is_what_is_sent(teams, address):
    one = gateway(address)
    send(one)
    assert teams.posts[0].body.decode() == one.plan(intent_of(CARDS["owner"])).body
    assert teams.posts[0].headers.items() >= dict(one.plan(intent_of(CARDS["owner"])).headers).items()


def test_nobody_can_ask_teams_what_is_there(address):
    one = gateway(address)
    assert one.is_readable is False
    with pytest.raises(HandoffError, match="Teams cannot be read"):
        asyncio.run(one.look(intent_of(CARDS["owner"])))


def test_an_installation_without_teams_has_no_gateway():
    assert teams_gateway(load_settings(), Teams(), [], ZONE, HandClock()) is None


def test_an_installations_settings_and_policy_make_the_gateway(teams, address, monkeypatch):
    from handoff_pipeline.channels.card_people import Agent

    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOK", address)
    monkeypatch.setenv("HANDOFF_TEAMS_ALLOW_LOOPBACK", "true")
    one = teams_gateway(load_settings(), Teams(people={7: "ann@msp.example"}), [Agent(7, "Ann Bell")], ZONE, HandClock())
    assert one is not None
    assert send(one).outcome == "accepted"
    assert teams.channel[0]["msteams"]["entities"][0]["mentioned"]["id"] == "ann@msp.example"
