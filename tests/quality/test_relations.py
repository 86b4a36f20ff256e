"""Every key that points nowhere is caught."""

from __future__ import annotations

import pytest

from handoff_pipeline.tables import TABLES
from quality.relations import check_relations
from quality.violations import Violation
from tests.quality.sample import put, sample, samples

REFERENCES = [(table.name, column.name) for table in TABLES.values() for column in table.columns if column.references]


def test_tables_that_fit_together_break_nothing() -> None:
    assert check_relations(samples()) == []


@pytest.mark.parametrize(("table", "column"), REFERENCES)
def test_a_key_that_points_to_no_row_is_caught(table: str, column: str) -> None:
    target = str(TABLES[table].column(column).references)
    frames = {name: sample(name) for name in (table, target)}
    frames[table] = put(frames[table], column, 404)
    found = {(violation.table, violation.column, violation.check, violation.count) for violation in check_relations(frames)}
    assert (table, column, f"points to no row of {target}", 1) in found


def test_key_0_needs_its_row_in_a_dimension() -> None:
    frames = samples()
    frames["fact_gap"] = put(frames["fact_gap"], "owner_agent_key", 0)
    assert check_relations(frames) == []
    frames["dim_agent"] = frames["dim_agent"].tail(1)
    assert check_relations(frames) == [
        Violation("fact_gap", "owner_agent_key", "points to no row of dim_agent", 1, ("gap_key=1",)),
    ]


def test_key_0_needs_no_row_in_a_fact() -> None:
    frames = samples()
    frames["fact_change_request"] = put(frames["fact_change_request"], "decision_key", 0)
    assert check_relations(frames) == []


def test_a_table_that_was_not_given_does_not_pass_for_sound() -> None:
    frames = {"fact_feedback": samples()["fact_feedback"]}
    assert {violation.check for violation in check_relations(frames)} == {
        "cannot be checked: dim_handoff was not given",
        "cannot be checked: dim_checklist_item was not given",
        "cannot be checked: dim_agent was not given",
    }
