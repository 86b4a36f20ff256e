"""The ledger keeps what it was told, refuses what it cannot keep, and its migrations make what its schema says."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError, StatementError

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger import Announced, Completeness, Ledger, Run, Settled
from handoff_pipeline.ledger.records import SourceState
from handoff_pipeline.ledger.schema import METADATA
from tests.ledger.acting import ON_SQLITE

NIGHT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


def a_run(run_id: str = "r1", days: int = 0, **changes) -> Run:
    at = NIGHT + timedelta(days=days)
    return replace(Run(run_id, at, at, "2026-09", "hash", "duckdb", "shadow"), **changes)


def a_row(run_id: str, state: SourceState = "complete", entity: str = "client", days: int = 0) -> Completeness:
    at = NIGHT + timedelta(days=days)
    return Completeness(run_id, entity, state, 1, 1, 1, 0, 0, 0, 1, None, at, state != "complete", None)


@pytest.fixture
def ledger(place):
    with Ledger.open(place) as opened:
        yield opened


def test_the_migrations_make_exactly_the_declared_tables(ledger):
    with ledger.engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA) == []


@ON_SQLITE
def test_sqlite_runs_with_a_write_ahead_log_and_full_syncs(ledger):
    with ledger.engine.begin() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("pragma foreign_keys").scalar_one() == 1


def test_a_ledger_of_a_newer_release_is_refused_with_the_fix(place):
    with Ledger.open(place) as ledger, ledger.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(WarehouseError, match=r"9999.*Fix: Update"):
        Ledger.open(place)


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    (tmp_path / "l.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(WarehouseError, match="cannot be opened"):
        Ledger.open(tmp_path / "l.sqlite")


def test_two_openings_at_once_migrate_once(empty_place):
    failures = []

    def open_it():
        try:
            Ledger.open(empty_place).close()
        except Exception as error:  # noqa: BLE001 - whatever it was, the test must see it
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_run_comes_back_as_it_was_written(ledger):
    run = a_run(requests=12)
    ledger.start_run(run)
    ended = replace(run, state="complete", finished_at=NIGHT + timedelta(minutes=3))
    ledger.finish_run(ended)
    assert ledger.runs() == [ended]
    assert ledger.run("r1") == ended
    assert ledger.run("r2") is None


def test_a_run_cannot_end_while_it_runs(ledger):
    with pytest.raises(ValueError, match="no end"):
        ledger.finish_run(a_run())


def test_runs_that_never_ended_are_closed_as_failed_and_the_present_one_is_not(ledger):
    ledger.start_run(a_run("dead"))
    ledger.start_run(a_run("alive", days=1))
    assert ledger.close_dead_runs("alive", NIGHT) == ["dead"]
    assert [run.state for run in ledger.runs()] == ["failed", "running"]


def test_moments_without_a_zone_are_refused(ledger):
    with pytest.raises(StatementError, match="aware"):
        ledger.start_run(a_run(as_of=datetime(2026, 1, 1)))


def test_a_batch_goes_from_announced_to_settled(ledger):
    assert ledger.last_batch_no() == 0
    ledger.announce(1, "r1", {"client": Announced(5, 5, 1), "agent": Announced(2, None, 1)})
    assert {batch.state for batch in ledger.batches()} == {"announced"}
    ledger.settle(1, {"client": Settled(5, 0, 0), "agent": Settled(0, 0, 1)})
    assert [(batch.entity, batch.state, batch.settled) for batch in ledger.batches()] == [
        ("agent", "settled", Settled(0, 0, 1)),
        ("client", "settled", Settled(5, 0, 0)),
    ]
    assert ledger.last_batch_no() == 1


def test_a_batch_that_was_never_announced_cannot_be_settled(ledger):
    with pytest.raises(WarehouseError, match="without being announced"):
        ledger.settle(7, {"client": Settled(1, 0, 0)})


def test_a_batch_number_is_announced_once(ledger):
    ledger.announce(1, "r1", {"client": Announced(1, 1, 1)})
    with pytest.raises(IntegrityError):
        ledger.announce(1, "r2", {"client": Announced(1, 1, 1)})


def test_completeness_is_replaced_per_run_and_belongs_to_it(ledger):
    ledger.start_run(a_run())
    ledger.record_completeness("r1", [a_row("r1"), a_row("r1", entity="agent")])
    ledger.record_completeness("r1", [a_row("r1", "incomplete")])
    assert ledger.completeness("r1") == [a_row("r1", "incomplete")]
    with pytest.raises(ValueError, match="belong to run r1"):
        ledger.record_completeness("r1", [a_row("r2")])


def test_it_says_since_when_an_entity_is_incomplete_and_how_old_its_data_is(ledger):
    states: list[SourceState] = ["complete", "incomplete", "not_permitted"]
    for days, state in enumerate(states):
        ledger.start_run(a_run(f"r{days}", days))
        ledger.record_completeness(f"r{days}", [a_row(f"r{days}", state, days=days)])
    assert ledger.incomplete_since("client") == NIGHT + timedelta(days=1)
    assert ledger.complete_as_of("client") == NIGHT
    assert ledger.incomplete_since("agent") is None
    assert ledger.complete_as_of("agent") is None
