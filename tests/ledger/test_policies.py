"""The ledger keeps every policy document that a night ran on, once, and never lets go of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from handoff_pipeline.ledger import Ledger, PolicyDocument
from tests.ledger.acting import ON_SQLITE

NIGHT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
FIRST = PolicyDocument("a" * 64, "2026-09", "version: '2026-09'\n", NIGHT)
SECOND = PolicyDocument("b" * 64, "2026-10", "version: '2026-10'\n", NIGHT + timedelta(days=1))


@pytest.fixture
def ledger(place):
    with Ledger.open(place) as opened:
        yield opened


def test_documents_come_back_as_they_were_kept_oldest_first(ledger):
    assert [ledger.policies.keep(SECOND), ledger.policies.keep(FIRST)] == [True, True]
    assert ledger.policies.all() == [FIRST, SECOND]
    assert ledger.policies.all(until=NIGHT) == [FIRST]


def test_the_first_text_of_a_content_is_kept(ledger):
    ledger.policies.keep(FIRST)
    later = PolicyDocument(FIRST.policy_hash, FIRST.version, "# a comment\n" + FIRST.document, SECOND.first_as_of)
    assert ledger.policies.keep(later) is False
    assert ledger.policies.all() == [FIRST]


@ON_SQLITE
@pytest.mark.parametrize(
    "statement",
    [
        "update policy_document set document = ''",
        "delete from policy_document",
        "insert or replace into policy_document select policy_hash, 'x', 'x', first_as_of from policy_document",
    ],
)
def test_the_database_itself_changes_and_drops_none(ledger, statement):
    ledger.policies.keep(FIRST)
    with pytest.raises(IntegrityError, match="append-only"), ledger.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert ledger.policies.all() == [FIRST]
