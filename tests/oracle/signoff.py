"""Delivery's sign-off: which decisions count, when an acceptance becomes void, and the state that follows.

Acceptances cover values; the nights are compared with the night that first saw the acceptance. Asking anybody is allowed,
deciding is the delivery role's, and never the seller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handoff_pipeline.simulator.truth import Deal, Project, Signoff
from tests.oracle.kickoff import Kickoff
from tests.oracle.observation import Seen, field
from tests.oracle.sold import sold_of


@dataclass(frozen=True)
class Decision:
    """A decision that counts. `void_on` is the first night on which a covered value differed; None while the acceptance holds."""

    seq: int
    agent_id: int
    at: datetime
    is_acceptance: bool
    seen_on: datetime
    void_on: datetime | None

    @property
    def is_valid(self) -> bool:
        """Whether it is an acceptance that still holds."""
        return self.is_acceptance and self.void_on is None


@dataclass(frozen=True)
class SignoffRecord:
    """A handoff's sign-off: the decisions that count, in their order, and whether a request is open."""

    decisions: tuple[Decision, ...] = ()
    is_asked: bool = False

    @property
    def acceptances(self) -> list[Decision]:
        """Every acceptance that counts, void or not."""
        return [decision for decision in self.decisions if decision.is_acceptance]

    @property
    def last(self) -> Decision | None:
        """The last decision."""
        return self.decisions[-1] if self.decisions else None

    @property
    def acceptance(self) -> Decision | None:
        """The last decision where it is an acceptance, also when void."""
        return self.last if self.last is not None and self.last.is_acceptance else None

    @property
    def state(self) -> str:
        """none, pending, accepted, rejected or void."""
        if self.last is not None and self.last.is_valid:
            return "accepted"
        if self.is_asked:
            return "pending"
        if self.last is None:
            return "none"
        return "void" if self.last.is_acceptance else "rejected"


def signoff_of(seen: Seen, deal: Deal, project: Project | None) -> SignoffRecord:
    """The sign-off of a deal's first project."""
    if project is None:
        return SignoffRecord()
    steps = seen.signoffs(project)
    decided = [(step, step.decided_at) for step in steps if step.decided_at is not None and step.decided_at <= seen.as_of]
    counted = [(step, at) for step, at in decided if step.result != "pending" and _counts(seen, deal, step)]
    decisions = tuple(_decision(seen, deal, project, step, at) for step, at in sorted(counted, key=lambda pair: (pair[1], pair[0].seq)))
    return SignoffRecord(decisions, is_asked=len(decided) < len(steps))


def covered(seen: Seen, deal: Deal, project: Project) -> tuple[object, ...]:
    """What an acceptance covers, as known by now."""
    sold, night = sold_of(seen, deal), seen.as_of
    return (
        field(deal.signed_scope_link, night),
        field(deal.signed_scope_date, night),
        field(deal.delivery_assumptions, night),
        field(deal.kickoff_committed, night),
        field(project.feasibility, night),
        field(project.resource_plan, night),
        sold.revenue,
        sold.cost,
    )


def was_valid_at(seen: Seen, record: SignoffRecord, moment: datetime) -> bool:
    """Whether an acceptance decided by `moment` was not void then."""
    return any(each.at <= moment and (each.void_on is None or each.void_on > moment) for each in record.acceptances)


def kicked_off_without(seen: Seen, record: SignoffRecord, kickoff: Kickoff) -> bool | None:
    """Whether the kickoff was held without a valid acceptance; None where it was not held."""
    if kickoff.actual_at is None:
        return None
    if not kickoff.is_day_only:
        return not was_valid_at(seen, record, kickoff.actual_at)
    end = seen.days.end(seen.days.local(kickoff.actual_at))
    return not any(each.at < end and (each.void_on is None or each.void_on >= end) for each in record.acceptances)


def _counts(seen: Seen, deal: Deal, step: Signoff) -> bool:
    agent = seen.agents.get(step.agent_id)
    return agent is not None and agent.agent_id != deal.agent_id and seen.rules.is_delivery(agent.name, agent.team)


def _decision(seen: Seen, deal: Deal, project: Project, step: Signoff, at: datetime) -> Decision:
    later = [night for night in seen.nights if night >= at]
    accepted = step.result == "accepted"
    void_on = None
    if accepted:
        held = covered(seen.by(later[0]), deal, project)
        void_on = next((night for night in later if covered(seen.by(night), deal, project) != held), None)
    return Decision(step.seq, step.agent_id, at, accepted, later[0], void_on)
