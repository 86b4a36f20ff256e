"""`handoff halo setup`: lists what is lacking, and creates it only where that is asked for and confirmed."""

from __future__ import annotations

import io

import pytest

from handoff_pipeline.commands.exits import Exit
from tests.commands.served import connect, tenant


@pytest.fixture
def served():
    with tenant(4) as made:
        yield made


@pytest.fixture
def lacking(tmp_path, checkout, monkeypatch):
    """A policy with two fields that the tenant lacks."""
    text = (checkout / "handoff.yaml").read_text("utf-8")
    text = text.replace("CFSignedScopeDate", "CFScopeSignedOn").replace("CFFeasibility", "CFBuildable")
    (tmp_path / "policy.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("HANDOFF_POLICY_FILE", str(tmp_path / "policy.yaml"))


def writes(halo):
    return [request for request in halo.requests if request.method == "POST" and request.endpoint != "/auth/token"]


def test_the_plan_lists_what_is_lacking_and_changes_nothing(handoff, served, monkeypatch, lacking):
    connect(monkeypatch, served[1])
    said = handoff("halo", "setup", "--json")
    assert said.code == Exit.DONE
    assert [(field["name"], field["type"]) for field in said.json["lacking"]] == [("CFScopeSignedOn", "date"), ("CFBuildable", "memo")]
    assert writes(served[0]) == []


def test_a_tenant_with_every_field_needs_nothing(handoff, served, monkeypatch):
    connect(monkeypatch, served[1])
    assert "has every custom field" in handoff("halo", "setup", "--plan").out


def test_the_plan_says_where_to_click_and_what_is_only_guessed(handoff, served, monkeypatch, lacking):
    connect(monkeypatch, served[1])
    said = handoff("halo", "setup").out
    assert "by hand: Configuration > Custom Objects > Custom Fields" in said
    assert "A guess: " in said


def test_without_the_writers_credential_nothing_is_asked_or_written(handoff, served, monkeypatch, lacking):
    connect(monkeypatch, served[1])
    said = handoff("halo", "setup", "--apply", "--yes")
    assert said.code == Exit.FAILED
    assert "HANDOFF_HALO_WRITER_CLIENT_ID" in said.err
    assert "Fix: " in said.err
    assert served[0].requests == []


def test_without_a_confirmation_nothing_is_written(handoff, served, monkeypatch, lacking):
    connect(monkeypatch, served[1], writer=True)
    said = handoff("halo", "setup", "--apply")
    assert said.code == Exit.FAILED
    assert "--yes" in said.err
    assert writes(served[0]) == []


class Person(io.StringIO):
    """Somebody at a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_a_person_who_does_not_say_yes_changes_nothing(handoff, served, monkeypatch, lacking, answer):
    connect(monkeypatch, served[1], writer=True)
    monkeypatch.setattr("sys.stdin", Person(answer))
    said = handoff("halo", "setup", "--apply")
    assert said.code == Exit.FAILED
    assert "Not confirmed" in said.err
    assert writes(served[0]) == []


def test_a_person_who_says_yes_gets_what_was_listed(handoff, served, monkeypatch, lacking):
    connect(monkeypatch, served[1], writer=True)
    monkeypatch.setenv("HANDOFF_HALO_WRITER_SCOPE", "edit:tickets admin")
    monkeypatch.setenv("HANDOFF_ALLOW_SCOPE_ALL", "true")
    monkeypatch.setattr("sys.stdin", Person("y\n"))
    said = handoff("halo", "setup", "--apply")
    assert said.code == Exit.DONE
    assert "Created CFScopeSignedOn" in said.out
    assert "field lists named in the plan" in said.out


def test_confirmed_the_fields_are_created_one_by_one_and_found_again(handoff, served, monkeypatch, lacking):
    connect(monkeypatch, served[1], writer=True)
    monkeypatch.setenv("HANDOFF_HALO_WRITER_SCOPE", "edit:tickets admin")
    monkeypatch.setenv("HANDOFF_ALLOW_SCOPE_ALL", "true")
    said = handoff("halo", "setup", "--apply", "--yes", "--json")
    assert said.code == Exit.DONE, said.out
    assert list(said.json["created"]) == ["CFScopeSignedOn", "CFBuildable"]
    assert len(writes(served[0])) == 2
    assert handoff("halo", "setup", "--json").json["lacking"] == []


def test_a_thrown_kill_switch_creates_nothing(handoff, served, monkeypatch, lacking):
    connect(monkeypatch, served[1], writer=True)
    monkeypatch.setenv("HANDOFF_KILL_SWITCH", "true")
    said = handoff("halo", "setup", "--apply", "--yes", "--json")
    assert (said.code, "kill switch is thrown" in said.json["failed"][0]["message"], writes(served[0])) == (Exit.FAILED, True, [])


def test_a_refusal_ends_it_with_the_fix_and_says_what_was_done(handoff, served, monkeypatch, lacking):
    connect(monkeypatch, served[1], writer=True)
    said = handoff("halo", "setup", "--apply", "--yes", "--json")
    assert said.code == Exit.FAILED
    assert said.json["created"] == {}
    assert [problem["name"] for problem in said.json["failed"]] == ["CFScopeSignedOn"]
    assert "by hand" in said.json["failed"][0]["fix"]


def test_plan_and_apply_exclude_each_other(handoff):
    assert "exclude each other" in handoff("halo", "setup", "--plan", "--apply").err
