"""Lanes: a channel in trouble is left alone, between runs too, and no other waits for it; an hour has its bound."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from handoff_pipeline.channels.caps import Caps
from handoff_pipeline.channels.gateway import Sent
from handoff_pipeline.channels.lanes import FIRST_REST, LONGEST_REST, Lanes, lane_of
from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.records_action import Intent
from tests.channels.outbox import NOW, Bench, ScriptedCards, a_card, an_intent, rules

MINUTE = 60.0
EVENING = timedelta(hours=10)


ASK_LATER = Sent("retry", detail="503", retry_after=120.0)


@dataclass
class Channels(ScriptedCards):
    """Far sides by channel: those in `down` answer what `says` holds, the others take the card."""

    down: set[str] = field(default_factory=set)
    says: Sent = ASK_LATER
    asked: list[str] = field(default_factory=list)

    async def send(self, intent: Intent) -> Sent:
        self.asked.append(intent.dedupe_key)
        if any(channel in intent.content for channel in self.down):
            return self.says
        return await super().send(intent)


def card_to(channel: str, key: str, **changes) -> Intent:
    return an_intent(key, "owner_card", {"card": "owner_card", "title": key, "channel": channel}, **changes)


def tried(key: str, state: State, minutes_ago: float) -> Intent:
    moment = NOW - timedelta(minutes=minutes_ago)
    sent_at = moment if state == "accepted" else None
    return replace(a_card(key), state=state, attempts=1, claimed_at=moment, sent_at=sent_at)


def test_a_card_without_a_channel_is_of_the_default_lane():
    assert {lane_of(a_card()), lane_of(card_to("default", "x"))} == {"teams (default)"}
    assert lane_of(replace(a_card(), content="no json")) == "teams (default)"
    assert lane_of(an_intent("note", "halo_note", {})) == "halopsa"


@pytest.mark.parametrize("says", [ASK_LATER, Sent("retry", detail="404"), Sent("uncertain", detail="502")])
def test_one_broken_channel_does_not_silence_the_others(bench: Bench, says):
    bench.cards = far = Channels(down={"finance"}, says=says)
    bench.propose(card_to("finance", "1"), card_to("finance", "2"), card_to("sales", "3"), card_to("", "4"))
    bench.run()
    assert sorted(far.shown) == sorted(one.intent_id for one in bench.ledger.intents.by_state("accepted"))
    assert len(far.shown) == 2
    assert len([key for key in far.asked if key in {"1", "2"}]) == 1


def test_the_wait_that_a_channel_asks_for_holds_for_its_other_cards_in_the_next_run_too(bench: Bench):
    bench.cards = far = Channels(down={"finance"})
    bench.propose(card_to("finance", "1"), card_to("finance", "2"), card_to("sales", "3"))
    bench.run()
    bench.clock.pass_by(119.0)
    report = bench.run()
    assert len(far.asked) == 2
    assert any("teams (finance) is left alone after trouble until" in why for why in report.held.values())
    bench.clock.pass_by(2.0)
    far.down.clear()
    bench.run()
    assert len(far.shown) == 3


def test_a_week_of_server_faults_costs_some_cards_and_not_one_a_minute(bench: Bench):
    """A sensor asks for a run as soon as anything is due; each run would lose one card to the dark."""
    bench.cards = far = Channels(down={"title"}, says=Sent("uncertain", detail="502"))
    bench.propose(*(a_card(f"card {number}", expires_at=NOW + timedelta(days=14)) for number in range(80)))
    ended, day_and_night = NOW + timedelta(days=7), rules(told_from=lambda moment: moment)
    runs = 0
    while bench.clock.now() < ended:
        lanes = Lanes.of(bench.ledger.intents.all(), bench.clock.now())
        rest = lanes.resting.get("teams (default)")
        if rest is None:
            bench.run(rules=day_and_night)
            runs += 1
        bench.clock.pass_by(MINUTE if rest is None else max(MINUTE, (rest - bench.clock.now()).total_seconds()))
    assert len(far.asked) == len(bench.ledger.intents.by_state("uncertain")) == runs < 60
    far.down.clear()
    for _ in range(2):
        bench.clock.pass_by(LONGEST_REST.total_seconds())
        bench.run(rules=day_and_night)
    assert bench.ledger.intents.by_state("approved") == []
    assert len(far.shown) == 80 - runs


def test_each_card_in_a_row_that_nobody_knows_of_doubles_the_rest_and_one_that_arrives_ends_it():
    rests = []
    for number in range(1, 12):
        lost = [tried(f"card {each}", "uncertain", minutes_ago=0) for each in range(number)]
        rests.append(Lanes.of(lost, NOW).resting.get("teams (default)", NOW) - NOW)
    assert rests[:4] == [timedelta(0), FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert max(rests) == rests[-1] == LONGEST_REST
    assert Lanes.of([tried("a", "uncertain", 2), tried("b", "uncertain", 2), tried("c", "accepted", 1)], NOW).resting == {}


def test_quiet_hours_of_a_card_that_was_never_tried_are_no_rest_of_its_channel():
    waiting = replace(a_card(), state="approved", next_try_at=NOW + timedelta(hours=3))
    assert Lanes.of([waiting], NOW).resting == {}


def test_an_hour_of_one_channel_has_its_bound_and_the_rest_comes_with_the_next(bench: Bench):
    bench.cards = far = Channels()
    bench.propose(*(card_to("sales", f"s{number}") for number in range(5)), card_to("finance", "f"))
    by = rules(caps=Caps(50, Decimal(0), cards_per_hour=2))
    arrived, reports = [], []
    for _ in range(4):
        reports.append(bench.run(rules=by))
        arrived.append(len([key for key in far.asked if key.startswith("s")]))
        bench.clock.pass_by(30 * MINUTE)
    assert arrived == [2, 2, 4, 4]
    assert "f" in far.asked
    assert any("has had its 2 cards of an hour" in why for why in reports[-1].held.values())


def test_an_alert_does_not_wait_for_the_hour(bench: Bench):
    bench.cards = far = Channels()
    alert = an_intent("alert", "alert_card", {"card": "alert_card", "title": "The night failed"})
    bench.propose(a_card(), alert)
    bench.run(rules=rules(caps=Caps(50, Decimal(0), cards_per_hour=1)))
    assert len(far.shown) == 2


def test_what_was_put_back_in_working_hours_is_not_sent_at_night_but_alerts_are(bench: Bench):
    bench.cards = far = Channels(down={"A hard gap"})
    card = a_card()
    bench.propose(card)
    bench.run()
    far.down.clear()
    bench.clock.pass_by(EVENING.total_seconds())
    alert = an_intent("alert", "alert_card", {"card": "alert_card", "title": "The night failed"})
    bench.propose(alert)
    report = bench.run()
    assert far.shown == [alert.intent_id]
    assert "working hours only, next from 2026-11-03 09:00" in report.held[card.intent_id]
    bench.clock.pass_by(timedelta(hours=14).total_seconds())
    bench.run()
    assert card.intent_id in far.shown
