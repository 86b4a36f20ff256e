"""Baselines: what somebody froze on a day, pooled from the 13 settled weeks that were published by then.

Written from docs/kpis.md "Baselines and targets". A freeze is an act of a person, so a test gives it; its numbers follow from
the figures of the newest night before it. How later weeks stand against it is in `standing`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.oracle.charts import Week
from tests.oracle.days import ONE_WEEK
from tests.oracle.keys import date_key, utc
from tests.oracle.kpi_facts import SIX_DAYS
from tests.oracle.members import Member
from tests.oracle.metrics import METRICS, WINDOW_WEEKS
from tests.oracle.observation import Seen
from tests.oracle.segments import Segment
from tests.oracle.statistics import UNKNOWN, Interval, garwood, student, wilson

ROLLING = frozenset(
    {
        "days_to_kickoff_median", "kickoff_within_target", "projects_with_change_rate", "gap_resolution_hours", "gap_within_sla_rate",
        "escalation_ack_hours",
    }
)  # fmt: skip
AS_OF = frozenset({"open_margin_erosion_pp", "unbilled_scope_hours", "decision_overdue_rate", "expired_overrides_open"})


@dataclass(frozen=True)
class Freeze:
    """Somebody froze a metric in a segment; `allow_small` where fewer than the minimum n were to be enough."""

    metric: str
    at: datetime
    agent_id: int
    reason: str
    segment_type: str = "all"
    segment: str = "all"
    allow_small: bool = False


@dataclass(frozen=True)
class Pool:
    """Weeks taken together: value, n, the sums behind it, and of a mean the values themselves."""

    value: float | None
    n: int
    interval: Interval = UNKNOWN
    numerator: float = 0.0
    denominator: float = 0.0
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """A baseline as it was frozen; `day` is the local day of the freeze."""

    metric: str
    segment: Segment
    pool: Pool
    value: float
    window: tuple[date, date]
    frozen: Freeze
    day: date


def captured(
    seen: Seen, freeze: Freeze, segment: Segment, weeks: Sequence[Week], published: Sequence[Week], members: Mapping[date, Sequence[Member]]
) -> Baseline | None:
    """What a freeze takes; None where nothing can be frozen.

    Args:
        seen: The tenant as the newest night before the freeze saw it.
        freeze: Who froze what.
        segment: The segment, by its key.
        weeks: The metric's rows in the segment, as that night published them.
        published: Its rows for `all`, which every week has.
        members: The segment's members by week.
    """
    settled = [each.week for each in published if not each.is_partial]
    if not settled:
        return None
    last = max(settled)
    first = last if freeze.metric in AS_OF else last - (WINDOW_WEEKS - 1) * ONE_WEEK
    pool = pooled(freeze.metric, weeks, members, first, last, sum(1 for week in settled if week >= first))
    if pool.value is None or (pool.n < METRICS[freeze.metric].minimum_n and not freeze.allow_small):
        return None
    start = last + SIX_DAYS if freeze.metric in AS_OF else first
    return Baseline(freeze.metric, segment, pool, pool.value, (start, last + SIX_DAYS), freeze, seen.days.local(freeze.at))


def pooled(name: str, weeks: Sequence[Week], members: Mapping[date, Sequence[Member]], first: date, last: date, published: int) -> Pool:
    """The weeks from `first` to `last` taken together; `published` is how many of them there are, with rows of the segment or without."""
    metric = METRICS[name]
    if name in ROLLING | AS_OF:
        figure = next((each.figure for each in weeks if each.week == last), None)
        return Pool(figure.value, figure.n, figure.interval) if figure else Pool(None, 0)
    figures = [each.figure for each in weeks if first <= each.week <= last]
    n = sum(figure.n for figure in figures)
    if metric.aggregation == "sum":
        known = [figure.value for figure in figures if figure.value is not None]
        return Pool(math.fsum(known) / published if known else None, n)
    above, below, above_2, below_2 = (
        math.fsum(getattr(figure, part) or 0.0 for figure in figures)
        for part in ("numerator", "denominator", "numerator_2", "denominator_2")
    )
    if metric.aggregation == "ratio_difference":
        return Pool((above / below - above_2 / below_2) * 100 if below and below_2 else None, n)
    values = tuple(
        float(member.numerator)
        for week, found in members.items()
        for member in found
        if first <= week <= last and member.is_counted and member.numerator is not None
    )
    return Pool(above / below if below else None, n, interval_of(name, above, below, values), above, below, values)


def interval_of(name: str, above: float, below: float, values: Sequence[float]) -> Interval:
    """The metric's own interval, on sums."""
    metric = METRICS[name]
    if metric.interval == "student":
        return student(values)
    if metric.interval == "wilson":
        return wilson(round(above), round(below))
    scale = 100 if metric.unit == "per_100_hours" else 1
    return garwood(round(above / scale), below / scale)


def kpi_baseline(seen: Seen, baselines: Sequence[Baseline]) -> list[dict[str, Any]]:
    """The table's rows."""
    current = in_force(baselines).values()
    return [
        {
            "metric_key": seen.key("metric", each.metric),
            **each.segment.columns,
            "value": each.value,
            "n": each.pool.n,
            "ci_low": each.pool.interval[0],
            "ci_high": each.pool.interval[1],
            "window_start": each.window[0],
            "window_end": each.window[1],
            "frozen_at_utc": utc(each.frozen.at),
            "frozen_by_key": seen.agent_key(each.frozen.agent_id),
            "reason": each.frozen.reason,
            "is_current": each in current,
            "frozen_date_key": date_key(each.day),
        }
        for each in baselines
    ]


def in_force(baselines: Sequence[Baseline]) -> dict[tuple[str, Segment], Baseline]:
    """The newest baseline of each metric and segment."""
    return {(each.metric, each.segment): each for each in sorted(baselines, key=lambda each: each.frozen.at)}
