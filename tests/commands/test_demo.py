"""The demo's own folder: emptied when a demo made it, left alone when not."""

from __future__ import annotations

import pytest

from handoff_pipeline.commands.amounts import amount
from handoff_pipeline.commands.demo import MARKER, demo_settings, emptied
from handoff_pipeline.commands.demo_report import counted
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.explain_handoff_rows import explained
from handoff_pipeline.commands.figures import quarter
from handoff_pipeline.commands.published import Published
from handoff_pipeline.commands.worst import worst
from handoff_pipeline.errors import SettingsError
from handoff_pipeline.warehouse.home import Home


def test_a_new_home_is_made_and_marked(tmp_path):
    emptied(tmp_path / "a" / "b")
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == [MARKER]


def test_what_a_demo_left_is_emptied(tmp_path):
    emptied(tmp_path)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "warehouse.duckdb").write_text("x")
    emptied(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [MARKER]


def test_a_folder_that_no_demo_made_is_left_alone(handoff, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    said = handoff("demo", "--home", "mine")
    assert said.code == Exit.FAILED
    assert "Name another folder with --home" in said.err
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_link_is_not_followed(tmp_path):
    real = tmp_path / "real"
    emptied(real)
    (tmp_path / "link").symlink_to(real)
    with pytest.raises(SettingsError, match="no folder of the demo's own"):
        emptied(tmp_path / "link")
    assert (real / MARKER).is_file()


def test_the_demo_does_not_read_the_persons_own_tenant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("HANDOFF_HALO_SCOPE=all\nHANDOFF_HALO_CLIENT_SECRET=real\n")
    settings = demo_settings(tmp_path / "home", "http://127.0.0.1:1")
    assert settings.halo_scope != "all"
    assert settings.halo_client_secret is not None
    assert settings.halo_client_secret.get_secret_value() != "real"


def test_a_fraction_is_shown_as_a_percentage_and_nothing_as_a_dash():
    assert amount(0.125, "fraction") == "12.5"
    assert amount(1234.5, "days") == "1,234"
    assert amount(None, "score") == "–"


def test_counts_are_a_line():
    assert counted({"open": 3, "kickoff_without_signoff": 1}) == "3 open, 1 kickoff without signoff"
    assert counted({}) == "none"


def test_each_handoff_that_the_demo_lists_can_be_explained(demo_home):
    published = Published(Home(demo_home))
    listed = worst(published).handoffs
    assert listed
    for each in listed:
        explanation = explained(published, each.handoff_id)
        assert explanation["handoff"]["hard_gaps"] == each.hard_gaps
        assert {check["stage"] for check in explanation["checks"]} >= {"won", "latest"}


def test_the_demo_shows_every_kpi_that_something_fills(demo_home):
    figures = {figure.metric: figure for figure in quarter(Published(Home(demo_home)))}
    assert figures.keys() >= {
        "handoff_completeness",
        "first_pass_acceptance",
        "kickoff_delay_rate",
        "days_to_kickoff_median",
        "kickoff_within_target",
        "scope_change_frequency",
        "scope_changes_per_100h",
        "margin_erosion_pp",
        "margin_erosion_amount",
        "unbilled_scope_hours",
        "kickoff_without_signoff",
    }
    assert all(figure.value is not None for figure in figures.values())
    assert {name for name, figure in figures.items() if figure.low is None} == {
        "margin_erosion_pp",
        "margin_erosion_amount",
        "open_margin_erosion_pp",
        "unbilled_scope_hours",
    }


def test_after_the_demo_every_source_is_fresh(handoff, demo_home, monkeypatch):
    monkeypatch.setenv("HANDOFF_HOME", str(demo_home))
    said = handoff("status", "--json")
    assert said.code == Exit.DONE
    assert {source["state"] for source in said.json["sources"]} == {"complete"}
    assert said.json["published"]["run_id"] == said.json["run"]["run_id"]
