"""Where a figure stands: against its baseline, on the path to the target in force, by the metric's direction.

Written from docs/kpis.md "Baselines and targets". A week is judged by its Sunday; before the freeze's day nothing is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tests.oracle.baselines import Baseline
from tests.oracle.figures import Figure
from tests.oracle.metrics import METRICS
from tests.oracle.targets import Target

EQUAL = 1e-9


@dataclass(frozen=True)
class Standing:
    """What kpi_weekly says of a figure beside its value."""

    status: str
    baseline: float | None = None
    target: float | None = None
    due: date | None = None


def standing_of(metric: str, figure: Figure, sunday: date, baseline: Baseline | None, targets: Sequence[Target]) -> Standing:
    """Baseline, target and status; `targets` are those due after the freeze, the one that counts of a day first."""
    is_known = figure.n >= METRICS[metric].minimum_n and figure.value is not None
    if baseline is None or sunday < baseline.day:
        return Standing("no_target" if is_known else "not_enough_data")
    target = in_force(targets, sunday)
    if target is None:
        return Standing("no_target" if is_known else "not_enough_data", baseline.value)
    path = needed(baseline, target, sunday)
    status = _status(metric, figure.value, target, path, sunday) if is_known and figure.value is not None else "not_enough_data"
    return Standing(status, baseline.value, path, target.due)


def in_force(targets: Sequence[Target], sunday: date) -> Target | None:
    """The target that is due next; when all are past, the last one."""
    ahead = [each for each in targets if each.due >= sunday]
    if ahead:
        return min(ahead, key=lambda each: each.due)
    return max(targets, key=lambda each: each.due, default=None)


def needed(baseline: Baseline, target: Target, sunday: date) -> float:
    """The value on the straight path from the baseline to `low`, by days; `low` once it is due."""
    if sunday >= target.due:
        return target.low
    return baseline.value + (target.low - baseline.value) * (sunday - baseline.day).days / (target.due - baseline.day).days


def reaches(metric: str, value: float, wanted: float) -> bool:
    """Whether a value is at or beyond another, in the metric's direction."""
    ahead = value - wanted if METRICS[metric].direction == "up" else wanted - value
    return ahead > -EQUAL * max(1.0, abs(wanted))


def _status(metric: str, value: float, target: Target, path: float, sunday: date) -> str:
    if target.high is not None and reaches(metric, value, target.high):
        return "ahead"
    if sunday > target.due and not reaches(metric, value, target.low):
        return "missed"
    return "on_track" if reaches(metric, value, path) else "behind"
