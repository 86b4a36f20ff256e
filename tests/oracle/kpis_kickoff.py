"""Members of the metrics of the kickoff: how late, how long waited for, without a sign-off, with an assumption missed.

The two of the waiting time are asked anew for each week, of the deals won in its 13 weeks; the curve is in `statistics`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.oracle.handoffs import Handoff
from tests.oracle.kpi_facts import Facts, weeks_that_look_back_on
from tests.oracle.members import Adds, Member, event, of_handoff, share
from tests.oracle.metrics import FOLLOW_UP


def kickoff_delay_rate(facts: Facts) -> Iterator[Member]:
    """Commitments of the week that passed without kickoff, or were met late; left out where the project was cancelled by then."""
    for each in facts.handoffs:
        day = each.commitment.day
        if day < facts.seen.today:
            is_cancelled = each.cancelled_day is not None and each.cancelled_day <= day
            adds: Adds = {"exclusion": "cancelled"} if is_cancelled else share(each.kickoff_day is None or each.kickoff_day > day)
            yield of_handoff(facts.seen, "kickoff_delay_rate", each, day, **adds)


def kickoff_without_signoff(facts: Facts) -> Iterator[Member]:
    """Kickoffs of the week, and whether delivery had not signed off."""
    for each in facts.handoffs:
        if each.kickoff_day is not None:
            yield of_handoff(facts.seen, "kickoff_without_signoff", each, each.kickoff_day, **event(bool(each.without_signoff)))


def missed_assumption_rate(facts: Facts) -> Iterator[Member]:
    """Kickoffs of the week, and whether a sales gap was raised as a change by the end of the follow-up."""
    for each in facts.handoffs:
        if each.kickoff_day is not None:
            is_missed = _has_sales_gap(facts, each, each.kickoff_day)
            yield of_handoff(facts.seen, "missed_assumption_rate", each, each.kickoff_day, **event(is_missed))


def waits(facts: Facts, metric: str) -> Iterator[Member]:
    """Deals won in the 13 weeks that end with each week, and how long they had waited by its end."""
    for each in facts.handoffs:
        for week in weeks_that_look_back_on(each.win.day, facts.seen.today):
            if each.is_before_won:
                yield of_handoff(facts.seen, metric, each, each.win.day, week, exclusion="kickoff_before_won")
            else:
                days, is_event = _wait(each, facts.last_day(week))
                yield of_handoff(facts.seen, metric, each, each.win.day, week, duration=float(days), is_event=is_event)


def days_to_kickoff_median(facts: Facts) -> Iterator[Member]:
    """Days from win to kickoff."""
    yield from waits(facts, "days_to_kickoff_median")


def kickoff_within_target(facts: Facts) -> Iterator[Member]:
    """The same, asked for the policy's target day."""
    yield from waits(facts, "kickoff_within_target")


def _wait(each: Handoff, as_of: date) -> tuple[int, bool]:
    if each.kickoff_day is not None and each.kickoff_day <= as_of:
        return (each.kickoff_day - each.win.day).days, True
    if each.cancelled_day is not None and each.cancelled_day <= as_of:
        return max(0, (each.cancelled_day - each.win.day).days), False
    return (as_of - each.win.day).days, False


def _has_sales_gap(facts: Facts, handoff: Handoff, kickoff_day: date) -> bool:
    seen = facts.seen
    return any(
        each.handoff is handoff
        and seen.rules.origin(each.change.origin) == "sales_gap"
        and seen.days.local(each.change.raised_at) <= kickoff_day + FOLLOW_UP
        for each in facts.changes
    )
