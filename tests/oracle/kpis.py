"""The weekly metrics: which handoffs, changes and projects make a week's cohort, and what is computed of them.

Facts come in computed; formulas of intervals are in `statistics`. Every metric is asked for every week and segment.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from handoff_pipeline.simulator.truth import Project
from tests.oracle.changes import Change
from tests.oracle.days import ONE_WEEK, monday
from tests.oracle.handoffs import Handoff
from tests.oracle.kickoff import kickoff_of
from tests.oracle.margin import MarginRow
from tests.oracle.observation import Seen
from tests.oracle.projects import cancelled_day, closed_day, deal_of
from tests.oracle.statistics import garwood, median, student, wilson

WINDOW_WEEKS = 13
MARGIN_WEEKS = 8
SIX_DAYS = timedelta(days=6)


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
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ActiveSpan:
    """From when to when a project is active; `last` is None while it goes on. `team` is that of its won deal."""

    first: date
    last: date | None
    team: str | None

    def meets(self, week: date) -> bool:
        """Whether it was active in the week that begins on `week`."""
        return self.first <= week + SIX_DAYS and (self.last is None or self.last >= week)


@dataclass(frozen=True)
class Facts:
    """The facts of the last night that metrics count, for one segment (`team` None: all)."""

    seen: Seen
    handoffs: list[Handoff]
    changes: list[Change]
    margins: list[MarginRow]
    spans: list[ActiveSpan]
    team: str | None = None

    def of_team(self, team: str) -> Facts:
        """The facts of one sales team."""
        return Facts(
            self.seen,
            [each for each in self.handoffs if each.team == team],
            [each for each in self.changes if each.handoff is not None and each.handoff.counts and each.handoff.team == team],
            [each for each in self.margins if each.handoff.team == team],
            [each for each in self.spans if each.team == team],
            team,
        )


def facts_of(seen: Seen, handoffs: list[Handoff], changes: list[Change], margins: list[MarginRow]) -> Facts:
    """The facts that count: deals that are won, and projects with or without a deal."""
    by_deal = {each.deal.deal_id: each for each in handoffs}
    counting = [each for each in handoffs if each.counts]
    spans = [_active_span(seen, project, by_deal) for project in seen.projects]
    return Facts(seen, counting, changes, [row for row in margins if row.handoff.counts], spans)


def _active_span(seen: Seen, project: Project, by_deal: dict[int, Handoff]) -> ActiveSpan:
    kicked_off = seen.days.local_or_none(kickoff_of(seen, project).actual_at)
    deal = deal_of(seen, project)
    handoff = by_deal[deal.deal_id] if deal else None
    last = closed_day(seen, project) or cancelled_day(seen, project)
    return ActiveSpan(kicked_off or seen.days.local(project.created_at), last, handoff.team if handoff and handoff.counts else None)


def handoff_completeness(facts: Facts, week: date) -> Figure:
    """Mean score at the win of the deals won in the week."""
    scores = [each.scores["won"] for each in facts.handoffs if monday(each.win.day) == week]
    value = math.fsum(scores) / len(scores) if scores else None
    low, high = student(scores)
    return Figure(len(scores), 0, math.fsum(scores), float(len(scores)), value=value, low=low, high=high)


def kickoff_delay_rate(facts: Facts, week: date) -> Figure:
    """Share of commitments of the week that passed without kickoff, or were met late."""
    due = [each for each in facts.handoffs if monday(each.commitment.day) == week and each.commitment.day < facts.seen.today]
    left = [each for each in due if each.cancelled_day is None or each.cancelled_day > each.commitment.day]
    late = sum(1 for each in left if each.kickoff_day is None or each.kickoff_day > each.commitment.day)
    return _share(late, len(left), len(due) - len(left))


def kickoff_without_signoff(facts: Facts, week: date) -> Figure:
    """Share of the week's kickoffs that were held without a valid sign-off."""
    held = [each for each in facts.handoffs if each.kickoff_day is not None and monday(each.kickoff_day) == week]
    return _share(sum(1 for each in held if each.without_signoff), len(held), 0)


