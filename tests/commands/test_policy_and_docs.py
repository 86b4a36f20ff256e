"""`handoff policy` (check, show, history, schema) and `handoff docs`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.ledger import Ledger, PolicyDocument
from handoff_pipeline.policy import parse_policy

NIGHT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path, checkout):
    """Keep a text in the ledger as one that a night ran on; without one, the example."""

    def keep(change=("", ""), text=None):
        whole = (checkout / "handoff.yaml").read_text("utf-8").replace(*change) if text is None else text
        policy = parse_policy(whole) if text is None else None
        document = PolicyDocument(policy.hash if policy else "f" * 64, policy.version if policy else "old", whole, NIGHT)
        (tmp_path / "home" / "ledger").mkdir(parents=True, exist_ok=True)
        with Ledger.open(tmp_path / "home" / "ledger" / "ledger.sqlite") as ledger:
            ledger.policies.keep(document)

    return keep


def test_the_example_policy_is_sound(handoff):
    said = handoff("policy", "check", "--json")
    assert said.code == Exit.DONE
    assert said.json["items"] == [
        *("signed_scope", "margin_floor", "delivery_assumptions", "dependencies", "acceptance_criteria", "signed_before_kickoff")
    ]
    assert (said.json["sector"], said.json["overlays"], said.json["findings"]) == (None, ["finance"], [])


def test_a_wrong_key_is_named_with_the_fix(handoff, tmp_path, checkout):
    broken = (checkout / "handoff.yaml").read_text("utf-8").replace("  hard_cap: 60", "  hard_cup: 60")
    (tmp_path / "broken.yaml").write_text(broken, encoding="utf-8")
    said = handoff("policy", "check", "--file", "broken.yaml")
    assert said.code == Exit.FAILED
    assert "hard_cup" in said.err
    assert "Fix: " in said.err


def test_a_content_that_changed_under_the_same_version_is_a_warning(handoff, kept):
    kept(("minimum_words: 3", "minimum_words: 4"))
    said = handoff("policy", "check", "--json")
    assert said.code == Exit.DONE
    assert [(finding["check"], finding["level"]) for finding in said.json["findings"]] == [("version", "warning")]
    assert 'since the night of 2026-09-01, and the version is still "2026-09"' in said.json["findings"][0]["message"]


@pytest.mark.parametrize("change", [("", ""), ("# The policy", "# Another comment"), ('version: "2026-09"', 'version: "2026-08"')])
def test_the_same_content_or_another_version_is_none(handoff, kept, change):
    kept(change)
    assert handoff("policy", "check", "--json").json["findings"] == []


def test_a_document_that_this_release_cannot_read_is_told_and_breaks_nothing(handoff, kept):
    kept(text="version: old\nweights: {scope: 3}\n")
    said = handoff("policy", "check")
    assert said.code == Exit.DONE
    assert "cannot be read by this release" in said.out
    (document,) = handoff("policy", "history", "--json").json["documents"]
    assert (document["version"], document["problem"] is None) == ("old", False)


def test_the_history_shows_every_policy_that_a_night_ran_on(handoff, kept):
    assert "no policy is kept" in handoff("policy", "history").out
    kept()
    assert [each["version"] for each in handoff("policy", "history", "--json").json["documents"]] == ["2026-09"]
    assert "2026-09-01 02:00 UTC" in handoff("policy", "history").out


def test_an_overlay_shows_what_it_would_change(handoff):
    said = handoff("policy", "show", "--sector", "finance", "--json").json
    assert said["sector"] == "finance"
    assert {"key": "checklist.hard_cap", "before": "60.0", "after": "50.0"} in said["changes"]
    assert said["items"][-1]["id"] == "source_documents"
    assert handoff("policy", "show", "--json").json["changes"] == []
    assert "What the sector finance changes" in handoff("policy", "show", "--sector", "finance").out


def test_an_unknown_sector_is_named_with_those_there_are(handoff):
    said = handoff("policy", "show", "--sector", "finanse")
    assert (said.code, "Use one of these: finance." in said.err) == (Exit.FAILED, True)


def test_the_schema_is_written_as_json(handoff):
    assert json.loads(handoff("policy", "schema").out)["title"] == "handoff.yaml"


def test_the_generated_pages_are_written_once_and_then_up_to_date(handoff, tmp_path):
    files = ["docs/data-dictionary.md", "docs/handoff.schema.json"]
    assert handoff("docs", "--json").json == {"files": [{"file": file, "changed": True} for file in files]}
    assert "## fact_handoff" in (tmp_path / "docs" / "data-dictionary.md").read_text("utf-8")
    assert handoff("docs", "--json").json == {"files": [{"file": file, "changed": False} for file in files]}


@pytest.mark.parametrize("stale", ["--file", "--schema"])
def test_a_stale_page_fails_the_check_and_stays(handoff, tmp_path, stale):
    handoff("docs")
    (tmp_path / "page").write_text("old", encoding="utf-8")
    said = handoff("docs", "--check", stale, "page")
    assert said.code == Exit.FAILED
    assert "handoff docs" in said.err
    assert (tmp_path / "page").read_text("utf-8") == "old"


def test_the_projects_own_pages_are_what_registry_and_policy_say(handoff, checkout):
    pages = ("--file", str(checkout / "docs" / "data-dictionary.md"), "--schema", str(checkout / "docs" / "handoff.schema.json"))
    assert handoff("docs", "--check", *pages).code == Exit.DONE
