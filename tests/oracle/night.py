"""What one night works out: handoffs, changes, margins, members of metrics, and the figures that are summed from them.

The order of computing is here and nowhere else; earlier nights are the same, asked of the tenant as it was known then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from tests.oracle.baselines import Baseline, Freeze, captured, in_force
from tests.oracle.changes import Change, linked_changes
from tests.oracle.handoffs import Handoff, handoffs
from tests.oracle.kpi_facts import facts_of
from tests.oracle.kpis import members_of
from tests.oracle.margin import MarginRow, margin_rows
from tests.oracle.members import Member
from tests.oracle.movement import kpi_movement
from tests.oracle.observation import Seen
from tests.oracle.segments import ALL, Cut, cut
from tests.oracle.weekly import Points, kpi_weekly, oldest_week, points_of, reported


@dataclass(frozen=True, eq=False)
class Figures:
    """The tenant as a night saw it, and every figure that follows from it."""

    seen: Seen
    handoffs: list[Handoff]
    changes: list[Change]
    margins: list[MarginRow]
    members: list[Member]
    series: Cut
    points: Points


@dataclass(frozen=True, eq=False)
class Night(Figures):
    """The same, judged against what was frozen by then, of the weeks from the oldest on that is reported."""

    freezes: tuple[Freeze, ...]
    baselines: list[Baseline]
    oldest: date
    weekly: list[dict[str, Any]]

    @property
    def current(self) -> list[Baseline]:
        """Baselines in force."""
        return list(in_force(self.baselines).values())

    @property
    def movement(self) -> list[dict[str, Any]]:
        """Rows of kpi_movement."""
        return [
            row
            for each in self.current
            for row in kpi_movement(
                self.seen, each, self.points.get((each.metric, each.segment), []), self.series.get((each.metric, each.segment), {})
            )
        ]


@lru_cache(maxsize=32)
def figures_of(seen: Seen) -> Figures:
    """The figures of the last night of `seen`; kept, because each freeze and each restatement asks for an earlier night's."""
    every = handoffs(seen)
    changes = linked_changes(seen, {each.deal.deal_id: each for each in every})
    margins = margin_rows(seen, every, changes)
    facts = facts_of(seen, every, changes, margins)
    members = members_of(facts)
    series = cut(facts, members)
    return Figures(seen, every, changes, margins, members, series, points_of(seen, series))


def night_of(seen: Seen, freezes: Sequence[Freeze] = ()) -> Night:
    """The last night of `seen`, after these freezes."""
    figures = figures_of(seen)
    baselines = [found for each in freezes if each.at <= seen.as_of and (found := _captured(figures, each)) is not None]
    current = in_force(baselines)
    oldest = oldest_week(seen, current.values())
    series, points = reported(figures.series, figures.points, oldest)
    # Charts between events count the members of every week.
    weekly = list(kpi_weekly(seen, figures.series, points, current))
    whole = {**vars(figures), "series": series, "points": points}
    return Night(**whole, freezes=tuple(freezes), baselines=baselines, oldest=oldest, weekly=weekly)


def nights_until(last: Night) -> Iterator[Night]:
    """Every night up to the last one, each as it was then."""
    for moment in last.seen.nights[:-1]:
        yield night_of(last.seen.by(moment), last.freezes)
    yield last


def _captured(figures: Figures, freeze: Freeze) -> Baseline | None:
    """What the newest night before the freeze had published."""
    seen = figures.seen
    night = max((each for each in seen.nights if each <= freeze.at), default=None)
    if night is None:
        return None
    then = figures if night == seen.as_of else figures_of(seen.by(night))
    named = (
        each
        for metric, each in then.points
        if (metric, each.segment_type, each.segment) == (freeze.metric, freeze.segment_type, freeze.segment)
    )
    segment = next(named, None)
    if segment is None:
        return None
    key, published = (freeze.metric, segment), then.points[freeze.metric, ALL]
    return captured(then.seen, freeze, segment, then.points[key], published, then.series[key])