def days_to_kickoff_median(facts: Facts, week: date) -> Figure:
    """Kaplan-Meier median of the days from win to kickoff, as of the week's end."""
    observed, left_out = waits(facts, week)
    value, low, high = median(observed)
    return Figure(len(observed), left_out, value=value, low=low, high=high)


def waits(facts: Facts, week: date) -> tuple[list[tuple[int, bool]], int]:
    """(days, kicked off) of the deals won in the 13 weeks that end with this one, and how many are left out."""
    as_of = min(week + SIX_DAYS, facts.seen.today)
    start = week - (WINDOW_WEEKS - 1) * ONE_WEEK
    won = [each for each in facts.handoffs if start <= each.win.day <= as_of]
    kept = [each for each in won if not each.is_before_won]
    return [_wait(each, as_of) for each in kept], len(won) - len(kept)


def _wait(each: Handoff, as_of: date) -> tuple[int, bool]:
    if each.kickoff_day is not None and each.kickoff_day <= as_of:
        return (each.kickoff_day - each.win.day).days, True
    if each.cancelled_day is not None and each.cancelled_day <= as_of:
        return max(0, (each.cancelled_day - each.win.day).days), False
    return (as_of - each.win.day).days, False


def scope_change_frequency(facts: Facts, week: date) -> Figure:
    """Approved changes of the week for each active project."""
    approved = sum(1 for each in facts.changes if each.state == "approved" and each.decided_day and monday(each.decided_day) == week)
    active = sum(1 for span in facts.spans if span.meets(week))
    low, high = garwood(approved, active)
    return Figure(active, 0, float(approved), float(active), value=approved / active if active else None, low=low, high=high)


def margin_erosion_pp(facts: Facts, week: date) -> Figure:
    """Sold less delivered margin of the projects closed in the week, 8 weeks later, in percentage points."""
    horizon = week + SIX_DAYS + MARGIN_WEEKS * ONE_WEEK
    latest: dict[int, MarginRow] = {}
    for row in sorted(facts.margins, key=lambda row: row.as_of):
        if row.project is not None and row.as_of <= horizon:
            latest[row.project.project_id] = row
    closed = [
        project
        for each in facts.handoffs
        for project in each.projects
        if (day := closed_day(facts.seen, project)) is not None and monday(day) == week
    ]
    rows = [latest[project.project_id] for project in closed if project.project_id in latest]
    complete = [row for row in rows if row.state == "complete"]
    sold = math.fsum(float(row.sold_revenue or 0) for row in complete)
    sold_margin = math.fsum(float((row.sold_revenue or 0) - (row.sold_cost or 0)) for row in complete)
    earned = math.fsum(float(row.revenue or 0) for row in complete)
    earned_margin = math.fsum(float((row.revenue or 0) - (row.cost or 0)) for row in complete)
    value = (sold_margin / sold - earned_margin / earned) * 100 if sold and earned else None
    return Figure(len(complete), len(closed) - len(complete), sold_margin, sold, earned_margin, earned, value)


def _share(part: int, whole: int, left_out: int) -> Figure:
    low, high = wilson(part, whole)
    return Figure(whole, left_out, float(part), float(whole), value=part / whole if whole else None, low=low, high=high)


RELEASED: dict[str, tuple[Callable[[Facts, date], Figure], int]] = {
    "handoff_completeness": (handoff_completeness, 5),
    "kickoff_delay_rate": (kickoff_delay_rate, 5),
    "days_to_kickoff_median": (days_to_kickoff_median, 10),
    "kickoff_without_signoff": (kickoff_without_signoff, 1),
    "scope_change_frequency": (scope_change_frequency, 5),
    "margin_erosion_pp": (margin_erosion_pp, 5),
}
"""The metrics of this release, each with the n below which it is not judged."""
