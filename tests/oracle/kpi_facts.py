"""The facts that metrics count, gathered once: deals that are won, and projects with or without such a deal.

A project whose deal was won and is not any more is a project without a deal for the segments, and `is_of_lost_deal`.
Who is a member of which metric is in `kpis_*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from handoff_pipeline.simulator.truth import Project, TimeEntry
from tests.oracle.changes import Change
from tests.oracle.days import ONE_WEEK, monday
from tests.oracle.handoffs import Handoff
from tests.oracle.kickoff import kickoff_of
from tests.oracle.margin import MarginRow
from tests.oracle.members import Place, place_of_project
from tests.oracle.metrics import WINDOW_WEEKS
from tests.oracle.observation import Seen
from tests.oracle.projects import cancelled_day, closed_day, deal_of, time_on

SIX_DAYS = timedelta(days=6)


@dataclass(frozen=True, eq=False)
class ProjectFacts:
    """A project with its won deal (None: no such deal), its active days (`last` None: it goes on) and its base hours."""

    project: Project
    handoff: Handoff | None
    is_of_lost_deal: bool
    place: Place
    first: date
    last: date | None
    closed: date | None
    work: list[TimeEntry]

    def is_active_in(self, week: date) -> bool:
        """Whether it was active in the week that begins on `week`."""
        return self.first <= week + SIX_DAYS and (self.last is None or self.last >= week)


@dataclass(frozen=True, eq=False)
class Facts:
    """What the last night knows. `handoffs` are deals that are won now, `every` all that ever were."""

    seen: Seen
    every: list[Handoff]
    projects: list[ProjectFacts]
    changes: list[Change]
    margins: list[MarginRow]

    @property
    def handoffs(self) -> list[Handoff]:
        """Handoffs that metrics count."""
        return [each for each in self.every if each.counts]

    def place_of_change(self, change: Change) -> Place:
        """A change's place: that of its project, and its origin."""
        facts = next(each for each in self.projects if each.project is change.project)
        return facts.place.with_origin(self.seen.rules.origin(change.change.origin))

    def last_day(self, week: date) -> date:
        """The day as of which a rolling or as-of figure of a week stands."""
        return min(week + SIX_DAYS, self.seen.today)


def facts_of(seen: Seen, handoffs: list[Handoff], changes: list[Change], margins: list[MarginRow]) -> Facts:
    """The facts of the last night."""
    by_deal = {each.deal.deal_id: each for each in handoffs}
    return Facts(seen, handoffs, [_project(seen, project, by_deal) for project in seen.projects], changes, margins)


def _project(seen: Seen, project: Project, by_deal: dict[int, Handoff]) -> ProjectFacts:
    deal = deal_of(seen, project)
    sold = by_deal[deal.deal_id] if deal else None
    handoff = sold if sold is not None and sold.counts else None
    kicked_off = seen.days.local_or_none(kickoff_of(seen, project).actual_at)
    closed = closed_day(seen, project)
    return ProjectFacts(
        project=project,
        handoff=handoff,
        is_of_lost_deal=sold is not None and handoff is None,
        place=place_of_project(seen, project, handoff),
        first=kicked_off or seen.days.local(project.created_at),
        last=closed or cancelled_day(seen, project),
        closed=closed,
        work=time_on(seen, project),
    )


def window_of(week: date) -> date:
    """The first day of the 13 weeks that end with a week."""
    return week - (WINDOW_WEEKS - 1) * ONE_WEEK


def weeks_that_look_back_on(day: date, today: date) -> list[date]:
    """The Mondays of the weeks whose 13 weeks hold a day, up to today's."""
    found = [monday(day) + place * ONE_WEEK for place in range(WINDOW_WEEKS)]
    return [week for week in found if week <= today]
