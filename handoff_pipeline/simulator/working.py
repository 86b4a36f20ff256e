"""Work on the projects: hours logged on tasks, projects and changes, and the change requests themselves.

Some hours are logged days after the work, some by people without a cost price, and a few changes hang on no project.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from handoff_pipeline.simulator import names
from handoff_pipeline.simulator.deck import after, office_moment
from handoff_pipeline.simulator.delivering import Delivery
from handoff_pipeline.simulator.draft import Draft, Work
from handoff_pipeline.simulator.truth import ChangeOutcome, ChangeRequest

QUARTER = Decimal("0.25")
USUAL_HOURS = Decimal(40)
LONG_DAY = 7
OUTCOMES: dict[str, ChangeOutcome] = {"approved": "approved", "rejected": "rejected", "withdrawn": "withdrawn", "raised": "raised"}


def log_time(draft: Draft, made: Delivery, sold_hours: Decimal) -> None:
    """Spread the project's hours over its life; a project that never kicked off gets a little preparation at most."""
    rng, project = draft.rng, made.project
    begun = made.started_at or project.created_at
    span = max(1, (made.ends_at - begun).days)
    total = (sold_hours or USUAL_HOURS) * Decimal(draft.draw("overrun"))
    entries = max(min(14, 3 + span // 4), int(total / LONG_DAY) + 1)
    if made.started_at is None:
        total, entries = Decimal(3), rng.randint(0, 2)
    helper = rng.choice(draft.uncosted if draft.draw("helper") == "uncosted" else draft.leads)
    tickets = [task.task_id for task in project.tasks] * 3 + [project.project_id]
    each = max(QUARTER, (total / max(1, entries) / QUARTER).to_integral_value() * QUARTER)
    for at in range(entries):
        worked = office_moment(rng, begun.date() + timedelta(days=at * span // max(1, entries)))
        agent_id = helper.agent_id if at % 4 == 1 else project.agent_id
        if begun < worked < made.ends_at:
            _log(draft, rng.choice(tickets), agent_id, worked, each + QUARTER * rng.randint(0, 1))


def raise_changes(draft: Draft, made: Delivery) -> None:
    """Raise the changes that the card says, on the project or on a task, with time on about half of them."""
    rng, project = draft.rng, made.project
    wanted = int(draft.draw("changes"))
    begun = made.started_at or project.created_at
    span = max(2, (made.ends_at - begun).days)
    for _ in range(wanted):
        on_task = draft.draw("change_parent") == "task" and project.tasks
        parent = project.tasks[-1].task_id if on_task else project.project_id
        change = _change(draft, project.client_id, parent, after(rng, begun, 0, max(1, span - 5)))
        if rng.random() < 0.6 and change.raised_at < made.ends_at:
            for _ in range(rng.randint(1, 3)):
                _log(draft, change.change_id, project.agent_id, after(rng, change.raised_at, 1, 12), Decimal(rng.randint(2, 20)) / 4)


def stray_change(draft: Draft) -> None:
    """Raise a change that hangs on no project: it must be counted and left out."""
    span = (draft.until - draft.start).days - 40
    raised = office_moment(draft.rng, draft.start + timedelta(days=draft.rng.randint(5, span)))
    _change(draft, draft.rng.choice(draft.clients).client_id, None, raised)


def _change(draft: Draft, client_id: int, parent_id: int | None, raised: datetime) -> ChangeRequest:
    rng = draft.rng
    outcome = OUTCOMES[draft.draw("change_outcome")]
    priced = outcome == "approved" and rng.random() < 0.8
    change = ChangeRequest(
        next(draft.ticket_ids),
        client_id,
        parent_id,
        rng.choice(names.CHANGES),
        raised,
        outcome,
        draft.draw("change_origin"),
        None if outcome == "raised" else after(rng, raised, 1, 10),
        Decimal(rng.randint(300, 6000)) + Decimal("0.50") if priced else None,
    )
    draft.changes.append(change)
    return change


def _log(draft: Draft, ticket_id: int, agent_id: int, worked: datetime, hours: Decimal) -> None:
    rng = draft.rng
    # One entry in twenty is logged days later, when people fill in their week.
    late = timedelta(days=rng.randint(2, 12)) if rng.random() < 0.05 else timedelta()
    draft.work.append(Work(ticket_id, agent_id, worked, worked + late + timedelta(minutes=rng.randint(1, 55)), hours))
