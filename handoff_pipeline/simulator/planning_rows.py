"""Budgets and milestones of projects as HaloPSA rows; a project's own record carries both.

What a template plans is in `setup_rows`. The one thing to know: hours that nobody scheduled are -9999, not 0 (H: section 3.2,
the default of the database), and many projects have no rows at all.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.setup_rows import BUDGET_TYPE_IDS, STATE_DONE, STATE_OPEN
from handoff_pipeline.simulator.shaping import day, stamp
from handoff_pipeline.simulator.truth import Milestone, Project, ProjectBudget

UNSCHEDULED: Final = -9999.0
SCHEDULED: Final = ("scheduled_hours", "scheduled_days", "scheduled_value")
DAY_HOURS: Final = Decimal(8)


def budget_rows(index: Index, project: Project, now: datetime) -> list[Row]:
    """Give the project's budgets of `now`. Time logged on the project's own ticket counts against the first of them."""
    known = [budget for budget in project.budgets if budget.created_at <= now]
    logged = sum((entry.hours for entry in index.entries_of(project.project_id) if entry.logged_at <= now), Decimal(0))
    return [_budget(project.project_id, budget, logged if at == 0 else Decimal(0)) for at, budget in enumerate(known)]


def _budget(project_id: int, budget: ProjectBudget, actual: Decimal) -> Row:
    hours, rate, left = float(budget.hours), float(budget.rate), float(budget.hours - actual)
    return {
        "id": budget.budget_id,
        "ticket_id": project_id,
        "budgettype_id": BUDGET_TYPE_IDS.get(budget.name, 1),
        "budgettype_name": budget.name,
        "hours": hours,
        "days": float(budget.hours / DAY_HOURS),
        "rate": rate,
        "rate_days": rate * float(DAY_HOURS),
        "money": float(budget.hours * budget.rate),
        "estimated_hours": hours,
        "estimated_days": float(budget.hours / DAY_HOURS),
        "estimated_money": float(budget.hours * budget.rate),
        "actual_hours": float(actual),
        "actual_days": float(actual / DAY_HOURS),
        "actual_money": float(actual * budget.rate),
        **dict.fromkeys(SCHEDULED, UNSCHEDULED),
        "toschedule_hours": hours,
        "toschedule_days": float(budget.hours / DAY_HOURS),
        "toschedule_value": float(budget.hours * budget.rate),
        "remaining_hours": left,
        "remaining_days": left / float(DAY_HOURS),
        "remaining_value": left * rate,
        "quoteline_id": 0,
    }


def milestone_rows(project: Project, now: datetime) -> list[Row]:
    """Give the project's milestones of `now`, each depending on the one before it; its tasks hang on the last two."""
    known = [stone for stone in project.milestones if stone.created_at <= now]
    tasks = [(task.task_id, task.title) for task in project.tasks if task.created_at <= now]
    rows = []
    for at, stone in enumerate(known):
        before = known[at - 1] if at else None
        rows.append(_milestone(project.project_id, stone, before, tasks if stone in known[-2:] else [], now))
    return rows


def _milestone(project_id: int, stone: Milestone, before: Milestone | None, tasks: list[tuple[int, str]], now: datetime) -> Row:
    is_done = stone.completed_at is not None and stone.completed_at <= now
    number = stone.milestone_id
    return {
        "id": number,
        "ticket_id": project_id,
        "name": stone.name,
        "sequence": stone.sequence,
        # H: 2 was seen, nobody says what the numbers mean (section 10): 1 open and 2 done is a guess.
        "state": STATE_DONE if is_done else STATE_OPEN,
        "start_date": stamp(stone.created_at),
        "target_date": day(stone.target),
        "milestone_dependencies": [{"id": before.milestone_id}] if before else [],
        "dependencies": [{"id": number, "child": number, "parent": before.milestone_id}] if before else [],
        "tickets": [
            {"id": number * 10 + at, "milestone_id": number, "ticket_id": task_id, "ticket_name": str(task_id)}
            for at, (task_id, _) in enumerate(tasks)
        ],
        "tickets_list": [{"id": task_id, "idsummary": f"{task_id} - {title}", "table": 1, "use": "ticket"} for task_id, title in tasks],
        "milestone_value": 0.0,
        "from_template_id": 0,
        "_complete": is_done,
    }


def planned_moments(project: Project) -> list[datetime | None]:
    """Give when the project's budgets and milestones were changed: they are part of its ticket, so its last update moves."""
    return [
        *(budget.created_at for budget in project.budgets),
        *(at for stone in project.milestones for at in (stone.created_at, stone.completed_at)),
    ]
