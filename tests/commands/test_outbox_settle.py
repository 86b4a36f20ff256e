"""`handoff outbox settle`: a person's word counts where no look can tell, and what he has settled is never sent again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from handoff_pipeline.channels.consent import Rules
from handoff_pipeline.channels.deliver import deliver
from handoff_pipeline.channels.halo_gateway import HaloGateway
from handoff_pipeline.channels.halo_writes import HaloForms
from handoff_pipeline.clock import HeldClock
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.halo.writer import writing
from handoff_pipeline.ledger import canonical, sha256_of
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import load_settings
from tests.commands.outbox_world import OS_USER, a_note, doubt
from tests.commands.served import AT, connect, tenant
from tests.ledger.acting import an_intent

WORDS = ("--as", "accepted", "--reason", "it is the third note", "--yes")
BLIND = "handoff_pipeline.halo.markers.OF_A_TICKET"


@pytest.fixture(scope="module")
def served():
    with tenant(deals=12) as running:
        yield running


@pytest.fixture
def lost(ledger, served, monkeypatch, acting):
    """A note of which nobody knows whether it arrived."""
    connect(monkeypatch, served[1], writer=True)
    ticket = next(row["id"] for row in served[0].snapshot().tickets if row.get("is_opportunity"))
    content = canonical({"ticket_id": ticket, "note": "Two gaps are open."})
    hashes = {"content": content, "content_hash": sha256_of(content), "shown": f"x [{sha256_of(content)[:16]}]"}
    note = a_note("lost", **hashes, proposed_at=AT - timedelta(hours=1), expires_at=AT + timedelta(days=2))
    ledger.intents.propose([note])
    doubt(ledger, note, AT - timedelta(minutes=40))
    return note


def test_a_person_settles_a_card_that_nobody_knows_the_end_of(handoff, ledger):
    card = an_intent("lost")
    ledger.intents.propose([card])
    doubt(ledger, card)
    said = handoff("outbox", "settle", card.intent_id, *WORDS)
    assert said.code == Exit.DONE
    assert (ledger.intents.get(card.intent_id).state, ledger.intents.due(card.proposed_at)) == ("accepted", [])


def test_what_can_be_looked_up_is_not_settled_by_a_persons_word(handoff, ledger, lost):
    said = handoff("outbox", "settle", lost.intent_id, *WORDS)
    assert (said.code, "its effect is absent" in said.err) == (Exit.FAILED, True)
    assert ledger.intents.get(lost.intent_id).state == "uncertain"


def test_where_halopsa_cannot_be_reached_nothing_is_settled(handoff, ledger, lost, monkeypatch):
    monkeypatch.setenv("HANDOFF_HALO_WRITER_CLIENT_SECRET", "another")
    assert handoff("outbox", "settle", lost.intent_id, *WORDS).code == Exit.FAILED
    assert ledger.intents.get(lost.intent_id).state == "uncertain"


@pytest.mark.parametrize("as_state", ["accepted", "failed"])
def test_what_no_look_can_tell_is_settled_by_whoever_looked_himself_and_never_sent_again(
    handoff, ledger, lost, served, monkeypatch, as_state
):
    monkeypatch.setattr(BLIND, 0)
    said = handoff("outbox", "settle", lost.intent_id, "--as", as_state, *WORDS[2:])
    assert said.code == Exit.DONE
    kept = ledger.intents.get(lost.intent_id)
    assert kept.state == as_state
    assert kept.detail.startswith(f"said by os:{OS_USER}: it is the third note (looked himself; the product cannot: ")
    monkeypatch.setattr(BLIND, 5000)
    before = len(served[0].requests)
    asyncio.run(_deliver(ledger))
    posted = [one for one in served[0].requests[before:] if one.method == "POST" and one.path.startswith("/api/")]
    assert (posted, ledger.intents.get(lost.intent_id).state) == ([], as_state)


def test_without_a_yes_the_look_is_made_and_nothing_is_settled(handoff, ledger, lost, monkeypatch):
    monkeypatch.setattr(BLIND, 0)
    assert handoff("outbox", "settle", lost.intent_id, *WORDS[:-1], "--json").json["written"] is False
    assert ledger.intents.get(lost.intent_id).state == "uncertain"


async def _deliver(ledger):
    """A delivery of the next day, with everything approved that might be."""
    settings, clock = load_settings(), HeldClock(AT + timedelta(days=1))
    policy = load_policy(settings.policy_file)
    async with writing(settings, clock) as writer:
        await deliver(ledger, {"halopsa": HaloGateway(writer, HaloForms.of(policy))}, Rules.of(policy), clock, "next", lambda: False)
