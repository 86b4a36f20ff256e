"""How `handoff baseline` shows figures: tables for people, plain values for scripts.

Nothing is decided here.
The one thing to know: numbers stand in the metric's own unit, as targets in handoff.yaml are written (shares from 0 to 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from handoff_pipeline.commands.screen import clean, out, table

if TYPE_CHECKING:
    from handoff_pipeline.governance.baselines import Candidate
    from handoff_pipeline.ledger import Baseline


def as_plain(each: Candidate) -> dict[str, object]:
    """A candidate as JSON has it."""
    figure = {"value": each.figure.value, "ci_low": each.figure.ci_low, "ci_high": each.figure.ci_high, "n": each.figure.n}
    window = {"window_start": each.window_start, "window_end": each.window_end}
    return {**asdict(each.subject), **window, **figure, "minimum_n": each.minimum_n, "lacks": each.why}


def show_candidates(found: Iterable[Candidate], title: str) -> None:
    """Print what would be, or is about to be, frozen."""
    columns = ("metric", "segment", "window", "value", "95 % interval", "n", "lacks")
    rows = [
        (
            each.subject.metric,
            each.subject.segment,
            f"{each.window_start} to {each.window_end}",
            _number(each.figure.value),
            _interval(each.figure.ci_low, each.figure.ci_high),
            each.figure.n,
            each.why,
        )
        for each in found
    ]
    out().print(table(title, columns, rows, right=("value", "n")))


def listing(rows: Iterable[Baseline], current: Sequence[Baseline]) -> Table:
    """Every baseline ever frozen as a table; `current` are those in force."""
    columns = ("metric", "segment", "value", "95 % interval", "n", "window", "frozen (UTC)", "reason", "")
    cells = [
        (
            row.metric,
            row.segment,
            _number(row.value),
            _interval(row.ci_low, row.ci_high),
            row.n,
            f"{row.window_start} to {row.window_end}",
            f"{row.frozen_at:%Y-%m-%d %H:%M}",
            clean(row.reason),
            "current" if row in current else "replaced",
        )
        for row in rows
    ]
    return table("Baselines", columns, cells, right=("value", "n"))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None and high is None else f"{_number(low) or '...'} to {_number(high) or '...'}"
