"""`handoff kill-switch`: throwing it needs nothing and asks nobody, lifting it asks."""

from __future__ import annotations

import pytest

from handoff_pipeline.channels.kill_switch import kill_switch
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.settings import load_settings


@pytest.fixture
def file(tmp_path):
    return tmp_path / "home" / "kill-switch"


def test_it_is_thrown_without_a_question_even_before_the_first_run(handoff, file):
    said = handoff("kill-switch", "on", "--reason", "wrong status on three deals")
    assert (said.code, file.stat().st_mode & 0o777) == (Exit.DONE, 0o600)
    assert kill_switch(load_settings())() is True


def test_thrown_where_no_home_is_it_says_that_it_may_stop_nothing(handoff, file):
    assert f"{file.parent} did not exist" in handoff("kill-switch", "on").err
    assert "did not exist" not in handoff("kill-switch", "on").err
    assert str(file) in handoff("kill-switch", "status").out.replace("\n", "")


def test_its_status_says_since_when_by_whom_and_why(handoff, file):
    handoff("kill-switch", "on", "--reason", "wrong status on three deals")
    said = handoff("kill-switch", "status", "--json")
    assert said.code == Exit.STALE
    assert (said.json["is_thrown"], said.json["reason"]) == (True, "wrong status on three deals")
    assert said.json["thrown_by"].startswith("os:")
    assert "wrong status on three deals" in handoff("kill-switch", "status").out


def test_throwing_it_again_keeps_the_first_reason(handoff, file):
    handoff("kill-switch", "on", "--reason", "first")
    handoff("kill-switch", "on", "--reason", "second")
    assert handoff("kill-switch", "status", "--json").json["reason"] == "first"


def test_it_is_lifted_with_a_yes_alone(handoff, file):
    handoff("kill-switch", "on")
    assert handoff("kill-switch", "off").code == Exit.FAILED
    handoff("kill-switch", "off", "--json")
    assert file.exists()
    assert handoff("kill-switch", "off", "--yes").code == Exit.DONE
    assert (file.exists(), handoff("kill-switch", "status").code) == (False, Exit.DONE)


def test_what_the_setting_holds_is_not_lifted_by_the_command(handoff, file, monkeypatch):
    monkeypatch.setenv("HANDOFF_KILL_SWITCH", "true")
    said = handoff("kill-switch", "off", "--yes")
    assert (said.code, "HANDOFF_KILL_SWITCH" in said.out) == (Exit.STALE, True)


@pytest.mark.parametrize("text", ["", "not json", "[1]", '{"reason": 7, "strange": "\\u001b[31m"}'])
def test_a_file_that_somebody_made_by_hand_counts_whatever_it_holds(handoff, file, text):
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    said = handoff("kill-switch", "status")
    assert (said.code, "nothing is written anywhere" in said.out, "\x1b" in said.out) == (Exit.STALE, True, False)
