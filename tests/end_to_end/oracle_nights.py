"""Nights of a seeded world run end to end, and what the oracle expects of them; in one morning somebody freezes baselines, and a script may
tell what people decide between the nights.

Nothing is judged here: `test_oracle` compares. The one thing to know: what is expected is worked out once and must not be changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from handoff_pipeline.commands.main import execute
from handoff_pipeline.definitions import run_nightly
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.serve import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, running
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.truth import Truth
from handoff_pipeline.simulator.world import build_world
from handoff_pipeline.warehouse.home import Home
from tests.end_to_end.bare_night import Installation
from tests.end_to_end.in_process import Moments
from tests.end_to_end.planting import FAR, plant
from tests.oracle import expected
from tests.oracle.baselines import Freeze
from tests.oracle.keys import UNASSIGNED_AGENT
from tests.oracle.metrics import METRICS
from tests.oracle.said import NOTHING, Said

WEB = "https://demo.halopsa.example"
BY_MORNING = timedelta(hours=6)
REASON = "What the pilot is compared with"


@dataclass(frozen=True)
class Published:
    """A finished sequence of nights: the published copy after the last one, and what the oracle expects of it.

    `own_intents` are those that the product proposed by itself after its nights; what they are about is not the oracle's.
    """

    file: Path
    tables: dict[str, list[dict[str, Any]]]
    own_intents: frozenset[str] = frozenset()


def run_all(
    checkout: Path,
    home: Path,
    seed: int,
    deals: int,
    nights: tuple[datetime, ...],
    frozen_after: int | None,
    said: Said = NOTHING,
    *,
    is_bare: bool = False,
) -> Published:
    """Runs the nights, as the nightly job or bare; after the one at that place somebody freezes a baseline of everything that can have one.

    What people said by a night is in the ledger before it, and before the last one also what they say after it. Intents are there before
    the last one only: the product itself takes back, after each night, proposals that no gap asks for any more.
    """
    truth = build_world(seed, deals)
    policy_file, ledger_file = checkout / "handoff.yaml", Home(home).ledger_file
    for place, night in enumerate(nights):
        if place and said is not NOTHING:
            is_last = place == len(nights) - 1
            plant(ledger_file, replace(said, intents=()), nights[place - 1], FAR if is_last else night)
            if is_last:
                plant(ledger_file, Said(intents=said.intents), None, FAR)
        published = _bare(home, policy_file, truth, night) if is_bare else _nightly(home, policy_file, truth, night)
        assert published == "complete", f"the night of {night:%Y-%m-%d} is {published}: some entity was not pulled whole"
        if place == frozen_after:
            freeze(home, policy_file, night + BY_MORNING, freezer(truth))
    with Ledger.open(ledger_file) as ledger:
        own = {each.intent_id for each in ledger.intents.all()} - {each.intent_id for each in said.intents}
    tables = expected_of(policy_file, seed, deals, nights, frozen_after, said)
    return Published(home / "published" / "handoff.duckdb", tables, frozenset(own))


def _nightly(home: Path, policy_file: Path, truth: Truth, night: datetime) -> str:
    """The nightly job; how it ended."""
    # The limiter's waits belong to the limiter's tests: a first load asks for more than one window allows.
    with running(SimulatedHalo(truth, night, Quirks(rate_limit=False))) as url:
        settings = Settings(
            _env_file=None,
            home=home,
            policy_file=policy_file,
            as_of=night,
            halo_url=url,
            halo_tenant=truth.tenant,
            halo_client_id=DEMO_CLIENT_ID,
            halo_client_secret=SecretStr(DEMO_CLIENT_SECRET),
            web_url=WEB,
        )
        result = run_nightly(settings, with_pages=False)
    assert result.ok, f"the night of {night:%Y-%m-%d} ended as {result.state} at {result.failed_step}: {result.message}"
    return result.state


def _bare(home: Path, policy_file: Path, truth: Truth, night: datetime) -> str:
    """The same without Dagster's runs, and without proposals; how it ended."""
    clock = Moments(night)
    sim = SimulatedHalo(truth, night, Quirks(rate_limit=False), clock)
    return Installation(home, policy_file, sim, clock).night().manifest.state


def freeze(home: Path, policy_file: Path, at: datetime, agent_id: int) -> None:
    """What somebody types in the morning."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)  # no .env is read here
        for name, value in {"HOME": home, "POLICY_FILE": policy_file, "AS_OF": at.isoformat()}.items():
            patch.setenv(f"HANDOFF_{name}", str(value))
        assert execute(("baseline", "freeze", "--by", str(agent_id), "--reason", REASON, "--yes", "--json")) == 0


def freezer(truth: Truth) -> int:
    return min(agent.agent_id for agent in truth.agents if agent.is_active and agent.agent_id > UNASSIGNED_AGENT)


@cache
def expected_of(
    policy_file: Path, seed: int, deals: int, nights: tuple[datetime, ...], frozen_after: int | None, said: Said = NOTHING
) -> dict[str, list[dict[str, Any]]]:
    """What the oracle expects; nobody changes its rows, since it is worked out once for all tests."""
    truth, policy = build_world(seed, deals), yaml.safe_load(policy_file.read_text(encoding="utf-8"))
    freezes = [] if frozen_after is None else [Freeze(each, nights[frozen_after] + BY_MORNING, freezer(truth), REASON) for each in METRICS]
    return expected(truth, policy, nights, WEB, freezes=freezes, said=said)
