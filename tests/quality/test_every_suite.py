"""Each expectation that the registry makes for the Data Docs is there, holds on a sound table, and fails on a damage of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from handoff_pipeline.tables import TABLES, Table
from quality import suites
from tests.quality.sample import put, sample

NULL, LISTED, BOUND, UNIQUE, TOGETHER, SHAPE = (
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_unique",
    "expect_compound_columns_to_be_unique",
    "expect_table_columns_to_match_ordered_list",
)
Expected = tuple[str, str | None]


def wanted(table: Table) -> dict[Expected, list[pl.DataFrame]]:
    """What the registry asks of a table, with the frames that break each: kind of expectation, and column where it has one."""
    frame = sample(table.name)
    first, second, *rest = frame.columns
    made: dict[Expected, list[pl.DataFrame]] = {(SHAPE, None): [frame.select(second, first, *rest), frame.drop(second)]}
    made[(TOGETHER, None) if len(table.key) > 1 else (UNIQUE, table.key[0])] = [pl.concat([frame, frame.tail(1)])]
    for column in table.columns:
        low, high = column.range
        if not column.nullable:
            made[NULL, column.name] = [put(frame, column.name, None)]
        if column.values:
            made[LISTED, column.name] = [put(frame, column.name, "elsewhere")]
        beyond = [bound + step for bound, step in ((low, -1), (high, 1)) if bound is not None]
        if beyond:
            made[BOUND, column.name] = [put(frame, column.name, value) for value in beyond]
    return made


@pytest.fixture(scope="module")
def judge() -> Any:
    """Great Expectations in memory: whether expectations hold on a frame, each by its kind and column."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batches = context.data_sources.add_pandas("suites").add_dataframe_asset("frame").add_batch_definition_whole_dataframe("frame")

    def judged(frame: pl.DataFrame, expectations: list[Any]) -> dict[Expected, bool]:
        batch = batches.get_batch({"dataframe": frame.to_pandas()})
        outcome = batch.validate(gx.ExpectationSuite("one", expectations=expectations), result_format="BOOLEAN_ONLY")
        return {
            (each.expectation_config.type, each.expectation_config.kwargs.get("column")): bool(each.success) for each in outcome.results
        }

    return judged


@pytest.mark.parametrize("name", TABLES)
def test_a_suite_expects_what_the_registry_asks_and_nothing_else(name: str):
    assert sorted(_made(name), key=str) == sorted(wanted(TABLES[name]), key=str)


@pytest.mark.parametrize("name", TABLES)
def test_a_sound_table_meets_all_that_is_expected(judge: Any, name: str):
    assert {each for each, holds in judge(sample(name), [*_made(name).values()]).items() if not holds} == set()


@pytest.mark.parametrize("name", ["dim_metric", "fact_gap", "kpi_kickoff_survival"])
def test_each_expectation_fails_on_its_own_damage(judge: Any, name: str):
    assert list(_unbroken(judge, name)) == []


@pytest.mark.campaign
@pytest.mark.parametrize("name", TABLES)
def test_each_expectation_of_every_table_fails_on_its_own_damage(judge: Any, name: str):
    assert list(_unbroken(judge, name)) == []


@pytest.mark.parametrize("kind", [NULL, LISTED, BOUND, SHAPE])
def test_a_kind_of_expectation_that_is_left_out_does_not_stay_unnoticed(monkeypatch: pytest.MonkeyPatch, kind: str):
    made = suites.expectations_of

    def without(table: Table, expect: Any) -> list[Any]:
        return [each for each in made(table, expect) if each.expectation_type != kind]

    monkeypatch.setattr(suites, "expectations_of", without)
    assert any(set(wanted(table)) != set(_made(table.name)) for table in TABLES.values())


def _made(name: str) -> dict[Expected, Any]:
    import great_expectations.expectations as expect

    return {(each.expectation_type, getattr(each, "column", None)): each for each in suites.expectations_of(TABLES[name], expect)}


def _unbroken(judge: Any, name: str) -> Iterator[Expected]:
    """Expectations that hold where their damage is done."""
    made = _made(name)
    for each, frames in wanted(TABLES[name]).items():
        for frame in frames:
            if judge(frame, [made[each]])[each]:
                yield each
