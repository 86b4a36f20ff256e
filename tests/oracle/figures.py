"""Figures: what the members of a metric, week and segment come to, by the contract's aggregation, with its interval.

Nothing is asked of the tenant here but the policy's target day. Charts, which look over many weeks, are in `charts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.oracle.keys import money, total
from tests.oracle.members import Member
from tests.oracle.metrics import METRICS, Metric
from tests.oracle.statistics import UNKNOWN, Interval, garwood, median, reached_by, student, wilson

HUNDRED = 100


@dataclass(frozen=True)
class Figure:
    """What a metric says of a week and segment."""

    n: int
    n_excluded: int = 0
    numerator: float | None = None
    denominator: float | None = None
    numerator_2: float | None = None
    denominator_2: float | None = None
    value: float | None = None
    amount: Decimal | None = None
    interval: Interval = UNKNOWN


@dataclass(frozen=True)
class Parts:
    """The exact sums of the counted members' parts."""

    numerator: Decimal
    denominator: Decimal
    numerator_2: Decimal
    denominator_2: Decimal


def figure_of(name: str, members: Sequence[Member], target_days: int) -> Figure:
    """The figure of a metric's members of one week and segment; `target_days` is the policy's for kickoffs."""
    metric = METRICS[name]
    counted = [member for member in members if member.is_counted]
    left_out = len(members) - len(counted)
    if metric.interval == "survival":
        return _of_durations(name, counted, left_out, target_days)
    parts = Parts(*(_sum(counted, part) for part in ("numerator", "denominator", "numerator_2", "denominator_2")))
    n = size_of(name, counted, parts)
    if metric.aggregation == "ratio_difference":
        return Figure(n, left_out, *_doubles(parts), value=_difference(parts))
    if metric.aggregation == "sum":
        amount = money(parts.numerator) if counted else None
        return Figure(n, left_out, float(parts.numerator), value=_double(amount), amount=amount)
    if metric.aggregation == "level" and metric.interval == "none":
        is_told = bool(counted) or metric.minimum_n == 0  # of none at all it is 0 where that says something
        return Figure(n, left_out, float(parts.numerator), value=float(parts.numerator) if is_told else None)
    whole = parts.denominator
    value = float(parts.numerator / whole) if whole else None
    return Figure(n, left_out, float(parts.numerator), float(whole), value=value, interval=_interval(metric, counted, parts))


def size_of(name: str, counted: Sequence[Member], parts: Parts) -> int:
    """n: whole hours of the metric per 100 hours, active projects of the frequency, members of all others."""
    if name == "scope_changes_per_100h":
        return int(parts.denominator)
    if name == "scope_change_frequency":
        return sum(1 for member in counted if member.denominator is not None)
    return len(counted)


def _of_durations(name: str, counted: Sequence[Member], left_out: int, target_days: int) -> Figure:
    observed = [(member.duration, bool(member.is_event)) for member in counted if member.duration is not None]
    value, low, high = reached_by(observed, target_days) if name == "kickoff_within_target" else median(observed)
    return Figure(len(observed), left_out, value=value, interval=(low, high))


def _interval(metric: Metric, counted: Sequence[Member], parts: Parts) -> Interval:
    if metric.interval == "student":
        return student([float(member.numerator) for member in counted if member.numerator is not None])
    if metric.interval == "wilson":
        return wilson(int(parts.numerator), int(parts.denominator))
    if metric.unit == "per_100_hours":
        return garwood(int(parts.numerator) // HUNDRED, float(parts.denominator / HUNDRED))
    return garwood(int(parts.numerator), float(parts.denominator))


def _difference(parts: Parts) -> float | None:
    if not parts.denominator or not parts.denominator_2:
        return None
    return float((parts.numerator / parts.denominator - parts.numerator_2 / parts.denominator_2) * HUNDRED)


def _sum(counted: Sequence[Member], part: str) -> Decimal:
    return total(value for member in counted if (value := getattr(member, part)) is not None)


def _doubles(parts: Parts) -> tuple[float, float, float, float]:
    return float(parts.numerator), float(parts.denominator), float(parts.numerator_2), float(parts.denominator_2)


def _double(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
