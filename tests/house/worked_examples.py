"""Reads the worked examples of the manual and works them out: plain arithmetic, and the statistics by the names that the pages use.

The statistics are the product's own; that they are right is tested in tests/measures against other libraries.
The one thing to know: a shown number is right when it is the result rounded to the digits shown, `%` being hundredths.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import statistics
from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from handoff_pipeline.measures.chart_limits import xmr as xmr_limits
from handoff_pipeline.measures.intervals import poisson_rate_interval, student_t_interval, wilson
from handoff_pipeline.measures.kaplan_meier import COUNTS, Curve, kaplan_meier, median_with_interval, survival_at
from handoff_pipeline.measures.movement import conditional_exact, newcombe

Numbers = tuple[float | None, ...]
NOT_REACHED: Final = "not reached"
_EQUATION: Final = re.compile(r"(?<!`)`([^`\n]+?) = ([−\d][^`=\n]*|not reached[^`=\n]*)`(?!`)")
_CALL: Final = re.compile(r"([a-z_]+)\((.*)\)( × 100)?")
_OPERATORS: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


def equations(text: str) -> list[tuple[str, str]]:
    """Every `claim = shown` in code spans, where shown begins with a number."""
    return [(found[1], found[2]) for found in _EQUATION.finditer(text)]


def rows_of(text: str, heading: str, *, blank: bool = False) -> list[tuple[str, str, str]]:
    """The rows of three cells below a heading whose last cell is a number; `blank` also takes those without a formula."""
    section = text.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| `(\w+)` \| ([^|]*?) ?\| ([−\d,.]+) \|$", section)
    return [(name, claim, shown) for name, claim, shown in rows if claim or blank]


def number(shown: str) -> float:
    """A number as the pages write it."""
    return float(shown.replace("−", "-").replace(",", ""))


def disagreement(claim: str, shown: str) -> str:
    """What is wrong with an example; empty where it comes out in every digit shown. An interval that is not shown is not looked at."""
    results = _worked(claim)
    parts = re.split(r" to |, (?=[−\dn])", shown.strip())
    if len(parts) not in {1, len(results)} or not results:
        return f"{claim} has {len(results)} numbers, not {len(parts)}"
    wrong = [f"{part} is {result}" for part, result in zip(parts, results, strict=False) if not _is_shown(result, part.strip())]
    return "; ".join(wrong)


def _is_shown(result: float | None, part: str) -> bool:
    if result is None or part == NOT_REACHED:
        return result is None and part == NOT_REACHED
    digits = part.removesuffix("%").strip()
    places = len(digits.partition(".")[2])
    apart = abs(result * (100 if part.endswith("%") else 1) - number(digits))
    return apart <= 0.5 / math.pow(10, places) + 1e-9


def _worked(claim: str) -> Numbers:
    found = _CALL.fullmatch(claim)
    if found and found[1] in _STATISTICS:
        times = 100.0 if found[3] else 1.0
        return tuple(None if each is None else each * times for each in _STATISTICS[found[1]](found[2]))
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", claim).translate(str.maketrans("×÷−", "*/-"))
    return (_value(ast.parse(plain, mode="eval").body),)


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sqrt":
        return math.sqrt(_value(node.args[0]))
    raise ValueError(f"an example may not hold {ast.unparse(node)}")


def _numbers(text: str) -> list[float]:
    return [float(each) for each in text.split()]


def _pairs(text: str, between: str) -> list[float]:
    return [float(each) for pair in text.split(", ") for each in pair.split(between)]


def _curve(text: str) -> Curve:
    rows = [(float(each.rstrip("+")), int(not each.endswith("+")), int(each.endswith("+"))) for each in text.split()]
    return kaplan_meier(pl.DataFrame(rows, schema=list(COUNTS), orient="row"))


def _wilson(text: str) -> Numbers:
    counted, size = _pairs(text, " of ")
    return wilson(int(counted), int(size)) or ()


def _student_t(text: str) -> Numbers:
    values = _numbers(text)
    return student_t_interval(statistics.mean(values), statistics.stdev(values), len(values)) or ()


def _poisson(text: str) -> Numbers:
    events, exposure = _pairs(text, " in ")
    return poisson_rate_interval(int(events), exposure) or ()


def _median(text: str) -> Numbers:
    found = median_with_interval(_curve(text))
    return (found.value, found.ci_low, found.ci_high)


def _survival(text: str) -> Numbers:
    day, _, durations = text.partition(": ")
    found = survival_at(_curve(durations), float(day))
    return (found.value, found.ci_low, found.ci_high)


def _within(text: str) -> Numbers:
    value, low, high = (None if each is None else 1 - each for each in _survival(text))
    return (value, high, low)


def _xmr(text: str) -> Numbers:
    values = np.array(_numbers(text))
    limits = xmr_limits(np.zeros(len(values), dtype=np.int64), values, np.zeros(len(values), dtype=np.bool_), 1)
    centre, reach = float(limits.centre[0]), float(limits.reach[0])
    return (centre, centre - reach, centre + reach)


def _between_events(text: str) -> Numbers:
    centre, low, high = (each or 0.0 for each in _xmr(text))
    return (1 / centre, 1 / high, 1 / max(low, 1.0))


def _newcombe(text: str) -> Numbers:
    first, size, other, other_size = (int(each) for each in _pairs(text, " of "))
    return newcombe(first, size, other, other_size) or ()


def _rate_ratio(text: str) -> Numbers:
    events, exposure, other, other_exposure = _pairs(text, " in ")
    found = conditional_exact(int(events), exposure, int(other), other_exposure)
    return (found.ratio, found.ratio_low, found.ratio_high)


def _rate_difference(text: str) -> Numbers:
    events, exposure, other, other_exposure = _pairs(text, " in ")
    found = conditional_exact(int(events), exposure, int(other), other_exposure)
    return (found.difference, *(found.interval or ()))


_STATISTICS: Final[dict[str, Callable[[str], Numbers]]] = {
    "wilson": _wilson, "student_t": _student_t, "poisson": _poisson, "median": _median, "survival": _survival, "within": _within,
    "xmr": _xmr, "between_events": _between_events, "newcombe": _newcombe, "rate_ratio": _rate_ratio, "rate_difference": _rate_difference,
}  # fmt: skip
