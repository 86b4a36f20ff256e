"""Every rule of every contract is broken alone and seen alone; and where a guard is taken out, that does not stay unnoticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

from handoff_pipeline.tables import TABLES
from quality import contracts, relations
from tests.quality.rules import damages
from tests.quality.sample import put, sample

REFERENCES = [(table.name, column.name) for table in TABLES.values() for column in table.columns if column.references]
NOWHERE = 404
WORDS = {
    "must be one of the contract's values": "fact_gap",
    "must be finite": "fact_gap",
    "must not be below": "kpi_kickoff_survival",
    "must not be above": "kpi_kickoff_survival",
    "row 0 must hold the unknown value": "dim_client",
    "must be unique": "fact_gap",
    "the table must hold a row with": "dim_client",
    "the table must carry one run_id": "dim_client",
    "the table must hold one row for a run": "meta_run",
}
"""Rules by a part of their words, each with a table that has it."""
Break = Callable[[pytest.MonkeyPatch], None]


def unseen(name: str) -> list[str]:
    """Damages of a table of which the contract says another thing than it must."""
    return [damage.name for damage in damages(name) if _said(name, damage.frame, published=damage.published) != damage.said]


@pytest.mark.parametrize("name", TABLES)
def test_each_rule_of_a_contract_is_broken_alone_and_seen_alone(name: str):
    assert unseen(name) == []


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_of_rule_of_a_table_has_its_damage(name: str):
    """The other way round: each rule that pandera applies is among what the damages are to be told of."""
    schema = contracts.schema_for(name)
    rules = {(column, str(rule.name)) for column, each in schema.columns.items() for rule in each.checks}
    rules |= {(column, "must not be NULL") for column, each in schema.columns.items() if not each.nullable}
    rules |= {(None, str(rule.name)) for rule in schema.checks}

    told = {said for damage in damages(name) for said in damage.said}
    assert rules - told == set()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Break], None]]:
    """Takes a guard out; schemas made before and while it is out are forgotten."""

    def out(guard: Break) -> None:
        guard(monkeypatch)
        contracts.schema_for.cache_clear()

    yield out
    monkeypatch.undo()
    contracts.schema_for.cache_clear()


@pytest.mark.parametrize(("words", "table"), WORDS.items())
def test_a_rule_that_always_holds_does_not_stay_unnoticed(broken: Callable[[Break], None], words: str, table: str):
    made = contracts._check

    def never_broken(name: str, is_kept: pl.Expr, *, ignore_na: bool = True) -> Any:
        return made(name, pl.int_range(pl.len()) >= 0 if words in name else is_kept, ignore_na=ignore_na)

    broken(lambda patch: patch.setattr(contracts, "_check", never_broken))
    assert any(words in name for name in unseen(table))


@pytest.mark.parametrize("place", range(len(contracts._TABLE_RULES["dim_date"])))
def test_a_rule_of_the_calendar_that_is_left_out_does_not_stay_unnoticed(broken: Callable[[Break], None], place: int):
    kept = tuple(rule for number, rule in enumerate(contracts._TABLE_RULES["dim_date"]) if number != place)
    broken(lambda patch: patch.setitem(contracts._TABLE_RULES, "dim_date", kept))
    assert unseen("dim_date")


@pytest.mark.parametrize(
    ("of", "option", "instead"), [("Column", "nullable", True), ("DataFrameSchema", "strict", False), ("DataFrameSchema", "ordered", False)]
)
def test_a_looser_schema_does_not_stay_unnoticed(broken: Callable[[Break], None], of: str, option: str, instead: bool):
    made = getattr(pa, of)
    broken(lambda patch: patch.setattr(pa, of, lambda *given, **options: made(*given, **{**options, option: instead})))
    assert unseen("fact_gap")


def test_columns_of_any_type_do_not_stay_unnoticed(broken: Callable[[Break], None]):
    made = pa.Column
    broken(lambda patch: patch.setattr(pa, "Column", lambda _dtype, **options: made(None, **options)))
    assert any("must be of type" in name for name in unseen("fact_gap"))


@pytest.mark.parametrize("guard", ["_unique_key", "_has_row_0"])
def test_a_rule_of_the_whole_table_that_is_left_out_does_not_stay_unnoticed(broken: Callable[[Break], None], guard: str):
    kept = contracts._table_check("holds", pl.len() >= 0)
    broken(lambda patch: patch.setattr(contracts, guard, lambda *_, **__: kept))
    assert unseen("dim_client")


@pytest.mark.parametrize("guard", ["_broken", "_column_rules"])
def test_a_contract_that_finds_nothing_does_not_stay_unnoticed(broken: Callable[[Break], None], guard: str):
    broken(lambda patch: patch.setattr(contracts, guard, lambda *_: []))
    assert unseen("fact_gap")


@pytest.mark.parametrize(("table", "column"), REFERENCES)
def test_each_key_that_points_nowhere_is_seen_alone(table: str, column: str):
    assert _lost(table, column) == {(table, column)}


def test_relations_that_find_nothing_do_not_stay_unnoticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relations, "_broken", lambda *_: None)
    assert [each for each in REFERENCES if _lost(*each) == {each}] == []


def _said(name: str, frame: pl.DataFrame, *, published: bool) -> frozenset[tuple[str | None, str]]:
    return frozenset((violation.column, violation.check) for violation in contracts.check(name, frame, published=published))


def _lost(table: str, column: str) -> set[tuple[str, str | None]]:
    """What is said where one key points nowhere and all tables are there."""
    needed = {table} | {str(each.references) for each in TABLES[table].columns if each.references}
    frames = {name: sample(name).select(_keys(name)) for name in needed}
    frames[table] = put(frames[table], column, NOWHERE)
    found = relations.check_relations(frames)
    return {(violation.table, violation.column) for violation in found if violation.table == table}


def _keys(name: str) -> list[str]:
    return [column.name for column in TABLES[name].columns if column.name in TABLES[name].key or column.references]
