"""Restatements of hand-made worlds: what was final and came out otherwise, and what may still change without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from handoff_pipeline.simulator.truth import TimeEntry
from tests.oracle import expected
from tests.oracle.expectation import Tables
from tests.oracle.hand_made import DEAL, PROJECT, QUOTE, WEB, always, at, delivered, night, world
from tests.oracle.keys import key, utc
from tests.oracle.restatements import is_same


def restated(tables: Tables, metric: str, segment_type: str = "all") -> list[tuple[date, float | None, float | None]]:
    rows = [row for row in tables["kpi_restatement"] if row["metric_key"] == key("acme", "metric", metric)]
    return [(row["week_start"], row["old_value"], row["new_value"]) for row in rows if row["segment_type"] == segment_type]


def test_hours_that_are_logged_late_restate_a_week_that_was_over(policy: dict[str, Any]):
    late = TimeEntry(3, 9, 30, at(7, 24), at(7, 28), Decimal(60))
    change = replace(delivered().changes[0], raised_at=at(7, 20), decided_at=at(7, 22))
    tables = expected(
        delivered(changes=(change,), time_entries=(*delivered().time_entries, late)), policy, [night(7, 27), night(7, 29)], WEB
    )

    ((week, old, new),) = restated(tables, "scope_changes_per_100h")
    assert (week, old, new) == (date(2026, 7, 20), 100 / 340, 0.25)
    assert {row["restated_at_utc"] for row in tables["kpi_restatement"]} == {utc(night(7, 29))}


def test_a_week_that_was_not_over_is_not_restated(policy: dict[str, Any]):
    late = TimeEntry(3, 9, 30, at(7, 24), at(7, 25), Decimal(60))
    tables = expected(delivered(time_entries=(*delivered().time_entries, late)), policy, [night(7, 24), night(7, 29)], WEB)

    assert not tables["kpi_restatement"]


def test_a_first_night_restates_nothing(policy: dict[str, Any]):
    assert not expected(delivered(), policy, [night(8, 21)], WEB)["kpi_restatement"]


def test_a_date_that_moves_takes_its_figure_along_to_another_week(policy: dict[str, Any]):
    late = replace(DEAL, kickoff_committed=always(date(2026, 7, 15), at(7, 25)))
    tables = expected(world(deals=(late,), quotes=(QUOTE,), projects=(PROJECT,)), policy, [night(7, 23), night(7, 28)], WEB)

    # until the 25th it had the policy's date, Monday 20 July; both passed without a kickoff
    assert restated(tables, "kickoff_delay_rate") == [(date(2026, 7, 13), None, 1.0)]
    assert restated(tables, "kickoff_delay_rate", "sales_team") == [(date(2026, 7, 13), None, 1.0)]


@pytest.mark.parametrize(("old", "new", "same"), [(None, None, True), (None, 0.0, False), (0.1, 0.1 + 1e-15, True), (0.1, 0.1001, False)])
def test_a_figure_is_the_same_but_for_rounding(old: float | None, new: float | None, same: bool):
    assert is_same(old, new) is same
