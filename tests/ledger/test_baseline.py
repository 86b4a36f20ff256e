"""Baselines in the ledger: only ever added, the newest is current, and the database itself refuses to change one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Baseline, Ledger
from tests.ledger.acting import ON_SQLITE

FROZEN = datetime(2026, 9, 2, 9, 30, tzinfo=UTC)
FIRST = Baseline(
    metric="kickoff_delay_rate",
    segment_type="all",
    segment_key=0,
    segment="all",
    value=0.4,
    numerator=8.0,
    denominator=20.0,
    sum_of_squares=None,
    n=20,
    ci_low=0.2188,
    ci_high=0.6134,
    window_start=date(2026, 6, 1),
    window_end=date(2026, 8, 30),
    frozen_at=FROZEN,
    frozen_by_key=7,
    reason="agreed before the pilot",
    kind="first",
)
COPY = """
    insert or replace into baseline
    select 99, metric, segment_type, segment_key, segment, 0.1, numerator, denominator, sum_of_squares, n, ci_low, ci_high, window_start,
        window_end, frozen_at, frozen_by_key, reason, kind
    from baseline
"""
SECOND = replace(FIRST, value=0.3, frozen_at=FROZEN + timedelta(days=40), reason="two teams merged", kind="rebaseline")


@pytest.fixture
def ledger(place):
    with Ledger.open(place) as opened:
        yield opened


@pytest.fixture
def baselines(ledger):
    ledger.baselines.freeze([FIRST])
    return ledger.baselines


def test_a_baseline_comes_back_as_it_was_frozen(baselines):
    assert baselines.all() == [FIRST]


def test_a_rebaseline_becomes_current_and_the_old_one_stays(baselines):
    baselines.freeze([SECOND])
    assert baselines.all() == [FIRST, SECOND]
    assert baselines.current() == {("kickoff_delay_rate", "all", 0): SECOND}


def test_a_night_of_the_past_knows_only_what_was_frozen_by_then(baselines):
    baselines.freeze([SECOND])
    assert baselines.all(until=FROZEN - timedelta(seconds=1)) == []
    assert baselines.all(until=FROZEN) == [FIRST]


def test_a_second_first_is_refused_with_the_way_to_replace_it(baselines):
    with pytest.raises(HandoffError, match=r"has a baseline since 2026-09-02 09:30 UTC.*rebaseline --metric kickoff_delay_rate"):
        baselines.freeze([replace(FIRST, frozen_at=FROZEN + timedelta(days=1))])


def test_another_segment_has_a_first_of_its_own(baselines):
    baselines.freeze([replace(FIRST, segment_type="sales_team", segment_key=11, segment="North")])
    assert len(baselines.current()) == 2


def test_a_rebaseline_needs_a_baseline_before_it(ledger):
    with pytest.raises(HandoffError, match="has no baseline yet"):
        ledger.baselines.freeze([SECOND])


def test_a_baseline_cannot_be_frozen_before_the_one_it_replaces(baselines):
    with pytest.raises(HandoffError, match="not before 2026-09-01"):
        baselines.freeze([replace(SECOND, frozen_at=FROZEN - timedelta(days=1))])


def test_a_baseline_needs_a_reason(ledger):
    with pytest.raises(HandoffError, match="has no reason"):
        ledger.baselines.freeze([replace(FIRST, reason="  ")])


def test_one_that_is_refused_keeps_all_others_out(baselines):
    other = replace(FIRST, metric="override_rate")
    with pytest.raises(HandoffError):
        baselines.freeze([other, replace(FIRST, frozen_at=FROZEN + timedelta(days=1))])
    assert baselines.all() == [FIRST]


@ON_SQLITE
@pytest.mark.parametrize(
    "statement",
    [
        "update baseline set value = 0.1",
        "delete from baseline",
        "insert or replace into baseline select * from baseline",
        COPY,
    ],
)
def test_the_database_refuses_to_change_or_drop_a_baseline(ledger, baselines, statement):
    with pytest.raises(IntegrityError, match="append-only"), ledger.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert baselines.all() == [FIRST]


def test_two_that_freeze_at_once_cannot_both_be_first(ledger, baselines, monkeypatch):
    monkeypatch.setattr("handoff_pipeline.ledger.baselines.newest", lambda _rows: {})
    with pytest.raises(HandoffError, match="was frozen meanwhile"):
        baselines.freeze([replace(FIRST, frozen_at=FROZEN + timedelta(seconds=1))])
