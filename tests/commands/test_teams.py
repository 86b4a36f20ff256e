"""`handoff teams`: what is not in place is named with its fix, cards are drawn and not sent, and a sign of life goes out when asked."""

from __future__ import annotations

import json

import pytest

from handoff_pipeline.channels.card_elements import SCHEMA
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.teams_page import markdown, page
from handoff_pipeline.ledger import canonical, sha256_of
from handoff_pipeline.simulator.teams import SimulatedTeams
from handoff_pipeline.simulator.teams_serve import running_teams
from tests.channels.card_examples import drawn
from tests.commands.outbox_world import a_note
from tests.ledger.acting import an_intent

ADDRESS = "https://default1.00.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/w/triggers/manual/paths/invoke?sig=hush"


@pytest.fixture
def connected(ledger, monkeypatch):
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOK", ADDRESS)


@pytest.fixture
def channel(ledger, monkeypatch):
    """The simulated Teams, as the channel `default`."""
    teams = SimulatedTeams()
    with running_teams(teams) as address:
        monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOK", address)
        monkeypatch.setenv("HANDOFF_TEAMS_ALLOW_LOOPBACK", "true")
        yield teams


def a_card(title="Signed scope is missing", **changes):
    content = canonical({"card": "owner_card", "to": 12, "title": title})
    return an_intent(title, content=content, content_hash=sha256_of(content), shown=f"Card [{sha256_of(content)[:16]}]", **changes)


def levels(said):
    return [(finding["check"], finding["level"]) for finding in said.json["findings"]]


def test_without_an_address_it_says_that_halopsa_does_the_work_alone(handoff, ledger, people):
    said = handoff("teams", "check", "--json")
    assert (said.code, levels(said)[0]) == (Exit.DONE, ("webhooks", "warning"))


def test_an_address_of_the_right_kind_is_well_and_never_shown(handoff, connected, people):
    said = handoff("teams", "check", "--json")
    assert levels(said)[0] == ("webhooks", "ok")
    assert "hush" not in said.out


@pytest.mark.parametrize(
    "address", ["https://acme.webhook.office.com/x?sig=hush", "https://evil.example/x?sig=hush", "http://127.0.0.1:9/x?sig=hush"]
)
def test_an_address_that_cards_may_not_go_to_must_be_mended(handoff, ledger, people, monkeypatch, address):
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOK", address)
    said = handoff("teams", "check")
    assert (said.code, "hush" in said.out + said.err) == (Exit.FAILED, False)


def test_a_channel_of_the_policy_without_an_address_must_be_mended(handoff, connected, people, policy):
    policy(teams={"channels": {"delivery": ["escalations"]}})
    said = handoff("teams", "check")
    assert (said.code, "HANDOFF_TEAMS_WEBHOOKS (delivery) is not set" in said.out) == (Exit.FAILED, True)


def test_an_address_that_gets_nothing_is_named(handoff, connected, people, monkeypatch):
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOKS", json.dumps({"spare": ADDRESS}))
    assert "Channel spare has an address and gets nothing" in handoff("teams", "check").out


def test_whoever_owns_an_open_gap_and_has_no_identity_is_named(handoff, connected, gap):
    assert "Jo Field (agent 12) gets cards and has no identity" in handoff("teams", "check").out


def test_a_name_of_the_map_that_no_agent_bears_is_named(handoff, connected, people, policy):
    policy(teams={"people": {"Nobody Here": "nobody@acme.example"}})
    assert "no agent is called 'Nobody Here'" in handoff("teams", "check").out


def test_before_the_first_night_names_cannot_be_compared(handoff, connected):
    assert "No agent is published yet" in handoff("teams", "check").out


def test_the_preview_draws_the_newest_card_of_each_kind_and_one_sign_of_life(handoff, ledger, people, tmp_path):
    ledger.intents.propose([a_card("monday"), a_card("tuesday", proposed_at=an_intent().proposed_at.replace(hour=10)), a_note()])
    said = handoff("teams", "preview", "--to", str(tmp_path / "cards"), "--json")
    assert [path.rpartition("-")[2] for path in said.json["cards"]] == ["heartbeat.json", "owner_card.json"]
    card = json.loads((tmp_path / "cards" / "02-owner_card.json").read_text("utf-8"))
    assert (card["$schema"], "tuesday" in json.dumps(card), "monday" in json.dumps(card)) == (SCHEMA, True, False)
    shown = (tmp_path / "cards" / "cards.html").read_text("utf-8")
    assert ("tuesday" in shown, "Jo Field" in shown) == (True, True)
    assert (tmp_path / "cards").stat().st_mode & 0o077 == 0


def test_the_preview_of_one_intent_draws_that_one(handoff, ledger, tmp_path):
    ledger.intents.propose([a_card("one"), a_card("two")])
    said = handoff("teams", "preview", a_card("one").intent_id, "--to", str(tmp_path / "cards"), "--json")
    assert len(said.json["cards"]) == 1


def test_what_goes_elsewhere_has_no_card(handoff, ledger, tmp_path):
    ledger.intents.propose([a_note()])
    assert "not to Teams" in handoff("teams", "preview", a_note().intent_id, "--to", str(tmp_path / "cards")).err


def test_the_page_loads_nothing_and_runs_nothing_of_hostile_text():
    shown = page([("<script>alert(1)</script>", drawn("hostile"))])
    assert "default-src 'none'" in shown
    assert [bad for bad in ("<script", "javascript:", 'href="http:', 'evil.example"', "onerror", " src=") if bad in shown.lower()] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**Fix:** do it", "<strong>Fix:</strong> do it"),
        ("[deal](https://acme.example/1)", '<a rel="noreferrer" href="https://acme.example/1">deal</a>'),
        ("[deal](javascript:alert(1))", "[deal](javascript:alert(1))"),
        ("<at>Jo Field</at>, yours", "<strong>@Jo Field</strong>, yours"),
        ("a \\*literal\\* s\\_tar & <b>", "a *literal* s_tar &amp; &lt;b&gt;"),
    ],
)
def test_of_markdown_only_what_our_cards_use_is_read(text, shown):
    assert markdown(text) == shown


def test_a_sign_of_life_is_shown_and_not_sent(handoff, connected, ledger):
    said = handoff("teams", "heartbeat")
    assert (said.code, "Nothing was sent" in said.out, "hush" in said.out) == (Exit.DONE, True, False)
    assert ledger.intents.all() == []


def test_a_sign_of_life_needs_a_channel(handoff, ledger):
    said = handoff("teams", "heartbeat", "--send")
    assert (said.code, "HANDOFF_TEAMS_WEBHOOK" in said.err) == (Exit.FAILED, True)


def test_a_sign_of_life_goes_out_once_and_takes_nothing_else_along(handoff, channel, ledger, acting):
    ledger.intents.propose([a_card()])
    ledger.intents.approve_automatic(a_card().proposed_at)
    said = handoff("teams", "heartbeat", "--send", "--json")
    assert (said.code, said.json["channels"]["default"][0]) == (Exit.DONE, "accepted")
    assert len(channel.channel) == 1
    assert ledger.intents.get(a_card().intent_id).state == "approved"


def test_no_sign_of_life_passes_the_kill_switch(handoff, channel, ledger):
    handoff("kill-switch", "on")
    said = handoff("teams", "heartbeat", "--send")
    assert (said.code, "kill switch" in said.err, ledger.intents.all()) == (Exit.FAILED, True, [])
