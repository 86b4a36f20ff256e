"""`handoff rebuild`: what it refuses, what it says, and that the home stays as it is."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from handoff_pipeline import __version__
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse import Home, rebuilt
from handoff_pipeline.warehouse.manifest import Rebuild

DAY = "2026-09-28"


def digest(root: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def at_home(handoff, demo_home, monkeypatch):
    """The command line on the demo's home; `into` is where a rebuild may go."""
    monkeypatch.setenv("HANDOFF_HOME", str(demo_home))
    return handoff


def test_a_rebuilt_night_is_what_was_published_and_the_home_stays_as_it_is(at_home, demo_home, tmp_path):
    before = digest(demo_home)
    said = at_home("rebuild", "--as-of", "2026-12-31", "--to", str(tmp_path / "past"), "--json")
    assert said.code == 0, said.out
    published = json.loads((demo_home / "published" / "manifest.json").read_text("utf-8"))
    assert said.json["is_as_published"] is True
    assert (said.json["content_hash"], said.json["night_run_id"]) == (published["content_hash"], published["run_id"])
    assert (said.json["product_version_then"], said.json["different"]) == (__version__, [])
    made = json.loads((tmp_path / "past" / "published" / "manifest.json").read_text("utf-8"))
    assert made["rebuild"]["day"] == "2026-12-31"
    assert made["rebuild"]["history_sha256"] == published["history"]["sha256"]
    assert digest(demo_home) == before
    assert "history: 1 of 1" in said.err


def test_a_day_before_the_first_night_names_the_day_that_history_begins_on(at_home, tmp_path):
    said = at_home("rebuild", "--as-of", "2020-01-01", "--to", str(tmp_path / "past"), "--json")
    assert said.code == 1
    assert said.json["error"]["message"] == f"The history holds no night at or before 2020-01-01: it begins on {DAY}."
    assert not (tmp_path / "past").exists()


def test_a_folder_that_holds_something_is_left_alone(at_home, tmp_path):
    (tmp_path / "past").mkdir()
    (tmp_path / "past" / "mine.txt").write_text("mine", "utf-8")
    said = at_home("rebuild", "--as-of", DAY, "--to", str(tmp_path / "past"), "--json")
    assert said.code == 1
    assert "is not empty" in said.json["error"]["message"]
    assert [path.name for path in (tmp_path / "past").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("into", ["past", "published/past", "..", "."])
def test_a_folder_in_the_home_or_around_it_is_refused(at_home, demo_home, into):
    before = digest(demo_home)
    said = at_home("rebuild", "--as-of", DAY, "--to", str(demo_home / into), "--json")
    assert (said.code, "lie in each other" in said.json["error"]["message"]) == (1, True)
    assert digest(demo_home) == before


def test_a_home_without_a_history_says_who_writes_it(handoff, tmp_path):
    said = handoff("rebuild", "--as-of", DAY, "--to", str(tmp_path / "past"), "--json")
    assert "There is no history at" in said.json["error"]["message"]
    assert not (tmp_path / "past").exists()


def test_a_history_that_lost_a_table_leaves_nothing_behind(handoff, demo_home, tmp_path):
    copy = tmp_path / "home" / "history" / "history.duckdb"
    copy.parent.mkdir(parents=True)
    copy.write_bytes((demo_home / "history" / "history.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as conn:
        conn.execute("drop table staging.client")
    (tmp_path / "past").mkdir()
    said = handoff("rebuild", "--as-of", DAY, "--to", str(tmp_path / "past"), "--json")
    assert "cannot be read from the history" in said.json["error"]["message"]
    assert list((tmp_path / "past").iterdir()) == []


def test_no_night_begins_in_a_rebuild(tmp_path):
    home = Home(tmp_path)
    moment = "2026-09-28T01:30:00Z"
    mark = {"day": date(2026, 9, 28), "night_as_of_utc": moment, "night_run_id": "r1", "history_sha256": "", "content_hash": ""}
    rebuilt.refuse_night(home)
    rebuilt.mark(home, Rebuild.model_validate({**mark, "product_version": "1"}))
    with pytest.raises(WarehouseError, match=r"holds the rebuild of 2026-09-28.*HANDOFF_HOME"):
        rebuilt.refuse_night(home)
