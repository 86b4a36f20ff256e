"""Deadlines and owners by hand: over weekends, holidays, clock changes, and for people who are away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.clock import Calendar
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.owners import owner_of, told_at
from handoff_pipeline.governance.remediation_rows import Agent, People, RemediationState
from handoff_pipeline.governance.situation import situation_of
from handoff_pipeline.governance.sla import due_at, within_sla
from tests.governance.remediation_world import ALICE, BEN, GRACE, IVY, LAURA, PEOPLE, at, closed, gap, policy

POLICY = policy()
CALENDAR = POLICY.business_calendar
NIGHT_WORK = Calendar(ZoneInfo("Europe/London"), frozenset({7}), (time(0), time(4)), frozenset())


@pytest.mark.parametrize(
    ("detected", "item", "due"),
    [
        # Monday 2:00: eight hours from the opening at nine.
        ("2026-11-23T02:00:00", "signed_scope", "2026-11-23T17:00:00"),
        # Friday 16:30: an hour on Friday, seven on Monday.
        ("2026-11-20T16:30:00", "signed_scope", "2026-11-23T16:00:00"),
        # At closing on Friday nothing is left of the day.
        ("2026-11-20T17:30:00", "signed_scope", "2026-11-23T17:00:00"),
        # Soft: 24 hours are two whole days of 8.5 and seven hours of the third.
        ("2026-11-23T02:00:00", "dependencies", "2026-11-25T16:00:00"),
        # Christmas Eve 13:00: four and a half hours; 25 is Christmas, 26 a Saturday, 28 a bank holiday; three and a half on the 29th.
        ("2026-12-24T13:00:00", "signed_scope", "2026-12-29T12:30:00"),
        # Friday before the clocks go forward, 16:30 GMT: an hour, then seven from 9:00 BST, which is 8:00 UTC.
        ("2026-03-27T16:30:00", "signed_scope", "2026-03-30T15:00:00"),
        # Friday before the clocks go back, 15:30 UTC is 16:30 BST: an hour, then seven from 9:00 GMT.
        ("2026-10-23T15:30:00", "signed_scope", "2026-10-26T16:00:00"),
    ],
)
def test_a_deadline_counted_by_hand(detected, item, due):
    assert due_at(gap(item=item, detected=detected), POLICY, CALENDAR) == at(due)


def test_a_deadline_may_be_the_very_moment_of_closing():
    begin = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert CALENDAR.after_working(begin, timedelta(hours=8.5)) == at("2026-11-23T17:30:00")


@pytest.mark.parametrize(("sunday", "hours"), [(date(2026, 3, 29), 3), (date(2026, 10, 25), 5)])
def test_working_hours_over_a_clock_change_are_as_long_as_they_are(sunday, hours):
    opens, closes = NIGHT_WORK.working_span(sunday) or (at("2026-01-01"), at("2026-01-01"))
    assert closes - opens == timedelta(hours=hours)
    assert NIGHT_WORK.after_working(opens, timedelta(hours=hours)) == closes


def test_hours_that_a_clock_change_swallows_are_no_working_hours():
    swallowed = Calendar(ZoneInfo("Europe/London"), frozenset({7}), (time(1, 30), time(2, 10)), frozenset())
    assert swallowed.working_span(date(2026, 3, 29)) is None


def test_a_calendar_without_working_days_says_so_instead_of_searching_for_ever():
    closed_for_good = Calendar(ZoneInfo("Europe/London"), frozenset(), (time(9), time(17)), frozenset())
    with pytest.raises(HandoffError, match="no more working hours"):
        closed_for_good.next_working(datetime(2060, 12, 1, tzinfo=UTC))


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 31), timezones=st.just(UTC))
ZONES = st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@settings(max_examples=40, deadline=None)
@given(moment=MOMENTS, hours=st.floats(0, 60), zone=ZONES)
def test_a_deadline_always_falls_into_working_hours(moment, hours, zone):
    calendar = replace(CALENDAR, time_zone=ZoneInfo(zone))
    due = calendar.after_working(moment, timedelta(hours=hours))
    span = calendar.working_span(calendar.local_day(due))
    assert span is not None
    assert span[0] <= due <= span[1]


@settings(max_examples=40, deadline=None)
@given(moment=MOMENTS, hours=st.floats(0, 60), zone=ZONES)
def test_the_working_time_up_to_a_deadline_is_what_was_given(moment, hours, zone):
    calendar = replace(CALENDAR, time_zone=ZoneInfo(zone))
    span = timedelta(hours=hours)
    assert calendar.working_time(moment, calendar.after_working(moment, span)) == span


@settings(max_examples=40, deadline=None)
@given(first=MOMENTS, second=MOMENTS, third=MOMENTS)
def test_working_time_adds_up(first, second, third):
    one, two, three = sorted((first, second, third))
    assert CALENDAR.working_time(one, two) + CALENDAR.working_time(two, three) == CALENDAR.working_time(one, three)


@pytest.mark.parametrize(
    ("row", "now", "expected"),
    [
        (gap(), "2026-11-23T17:00:00", None),
        (gap(), "2026-11-23T17:00:01", False),
        (closed(gap(), "2026-11-23T17:00:00"), "2026-12-01T00:00:00", True),
        (closed(gap(), "2026-11-24T02:00:00"), "2026-12-01T00:00:00", False),
        (closed(gap(), "2026-11-24T02:00:00", "moot"), "2026-12-01T00:00:00", None),
    ],
)
def test_whether_a_gap_was_closed_in_time(row, now, expected):
    assert within_sla(row, at("2026-11-23T17:00:00"), at(now)) is expected


def away(*who: int) -> People:
    return People({key: replace(agent, is_active=key not in who) for key, agent in PEOPLE.agents.items()})


@pytest.mark.parametrize(
    ("row", "people", "owner"),
    [
        (gap(), PEOPLE, BEN),
        (gap(item="signed_before_kickoff"), PEOPLE, IVY),
        (gap(), away(BEN), ALICE),
        (gap(), away(BEN, ALICE), GRACE),
        (gap(), away(BEN, ALICE, GRACE), LAURA),
        (gap(), away(BEN, ALICE, GRACE, LAURA), 0),
        (gap(seller_id=0), PEOPLE, GRACE),
        (gap(seller_id=999), PEOPLE, GRACE),
    ],
)
def test_a_gap_goes_to_its_owner_or_who_stands_in(row, people, owner):
    assert owner_of(row, people, POLICY) == owner


def test_somebody_who_is_away_for_now_is_not_asked():
    people = People({**PEOPLE.agents, BEN: Agent(BEN, "Ben Okafor", "Sales North", is_absent=True)})
    assert owner_of(gap(), people, POLICY) == ALICE


LEAVE = policy(remediation={"absences": [{"who": "ben okafor", "first_day": "2026-11-23", "last_day": "2026-11-24"}]})


@pytest.mark.parametrize(("day", "owner"), [(22, BEN), (23, ALICE), (24, ALICE), (25, BEN)])
def test_whom_the_policy_knows_to_be_on_leave_is_not_asked_on_these_days(day, owner):
    standing = situation_of([gap()], PEOPLE, RemediationState(), LEAVE, at(f"2026-11-{day}T12:00:00")).gaps[0]
    assert (standing.owner_id, standing.owner_basis) == (owner, "policy" if owner == BEN else "stand_in")


def test_a_leave_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="swap first_day and last_day"):
        policy(remediation={"absences": [{"who": "Ben Okafor", "first_day": "2026-11-23", "last_day": "2026-11-22"}]})


def test_a_name_that_two_agents_bear_names_nobody():
    people = People({**PEOPLE.agents, 99: Agent(99, "grace lee ")})
    assert people.find("Grace Lee") == 0
    assert people.find(GRACE) == GRACE


def test_a_level_of_which_nobody_is_there_goes_to_the_last_resort():
    assert told_at(["sales_manager"], away(GRACE), POLICY) == (LAURA,)


def test_a_level_tells_everybody_whom_it_names_once():
    assert told_at(["service_delivery_lead", "Grace Lee", "sales_manager"], PEOPLE, POLICY) == (GRACE, LAURA)
