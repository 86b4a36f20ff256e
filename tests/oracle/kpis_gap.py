"""Members of the metrics of gaps detected in the 13 weeks to each week: how long they had been open by its end, and closed in time or not.

A gap that became moot or was waived is censored then, so it counts whether or not its deal is still won; what fell due after that is left
out. Escalations are in `kpis_people`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.oracle.gaps import Gap, gap_key
from tests.oracle.kpi_facts import Facts, weeks_that_look_back_on
from tests.oracle.members import Adds, Member, place_of_handoff, share
from tests.oracle.remedies import due_at


def gap_resolution_hours(facts: Facts) -> Iterator[Member]:
    """Business hours from detection to resolution."""
    seen = facts.seen
    for handoff in facts.every:
        for gap in handoff.gaps:
            day = seen.days.local(gap.detected_at)
            for week in weeks_that_look_back_on(day, seen.today):
                hours, is_event = _open_hours(facts, gap, facts.last_day(week))
                yield Member(
                    metric="gap_resolution_hours",
                    week=week,
                    record="gap",
                    record_key=gap_key(seen, handoff.deal, gap),
                    place=place_of_handoff(seen, handoff),
                    happened_on=day,
                    source_url=seen.url(handoff.deal.deal_id),
                    duration=hours,
                    is_event=is_event,
                )


def gap_within_sla_rate(facts: Facts) -> Iterator[Member]:
    """Gaps due by the week's end, and whether they were resolved by then; left out where they had become moot or were waived."""
    seen = facts.seen
    for handoff in facts.every:
        for gap in handoff.gaps:
            day, due = seen.days.local(gap.detected_at), due_at(seen, gap.detected_at, is_hard=gap.is_hard)
            is_closed = gap.ended_at is not None and gap.ended_at <= due
            is_gone = is_closed and gap.state in {"moot", "waived"}
            adds: Adds = {"exclusion": gap.state} if is_gone else share(is_closed and gap.state == "resolved")
            for week in weeks_that_look_back_on(day, seen.today):
                if due <= min(seen.as_of, seen.days.end(facts.last_day(week))):
                    yield Member(
                        metric="gap_within_sla_rate",
                        week=week,
                        record="gap",
                        record_key=gap_key(seen, handoff.deal, gap),
                        place=place_of_handoff(seen, handoff),
                        happened_on=day,
                        source_url=seen.url(handoff.deal.deal_id),
                        **adds,
                    )


def _open_hours(facts: Facts, gap: Gap, last: date) -> tuple[float, bool]:
    """Business hours by the end of a day (the as-of, where that comes before), and whether it was resolved by then."""
    days = facts.seen.days
    until = min(facts.seen.as_of, days.end(last))
    if gap.ended_at is not None and days.local(gap.ended_at) <= last:
        return days.business_hours(gap.detected_at, gap.ended_at), gap.state == "resolved"
    return days.business_hours(gap.detected_at, until), False
