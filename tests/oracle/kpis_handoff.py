"""Members of the metrics of the sale and of delivery's decision: what was handed over, promised, accepted and waved through.

Kickoffs are in `kpis_kickoff`. A deal counts while it is won; its week is that of the win or of the decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from tests.oracle.approvals import Approval, approval_key, approvals
from tests.oracle.days import monday
from tests.oracle.handoffs import Handoff
from tests.oracle.kpi_facts import Facts
from tests.oracle.members import ONE, Adds, Member, of_handoff, place_of_project, share
from tests.oracle.metrics import FOLLOW_UP
from tests.oracle.observation import field

UNDER_A_MINUTE = timedelta(seconds=60)


def handoff_completeness(facts: Facts) -> Iterator[Member]:
    """The score at the win of the deals won in the week."""
    for each in facts.handoffs:
        score = each.scores["won"]
        if score is None:
            yield of_handoff(facts.seen, "handoff_completeness", each, each.win.day, exclusion="no_score")
        else:
            yield of_handoff(facts.seen, "handoff_completeness", each, each.win.day, numerator=Decimal(score), denominator=ONE)


def first_pass_acceptance(facts: Facts) -> Iterator[Member]:
    """Handoffs that delivery decided on for the first time in the week, and whether it accepted."""
    for each in facts.handoffs:
        decisions = each.signoff.decisions
        if decisions:
            day = facts.seen.days.local(decisions[0].at)
            yield of_handoff(facts.seen, "first_pass_acceptance", each, day, **share(decisions[0].is_acceptance))


def no_commit_rate(facts: Facts) -> Iterator[Member]:
    """Deals won in the week without a kickoff date of their own, seen within the follow-up."""
    for each in facts.handoffs:
        yield of_handoff(facts.seen, "no_commit_rate", each, each.win.day, **share(not _committed_in_time(facts, each)))


def override_rate(facts: Facts) -> Iterator[Member]:
    """Deals won in the week, and whether an override of theirs was approved; nothing logs overrides yet, so of none."""
    for each in facts.handoffs:
        yield of_handoff(facts.seen, "override_rate", each, each.win.day, **share(is_part=False))


def approval_under_a_minute_rate(facts: Facts) -> Iterator[Member]:
    """Approvals accepted or rejected in the week, whatever became of the deal, and whether that took a minute at most."""
    for each in approvals(facts.seen, facts.every):
        if each.decided_at is not None and each.result in {"accepted", "rejected"}:
            yield _decided(facts, each)


def _decided(facts: Facts, approval: Approval) -> Member:
    seen, asked = facts.seen, approval.asked
    at = approval.decided_at or asked.requested_at
    day, took = seen.days.local(at), at - asked.requested_at
    adds: Adds = share(took <= UNDER_A_MINUTE)
    if not approval.has_moments(seen):
        adds = {"exclusion": "no_moment"}
    elif took < timedelta():
        adds = {"exclusion": "decided_before_request"}
    return Member(
        metric="approval_under_a_minute_rate",
        week=monday(day),
        record="approval",
        record_key=approval_key(seen, approval),
        place=place_of_project(seen, approval.project, approval.handoff),
        happened_on=day,
        source_url=seen.url(approval.project.project_id),
        **adds,
    )


def _committed_in_time(facts: Facts, handoff: Handoff) -> bool:
    seen = facts.seen
    nights = [night for night in seen.nights if handoff.deal.created_at <= night]
    first = next((night for night in nights if field(handoff.deal.kickoff_committed, night) is not None), None)
    return first is not None and (first == nights[0] or seen.days.local(first) <= handoff.win.day + FOLLOW_UP)
