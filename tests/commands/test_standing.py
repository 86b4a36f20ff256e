"""What the doctor finds of the nights so far."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from handoff_pipeline.commands.standing import last_run, standing
from handoff_pipeline.ledger import Baseline, Completeness, Ledger, Run
from handoff_pipeline.warehouse.home import Home

NIGHT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
GONE = 4_194_304 + 17  # above the largest pid


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path)
    made.prepare()
    return made


def run(**changed):
    values: dict[str, Any] = {
        "run_id": "r1",
        "started_at": NIGHT,
        "as_of": NIGHT,
        "policy_version": "1",
        "policy_hash": "h",
        "engine": "duckdb",
        "rollout_phase": "shadow",
    }
    return Run(**values | {"finished_at": NIGHT, "state": "complete"} | changed)


def held_by(home, pid, host):
    home.lease_note.write_text(json.dumps({"run_id": "r7", "pid": pid, "host": host}))


def levels(home, now=NIGHT):
    return {finding.check: finding.level for finding in standing(home, now)}


def test_a_fresh_home_is_well(home):
    assert levels(home) == {"lease": "ok", "ledger": "ok"}


def test_a_live_run_is_named_and_a_killed_one_is_no_trouble(home):
    held_by(home, os.getpid(), socket.gethostname())
    assert levels(home)["lease"] == "warning"
    held_by(home, GONE, socket.gethostname())
    assert levels(home)["lease"] == "ok"


def test_a_run_on_another_host_cannot_be_looked_up(home):
    held_by(home, GONE, "elsewhere")
    (found, *_) = standing(home, NIGHT)
    assert found.level == "warning"
    assert "elsewhere" in found.message


def test_a_note_that_cannot_be_read_is_no_crash(home):
    home.lease_note.write_text("[]")
    assert levels(home)["lease"] == "warning"


def test_a_ledger_that_is_no_ledger_is_a_failure(home):
    home.ledger_file.write_bytes(b"not a database" * 100)
    assert levels(home)["ledger"] == "failure"


@pytest.mark.must_run
def test_a_ledger_on_postgresql_is_named_without_its_password(home, postgresql_ledger):
    elsewhere = replace(home, ledger_url=postgresql_ledger)
    assert "/ledger.sqlite" in next(each.message for each in standing(home, NIGHT) if each.check == "ledger")
    with Ledger.open(elsewhere.ledger) as ledger:
        ledger.start_run(run())
    (found,) = [each for each in standing(elsewhere, NIGHT) if each.check == "ledger"]
    assert found.message.startswith("1 runs are recorded in postgresql+psycopg://handoff:***@127.0.0.1:")
    assert not home.ledger_file.exists()


def test_a_ledger_on_a_server_that_is_not_there_is_a_failure_that_names_it(home):
    nowhere = replace(home, ledger_url=SecretStr("postgresql+psycopg://handoff:Zq9x-7Hw2@127.0.0.1:1/ledger"))
    (found,) = [each for each in standing(nowhere, NIGHT) if each.check == "ledger"]
    assert (found.level, "postgresql+psycopg://handoff:***@127.0.0.1:1/ledger" in found.message) == ("failure", True)
    assert ("HANDOFF_LEDGER_URL" in found.fix, "Zq9x" in f"{found.message}{found.fix}") == (True, False)


def test_the_last_night_is_told_with_what_it_left_stale(home):
    with Ledger.open(home.ledger_file) as ledger:
        ledger.start_run(run())
        counts: dict[str, Any] = dict.fromkeys((field.name for field in fields(Completeness)), 0)
        said: dict[str, Any] = {
            "run_id": "r1",
            "entity": "quotation",
            "as_of": NIGHT,
            "state": "incomplete",
            "is_stale": True,
            "detail": None,
        }
        row = Completeness(**counts | said)
        ledger.record_completeness("r1", [row])
    (found,) = [finding for finding in standing(home, NIGHT) if finding.check == "last night"]
    assert found.level == "warning"
    assert "quotation (incomplete since 2026-09-28)" in found.message
    assert "handoff status" in found.fix


@pytest.mark.parametrize(
    ("changed", "later", "level"),
    [
        ({}, timedelta(hours=24), "ok"),
        ({}, timedelta(hours=37), "warning"),
        ({"state": "failed"}, timedelta(), "warning"),
        ({"state": "stale"}, timedelta(), "warning"),
        ({"state": "running", "finished_at": None}, timedelta(), "ok"),
    ],
)
def test_how_the_last_run_ended_and_how_long_ago(changed, later, level):
    assert last_run(run(**changed), [], NIGHT + later).level == level


def test_without_a_baseline_the_doctor_says_what_to_do_before_a_pilot(home):
    with Ledger.open(home.ledger_file) as ledger:
        ledger.start_run(run())
    (found,) = [finding for finding in standing(home, NIGHT) if finding.check == "baseline"]
    assert (found.level, "handoff baseline capture" in found.fix) == ("warning", True)


def test_a_frozen_baseline_is_well(home):
    frozen = Baseline(
        "kickoff_delay_rate", "all", 0, "all", 0.4, 8, 20, None, 20, None, None, NIGHT.date(), NIGHT.date(), NIGHT, 7, "x", "first"
    )
    with Ledger.open(home.ledger_file) as ledger:
        ledger.start_run(run())
        ledger.baselines.freeze([frozen])
    assert levels(home)["baseline"] == "ok"
