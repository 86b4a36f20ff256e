"""Members of the metrics of margin: projects closed in the week, 8 weeks later; and open ones by their forecasts.

Rows come computed out of `margin`. A row that is not complete is left out, its state is why; cancelled projects are in none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tests.oracle.days import monday, sunday
from tests.oracle.kpi_facts import Facts, ProjectFacts
from tests.oracle.margin import MarginRow
from tests.oracle.members import Adds, Member
from tests.oracle.metrics import FOLLOW_UP


def margin_erosion_pp(facts: Facts) -> Iterator[Member]:
    """Sold and delivered margin and revenue of the projects closed in the week."""
    for project, closed, row in _closed(facts):
        yield _member(facts, "margin_erosion_pp", project, row, closed, monday(closed), _ratios(row))


def margin_erosion_amount(facts: Facts) -> Iterator[Member]:
    """What the same projects lost, in base currency."""
    for project, closed, row in _closed(facts):
        yield _member(facts, "margin_erosion_amount", project, row, closed, monday(closed), {"numerator": row.erosion_amount})


def open_margin_erosion_pp(facts: Facts) -> Iterator[Member]:
    """The same of the projects that were not delivered on a week's Sunday, by their forecasts."""
    for project in _sold(facts):
        for row in _rows_of(facts, project):
            if not row.is_delivered:
                week = monday(row.as_of)
                yield _member(facts, "open_margin_erosion_pp", project, row, facts.last_day(week), week, _ratios(row))


def _closed(facts: Facts) -> Iterator[tuple[ProjectFacts, date, MarginRow]]:
    """Closed projects of won deals, each with its row of the Sunday 8 weeks after its week, or the latest before that."""
    for project in _sold(facts):
        if project.closed is not None:
            horizon = sunday(project.closed) + FOLLOW_UP
            rows = [row for row in _rows_of(facts, project) if row.is_delivered and row.as_of <= horizon]
            if rows:
                yield project, project.closed, max(rows, key=lambda row: row.as_of)


def _sold(facts: Facts) -> list[ProjectFacts]:
    return [each for each in facts.projects if each.handoff is not None]


def _rows_of(facts: Facts, project: ProjectFacts) -> list[MarginRow]:
    return [row for row in facts.margins if row.project is project.project and row.handoff is project.handoff]


def _ratios(row: MarginRow) -> Adds:
    return {
        "numerator": _less(row.sold_revenue, row.sold_cost),
        "denominator": row.sold_revenue,
        "numerator_2": _less(row.revenue, row.cost),
        "denominator_2": row.revenue,
    }


def _less(revenue: Decimal | None, cost: Decimal | None) -> Decimal | None:
    return None if revenue is None or cost is None else revenue - cost


def _member(facts: Facts, metric: str, project: ProjectFacts, row: MarginRow, day: date, week: date, adds: Adds) -> Member:
    project_id = project.project.project_id
    key, page = facts.seen.key("project", project_id), facts.seen.url(project_id)
    if row.state != "complete":
        return Member(metric, week, "project", key, project.place, day, page, exclusion=row.state)
    return Member(metric, week, "project", key, project.place, day, page, **adds)
