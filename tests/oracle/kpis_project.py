"""Members of the metrics of scope: changes against active projects and against hours, and projects that were changed.

Projects count with or without a deal. Changes are counted in the week of their approval and bring the parts above the line;
active projects bring those below it. Hours on changes that nobody billed are here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.days import monday, weeks
from tests.oracle.kpi_facts import SIX_DAYS, Facts, ProjectFacts, weeks_that_look_back_on
from tests.oracle.members import ONE, Member, share
from tests.oracle.projects import hours

HUNDRED = Decimal(100)


def scope_change_frequency(facts: Facts) -> Iterator[Member]:
    """Changes approved in the week, and the projects active in it."""
    yield from _approved(facts, "scope_change_frequency", ONE)
    for project, week in _active(facts):
        yield _of_project(facts, "scope_change_frequency", project, week, _first_active_day(project, week), denominator=ONE)


def scope_changes_per_100h(facts: Facts) -> Iterator[Member]:
    """Changes approved in the week, a hundred for each, and the hours logged in it on projects active in it."""
    yield from _approved(facts, "scope_changes_per_100h", HUNDRED)
    for project, week in _active(facts):
        worked = hours([each for each in project.work if week <= facts.seen.days.local(each.worked_at) <= week + SIX_DAYS])
        if worked:
            yield _of_project(facts, "scope_changes_per_100h", project, week, _first_active_day(project, week), denominator=worked)


def projects_with_change_rate(facts: Facts) -> Iterator[Member]:
    """Projects closed in the 13 weeks that end with each week, and whether a change was approved by its end."""
    for project in facts.projects:
        if project.closed is None or project.is_of_lost_deal:
            continue
        changes = [each for each in facts.changes if each.project is project.project]
        for week in weeks_that_look_back_on(project.closed, facts.seen.today):
            is_changed = any(each.is_approved_by(facts.last_day(week)) for each in changes)
            yield _of_project(facts, "projects_with_change_rate", project, week, project.closed, **share(is_changed))


def _approved(facts: Facts, metric: str, adds: Decimal) -> Iterator[Member]:
    for each in facts.changes:
        if each.state == "approved" and each.decided_day is not None:
            yield Member(
                metric=metric,
                week=monday(each.decided_day),
                record="change",
                record_key=facts.seen.key("change", each.change.change_id),
                place=facts.place_of_change(each),
                happened_on=each.decided_day,
                source_url=facts.seen.url(each.change.change_id),
                numerator=adds,
            )


def _active(facts: Facts) -> Iterator[tuple[ProjectFacts, date]]:
    for project in facts.projects:
        for week in weeks(project.first, project.last or facts.seen.today):
            if project.is_active_in(week):
                yield project, week


def _first_active_day(project: ProjectFacts, week: date) -> date:
    return max(week, project.first)


def _of_project(facts: Facts, metric: str, project: ProjectFacts, week: date, day: date, **adds: Any) -> Member:
    project_id = project.project.project_id
    key, page = facts.seen.key("project", project_id), facts.seen.url(project_id)
    return Member(metric, week, "project", key, project.place, day, page, **adds)
