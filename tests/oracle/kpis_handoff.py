"""Members of the metrics of the sale and of delivery's decision: what was handed over, promised, accepted and waved through.

Kickoffs are in `kpis_kickoff`. A deal counts while it is won; its week is that of the win or of the decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from tests.oracle.approvals import Approval, Asked, approval_key, approvals, request_key, requests
from tests.oracle.days import monday
from tests.oracle.exceptions import overrides
from tests.oracle.handoffs import Handoff
from tests.oracle.kpi_facts import Facts
from tests.oracle.members import ONE, Adds, Member, Place, of_handoff, place_of_handoff, place_of_project, share
from tests.oracle.metrics import FOLLOW_UP
from tests.oracle.observation import Seen, field

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
    """Deals won in the week, and whether an override of theirs was approved by the end of the follow-up."""
    seen = facts.seen
    approved = [(each.deal_id, each.approved_at) for each in overrides(seen) if each.is_approved(seen.as_of)]
    for each in facts.handoffs:
        days = [seen.days.local(at) for deal_id, at in approved if deal_id == each.deal.deal_id and at is not None]
        is_part = any(day <= each.win.day + FOLLOW_UP for day in days)
        yield of_handoff(seen, "override_rate", each, each.win.day, **share(is_part))


def approval_under_a_minute_rate(facts: Facts) -> Iterator[Member]:
    """Approvals accepted or rejected in the week, whatever became of the deal, and whether that took a minute at most."""
    for each in approvals(facts.seen, facts.every):
        if each.decided_at is not None and each.result in {"accepted", "rejected"}:
            yield _sign_off_decided(facts, each)
    for asked in requests(facts.seen, facts.every):
        if asked.request.result(facts.seen.as_of) in {"accepted", "rejected"}:
            yield _request_decided(facts, asked)


def _sign_off_decided(facts: Facts, approval: Approval) -> Member:
    seen, asked = facts.seen, approval.asked
    place, page = place_of_project(seen, approval.project, approval.handoff), seen.url(approval.project.project_id)
    found = _decided(seen, asked.requested_at, approval.decided_at or asked.requested_at, approval_key(seen, approval), place, page)
    return found if approval.has_moments(seen) else replace(found, exclusion="no_moment", numerator=None, denominator=None)


def _request_decided(facts: Facts, asked: Asked) -> Member:
    seen, request, handoff, project = facts.seen, asked.request, asked.handoff, asked.project
    place = place_of_project(seen, project, handoff) if project else place_of_handoff(seen, handoff) if handoff else Place()
    page = request.url or (seen.url(handoff.deal.deal_id) if handoff else "")
    return _decided(seen, request.asked_at, request.decided_at(seen.as_of) or request.asked_at, request_key(seen, asked), place, page)


def _decided(seen: Seen, asked_at: datetime, at: datetime, key: int, place: Place, page: str) -> Member:
    day, took = seen.days.local(at), at - asked_at
    adds: Adds = {"exclusion": "decided_before_request"} if took < timedelta() else share(took <= UNDER_A_MINUTE)
    return Member("approval_under_a_minute_rate", monday(day), "approval", key, place, day, page, **adds)


def _committed_in_time(facts: Facts, handoff: Handoff) -> bool:
    seen = facts.seen
    nights = [night for night in seen.nights if handoff.deal.created_at <= night]
    first = next((night for night in nights if field(handoff.deal.kickoff_committed, night) is not None), None)
    return first is not None and (first == nights[0] or seen.days.local(first) <= handoff.win.day + FOLLOW_UP)
