"""Members of the metrics of what people answered and let run out: acknowledged escalations, and exceptions that are past their end.

Both stand as of each week's end. How long gaps themselves were open is in `kpis_gap`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.oracle.days import monday, weeks
from tests.oracle.exceptions import override_key, overrides
from tests.oracle.gaps import Gap, gap_id, gap_key
from tests.oracle.handoffs import Handoff
from tests.oracle.kpi_facts import Facts, weeks_that_look_back_on
from tests.oracle.members import ONE, Adds, Member, Place, place_of_handoff
from tests.oracle.remedies import acknowledged_at, escalations_of


def escalation_ack_hours(facts: Facts) -> Iterator[Member]:
    """Business hours from a gap's first escalation to its acknowledgement; censored when the gap ended, or at the week's end."""
    seen = facts.seen
    for handoff in facts.every:
        for gap in handoff.gaps:
            first = min((each.at for each in escalations_of(seen, gap_id(handoff.deal, gap))), default=None)
            if first is not None:
                yield from _escalated(facts, handoff, gap, first)


def _escalated(facts: Facts, handoff: Handoff, gap: Gap, first: datetime) -> Iterator[Member]:
    seen, deal = facts.seen, handoff.deal
    day = seen.days.local(first)
    answered = acknowledged_at(seen, deal, gap_id(deal, gap), gap.detected_at, gap.ended_at)
    for week in weeks_that_look_back_on(day, seen.today):
        adds: Adds = {"exclusion": "acknowledged_before"}
        if answered is None or answered >= first:
            adds = _answered(facts, first, answered, gap.ended_at, week_end=min(seen.as_of, seen.days.end(facts.last_day(week))))
        yield Member(
            metric="escalation_ack_hours",
            week=week,
            record="escalation",
            record_key=gap_key(seen, deal, gap),
            place=place_of_handoff(seen, handoff),
            happened_on=day,
            source_url=seen.url(deal.deal_id),
            **adds,
        )


def _answered(facts: Facts, first: datetime, answered: datetime | None, ended: datetime | None, week_end: datetime) -> Adds:
    """How long it took by a week's end, and whether somebody had answered by then."""
    hours = facts.seen.days.business_hours
    if answered is not None and answered < week_end:
        return {"duration": hours(first, answered), "is_event": True}
    if ended is not None and ended < week_end:
        return {"duration": hours(first, max(first, ended)), "is_event": False}
    return {"duration": hours(first, week_end), "is_event": False}


def expired_overrides_open(facts: Facts) -> Iterator[Member]:
    """Approved overrides that were past their end, and that nobody has closed."""
    seen = facts.seen
    by_deal = {each.deal.deal_id: each for each in facts.every}
    for each in overrides(seen):
        if each.approved_at is None or each.state(seen.as_of) not in {"approved", "expired"} or not each.is_approved(seen.as_of):
            continue
        handoff, approved = by_deal.get(each.deal_id), seen.days.local(each.approved_at)
        for week in weeks(seen.days.local(each.ends_at), seen.today):
            last = facts.last_day(week)
            if approved <= last and each.ends_at < min(seen.as_of, seen.days.end(last)):
                yield Member(
                    metric="expired_overrides_open",
                    week=monday(week),
                    record="override",
                    record_key=override_key(seen, each),
                    place=place_of_handoff(seen, handoff) if handoff else Place(),
                    happened_on=seen.days.local(each.ends_at),
                    source_url=each.url or (seen.url(handoff.deal.deal_id) if handoff else ""),
                    numerator=ONE,
                )
