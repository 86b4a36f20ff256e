"""What these tests build is what whole nights publish: pulled, landed and built by the graph, of the same tenant and nights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from handoff_pipeline.simulator import SimulatedHalo, build_world
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.tables import RUN_ID
from tests.end_to_end.bare_night import Installation
from tests.end_to_end.in_process import Moments
from tests.metamorphic.building import build
from tests.metamorphic.comparing import TENANT, differences
from tests.metamorphic.telling import DEALS, MOMENTS, SEED, Night
from tests.sql.tenant import WEB

NIGHTS = 3


@pytest.mark.campaign
def test_the_tables_are_those_of_whole_nights(tmp_path: Path, checkout: Path, nights: tuple[Night, ...], policy_text: str):
    truth = replace(build_world(SEED, DEALS, date(2026, 3, 2), date(2026, 8, 31)), tenant=TENANT)
    clock = Moments(MOMENTS[0])
    halo = SimulatedHalo(truth, MOMENTS[0], Quirks(rate_limit=False), clock)
    installation = Installation(tmp_path / "home", checkout / "handoff.yaml", halo, clock, {"web_url": WEB})
    for moment in MOMENTS[:NIGHTS]:
        halo.now = moment
        installation.night()

    # The simulated tenant grants no reporting unless asked to, so that the nights read neither of these in bulk.
    known = [replace(night, rows={**night.rows, "agent_cost": [], "budget": []}) for night in nights[:NIGHTS]]
    made = build(known, policy_text)
    published = {name: pl.read_parquet(_file(installation, name)).drop(RUN_ID) for name in made}
    assert differences(made, published) == {}


def _file(installation: Installation, name: str) -> Path:
    return installation.home.published / "parquet" / "v1" / f"{name}.parquet"
