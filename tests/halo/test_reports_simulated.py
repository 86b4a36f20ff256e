"""What the client reads by SQL from the simulated tenant, in every shape of the answer and where rows are cut in silence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from handoff_pipeline.clock import HeldClock
from handoff_pipeline.halo import PullPlan, PullReport, pull
from handoff_pipeline.settings import READ_SCOPES, Settings
from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Quirks, SimulatedHalo, Truth, build_world, running

NIGHT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def small() -> Truth:
    return build_world(seed=11, deals=24)


def _pull(sim: SimulatedHalo, inbox: Path) -> PullReport:
    values: dict[str, Any] = {"halo_client_id": DEMO_CLIENT_ID, "halo_client_secret": SecretStr(DEMO_CLIENT_SECRET)}
    values |= {"reporting": True, "reporting_rows": 50, "halo_scope": f"{READ_SCOPES} read:reporting", "history_start": "2026-10-01"}
    with running(sim) as url:
        return pull(Settings(_env_file=None, halo_url=url, **values), PullPlan(as_of=sim.now), inbox, HeldClock(sim.now))


@pytest.mark.fact("H068", "H069", "H072", "H074", "H079")
@pytest.mark.parametrize(
    "switches",
    [{}, {"report_in_array": True}, {"report_rows_at": "top"}, {"report_row_cap": 7}],
    ids=["as usual", "array", "top level", "cut in silence"],
)
def test_every_row_comes_by_sql_whatever_the_shape_of_the_answer(small: Truth, tmp_path: Path, switches: dict[str, Any]) -> None:
    sim = SimulatedHalo(small, NIGHT, Quirks(**switches))
    report = _pull(sim, tmp_path)
    snapshot = sim.snapshot()
    for name, held in (("budget", snapshot.budgets), ("agent_cost", snapshot.agent_costs), ("audit", snapshot.audit)):
        pages = [orjson.loads(file.path.read_bytes()) for file in report.entities[name].files]
        assert report.entities[name].state == "complete", report.entities[name].detail
        assert sorted(row["id"] for page in pages for row in page) == sorted(row["id"] for row in held)
