"""`handoff policy check` and `handoff docs`."""

from __future__ import annotations

from handoff_pipeline.commands.exits import Exit


def test_the_example_policy_is_sound(handoff):
    said = handoff("policy", "check", "--json")
    assert said.code == Exit.DONE
    assert said.json["items"] == ["signed_scope", "margin_floor", "delivery_assumptions", "dependencies", "acceptance_criteria"]


def test_a_wrong_key_is_named_with_the_fix(handoff, tmp_path, checkout):
    broken = (checkout / "handoff.yaml").read_text("utf-8").replace("hard_cap: 60", "hard_cup: 60")
    (tmp_path / "broken.yaml").write_text(broken, encoding="utf-8")
    said = handoff("policy", "check", "--file", "broken.yaml")
    assert said.code == Exit.FAILED
    assert "hard_cup" in said.err
    assert "Fix: " in said.err


def test_the_data_dictionary_is_written_once_and_then_up_to_date(handoff, tmp_path):
    assert handoff("docs", "--json").json == {"file": "docs/data-dictionary.md", "changed": True}
    assert "## fact_handoff" in (tmp_path / "docs" / "data-dictionary.md").read_text("utf-8")
    assert handoff("docs", "--json").json["changed"] is False


def test_a_stale_data_dictionary_fails_the_check_and_stays(handoff, tmp_path):
    (tmp_path / "page.md").write_text("old", encoding="utf-8")
    said = handoff("docs", "--check", "--file", "page.md")
    assert said.code == Exit.FAILED
    assert "handoff docs" in said.err
    assert (tmp_path / "page.md").read_text("utf-8") == "old"


def test_the_projects_own_data_dictionary_is_what_the_registry_says(handoff, checkout):
    assert handoff("docs", "--check", "--file", str(checkout / "docs" / "data-dictionary.md")).code == Exit.DONE
