"""Borders that neither ruff nor import-linter can hold alone: time, the oracle's independence, charters and size."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
ROOMS = ("handoff_pipeline", "assets", "quality", "exports")
ORACLE_MAY_IMPORT = ("tests.oracle", "handoff_pipeline.simulator.truth", "yaml", "statsmodels", "scipy", "numpy", "pytest")
TIME_QUESTIONS = {"datetime": {"now", "utcnow", "today"}, "date": {"today"}, "time": {"time", "time_ns"}}


def modules(*folders: str) -> list[Path]:
    """Every Python file of these folders of the checkout, in order."""
    return sorted(path for folder in folders for path in (CHECKOUT / folder).rglob("*.py"))


def name_of(path: object) -> str:
    """A module's name in a test's id."""
    return str(path.relative_to(CHECKOUT)) if isinstance(path, Path) else str(path)


def tree_of(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def time_questions(tree: ast.Module) -> Iterator[str]:
    """Calls such as `datetime.now()`, with their line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            owner_name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if node.func.attr in TIME_QUESTIONS.get(owner_name, ()):
                yield f"line {node.lineno}: {owner_name}.{node.func.attr}()"


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, at any depth of the code; a relative import shows as its dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


@pytest.mark.parametrize("path", modules(*ROOMS), ids=name_of)
def test_only_the_clock_asks_what_time_it_is(path):
    if path == CHECKOUT / "handoff_pipeline" / "clock.py":
        return
    assert list(time_questions(tree_of(path))) == []


@pytest.mark.parametrize("path", modules(*ROOMS), ids=name_of)
def test_every_module_opens_with_its_charter(path):
    assert ast.get_docstring(tree_of(path)), f"{name_of(path)}: say what the module is about, what does not belong, what to know"


@pytest.mark.parametrize("path", modules(*ROOMS), ids=name_of)
def test_no_module_grows_past_250_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 250, f"{name_of(path)}: is there a second subject inside?"


def test_the_oracle_imports_no_product_code():
    files = modules("tests/oracle")
    assert files, "tests/oracle is empty: nothing checks the figures independently"
    foreign = [
        f"{name_of(path)}: {module}"
        for path in files
        for module in imported(tree_of(path))
        if module.split(".")[0] not in sys.stdlib_module_names
        and not any(module == allowed or module.startswith(f"{allowed}.") for allowed in ORACLE_MAY_IMPORT)
    ]
    assert foreign == []


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in modules("tests")}
    assert [name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_the_border_tests_see_what_they_look_for():
    tree = ast.parse("import a.b\nfrom .c import d\ndef f():\n    import e\n    return dt.datetime.now(), date.today(), clock.now()\n")
    assert list(imported(tree)) == ["a.b", ".c", "e"]
    assert list(time_questions(tree)) == ["line 5: datetime.now()", "line 5: date.today()"]
