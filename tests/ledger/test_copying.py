"""A ledger that is copied to another database is the same ledger there: every row, the chain, and what comes next."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import (
    Acknowledgement,
    Announced,
    AuditHead,
    Baseline,
    CalendarState,
    Completeness,
    Escalation,
    Feedback,
    Finding,
    Ledger,
    PolicyDocument,
    RoleHeld,
    Run,
    Settled,
    Snooze,
    copying,
)  # fmt: skip
from handoff_pipeline.ledger.audit_verify import verify
from handoff_pipeline.ledger.engine import snapshot
from handoff_pipeline.ledger.schema import METADATA
from tests.ledger.acting import AT, HOUR, KEY, an_approval, an_intent, an_override

DAY = AT.date()
SIGNED = Feedback(
    feedback_id="f1", handoff_id=7, item="signed_scope", kind="false_positive", reported_by=17, reported_at=AT, note="signed, see p. 3"
)
FIRST = Baseline("kickoff_delay_rate", "all", 0, "all", 0.1 + 0.2, 8, 20, None, 20, None, None, DAY, DAY, AT, 7, "why", "first")
LOST = Finding("opportunity", "drop", "hash-1", 8, "8 of 10 records are not shown: \u00e4 \u4f60 \U0001f4a5 'x' \\ \"y\"")


@pytest.fixture
def filled(tmp_path):
    """A ledger of SQLite with something in every table."""
    with Ledger.open(tmp_path / "source.sqlite", KEY) as ledger:
        ledger.start_run(Run("r1", AT, AT, "1", "hash", "duckdb", "shadow"))
        ledger.announce(1, "r1", {"client": Announced(1, None, 1)})
        ledger.settle(1, {"client": Settled(1, 0, 0)})
        ledger.record_completeness("r1", [Completeness("r1", "client", "complete", 1, 1, 1, 0, 0, 0, 1, None, AT, False, None)])
        ledger.quarantine.judged("r1", AT, [("opportunity", "drop")], [LOST], [])
        ledger.quarantine.accept(LOST, "test deals", "jo", AT + timedelta(microseconds=1))
        ledger.policies.keep(PolicyDocument("a" * 64, "1", "version: '1'\n", AT))
        ledger.baselines.freeze([FIRST])
        ledger.intents.propose([an_intent("a"), an_intent("b", is_shadow=True)])
        ledger.intents.approve_automatic(AT)
        ledger.approvals.ask(an_approval())
        ledger.people.request_override(an_override())
        ledger.people.acknowledge([Acknowledgement("gap", "g", 17, AT, "note")])
        ledger.people.snooze(Snooze("g", AT + HOUR, "why", 17, AT))
        ledger.people.report(SIGNED)
        ledger.people.give_role(RoleHeld(21, "finance", AT, None, "named"), by=1)
        ledger.people.escalated(Escalation("g", 1, 21, AT, "f" * 32))
        ledger.calendar.mark(CalendarState("heartbeat", "2026-09-01", AT, "r1"))
        head = ledger.audit.head()
        ledger.audit.keep_head(AuditHead(head.seq, head.row_hash, AT, "teams"))
        yield ledger


@pytest.fixture
def target(place):
    with Ledger.open(place, KEY) as opened:
        yield opened


def everything(ledger):
    with snapshot(ledger.engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in METADATA.sorted_tables
        }


def test_every_row_of_every_table_goes_over_and_the_chain_holds_there(filled, target):
    before = everything(filled)
    assert [name for name, rows in before.items() if not rows] == []
    assert copying.copy(filled.engine, target.engine) == {name: len(rows) for name, rows in before.items()}
    assert everything(target) == before == everything(filled)
    assert verify(target.engine, KEY) == verify(filled.engine, KEY)
    assert verify(target.engine, KEY).why is None


def test_the_copy_goes_on_where_the_ledger_stood(filled, target):
    copying.copy(filled.engine, target.engine)
    assert target.intents.propose([an_intent("a"), an_intent("c")]) == 1
    target.baselines.freeze([replace(FIRST, metric="override_rate")])
    target.people.acknowledge([Acknowledgement("gap", "g", 18, AT, "note")])
    target.quarantine.accept(LOST, "again", "jo", AT + HOUR)
    head = target.audit.head()
    target.audit.keep_head(AuditHead(head.seq, head.row_hash, AT, "teams"))
    verdict = verify(target.engine, KEY)
    assert (verdict.why, verdict.rows) == (None, verify(filled.engine, KEY).rows + 2)


def test_two_ledgers_are_never_merged(filled, target):
    target.intents.propose([an_intent("other")])
    with pytest.raises(HandoffError, match=r"has rows already: .*outbox \(1\)"):
        copying.copy(filled.engine, target.engine)
    assert len(target.intents.all()) == 1


def test_a_row_that_the_product_never_wrote_stops_the_copy_and_nothing_is_kept(filled, target):
    with filled.engine.begin() as connection:
        connection.exec_driver_sql("update override set expires_at = 'soon'")
    with pytest.raises(HandoffError, match="A row of override is not as the product writes them"):
        copying.copy(filled.engine, target.engine)
    assert set(copying.rows_of(target.engine).values()) == {0}


def test_nobody_writes_to_the_source_while_it_is_copied(filled, target, monkeypatch, tmp_path):
    def write_meanwhile(_connection, _table):
        with contextlib.closing(sqlite3.connect(tmp_path / "source.sqlite", timeout=0)) as other:
            other.execute("insert into calendar_state values ('monday_digest', '2026-W36', '2026-09-01', 'r1')")
        return iter(())

    monkeypatch.setattr(copying, "_rows", write_meanwhile)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        copying.copy(filled.engine, target.engine)
