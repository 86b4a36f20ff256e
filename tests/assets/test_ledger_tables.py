"""The ledger's tables in the work file: every one is there, typed, as of the night, and holds nothing that stays in the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from assets.ledger_frames import SCHEMAS, frames_of
from assets.ledger_tables import TABLES
from assets.table_frames import duckdb_types
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.as_of import known_at
from tests.ledger.acting import AT, HOUR, an_approval, an_intent, an_override


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def test_every_table_is_described_and_has_types_that_the_warehouse_has():
    assert TABLES.keys() == SCHEMAS.keys()
    for schema in SCHEMAS.values():
        assert duckdb_types(schema)


def test_a_new_ledger_gives_every_table_without_rows(ledger):
    found = frames_of(known_at(ledger, AT))

    assert {name: dict(frame.schema) for name, frame in found.items()} == SCHEMAS
    assert all(frame.is_empty() for frame in found.values())


def test_rows_are_those_of_the_as_of_with_moments_in_utc(ledger):
    ledger.intents.propose([an_intent(), an_intent("late", proposed_at=AT + 3 * HOUR)])
    ledger.approvals.ask(an_approval())
    found = frames_of(known_at(ledger, AT + HOUR))

    assert found["intent"].get_column("proposed_at_utc").to_list() == [datetime(2026, 9, 1, 9)]
    assert found["approval"].get_column("result").to_list() == ["pending"]


def test_what_a_card_says_and_how_somebody_was_identified_stay_in_the_ledger(ledger):
    ledger.intents.propose([an_intent(), an_intent("blocking|7", action="halo_blocking", target="halopsa")])
    found = frames_of(known_at(ledger, AT))["intent"]

    assert {action: content is None for action, content in found.select("action", "content").iter_rows()} == {
        "owner_card": True, "halo_blocking": False,
    }  # fmt: skip
    assert not any("identity" in schema or "shown" in schema for schema in SCHEMAS.values())


def test_an_amount_that_the_contract_cannot_hold_counts_as_not_filled(ledger):
    for key, amount in (("o1", Decimal("12.34567")), ("o2", Decimal(10) ** 15)):
        ledger.people.request_override(an_override(key, requested_at=AT, expires_at=AT + timedelta(days=9), amount_base=amount))

    assert frames_of(known_at(ledger, AT))["override"].get_column("amount_base").to_list() == [Decimal("12.3457"), None]
