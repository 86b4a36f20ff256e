"""Members of the metrics of gaps: how long those detected in the 13 weeks to each week had been open by its end.

A gap that became moot is censored then, so it counts whether or not its deal is still won. Nothing has a due date yet,
so none is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.oracle.gaps import Gap, gap_key
from tests.oracle.kpi_facts import Facts, weeks_that_look_back_on
from tests.oracle.members import Member, place_of_handoff


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


def _open_hours(facts: Facts, gap: Gap, last: date) -> tuple[float, bool]:
    """Business hours by the end of a day (the as-of, where that comes before), and whether it was resolved by then."""
    days = facts.seen.days
    until = min(facts.seen.as_of, days.end(last))
    if gap.ended_at is not None and days.local(gap.ended_at) <= last:
        return days.business_hours(gap.detected_at, gap.ended_at), gap.state == "resolved"
    return days.business_hours(gap.detected_at, until), False
