"""The metrics of change requests and of time on them, each with a worked example."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.sql.metric_facts import Facts, day

WEEK = day(7, 13)
FREQUENCY, PER_100H, WITH_CHANGE, UNBILLED = (
    "scope_change_frequency",
    "scope_changes_per_100h",
    "projects_with_change_rate",
    "unbilled_scope_hours",
)


@pytest.fixture
def active(facts: Facts) -> Facts:
    """Three projects that were active in the week: the first of a deal, closed on its Monday; a second of it; and one without a deal."""
    facts.won(1, day(7, 6))
    facts.project(10, 1, created=day(7, 1), kickoff=day(7, 8), closed=WEEK)
    facts.project(11, 1, created=day(7, 19))
    facts.project(7, None, created=day(7, 1), client=12)
    return facts


def parts(
    facts: Facts, metric: str, when: date = WEEK, segment: str = "all", kind: str = "all"
) -> tuple[float, float | None, int, float | None]:
    row = facts.point(metric, when, segment, kind)
    return row["numerator"], row["denominator"], row["n"], row["value"]


def test_approved_changes_are_counted_over_the_projects_active_in_the_week(active: Facts) -> None:
    active.change(1, 10, 1, decided=day(7, 13))
    active.change(2, 7, None, decided=day(7, 19))
    active.change(3, 7, None, decided=day(7, 19), state="rejected")
    active.built()

    assert parts(active, FREQUENCY) == (2, 3, 3, 2 / 3)
    # Kicked off on the 8th, although it was created before; closed on the 13th.
    assert [parts(active, FREQUENCY, when)[:3] for when in (day(7, 1), day(7, 6), day(7, 20))] == [(0, 1, 1), (0, 2, 2), (0, 2, 2)]


@pytest.mark.parametrize("ended", ["closed", "cancelled", "deleted"])
def test_a_project_is_active_up_to_the_day_it_ended(facts: Facts, ended: str) -> None:
    days: dict[str, Any] = {ended: day(7, 12)}
    facts.project(7, None, created=day(7, 1), **days)
    facts.change(1, 7, None, decided=WEEK)
    facts.built()

    assert parts(facts, FREQUENCY, day(7, 6)) == (0, 1, 1, 0)
    # Approved when no project was active: counted, over nothing.
    assert parts(facts, FREQUENCY) == (1, 0, 0, None)


def test_a_change_counts_as_a_hundred_over_the_hours_of_active_projects(active: Facts) -> None:
    active.change(1, 10, 1, decided=WEEK)
    active.change(2, 7, None, decided=WEEK)
    active.hours(10, day(7, 13), 150.5)
    active.hours(7, day(7, 19), 99.75)
    active.hours(7, day(7, 20), 8)
    active.hours(10, day(7, 20), 8)  # it was closed the week before
    active.built()

    assert parts(active, PER_100H) == (200, 250.25, 250, 200 / 250.25)
    assert parts(active, PER_100H, day(7, 20)) == (0, 8, 8, 0)


def test_deleted_hours_stay_in_the_weeks_that_were_over(active: Facts) -> None:
    active.hours(7, WEEK, 10, removed=day(7, 20))
    active.hours(7, WEEK, 5, removed=day(7, 19))

    assert parts(active.built(), PER_100H)[:3] == (0, 10, 10)


def test_closed_projects_have_a_change_that_was_approved_by_the_weeks_end(facts: Facts) -> None:
    for key, state in enumerate(["won", "won", "lost"], start=1):
        facts.won(key, day(7, 1), state=state)
        facts.project(key * 10, key, created=day(7, 1), closed=day(7, 15))
    facts.project(7, None, created=day(7, 1), closed=day(7, 15))
    facts.change(1, 10, 1, decided=day(7, 20))
    facts.change(2, 20, 2, decided=day(7, 15), state="rejected")
    facts.built()
    weeks = {row["week_start"] for row in facts.points(f"metric = '{WITH_CHANGE}' and n > 0")}

    assert parts(facts, WITH_CHANGE) == (0, 3, 3, 0)
    assert parts(facts, WITH_CHANGE, day(7, 20)) == (1, 3, 3, 1 / 3)
    assert (min(weeks), max(weeks)) == (WEEK, day(10, 5))


def test_an_origin_cuts_the_changes_and_not_what_they_are_counted_over(active: Facts) -> None:
    active.change(1, 10, 1, decided=WEEK, origin="client")
    active.change(2, 7, None, decided=WEEK, origin="sales_gap")
    active.change(3, 7, None, decided=WEEK, origin="sales_gap")
    active.change(4, 7, None, state="raised", origin="discovery")
    active.hours(7, WEEK, 200)
    active.built()

    assert parts(active, FREQUENCY, WEEK, "sales_gap", "change_origin") == (2, 3, 3, 2 / 3)
    assert parts(active, PER_100H, WEEK, "client", "change_origin") == (100, 200, 200, 0.5)
    assert parts(active, FREQUENCY, WEEK, "discovery", "change_origin") == (0, 3, 3, 0)
    assert parts(active, FREQUENCY, day(7, 20), "client", "change_origin") == (0, 2, 2, 0)
    metrics = {row["metric"] for row in active.points("segment_type = 'change_origin'")}
    assert metrics == {FREQUENCY, PER_100H, UNBILLED}


def test_an_origin_has_rows_only_while_a_project_is_active(facts: Facts) -> None:
    facts.project(7, None, created=day(7, 1), closed=day(7, 10))
    facts.change(1, 7, None, decided=day(7, 8))
    weeks = {row["week_start"] for row in facts.built().points("segment_type = 'change_origin'")}

    assert weeks == {day(6, 29), day(7, 6)}


def unbilled(facts: Facts, since: date, billed: date | None, hours: float, *, known: bool = True, removed: date | None = None) -> None:
    number = len(facts.tenant.rows("core.unbilled_change_hour")) + 1
    facts.add(
        "core.unbilled_change_hour", change_id=1, project_id=7, ticket_id=1, action_id=number, hours=hours, unbilled_from_day=since,
        billed_day=billed, removed_day=removed, is_billing_known=known,
    )  # fmt: skip


def test_unbilled_hours_are_those_that_were_late_at_the_end_of_each_week(active: Facts) -> None:
    active.change(1, 7, None, state="rejected", origin="sales_gap")
    unbilled(active, day(7, 19), day(7, 27), 3.5)
    unbilled(active, day(7, 20), None, 2)
    unbilled(active, day(7, 20), None, 4, removed=day(7, 30))
    active.built()
    levels = [parts(active, UNBILLED, when)[::3] for when in (day(7, 6), WEEK, day(7, 20), day(7, 27), day(11, 30))]

    assert levels == [(0, None), (3.5, 3.5), (9.5, 9.5), (2, 2), (2, 2)]
    assert parts(active, UNBILLED, day(7, 20), "sales_gap", "change_origin") == (9.5, None, 3, 9.5)
    assert active.members(UNBILLED, WEEK)[0]["record_key"] == active.key("time", "1:1")


def test_nobody_can_say_that_hours_are_unbilled_where_invoices_are_not_known(active: Facts) -> None:
    active.change(1, 7, None)
    unbilled(active, WEEK, None, 3, known=False)
    row = active.built().point(UNBILLED, WEEK)

    assert (row["value"], row["n"], row["n_excluded"]) == (None, 0, 1)
    assert active.members(UNBILLED, WEEK)[0]["exclusion"] == "billing_unknown"
