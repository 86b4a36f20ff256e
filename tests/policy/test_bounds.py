"""A policy file that would take the night's memory or its stack is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from handoff_pipeline.errors import PolicyError
from handoff_pipeline.policy import parse_policy
from handoff_pipeline.policy.bounds import MAX_DEPTH, MAX_VALUES, check_bounds


@pytest.mark.parametrize("text", ["a: " + "[" * 5_000 + "]" * 5_000, "".join(f"{' ' * n}a:\n" for n in range(500)), "a: " + "{b: " * 3_000])
def test_a_file_nested_without_end_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(PolicyError, match=r"handoff.yaml, line \d+, is nested more than"):
        parse_policy(text)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(PolicyError, match=f"line 6, stands for more than {MAX_VALUES:,} values"):
        parse_policy("\n".join(lines))


def test_an_alias_inside_of_itself_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"line 1, has the alias \*me inside of what it stands for"):
        parse_policy("a: &me [*me]")


def test_an_anchor_used_as_people_use_it_is_allowed(checkout: Path) -> None:
    check_bounds("defaults: &d {margin: 30}\nfirst: *d\nsecond: *d\n")
    check_bounds("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))
    check_bounds((checkout / "handoff.yaml").read_text(encoding="utf-8"))
