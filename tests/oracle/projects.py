"""Which project belongs to which deal, which is the first, and how it stands. Its money is in `margin`, its kickoff in `kickoff`.

A parent decides before any order line does; a cancelled project is the first one only where there is no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from handoff_pipeline.simulator.truth import ChangeRequest, Deal, Project, TimeEntry
from tests.oracle.keys import UNKNOWN, total
from tests.oracle.observation import Seen
from tests.oracle.sold import orders_of
from tests.oracle.wins import win_of


@dataclass(frozen=True)
class Origin:
    """Where a project comes from; `deal_id` is None where it has no opportunity."""

    kind: str
    deal_id: int | None


def origin_of(seen: Seen, project: Project) -> Origin:
    """The deal that a project belongs to: its parent, else the lowest deal whose order line names it."""
    if project.deal_id is not None and any(deal.deal_id == project.deal_id for deal in seen.deals):
        return Origin("opportunity", project.deal_id)
    naming = [deal.deal_id for deal in seen.deals if project.project_id in named_projects(seen, deal.deal_id)]
    return Origin("sales_order", min(naming)) if naming else Origin("no_opportunity", None)


def named_projects(seen: Seen, deal_id: int) -> set[int]:
    """Ids of the projects that lines of the deal's orders name."""
    lines = (line for order in orders_of(seen, deal_id) for line in order.lines)
    return {line.project_id for line in lines if line.project_id is not None}


def projects_of(seen: Seen, deal: Deal) -> list[Project]:
    """The deal's projects, by id."""
    return [project for project in seen.projects if origin_of(seen, project).deal_id == deal.deal_id]


def first_project(seen: Seen, deal: Deal) -> Project | None:
    """The deal's first project: the lowest id that is not cancelled, else the lowest id."""
    mine = projects_of(seen, deal)
    alive = [project for project in mine if not is_cancelled(seen, project)]
    return (alive or mine or [None])[0]  # type: ignore[list-item]


def deal_of(seen: Seen, project: Project) -> Deal | None:
    """The handoff that a project belongs to: its deal, if any night saw that won."""
    deal_id = origin_of(seen, project).deal_id
    deal = next((deal for deal in seen.deals if deal.deal_id == deal_id), None)
    return deal if deal is not None and win_of(seen, deal) is not None else None


def is_cancelled(seen: Seen, project: Project) -> bool:
    """Whether the project is cancelled by now."""
    return project.cancelled_at is not None and project.cancelled_at <= seen.as_of


def is_closed(seen: Seen, project: Project) -> bool:
    """Whether the project is closed by now, and not cancelled."""
    return project.closed_at is not None and project.closed_at <= seen.as_of and not is_cancelled(seen, project)


def state_of_project(seen: Seen, project: Project) -> str:
    """open, closed or cancelled."""
    return "cancelled" if is_cancelled(seen, project) else "closed" if is_closed(seen, project) else "open"


def closed_day(seen: Seen, project: Project) -> date | None:
    """The local day of a closed project's close."""
    return seen.days.local_or_none(project.closed_at) if is_closed(seen, project) else None


def cancelled_day(seen: Seen, project: Project | None) -> date | None:
    """The local day of a cancelled project's cancellation."""
    if project is None or not is_cancelled(seen, project):
        return None
    return seen.days.local_or_none(project.cancelled_at)


def time_on(seen: Seen, project: Project) -> list[TimeEntry]:
    """Time logged on a project and its tasks, never on its changes."""
    tickets = [project.project_id, *(task.task_id for task in project.tasks)]
    return [entry for ticket in tickets for entry in seen.entries_by_ticket.get(ticket, [])]


def hours(entries: list[TimeEntry]) -> Decimal:
    """Hours of time entries."""
    return total(entry.hours for entry in entries)


def project_of_change(seen: Seen, change: ChangeRequest) -> tuple[Project, str] | None:
    """The project that a change hangs on, and by what: its parent, else a related ticket, else the ticket that it was created from.

    Each may be the project itself or a task of it.
    """
    links = {"parent": change.parent_id, "related": change.related_project_id, "created_from": change.created_from_id}
    for kind, linked_id in links.items():
        for project in seen.projects:
            if linked_id in {project.project_id, *(task.task_id for task in project.tasks)}:
                return project, kind
    return None


def handoff_key(seen: Seen, deal: Deal | None) -> int:
    """A handoff's key; 0 for none."""
    return UNKNOWN if deal is None else seen.key("handoff", deal.deal_id)


def project_key(seen: Seen, project: Project | None) -> int:
    """A project's key; 0 for none."""
    return UNKNOWN if project is None else seen.key("project", project.project_id)
