"""Kickoff: planned, committed and held, the hold of the client, and the state that follows from them.

A project has a kickoff; a handoff's kickoff is its first project's. Whether delivery had signed off is in `signoff`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from handoff_pipeline.simulator.truth import Appointment, Deal, Project
from tests.oracle.observation import Seen, field
from tests.oracle.projects import is_cancelled, is_closed
from tests.oracle.wins import Win


@dataclass(frozen=True)
class Kickoff:
    """A project's kickoff. `is_day_only`: held on a recorded day, and `actual_at` is that day's noon."""

    actual_at: datetime | None = None
    is_day_only: bool = False
    scheduled_at: datetime | None = None
    schedule_seen_on: datetime | None = None
    actual_seen_on: datetime | None = None


@dataclass(frozen=True)
class Commitment:
    """The committed kickoff day, on what it rests, and the first one that was seen of the deal's own."""

    day: date
    basis: str
    first_own: date | None


def kickoff_of(seen: Seen, project: Project | None) -> Kickoff:
    """A project's kickoff as known by now; an empty one where there is no project."""
    if project is None:
        return Kickoff()
    held, planned = _starts(seen, project)
    recorded = field(project.kickoff_recorded, seen.as_of)
    actual = min(held) if held else seen.days.noon(recorded) if recorded else None
    return Kickoff(
        actual_at=actual,
        is_day_only=not held and recorded is not None,
        scheduled_at=min(held or planned or _milestones(seen, project), default=None),
        schedule_seen_on=next((night for night in seen.nights if _has_plan(seen.by(night), project)), None),
        actual_seen_on=next((night for night in seen.nights if _has_kicked_off(seen.by(night), project)), None) if actual else None,
    )


def committed(seen: Seen, deal: Deal, win: Win, acceptances_seen_on: list[datetime]) -> Commitment:
    """The committed kickoff day: frozen at the first acceptance that found a date, else the first one seen, else the policy's."""
    frozen = next((day for night in acceptances_seen_on if (day := field(deal.kickoff_committed, night))), None)
    first = next((day for night in seen.nights if (day := field(deal.kickoff_committed, night))), None)
    if frozen is not None:
        return Commitment(frozen, "frozen", first)
    if first is not None:
        return Commitment(first, "first_seen", first)
    default = seen.days.add_business_days(win.day, seen.rules.raw["kickoff"]["default_business_days"])
    return Commitment(default, "policy_default", None)


def kickoff_state(seen: Seen, win: Win, project: Project | None, kickoff: Kickoff, day: date) -> str:
    """The state of a handoff's kickoff; `day` is the committed one."""
    if kickoff.actual_at is not None:
        return "kicked_off"
    if win.state in {"lost", "merged"} or (project is not None and is_cancelled(seen, project)):
        return "cancelled"
    if day < seen.today:
        return "overdue"
    return "scheduled" if kickoff.scheduled_at is not None else "unscheduled"


def client_hold_days(seen: Seen, project: Project | None, kickoff: Kickoff) -> int:
    """Local days between successive nights that both saw the project on hold, up to the kickoff day."""
    if project is None:
        return 0
    last = seen.days.local_or_none(kickoff.actual_at) or seen.today
    held = 0
    for earlier, later in zip(seen.nights, seen.nights[1:], strict=False):
        if _is_on_hold(seen.by(earlier), project) and _is_on_hold(seen.by(later), project):
            start, end = (min(last, seen.days.local(night)) for night in (earlier, later))
            held += (end - start).days
    return held


def _starts(seen: Seen, project: Project) -> tuple[list[datetime], list[datetime]]:
    """Starts of the completed and of the open kickoff appointments."""
    held: list[datetime] = []
    planned: list[datetime] = []
    for each in seen.appointments(project):
        start = each.starts.at(seen.as_of)
        if start is not None:
            (held if _is_completed(seen, each) else planned).append(start)
    return held, planned


def _is_completed(seen: Seen, appointment: Appointment) -> bool:
    return appointment.completed_at is not None and appointment.completed_at <= seen.as_of


def _milestones(seen: Seen, project: Project) -> list[datetime]:
    """Noons of the days by which the plan has its kickoff."""
    names = seen.rules.kickoff_milestones
    return [seen.days.noon(each.target) for each in project.milestones if each.name in names and each.created_at <= seen.as_of]


def _has_plan(seen: Seen, project: Project) -> bool:
    return (any(_starts(seen, project)) or bool(_milestones(seen, project))) and project in seen.projects


def _has_kicked_off(seen: Seen, project: Project) -> bool:
    is_recorded = field(project.kickoff_recorded, seen.as_of) is not None
    return project in seen.projects and (is_recorded or bool(_starts(seen, project)[0]))


def _is_on_hold(seen: Seen, project: Project) -> bool:
    if project not in seen.projects or is_cancelled(seen, project) or is_closed(seen, project):
        return False
    return any(since <= seen.as_of and (until is None or seen.as_of < until) for since, until in project.holds)
