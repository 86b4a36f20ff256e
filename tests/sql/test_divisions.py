"""No division of the SQL is left unguarded: a divisor that may be 0 gives NULL, never infinity and never an error."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("sql/*/*.sql"), *ROOT.glob("quality/rules/*.sql")])


def unguarded(sql: str) -> list[str]:
    """The divisions whose divisor is no number, no `nullif(x, 0)`, and not held above or apart from 0 by the CASE around it."""
    return [
        each.sql("duckdb")
        for each in sqlglot.parse_one(sql, read="duckdb").find_all(exp.Div, exp.Mod, exp.IntDiv)
        if not _is_safe(each.expression) and not _is_held(each)
    ]


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren | exp.Cast | exp.TryCast):
        node = node.this
    return node


def _is_safe(divisor: exp.Expr) -> bool:
    divisor = _bare(divisor)
    if isinstance(divisor, exp.Literal):
        return float(divisor.this) != 0
    if isinstance(divisor, exp.Nullif):
        return str(divisor.expression.sql()) == "0"
    return False


def _is_held(division: exp.Expr) -> bool:
    divisor = _bare(division.expression).sql("duckdb")
    branch = division.find_ancestor(exp.If)
    while branch is not None:
        for bound in branch.this.find_all(exp.GT, exp.NEQ):
            if bound.this.sql("duckdb") == divisor and bound.expression.sql() == "0":
                return True
        branch = branch.find_ancestor(exp.If)
    return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_division_is_guarded(path: Path):
    assert not unguarded(path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("sql", "is_guarded"),
    [
        ("select a.x / a.y from core.a as a", False),
        ("select a.x / nullif(a.y, 0) from core.a as a", True),
        ("select a.x / nullif(a.y, 1) from core.a as a", False),
        ("select cast(a.x as double) / 3600 from core.a as a", True),
        ("select a.x / 0 from core.a as a", False),
        ("select case when a.y > 0 then a.x / cast(a.y as double) end from core.a as a", True),
        ("select case when a.z > 0 then a.x / a.y end from core.a as a", False),
        ("select case when a.y > 0 then 1 else a.x / a.y end from core.a as a", False),
        ("select a.x % a.y from core.a as a", False),
    ],
)
def test_the_guard_is_recognised(sql: str, is_guarded: bool):
    assert bool(unguarded(sql)) is not is_guarded
