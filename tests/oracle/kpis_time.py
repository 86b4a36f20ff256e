"""Members of the metric of unbilled time: entries on change requests that were old enough by a week's end, and not billed by then.

Which entry was billed when is in `billing`; here it is asked anew for each week's Sunday, or the as-of in the running week.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.billing import change_hours
from tests.oracle.days import weeks
from tests.oracle.kpi_facts import Facts
from tests.oracle.members import Member


def unbilled_scope_hours(facts: Facts) -> Iterator[Member]:
    """Time on changes of any state that no posted invoice had billed, older than the policy's lag."""
    seen = facts.seen
    for each in change_hours(seen, facts.changes):
        for week in weeks(each.late_from, seen.today):
            if each.entry.hours and each.is_unbilled_on(facts.last_day(week)):
                yield Member(
                    metric="unbilled_scope_hours",
                    week=week,
                    record="time",
                    record_key=seen.key("time", f"{each.entry.ticket_id}:{each.entry.action_id}"),
                    place=facts.place_of_change(each.change),
                    happened_on=each.late_from,
                    source_url=seen.url(each.change.change.change_id),
                    numerator=each.entry.hours,
                )
