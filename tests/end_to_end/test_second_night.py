"""The demo's two nights with the clock held: the second asks for little, finds nothing new and leaves what is published as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handoff_pipeline.simulator import SimulatedHalo, build_world
from handoff_pipeline.warehouse import Manifest
from tests.end_to_end.bare_night import Installation
from tests.end_to_end.in_process import Moments

MOMENT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
FIRST_LOAD_AT_MOST = 250
SECOND_NIGHT = {
    "/Actions": 3,
    "/Agent": 1,
    "/Appointment": 1,
    "/Client": 1,
    "/ClientContract": 1,
    "/FieldInfo": 1,
    "/Invoice": 1,
    "/Lookup": 4,
    "/Milestone": 2,
    "/Opportunities": 1,
    "/Projects": 1,
    "/Quotation": 1,
    "/SalesOrder": 1,
    "/Site": 1,
    "/Status": 1,
    "/Team": 1,
    "/TicketApproval": 1,
    "/TicketType": 1,
    "/Tickets": 1,
    "/Timesheet": 1,
    "/auth/token": 1,
    "/authinfo": 1,
}
"""28 requests: no detail, no document, no order and no sweep, which is due once a day."""
ABOUT_THE_RUN = {"meta_run", "meta_source_completeness"}


@dataclass(frozen=True)
class Left:
    """What one night asked for and left behind."""

    requests: dict[str, int]
    manifest: Manifest
    files: dict[str, bytes]


pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def nights(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Left, Left]:
    """Two nights on the demo's world; the simulator keeps its rate limit."""
    clock = Moments(MOMENT)
    made = Installation(
        tmp_path_factory.mktemp("home"), checkout / "handoff.yaml", SimulatedHalo(build_world(7, 120), MOMENT, clock=clock), clock
    )
    return _night(made), _night(made)


def _night(made: Installation) -> Left:
    night = made.night()
    assert night.manifest.state == "complete"
    files = {path.stem: path.read_bytes() for path in made.home.parquet.glob("*.parquet")}
    return Left(dict(night.pulled.requests_by_endpoint), night.manifest, files)


def test_the_first_load_stays_within_one_window_of_the_rate_limit(nights: tuple[Left, Left]) -> None:
    assert sum(nights[0].requests.values()) < FIRST_LOAD_AT_MOST


def test_the_second_night_asks_for_little(nights: tuple[Left, Left]) -> None:
    assert nights[1].requests == SECOND_NIGHT


def test_a_night_that_finds_nothing_new_publishes_the_same_content(nights: tuple[Left, Left]) -> None:
    first, second = (night.manifest.content_hash for night in nights)
    assert first == second


def test_unchanged_tables_keep_their_bytes_and_their_run(nights: tuple[Left, Left]) -> None:
    first, second = nights
    unchanged = set(first.files) - ABOUT_THE_RUN
    assert {name for name in unchanged if first.files[name] != second.files[name]} == set()
    assert {second.manifest.tables[name].run_id for name in unchanged} == {first.manifest.run_id}


def test_what_is_about_the_run_tells_of_both_nights(nights: tuple[Left, Left]) -> None:
    first, second = nights
    assert second.manifest.tables["meta_run"].rows == 2 * first.manifest.tables["meta_run"].rows == 2
