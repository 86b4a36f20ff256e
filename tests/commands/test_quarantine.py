"""`handoff quarantine`: what is set aside, and a person's word on it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.ledger import Finding, Ledger

NIGHT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
LOST = Finding("opportunity", "drop", "hash-1", 8, "8 of 10 known records are no longer shown (ids 3, 4, 5, 6, 7, ...)")


@pytest.fixture
def ledger(tmp_path):
    where = tmp_path / "home" / "ledger" / "ledger.sqlite"
    where.parent.mkdir(parents=True)
    with Ledger.open(where) as opened:
        yield opened


@pytest.fixture
def set_aside(ledger):
    ledger.quarantine.judged("r1", NIGHT, [("opportunity", "drop")], [LOST], [])
    return ledger.quarantine


def test_before_the_first_run_it_says_how_to_start_one(handoff):
    said = handoff("quarantine")
    assert (said.code, "handoff run" in said.err) == (Exit.FAILED, True)


def test_nothing_set_aside_is_well(handoff, ledger):
    said = handoff("quarantine")
    assert (said.code, said.out.strip()) == (Exit.DONE, "Nothing is quarantined.")


def test_what_is_set_aside_is_listed_with_since_when_and_what_to_do(handoff, set_aside):
    said = handoff("quarantine")
    assert said.code == Exit.STALE
    assert "opportunity, since 2026-09-28 01:30 UTC (drop)" in said.out
    assert "8 of 10 known records" in said.out
    assert "handoff quarantine accept ENTITY" in said.out


def test_a_script_gets_the_same_as_json(handoff, set_aside):
    said = handoff("quarantine", "--json")
    assert said.code == Exit.STALE
    [found] = said.json["set_aside"]
    assert (found["entity"], found["kind"], found["subjects"], found["set_hash"]) == ("opportunity", "drop", 8, "hash-1")


def test_accepting_shows_what_is_accepted_and_keeps_who_and_why(handoff, set_aside):
    said = handoff("quarantine", "accept", "opportunity", "--reason", "test deals", "--by", "Jo Field", "--yes")
    assert said.code == Exit.DONE
    assert "8 of 10 known records" in said.out
    (kept,) = set_aside.acceptances(open_only=True)
    assert (kept.finding, kept.reason, kept.accepted_by) == (LOST, "test deals", "Jo Field")
    assert "Accepted and not used yet: opportunity, by Jo Field" in handoff("quarantine").out


def test_without_a_yes_nothing_is_accepted(handoff, set_aside, monkeypatch):
    monkeypatch.setattr("typer.confirm", lambda *_args, **_options: (_ for _ in ()).throw(KeyboardInterrupt))
    assert handoff("quarantine", "accept", "opportunity", "--reason", "test deals").code == Exit.INTERRUPTED
    assert set_aside.acceptances() == []


def test_what_is_not_set_aside_cannot_be_accepted(handoff, set_aside):
    said = handoff("quarantine", "accept", "project", "--reason", "x", "--yes")
    assert said.code == Exit.FAILED
    assert "Nothing of 'project' is set aside" in said.err
    assert "now: opportunity" in said.err


def test_an_acceptance_needs_a_reason(handoff, set_aside):
    assert handoff("quarantine", "accept", "opportunity", "--yes").code == Exit.USAGE
    assert handoff("quarantine", "accept", "opportunity", "--reason", " ", "--yes").code == Exit.FAILED
