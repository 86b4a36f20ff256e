"""The numbered facts of docs/halopsa.md, the tests that show them, and the simulator's switches hold together.

Markers are read from the files' syntax trees: nothing is imported, so a test that is skipped or deselected counts as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

from handoff_pipeline.simulator import Quirks

ROOT = Path(__file__).parents[2]
COLUMNS = 5


@cache
def facts() -> tuple[tuple[str, ...], ...]:
    """The cells of each row of the table of facts: number, fact, source, switch, client."""
    lines = (ROOT / "docs" / "halopsa.md").read_text(encoding="utf-8").splitlines()
    return tuple(tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines if line.startswith("| H"))


@cache
def shown() -> dict[str, list[str]]:
    """Each number that a marker names, with the tests that carry it."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for test in ast.walk(tree):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                for number in numbers_of(test):
                    found.setdefault(number, []).append(f"{path.relative_to(ROOT)}::{test.name}")
    return found


def numbers_of(test: ast.FunctionDef) -> Iterator[str]:
    """Give the numbers in the `pytest.mark.fact(...)` decorators of a test."""
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.fact":
            yield from (str(argument.value) for argument in mark.args if isinstance(argument, ast.Constant))


def test_every_fact_has_all_its_columns() -> None:
    assert [fact for fact in facts() if len(fact) != COLUMNS or not all(fact)] == []


def test_facts_are_numbered_without_a_gap() -> None:
    assert [fact[0] for fact in facts()] == [f"H{number:03d}" for number in range(1, len(facts()) + 1)]


def test_every_fact_is_shown_by_a_test() -> None:
    assert [f"{number} {fact}" for number, fact, *_ in facts() if number not in shown()] == []


def test_no_test_shows_a_fact_that_is_not_in_the_table() -> None:
    known = {fact[0] for fact in facts()}
    assert {number: tests for number, tests in shown().items() if number not in known} == {}


def test_every_switch_of_the_table_is_one_of_the_simulator() -> None:
    switches = {field.name for field in fields(Quirks)}
    named = {(fact[0], name.strip(" `")) for fact in facts() for name in fact[3].split(",")}
    assert {(number, name) for number, name in named if name != "always" and name not in switches} == set()


def test_a_marker_is_read_from_the_source() -> None:
    marked = ast.parse('@pytest.mark.fact("H001", "H002")\n@pytest.mark.campaign\ndef test_one() -> None: ...').body[0]
    assert isinstance(marked, ast.FunctionDef)
    assert list(numbers_of(marked)) == ["H001", "H002"]
