"""The situation that all cards and notes are decided in: gaps with owner, deadline and answers, worked out once for one moment. Pure.

What follows from it is decided in `cards_due`, `escalation`, `writeback` and `digest`. The one thing to know: `working` holds the gaps that
somebody is asked about; one that is snoozed is open and not among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from handoff_pipeline.clock import Calendar
from handoff_pipeline.governance.owners import owner_named, owner_of, present
from handoff_pipeline.governance.proposals import is_shadow
from handoff_pipeline.governance.remediation_rows import NOBODY, GapRow, People, RemediationState
from handoff_pipeline.governance.sla import Answers, answers_of, due_at, not_before, within_sla
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.actions import Action

OwnerBasis = Literal["policy", "stand_in", "nobody"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One gap with what the policy makes of it: who is asked, by when, and until when it is snoozed.

    `owner_basis` says whether the owner is whom the policy names, somebody in the place of an absent one, or nobody.
    """

    gap: GapRow
    owner_id: int
    owner_basis: OwnerBasis
    due_at: datetime
    within_sla: bool | None
    snoozed_until: datetime | None


@dataclass(frozen=True)
class Situation:
    """Everything that a decision looks at. Make it with `situation_of`."""

    gaps: Sequence[Standing]
    answers: Answers
    people: People
    state: RemediationState
    policy: Policy
    calendar: Calendar
    now: datetime

    def is_snoozed(self, one: Standing) -> bool:
        """Whether somebody has put the gap off, and the time is not over."""
        return one.snoozed_until is not None and one.snoozed_until > self.now

    @cached_property
    def working(self) -> tuple[Standing, ...]:
        """Open gaps that nobody has put off."""
        return tuple(one for one in self.gaps if one.gap.is_open and not self.is_snoozed(one))

    @cached_property
    def sellers(self) -> Mapping[int, int]:
        """Handoff to the agent who sold it, of all that ever had a gap."""
        return {one.gap.handoff_id: one.gap.seller_id for one in self.gaps}

    @property
    def may_be_told_at(self) -> datetime:
        """The earliest moment at which a person may be told of what is decided now."""
        return not_before(self.now, self.policy, self.calendar)


def situation_of(gaps: Sequence[GapRow], people: People, state: RemediationState, policy: Policy, now: datetime) -> Situation:
    """The situation of all gaps but those of historic deals, in an order of its own."""
    live = sorted((gap for gap in gaps if not gap.is_historic), key=lambda gap: (gap.detected_at, gap.gap_id))
    answers, calendar = answers_of(live, state), policy.business_calendar
    people = present(people, policy, calendar.local_day(now))
    standings = [_standing(gap, answers, people, policy, calendar, now) for gap in live]
    return Situation(standings, answers, people, state, policy, calendar, now)


def by_handoff(situation: Situation, action: Action, shadow: bool) -> list[list[Standing]]:
    """The gaps for which an action may act, or those for which it is only recorded, by handoff, in the handoffs' order."""
    found: dict[int, list[Standing]] = {}
    for one in situation.gaps:
        if is_shadow(situation.policy, one.gap.mode, one.gap.in_pilot, action) is shadow:
            found.setdefault(one.gap.handoff_id, []).append(one)
    return [found[handoff] for handoff in sorted(found)]


def _standing(gap: GapRow, answers: Answers, people: People, policy: Policy, calendar: Calendar, now: datetime) -> Standing:
    owner, due = owner_of(gap, people, policy), due_at(gap, policy, calendar)
    basis: OwnerBasis = "nobody" if owner == NOBODY else "policy" if owner == owner_named(gap, people, policy) else "stand_in"
    return Standing(gap, owner, basis, due, within_sla(gap, due, now), answers.snoozed_until(gap, policy, now))
