"""Habits of HaloPSA that lose nothing: whatever two of them come together, the same tables are published.

Those that may lose something are test_lossy_quirks.py's. The nights are bare_night.py's, held here to the nightly job's own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from allpairspy import AllPairs

from handoff_pipeline.definitions import run_nightly
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.simulator import Quirks, SimulatedHalo, running
from tests.end_to_end.bare_night import Installation, Night
from tests.end_to_end.quirk_classes import CONTENT, HEALED, LOSSLESS, LOSSY, OF_FAULTS, WRITING, once
from tests.end_to_end.quirky import LATER, MOMENT, OWN_RUN, PLAIN, First, content, installation, unlike, world

pytestmark = pytest.mark.timeout(900)
"""Each case is up to two whole nights; the limit is for a machine that does other things as well."""

FAULTS = ("fault", "second_fault", "third_fault", "fourth_fault")
ALL_AT_ONCE = {name: values[-1] for name, values in LOSSLESS.items()}
FIXED = {
    "other spelling": {
        "page_cap": 7,
        "omit_null_keys": False,
        "ids_as_text": True,
        "date_spelling": "zulu",
        "retry_after": True,
        "rate_limit_requests": 40,
    },
    "all but the count": ALL_AT_ONCE
    | {"record_count_missing": False, "ids_as_text": False, "fault": "cut_body", "second_fault": "short_page"},
    "all at once": ALL_AT_ONCE | {"ids_as_decimals": False, "unpaged_paths": frozenset(), "date_skew_seconds": -5400.0},
}


ROWS = [pytest.param(row, id=name, marks=() if name == "all at once" else pytest.mark.campaign) for name, row in FIXED.items()]


def test_every_switch_of_the_simulator_is_in_one_class() -> None:
    classes = [set(LOSSLESS), set(CONTENT), set(LOSSY), set(WRITING), set(OF_FAULTS)]
    assert set.union(*classes) == {each.name for each in fields(Quirks)}
    assert sum(map(len, classes)) == len(set.union(*classes))


def test_a_bare_night_publishes_what_the_nightly_job_publishes(plain: First, tmp_path: Path) -> None:
    with running(SimulatedHalo(world(), MOMENT, Quirks(**PLAIN))) as url:
        result = run_nightly(plain.installation.settings.model_copy(update={"home": tmp_path / "home", "halo_url": url}), with_pages=False)
    assert result.state == "complete", result.message
    published = replace(plain.installation, root=tmp_path / "home").manifest()
    assert published.content_hash == plain.night.manifest.content_hash
    assert {name: table.content_hash for name, table in published.tables.items() if name not in OWN_RUN} == content(plain.night)


@pytest.mark.parametrize("row", ROWS)
def test_habits_that_lose_nothing_change_nothing(plain: First, checkout: Path, tmp_path: Path, row: dict[str, Any]) -> None:
    assert_same(plain.night, installation(tmp_path, checkout, **habits(row)))


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_no_pair_of_habits_that_lose_nothing_changes_anything(plain: First, checkout: Path, tmp_path: Path) -> None:
    rows = list(design())
    unequal = []
    for number, row in enumerate(rows):
        root = tmp_path / str(number)
        try:
            assert_same(plain.night, installation(root, checkout, **habits(row)))
        except (AssertionError, HandoffError) as error:
            unequal.append(f"row {number}: {error}\n    {chosen(row)}")
        shutil.rmtree(root)
    assert not unequal, "\n\n".join(unequal)
    assert len(rows) > len(HEALED) / len(FAULTS)


@pytest.mark.campaign
@pytest.mark.parametrize("row", ROWS)
def test_habits_that_begin_after_the_first_night_change_nothing(
    plain: First, plain_later: Night, tmp_path: Path, row: dict[str, Any]
) -> None:
    # Templates are told apart from the first night on; that their milestones vanish later is a drop like any other.
    assert_same(plain_later, plain.again(tmp_path / "home", LATER, **habits(row | {"template_milestones": True})))


@pytest.mark.campaign
def test_a_habit_that_hides_a_figure_is_seen_by_the_comparison(plain: First, checkout: Path, tmp_path: Path) -> None:
    night = installation(tmp_path, checkout, sale_costs_visible=False).night()
    assert "fact_project_margin" in unlike(night, plain.night)


def design() -> Iterator[dict[str, Any]]:
    """Rows in which every pair of values of every two switches occurs; each row brings up to four faults as well."""
    faults = [(None, *list(HEALED)[first :: len(FAULTS)]) for first in range(len(FAULTS))]
    for row in AllPairs([*LOSSLESS.values(), *faults], filter_func=is_possible):
        yield dict(zip([*LOSSLESS, *FAULTS], row, strict=True))


def habits(row: dict[str, Any]) -> dict[str, Any]:
    """The quirks of a row of the design."""
    switches = {name: value for name, value in row.items() if name not in FAULTS}
    return switches | {"faults": tuple(fault for name in FAULTS for fault in once(row.get(name)))}


def assert_same(plain: Night, made: Installation) -> None:
    """Run the night and hold it to the plain one."""
    night = made.night()
    short = {entity.entity: entity.detail for entity in night.landed.entities.values() if entity.state != "complete"}
    assert not short, str(short)
    assert unlike(night, plain) == []


def chosen(row: dict[str, Any]) -> dict[str, Any]:
    """What of a row is not as on the plain night."""
    return {name: value for name, value in row.items() if value not in (LOSSLESS.get(name, (None,))[0], None)}


def is_possible(row: list[Any]) -> bool:
    """What no client can heal: tokens that live shorter than every wait for the limiter, and two unsound bodies in a row for one page."""
    known = dict(zip([*LOSSLESS, *FAULTS], row, strict=False))
    is_never_fresh = known.get("token_life_seconds") == 3 and known.get("rate_limit_requests") == 40
    return not is_never_fresh and not {"wrong_content_type", "truncated_json"} <= {known.get(name) for name in FAULTS}
