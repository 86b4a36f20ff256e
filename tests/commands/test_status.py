"""`handoff status`: what the ledger says, as a person and a script need it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.ledger import Completeness, Ledger, Run
from handoff_pipeline.ledger.records import RunState, SourceState
from tests.commands.outbox_world import a_move, confirm

START = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)


@pytest.fixture
def record(tmp_path):
    """Write a run with one entity into the home's ledger."""

    def write(position: int, state: RunState, source_state: SourceState, detail: str | None = None, **changes: Any) -> None:
        where = tmp_path / "home" / "ledger" / "ledger.sqlite"
        where.parent.mkdir(parents=True, exist_ok=True)
        began = START + timedelta(days=position)
        run = Run(f"run-{position}", began, began, "2026-09", "hash", "duckdb", "shadow", requests=42)
        source = Completeness(
            run_id=run.run_id,
            entity="opportunity",
            state=source_state,
            rows_seen=99,
            rows_expected=100,
            rows_changed=1,
            rows_deleted=0,
            rows_quarantined=0,
            rows_unlinked=0,
            requests=2,
            requests_minimum=1,
            as_of=began,
            is_stale=source_state != "complete",
            detail=detail,
        )
        with Ledger.open(where) as ledger:
            ledger.start_run(run)
            ledger.record_completeness(run.run_id, [replace(source, **changes)])
            if state != "running":
                ledger.finish_run(replace(run, state=state, finished_at=began + timedelta(minutes=1)))

    return write


def test_before_the_first_run_it_says_how_to_start_one(handoff):
    said = handoff("status")
    assert said.code == Exit.FAILED
    assert "handoff run" in said.err


def test_a_complete_run_is_well(handoff, record):
    record(1, "complete", "complete")
    said = handoff("status")
    assert said.code == Exit.DONE
    assert "Last run run-1: complete" in said.out
    assert "42 requests" in said.out


def test_an_incomplete_source_is_named_with_its_reason_since_when_and_what_to_do(handoff, record):
    record(1, "complete", "complete")
    record(2, "stale", "incomplete", "99 of 100 rows")
    record(3, "stale", "incomplete", "99 of 100 [rows]")
    said = handoff("status")
    assert said.code == Exit.STALE
    assert "opportunity: 99 of 100 [rows]. Run `handoff run` again" in said.out
    assert "2026-09-30 01:30 UTC" in said.out


def test_a_failed_run_fails_the_command(handoff, record):
    record(1, "failed", "complete")
    assert handoff("status").code == Exit.FAILED


def test_a_run_under_way_is_said_to_be(handoff, record):
    record(1, "running", "complete")
    said = handoff("status")
    assert said.code == Exit.DONE
    assert "under way" in said.out


def test_a_script_gets_the_same_as_json(handoff, record):
    record(1, "stale", "not_permitted")
    said = handoff("status", "--json")
    assert said.code == Exit.STALE
    assert said.json["run"]["run_id"] == "run-1"
    assert said.json["published"] is None
    [source] = said.json["sources"]
    assert source["state"] == "not_permitted"
    assert "permission" in source["advice"]


def test_a_quarantined_source_is_named_with_the_command_that_accepts_it(handoff, record):
    record(1, "stale", "quarantined", f"8 of 10 known records are no longer shown; {'it carries a figure, ' * 40}")
    said = handoff("status")
    assert said.code == Exit.STALE
    assert "8 of 10 known records are no longer shown" in said.out
    assert 'handoff quarantine accept opportunity --reason "..."' in said.out


def test_an_optional_source_that_was_never_permitted_is_named_with_its_effect_and_all_is_well(handoff, record):
    record(1, "complete", "not_permitted", "HaloPSA refuses it", entity="invoice", is_stale=False)
    said = handoff("status")
    assert said.code == Exit.DONE
    assert "invoice: HaloPSA refuses it. Without it whether a change request was billed is not known" in said.out
    [source] = handoff("status", "--json").json["sources"]
    assert (source["effect"].startswith("whether a change"), source["requests"], source["requests_minimum"]) == (True, 2, 1)


def test_a_deal_that_the_product_blocked_and_has_not_released_is_named_in_every_phase(handoff, record, ledger):
    record(1, "complete", "complete")
    block = a_move("blocking|1042", action="halo_blocking", action_class="one_approver")
    ledger.intents.propose([block])
    confirm(ledger, block)
    said = handoff("status")
    assert f"not released by it: 1042 ({block.intent_id[:12]})" in said.out
    assert [(one["handoff_id"], one["intent_id"]) for one in handoff("status", "--json").json["blocked"]] == [(1042, block.intent_id)]
    back = a_move("release", action="halo_blocking", action_class="one_approver", rollback_of=block.intent_id)
    ledger.intents.propose([back])
    confirm(ledger, back)
    assert "not released" not in handoff("status").out
