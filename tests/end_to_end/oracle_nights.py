"""Nights of a seeded world run end to end, and what the oracle expects of them; in one morning somebody freezes baselines.

Nothing is judged here: `test_oracle` compares. The one thing to know: what is expected is worked out once and must not be changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from handoff_pipeline.commands.main import execute
from handoff_pipeline.definitions import run_nightly
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.serve import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, running
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.truth import Truth
from handoff_pipeline.simulator.world import build_world
from tests.oracle import expected
from tests.oracle.baselines import Freeze
from tests.oracle.keys import UNASSIGNED_AGENT
from tests.oracle.metrics import METRICS

WEB = "https://demo.halopsa.example"
BY_MORNING = timedelta(hours=6)
REASON = "What the pilot is compared with"


@dataclass(frozen=True)
class Published:
    """A finished sequence of nights: the published copy after the last one, and what the oracle expects of it."""

    file: Path
    tables: dict[str, list[dict[str, Any]]]


def run_all(checkout: Path, home: Path, seed: int, deals: int, nights: tuple[datetime, ...], frozen_after: int | None) -> Published:
    """Runs the nights; after the one at that place somebody freezes a baseline of everything that can have one."""
    truth = build_world(seed, deals)
    policy_file = checkout / "handoff.yaml"
    for place, night in enumerate(nights):
        # The limiter's waits belong to the limiter's tests: a first load asks for more than one window allows.
        with running(SimulatedHalo(truth, night, Quirks(rate_limit=False))) as url:
            result = run_nightly(
                Settings(
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
            )
        assert result.ok, f"the night of {night:%Y-%m-%d} ended as {result.state} at {result.failed_step}: {result.message}"
        assert result.state == "complete", f"the night of {night:%Y-%m-%d} is {result.state}: some entity was not pulled whole"
        if place == frozen_after:
            freeze(home, policy_file, night + BY_MORNING, freezer(truth))
    return Published(home / "published" / "handoff.duckdb", expected_of(policy_file, seed, deals, nights, frozen_after))


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
    policy_file: Path, seed: int, deals: int, nights: tuple[datetime, ...], frozen_after: int | None
) -> dict[str, list[dict[str, Any]]]:
    """What the oracle expects; nobody changes its rows, since it is worked out once for all tests."""
    truth, policy = build_world(seed, deals), yaml.safe_load(policy_file.read_text(encoding="utf-8"))
    freezes = [] if frozen_after is None else [Freeze(each, nights[frozen_after] + BY_MORNING, freezer(truth), REASON) for each in METRICS]
    return expected(truth, policy, nights, WEB, freezes=freezes)
