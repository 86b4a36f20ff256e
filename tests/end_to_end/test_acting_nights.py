"""Nights on which people act: in shadow nothing is written anywhere, in operate cards, notes and fields arrive, each once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from handoff_pipeline.definitions import run_acting
from handoff_pipeline.ledger import Intent, Ledger
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    WRITER_CLIENT_ID,
    WRITER_CLIENT_SECRET,
    Journal,
    Quirks,
    Script,
    SimulatedHalo,
    play,
    quiet_world,
    running,
)
from handoff_pipeline.simulator.teams import SimulatedTeams
from handoff_pipeline.simulator.teams_serve import running_teams
from handoff_pipeline.warehouse.home import Home
from tests.end_to_end.bare_night import WEB, Installation
from tests.end_to_end.in_process import Moments

pytestmark = pytest.mark.timeout(600)
SCRIPT = Script(seed=7, start=date(2026, 7, 6), days=37, cases=6, mix={"ignore": 2, "fix_field": 1, "clean": 1})
"""Wins on the sixth and seventh day, Saturday and Sunday, so all on the Monday after."""
NIGHTS = {"shadow": datetime(2026, 7, 14, 0, 30, tzinfo=UTC), "operate": datetime(2026, 7, 15, 0, 30, tzinfo=UTC)}
"""Phase to the night that runs in it."""
MORNING = timedelta(hours=7, minutes=45)
"""From the night to a quarter past nine in London."""
ABOUT_US = {"heartbeat", "audit_head", "alert_card"}
FIELDS = {"score": "CFHandoffScore", "gap_count": "CFHandoffGaps", "signoff_state": "CFHandoffSignoff"}


@dataclass
class Seen:
    """What stood at both far sides and in the outbox at some moment."""

    writes: int
    cards: int
    intents: list[Intent]
    told: list[dict[str, Any]] = field(default_factory=list)

    def of(self, *states: str, shadow: bool = False) -> Counter[str]:
        return Counter(one.action for one in self.intents if one.is_shadow is shadow and (not states or one.state in states))


@dataclass
class Played:
    """The tenant, its channel and its installation, and what was seen after each day."""

    sim: SimulatedHalo
    teams: SimulatedTeams
    settings: Settings
    seen: list[Seen] = field(default_factory=list)

    def look(self, told: list[dict[str, Any]]) -> Seen:
        with Ledger.open(Home.of(self.settings).ledger_file) as ledger:
            intents = ledger.intents.all()
        # What people did stands in `edits`; `writes` is what came over HTTP.
        seen = Seen(len(self.sim.writes), len(self.teams.channel), intents, told)
        self.seen.append(seen)
        return seen


def policy_of(checkout: Path, target: Path, phase: str) -> Path:
    """The example policy in a phase, every item in mode enforce, with fields to write."""
    policy = yaml.safe_load((checkout / "handoff.yaml").read_text("utf-8"))
    policy["rollout"] |= {"phase": phase} | ({} if phase == "shadow" else {"moved_by": "Laura Svensson", "moved_on": date(2026, 7, 14)})
    for item in policy["checklist"]["items"]:
        item["mode"] = "enforce"
    policy["write_back"]["fields"] = FIELDS
    target.write_text(yaml.safe_dump(policy, allow_unicode=True), "utf-8")
    return target


@pytest.fixture(scope="module")
def played(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Two nights with their mornings: one in shadow, one in operate; after the last morning a second delivery."""
    folder, journal, clock = tmp_path_factory.mktemp("acting"), Journal(), Moments(SCRIPT.opens_at)
    sim, teams = SimulatedHalo(quiet_world(), SCRIPT.opens_at, Quirks(rate_limit=False), clock), SimulatedTeams()
    with running(sim) as url, running_teams(teams) as webhook:
        settings = Settings(
            _env_file=None,
            home=folder / "home",
            halo_url=url,
            halo_tenant="demo",
            halo_client_id=DEMO_CLIENT_ID,
            halo_client_secret=SecretStr(DEMO_CLIENT_SECRET),
            halo_writer_client_id=WRITER_CLIENT_ID,
            halo_writer_client_secret=SecretStr(WRITER_CLIENT_SECRET),
            web_url=WEB,
            teams_webhook=SecretStr(webhook),
            teams_allow_loopback=True,
        )
        done, at = Played(sim, teams, settings), settings
        for phase, night in NIGHTS.items():
            policy_file = policy_of(checkout, folder / f"{phase}.yaml", phase)
            play(sim, SCRIPT, night, journal)
            assert Installation(settings.home, policy_file, sim, clock).night().manifest.state == "complete"
            morning = night + MORNING
            play(sim, SCRIPT, morning, journal)
            at = settings.model_copy(update={"as_of": morning, "policy_file": policy_file})
            ran = [run_acting(at, job) for job in ("remediate", "deliver")]
            assert [one.message for one in ran] == [None, None]
            done.look([dict(one.told) for one in ran])
        again = run_acting(at, "deliver")
        assert again.ok, again.message
        done.look([dict(again.told)])
        yield done


def test_shadow_writes_nothing_to_halopsa_and_no_card_about_a_customer(played):
    first = played.seen[0]
    assert first.writes == 0
    assert {one.action for one in first.intents if one.sent_at is not None} <= ABOUT_US
    assert first.cards == len([one for one in first.intents if one.state == "accepted"])


def test_shadow_records_what_would_have_been_done(played):
    first = played.seen[0].of(shadow=True)
    assert {"owner_card", "halo_note", "halo_score_fields", "halo_blocking"} <= set(first)
    assert played.seen[0].of("proposed", shadow=True) == first


def test_in_operate_cards_notes_and_fields_arrive(played):
    last = played.seen[1]
    assert {"owner_card", "daily_card"} & set(last.of("accepted"))
    assert {"halo_note", "halo_score_fields", "approval_request"} <= set(last.of("confirmed"))
    assert last.of("failed", "uncertain", "conflict") == Counter()


def test_the_fields_of_a_deal_hold_the_published_figures(played):
    written = [one for one in played.seen[-1].intents if one.action == "halo_score_fields" and one.state == "confirmed"]
    latest = {one.handoff_id: json.loads(one.content)["fields"] for one in written}
    for handoff_id, fields in latest.items():
        shown = {item["name"]: item.get("value") for item in played.sim.edits.find("tickets", handoff_id)["customfields"]}
        assert {name: shown[name] for name in fields} == fields


def test_every_card_and_every_note_arrives_once(played):
    last = played.seen[-1]
    assert last.cards == sum(last.of("accepted").values())
    notes = [row["note"] for row in played.sim.edits.rows("actions") if "[handoff:" in row["note"]]
    confirmed = last.of("confirmed")
    assert len(notes) == len(set(notes)) == confirmed["halo_note"] + confirmed["halo_blocking"]


def test_a_second_delivery_sends_nothing(played):
    before, after = played.seen[-2:]
    assert (after.writes, after.cards) == (before.writes, before.cards)
    assert [(one.intent_id, one.state) for one in after.intents] == [(one.intent_id, one.state) for one in before.intents]
