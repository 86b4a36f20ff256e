"""Hours between two nights: a gap that is mended by day counts by day, and the next night is as if nobody had looked."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.acting import work
from assets.hour import look as looking
from assets.hour.look import UNCHANGED, Looked, look
from assets.rebuild import rebuild
from handoff_pipeline.definitions import defs
from handoff_pipeline.halo import pull
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.simulator import Script
from handoff_pipeline.simulator.script_acts import FIELDS_OF, papers
from handoff_pipeline.warehouse import acquire, hour
from handoff_pipeline.warehouse.apart import apart
from handoff_pipeline.warehouse.crash import EXIT_CODE
from tests.end_to_end.bare_night import Night, policy_of
from tests.end_to_end.in_process import InProcess
from tests.end_to_end.quarter import Mode, Quarter, installed
from tests.end_to_end.quirky import content

pytestmark = pytest.mark.timeout(600)
SCRIPT = Script(seed=7, start=date(2026, 7, 6), days=37, cases=8, mix={"ignore": 1})
"""Eight deals, won by Monday the 13th, whose gaps nobody closes by himself."""
CHECKOUT = Path(__file__).resolve().parents[2]
LOOK = """
from handoff_pipeline.clock import clock_for
from handoff_pipeline.settings import load_settings
from assets.hour.look import look
settings = load_settings()
print(look(settings, clock_for(settings.as_of), "killed").said)
"""


def at(day: int, hour_of_day: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, day, hour_of_day, minute, tzinfo=UTC)


FIRST, SECOND, THIRD = at(14, 0, 30), at(15, 0, 30), at(16, 0, 30)
"""Tuesday and the nights after it; London is an hour ahead."""


@dataclass
class Days:
    """A quarter's home, with what each look brought."""

    quarter: Quarter
    looks: list[Looked] = field(default_factory=list)

    @property
    def home(self) -> Any:
        return self.quarter.made.home

    def night(self, moment: datetime) -> Night:
        self.quarter.reach(moment)
        return self.quarter.made.night()

    def look(self, moment: datetime, **changed: object) -> Looked:
        """The step `look` of the job `hourly`."""
        self.quarter.reach(moment)
        made = self.quarter.made
        made.clock.at = moment

        def ask(settings, plan, inbox, clock):
            return pull(settings, plan, inbox, clock, transport=InProcess(made.sim, made.clock))

        self.looks.append(look(made.settings.model_copy(update=changed), made.clock, f"hour-{moment:%d%H%M}", ask))
        return self.looks[-1]

    def hour(self, moment: datetime) -> None:
        """The whole job."""
        self.look(moment)
        self.quarter.hour(moment)

    def gaps(self) -> list[Any]:
        """The gaps that acting sees now, by their ids."""
        with work.installation(self.quarter.made.settings, "test") as seen:
            return sorted(seen.rows.gaps, key=lambda gap: gap.gap_id)

    def fill(self, gap: Any, moment: datetime) -> None:
        """A seller fills what is missing; all fields of the deal, so that nothing else is."""
        self.quarter.reach(moment)
        self._set(gap.handoff_id, dict(papers(gap.handoff_id, date(2026, 7, 12))))

    def empty(self, gap: Any, moment: datetime) -> None:
        """He takes it out again."""
        self.quarter.reach(moment)
        self._set(gap.handoff_id, dict.fromkeys(FIELDS_OF[gap.item]))

    def _set(self, deal: int, fields: dict[str, Any]) -> None:
        told = [{"name": name, "value": f"{value}" if value else None} for name, value in fields.items()]
        self.quarter.sim.edits.change("tickets", deal, {"customfields": told})

    def keys(self, begin: str) -> list[str]:
        return sorted(one.dedupe_key for one in self.quarter.intents() if one.dedupe_key.startswith(begin))

    def published(self) -> dict[str, str]:
        """Every file that readers, and rebuilds, open."""
        files = [path for folder in ("published", "history") for path in (self.home.root / folder).rglob("*") if path.is_file()]
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def first(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a first night in shadow."""
    with installed("shadow", SCRIPT, checkout, tmp_path_factory.mktemp("first")) as quarter:
        Days(quarter).night(FIRST)
        return Path(quarter.made.root)


@pytest.fixture
def days(request: pytest.FixtureRequest, first: Path, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    """A home after its first night; in shadow unless the test is marked otherwise."""
    monkeypatch.setattr(looking, "load_policy", policy_of)
    mode: Mode = getattr(request, "param", "shadow")
    with installed(mode, SCRIPT, checkout, tmp_path) as quarter:
        if mode == "shadow":
            quarter.reach(FIRST)
            shutil.copytree(first, quarter.made.root)
        else:
            quarter.night(FIRST)
        yield Days(quarter)


@pytest.mark.campaign
def test_two_nights_are_the_same_with_hours_and_without(days: Days, first: Path, checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with installed("shadow", SCRIPT, checkout, tmp_path / "other") as without:
        plain = Days(without)
        without.reach(FIRST)
        shutil.copytree(first, without.made.root)
        mended, spoilt, *_ = [gap for gap in days.gaps() if gap.is_open]
        before, told = days.published(), []
        for one in (days, plain):
            one.fill(mended, at(14, 9))
            one.fill(spoilt, at(14, 9))
            if one is days:
                told.append(one.look(at(14, 9, 5)))
            one.empty(spoilt, at(14, 11))
            one.quarter.sim.edits.change("tickets", mended.handoff_id, {"summary": "Renamed by day"})
            if one is days:
                told += [one.look(at(14, 11, 5)), one.look(at(14, 12, 5))]
        assert days.published() == before
        assert [each.said for each in told] == [None] * 3
        assert [each.numbers["look_gaps_closed"] for each in told] == [2, 1, 1]
        with_hours, without_any = days.night(SECOND), plain.night(SECOND)
    assert content(with_hours) == content(without_any)
    assert with_hours.manifest.requests == without_any.manifest.requests
    for each in (days, plain):
        with Ledger.open(each.home.ledger) as ledger:
            assert [len({batch.batch_no for batch in ledger.batches()}), len(ledger.runs())] == [2, 2]
    assert not (days.home.root / "alerts.jsonl").exists()
    assert rebuild(defs, days.quarter.made.settings, SECOND.date(), tmp_path / "again").is_equal


@pytest.mark.campaign
@pytest.mark.parametrize("days", ["warn"], indirect=True)
def test_a_gap_mended_by_day_is_announced_within_the_hour_once_and_never_escalated(days: Days) -> None:
    days.hour(at(14, 9, 5))
    mended, back, left = [gap for gap in days.gaps() if gap.is_open and gap.is_hard and gap.item in FIELDS_OF][:3]
    assert not days.keys("closure|")
    days.fill(mended, at(14, 10))
    days.fill(back, at(14, 10))
    days.hour(at(14, 10, 5))
    assert days.keys("closure|") == sorted(f"closure|{gap.gap_id}" for gap in (mended, back))
    days.empty(back, at(14, 11))
    days.hour(at(14, 11, 5))
    assert {gap.gap_id: gap.state for gap in days.gaps() if gap.gap_id in {mended.gap_id, back.gap_id}} == {
        mended.gap_id: "resolved", back.gap_id: "open",
    }  # fmt: skip
    days.quarter.night(SECOND)
    assert {gap.gap_id: (gap.state, gap.is_by_day) for gap in days.gaps() if gap.gap_id in {mended.gap_id, back.gap_id}} == {
        mended.gap_id: ("resolved", False), back.gap_id: ("open", False),
    }  # fmt: skip
    days.hour(at(15, 14, 5))
    escalated = {key.rsplit("|", 2)[0].removeprefix("escalation|") for key in days.keys("escalation|")}
    assert {back.gap_id, left.gap_id} <= escalated
    assert mended.gap_id not in escalated
    days.fill(back, at(15, 15))
    days.hour(at(15, 15, 5))
    days.quarter.night(THIRD)
    days.hour(at(16, 9, 5))
    assert days.keys(f"closure|{mended.gap_id}") == [f"closure|{mended.gap_id}"]
    assert days.keys(f"closure|{back.gap_id}") == [f"closure|{back.gap_id}", f"closure|{back.gap_id}|2"]
    assert {each.said for each in days.looks} == {None}
    cards = [one for one in days.quarter.intents() if one.action == "closure_card"]
    assert {one.state for one in cards} == {"accepted"}
    # The note that told of the closing by day is not repeated by the night, which dates it; the one that says "open" again is.
    notes = [one for one in days.quarter.intents() if one.action == "halo_note" and one.handoff_id == mended.handoff_id]
    assert len(notes) == 2, [one.content for one in notes]


def test_an_hour_that_is_not_whole_changes_nothing_and_the_next_one_asks_again(days: Days) -> None:
    gap = next(gap for gap in days.gaps() if gap.is_open)
    assert days.look(at(14, 9, 5)).said is None
    kept, copy = hour.file_of(days.home).read_bytes(), apart(days.home).work_file.stat().st_ino
    days.fill(gap, at(14, 9, 30))
    short = days.look(at(14, 10, 5), hourly_requests=4)
    assert str(short.said).startswith(UNCHANGED)
    assert "request budget" in str(short.said)
    sim = days.quarter.sim
    usual, sim.quirks = sim.quirks, replace(sim.quirks, denied_scopes=frozenset({"quotes"}))
    refused = days.look(at(14, 10, 10))
    sim.quirks = usual
    assert "quotation is not permitted" in str(refused.said)
    assert hour.file_of(days.home).read_bytes() == kept
    assert days.look(at(14, 11, 5)).said is None
    assert apart(days.home).work_file.stat().st_ino == copy, "the day's copy is gone on with"
    assert {each.gap_id: each.is_by_day for each in days.gaps()}[gap.gap_id]


def test_a_look_asks_for_what_changed_within_its_bound(days: Days) -> None:
    gap = next(gap for gap in days.gaps() if gap.is_open)
    quiet = days.look(at(14, 9, 5)).numbers["look_requests"]
    days.fill(gap, at(14, 9, 30))
    changed = days.look(at(14, 10, 5)).numbers["look_requests"]
    night = days.quarter.made.manifest().requests
    print(f"requests: a quiet look {quiet}, one after a change {changed}, a night {night}")  # noqa: T201 - pytest shows it with -s
    assert quiet <= 14
    assert changed == quiet + 1, "the documents of the deal that changed"
    asked = {request.endpoint for request in days.quarter.sim.requests[-changed:]}
    assert not asked & {"/Actions", "/Client", "/Invoice", "/Milestone"}


def test_a_look_that_is_killed_after_landing_is_healed_by_the_next(days: Days) -> None:
    gap = next(gap for gap in days.gaps() if gap.is_open)
    days.fill(gap, at(14, 9))
    settings = days.quarter.made.settings
    given = {"home": settings.home, "policy_file": settings.policy_file, "halo_url": settings.halo_url, "halo_tenant": settings.halo_tenant,
             "halo_client_id": settings.halo_client_id, "as_of": at(14, 9, 5).isoformat(), "crash_at": "hour.landed"}  # fmt: skip
    secret = settings.halo_client_secret
    assert secret is not None
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HANDOFF_", "DAGSTER_"))}
    environment |= {f"HANDOFF_{name.upper()}": str(value) for name, value in given.items()}
    environment["HANDOFF_HALO_CLIENT_SECRET"] = secret.get_secret_value()
    killed = subprocess.run([sys.executable, "-c", LOOK], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == EXIT_CODE, killed.stderr[-2000:] + killed.stdout
    assert not hour.file_of(days.home).exists()
    assert days.look(at(14, 10, 5)).said is None
    assert {each.gap_id: each.is_by_day for each in days.gaps()}[gap.gap_id]
    assert days.night(SECOND).manifest.state == "complete"


def test_while_a_night_holds_the_warehouse_an_hour_asks_for_nothing(days: Days) -> None:
    before = len(days.quarter.sim.requests)
    with acquire(days.home, "night"):
        assert "holds the warehouse" in str(days.look(at(14, 9, 5)).said)
    assert len(days.quarter.sim.requests) == before
    assert not apart(days.home).root.exists()


def test_what_an_hour_saw_means_nothing_beside_the_next_publication(days: Days) -> None:
    days.look(at(14, 9, 5))
    manifest = days.quarter.made.manifest()
    found = hour.read(days.home, manifest.run_id, manifest.as_of_utc, at(14, 23))
    assert found is not None
    assert hour.read(days.home, manifest.run_id, manifest.as_of_utc, manifest.as_of_utc + timedelta(hours=1)) is None, "in the future"
    assert hour.read(days.home, "another run of that night", manifest.as_of_utc, at(14, 23)) is None
    later = days.night(SECOND).manifest
    assert hour.read(days.home, later.run_id, later.as_of_utc, at(15, 9)) is None
