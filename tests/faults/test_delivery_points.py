"""A delivery that dies, at any named point or in the midst of a call, and is run again: one effect at HaloPSA, one card at most.

The next run comes first while the write of the dead one may still arrive, and again when it no longer can.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from handoff_pipeline.channels import points
from handoff_pipeline.channels.hosts import checked
from handoff_pipeline.channels.recover import LATE
from handoff_pipeline.channels.teams import TeamsGateway
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.policy.teams import DEFAULT_CHANNEL
from handoff_pipeline.simulator import running
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED, STATUS_WON
from handoff_pipeline.simulator.teams import SimulatedTeams
from handoff_pipeline.simulator.teams_serve import running_teams
from handoff_pipeline.warehouse.crash import EXIT_CODE
from tests.channels.outbox import (
    MANAGER,
    MONEY,
    Bench,
    DiesInCall,
    Killed,
    ScriptedCards,
    a_card,
    an_intent,
    dying_at,
    new_ledger,
    rules,
    won_deal,
)

CHECKOUT = Path(__file__).resolve().parents[2]
SCORE = "CFHandoffScore"
LIMIT_SECONDS = 150


@dataclass(frozen=True)
class Effect:
    """What is delivered, and how often the far side shows it."""

    intent: Callable[[], Intent]
    shown: Callable[[Bench, Intent], int]
    is_readable: bool = True
    needs_approval: bool = False


def _note() -> Intent:
    return an_intent("note", "halo_note", {"ticket_id": won_deal(), "note": "Two gaps are open."})


def _field() -> Intent:
    return an_intent("score", "halo_score_fields", {"ticket_id": won_deal(), "fields": {SCORE: "85"}}, precondition={SCORE: None})


def _block() -> Intent:
    content = {"ticket_id": won_deal(), "note": "Signed scope is missing.", "status_id": STATUS_BLOCKED}
    return an_intent("block", "halo_blocking", content, action_class="one_approver", precondition={"status_id": STATUS_WON})


def _blocks(bench: Bench, intent: Intent) -> int:
    return len(bench.notes(intent)) if bench.status_of(won_deal()) == STATUS_BLOCKED else 0


EFFECTS = {
    "note": Effect(_note, lambda bench, intent: len(bench.notes(intent))),
    "field": Effect(_field, lambda bench, _: int(bench.field_value(won_deal(), SCORE) == "85")),
    "approved block": Effect(_block, _blocks, needs_approval=True),
    "card": Effect(a_card, lambda bench, intent: bench.scripted.shown.count(intent.intent_id), is_readable=False),
}
ALL = pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with new_ledger(tmp_path) as ledger:
        yield Bench(ledger)


def _proposed(bench: Bench, effect: Effect) -> Intent:
    intent = effect.intent()
    bench.propose(intent)
    if effect.needs_approval:
        bench.hold(MANAGER, "service_delivery_lead")
        bench.approved_by(intent, role="service_delivery_lead")
    return intent


def _passes(effect: Effect, point: str) -> bool:
    """Whether a delivery of the effect comes by the point at all."""
    if point == points.AFTER_USE:
        return effect.needs_approval
    return effect.is_readable or point not in {points.RECOVER_BEFORE_LOOK, points.RECOVER_AFTER_LOOK, points.RECOVER_AFTER_DOUBT}


def _dies(bench: Bench, point: str) -> None:
    with pytest.raises(Killed):
        bench.run(point=dying_at(point))


def _ends_well(bench: Bench, effect: Effect, intent: Intent) -> None:
    """Later runs bring it to its end: one effect where the far side is read; where it is not, at most one, and a person knows."""
    bench.run()
    assert effect.shown(bench, intent) <= 1
    bench.clock.pass_by(LATE.total_seconds())
    for _ in range(2):
        bench.run()
    shown, state = effect.shown(bench, intent), bench.state(intent)
    if effect.is_readable:
        assert (shown, state, len(bench.writes())) == (1, "confirmed", 1)
    else:
        assert (shown, state) in {(1, "accepted"), (1, "uncertain"), (0, "uncertain")}


@ALL
@pytest.mark.parametrize("point", points.DELIVERY_POINTS)
def test_a_delivery_that_dies_at_a_point_ends_as_one_effect(bench: Bench, effect: Effect, point: str) -> None:
    intent = _proposed(bench, effect)
    if _passes(effect, point):
        _dies(bench, point)
    else:
        bench.run(point=dying_at(point))
    _ends_well(bench, effect, intent)


@ALL
@pytest.mark.parametrize("died_at", [points.AFTER_CLAIM, points.AFTER_SEND, points.AFTER_SENT])
@pytest.mark.parametrize("point", points.RECOVERY_POINTS)
def test_a_recovery_that_dies_at_a_point_ends_as_one_effect(bench: Bench, effect: Effect, died_at: str, point: str) -> None:
    intent = _proposed(bench, effect)
    _dies(bench, died_at)
    bench.clock.pass_by(LATE.total_seconds())
    try:
        bench.run(point=dying_at(point))
    except Killed:
        died = True
    else:
        died = False
    # What was down as sent is never in doubt again, and what goes back to the outbox is settled by the delivery.
    not_passed = {points.RECOVER_AFTER_DOUBT: {points.AFTER_SENT}}.get(point, set())
    assert died == (_passes(effect, point) and died_at not in not_passed)
    _ends_well(bench, effect, intent)


@ALL
@pytest.mark.parametrize("moment", ["before_arrival", "after_arrival"])
def test_a_delivery_that_dies_in_the_midst_of_the_call_ends_as_one_effect(bench: Bench, effect: Effect, moment: DiesInCall) -> None:
    intent = _proposed(bench, effect)
    bench.dies_in_call = moment
    bench.cards = ScriptedCards(["die_before" if moment == "before_arrival" else "die_after"])
    with pytest.raises(Killed):
        bench.run()
    bench.dies_in_call = None
    _ends_well(bench, effect, intent)


@ALL
def test_a_delivery_that_dies_at_every_point_one_after_the_other_ends_as_one_effect(bench: Bench, effect: Effect) -> None:
    intent = _proposed(bench, effect)
    for point in points.POINTS:
        try:
            bench.run(point=dying_at(point))
        except Killed:
            bench.clock.pass_by(LATE.total_seconds())
    _ends_well(bench, effect, intent)


@pytest.mark.parametrize("nth", [1, 2])
def test_a_delivery_that_dies_between_the_uses_of_two_approvals_ends_as_one_effect(bench: Bench, nth: int) -> None:
    block = _block()
    bench.propose(block)
    for agent, role in ((MANAGER, "service_delivery_lead"), (MONEY, "finance")):
        bench.hold(agent, role)
        bench.approved_by(block, agent, role)
    by = rules(materiality=Decimal(1))
    with pytest.raises(Killed):
        bench.run(rules=by, point=dying_at(points.AFTER_USE, nth))
    bench.clock.pass_by(LATE.total_seconds())
    bench.run(rules=by)
    assert (bench.state(block), len(bench.writes()), len(bench.notes(block))) == ("confirmed", 1, 1)
    assert [one.used_at is not None for one in bench.ledger.approvals.of(block.intent_id)] == [True, True]


def test_a_note_that_a_list_does_not_show_yet_is_not_taken_for_a_note_that_somebody_took_away(bench: Bench) -> None:
    note = _proposed(bench, EFFECTS["note"])
    _dies(bench, points.AFTER_SENT)
    shown = bench.sim.snapshot().actions
    late = next(row for row in shown if f"[handoff:{note.intent_id}]" in str(row.get("note")))
    bench.sim.edits.change("actions", (late["ticket_id"], late["id"]), {"note": ""})
    bench.run()
    assert bench.state(note) == "sent"
    bench.sim.edits.change("actions", (late["ticket_id"], late["id"]), {"note": late["note"]})
    bench.run()
    assert (bench.state(note), len(bench.writes())) == ("confirmed", 1)


def test_a_change_that_a_person_took_back_while_its_answer_was_lost_is_not_made_again(bench: Bench) -> None:
    score = _proposed(bench, EFFECTS["field"])
    bench.dies_in_call = "after_arrival"
    with pytest.raises(Killed):
        bench.run()
    bench.dies_in_call = None
    assert bench.field_value(won_deal(), SCORE) == "85"
    bench.sim.advance(days=0, hours=0.1)
    bench.sim.edits.change("tickets", won_deal(), {"customfields": [{"name": SCORE, "value": ""}]})
    bench.clock.pass_by(LATE.total_seconds())
    bench.run()
    assert (bench.state(score), len(bench.writes()), bench.field_value(won_deal(), SCORE)) == ("conflict", 1, None)


def test_a_card_that_was_never_sent_is_told_to_a_person_and_not_forgotten(bench: Bench) -> None:
    card = _proposed(bench, EFFECTS["card"])
    _dies(bench, points.AFTER_CLAIM)
    bench.run()
    assert (bench.state(card), bench.scripted.shown) == ("uncertain", [])
    assert "run-1 died" in bench.detail(card)


@pytest.mark.parametrize("point", points.DELIVERY_POINTS)
def test_the_real_channel_shows_one_card_at_most_wherever_the_run_dies(bench: Bench, point: str) -> None:
    teams = SimulatedTeams()
    with running_teams(teams) as url:
        webhook = checked(DEFAULT_CHANNEL, "HANDOFF_TEAMS_WEBHOOK", SecretStr(url), allow_loopback=True)
        bench.cards = TeamsGateway({DEFAULT_CHANNEL: webhook}, {}, ZoneInfo("UTC"), bench.clock)
        card = _proposed(bench, EFFECTS["card"])
        if point == points.AFTER_USE:
            bench.run()
        else:
            _dies(bench, point)
        for _ in range(2):
            bench.clock.pass_by(LATE.total_seconds())
            bench.run()
    assert (len(teams.channel), bench.state(card)) in {(1, "accepted"), (1, "uncertain"), (0, "uncertain")}


def test_the_claim_stands_in_the_ledger_before_the_call_is_made(bench: Bench, tmp_path: Path) -> None:
    seen: list[str] = []

    class Watching(ScriptedCards):
        async def send(self, intent):
            with Ledger.open(tmp_path / "ledger.sqlite") as other:
                seen.append(other.intents.get(intent.intent_id).state)
            return await super().send(intent)

    bench.cards = Watching()
    _proposed(bench, EFFECTS["card"])
    bench.run()
    assert seen == ["claimed"]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("point", [points.AFTER_CLAIM, points.AFTER_SEND, points.AFTER_SENT])
def test_a_process_that_is_killed_outright_leaves_one_note_after_the_next_one(bench: Bench, tmp_path: Path, point: str) -> None:
    note = _proposed(bench, EFFECTS["note"])
    with running(bench.sim) as url:
        killed = subprocess.run(
            [sys.executable, "-m", "tests.faults.deliver_once", str(tmp_path / "ledger.sqlite"), url],
            cwd=CHECKOUT,
            env={"HANDOFF_CRASH_AT": point, "PATH": ""},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    assert killed.returncode == EXIT_CODE, killed.stderr[-2000:]
    _ends_well(bench, EFFECTS["note"], note)
