"""Deadlines of gaps in business hours, what moves them (an acknowledgement, a snooze), and quiet hours. Pure.

Working time is the calendar's (`clock.Calendar`), hours the policy's, levels `escalation.py`'s. The one thing to know: a deadline always
falls into working hours, and an answer counts once for each level, so that nobody puts a gap off for ever by answering again and again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from handoff_pipeline.clock import Calendar
from handoff_pipeline.governance.remediation_rows import GapRow, RemediationState
from handoff_pipeline.ledger.records_action import Acknowledgement, Snooze
from handoff_pipeline.policy import Policy


def due_at(gap: GapRow, policy: Policy, calendar: Calendar) -> datetime:
    """When the gap has to be closed: so many business hours after it was detected, UTC; that may be the very moment of closing."""
    hours = policy.remediation.sla_hours
    return calendar.after_working(gap.detected_at, timedelta(hours=hours.hard if gap.is_hard else hours.soft))


def within_sla(gap: GapRow, due: datetime, now: datetime) -> bool | None:
    """Whether the gap was closed in time; None while that is open, and where it went away by itself or was waived."""
    if gap.state == "resolved" and gap.resolved_at is not None:
        return gap.resolved_at <= due
    return False if gap.is_open and now > due else None


def not_before(now: datetime, policy: Policy, calendar: Calendar) -> datetime:
    """The earliest moment at which a person may be told: now, or the next opening where the policy has quiet hours."""
    return now if policy.remediation.quiet_hours == "never" else calendar.next_working(now)


@dataclass(frozen=True)
class Answers:
    """What people answered, by gap. Make it with `answers_of`."""

    acknowledgements: dict[str, tuple[Acknowledgement, ...]]
    snoozes: dict[str, tuple[Snooze, ...]]

    def snoozed_until(self, gap: GapRow, policy: Policy, now: datetime) -> datetime | None:
        """Until when the gap is left alone: the latest snooze's end, and never longer than the policy's days after the first."""
        given = [one for one in self.snoozes.get(gap.gap_id, ()) if one.at <= now]
        if not given:
            return None
        longest = given[0].at + timedelta(days=policy.remediation.snooze.maximum_days)
        return min(given[-1].until, longest)

    def resting_until(
        self, gap: GapRow, escalated_at: Collection[datetime], policy: Policy, calendar: Calendar, now: datetime
    ) -> datetime | None:
        """Until when acknowledgements let the gap rest; None without one. Of those between two escalations only the first counts."""
        counted: dict[int, datetime] = {}
        for one in self.acknowledgements.get(gap.gap_id, ()):
            if one.at <= now:
                counted.setdefault(sum(moment <= one.at for moment in escalated_at), one.at)
        rest = timedelta(hours=policy.escalation.acknowledgement_hours)
        return max((calendar.after_working(moment, rest) for moment in counted.values()), default=None)


def answers_of(gaps: Iterable[GapRow], state: RemediationState) -> Answers:
    """Every gap's answers, the oldest first. What acknowledges a handoff acknowledges those of its gaps that were there by then."""
    by_gap = {gap.gap_id: gap for gap in gaps}
    by_handoff: dict[str, list[GapRow]] = {}
    for gap in by_gap.values():
        by_handoff.setdefault(str(gap.handoff_id), []).append(gap)
    seen: dict[str, list[Acknowledgement]] = {}
    for one in sorted(state.acknowledgements, key=lambda each: (each.at, each.agent_id, each.channel)):
        for gap in _meant(one, by_gap, by_handoff):
            if gap.detected_at <= one.at:
                seen.setdefault(gap.gap_id, []).append(one)
    snoozed: dict[str, list[Snooze]] = {}
    for snooze in sorted(state.snoozes, key=lambda each: (each.at, each.until)):
        snoozed.setdefault(snooze.gap_id, []).append(snooze)
    return Answers({key: tuple(rows) for key, rows in seen.items()}, {key: tuple(rows) for key, rows in snoozed.items()})


def _meant(one: Acknowledgement, by_gap: dict[str, GapRow], by_handoff: dict[str, list[GapRow]]) -> list[GapRow]:
    if one.subject == "gap":
        return [by_gap[one.subject_id]] if one.subject_id in by_gap else []
    return by_handoff.get(one.subject_id, []) if one.subject == "handoff" else []
