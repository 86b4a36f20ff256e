"""The business calendar: local days, DST, working time; and the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_pipeline.clock import Calendar, HeldClock, SystemClock, clock_for

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")


def calendar(zone: str = "Europe/London") -> Calendar:
    """Monday to Friday, nine to half past five, one holiday."""
    return Calendar(ZoneInfo(zone), frozenset(range(1, 6)), (time(9), time(17, 30)), frozenset({date(2026, 8, 31)}))


def test_a_held_clock_stands_still() -> None:
    moment = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
    assert clock_for(moment).now() == moment
    assert HeldClock(moment).now() == HeldClock(moment).now()


def test_without_an_as_of_the_clock_is_the_machines() -> None:
    assert isinstance(clock_for(None), SystemClock)
    assert clock_for(None).now().tzinfo is UTC


def test_the_day_on_which_the_clocks_go_forward_has_23_hours() -> None:
    (day,) = calendar().days(date(2026, 3, 29), date(2026, 3, 29))
    assert day.day_end_utc - day.day_start_utc == timedelta(hours=23)


def test_the_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    (day,) = calendar().days(date(2026, 10, 25), date(2026, 10, 25))
    assert day.day_end_utc - day.day_start_utc == timedelta(hours=25)


def test_working_hours_follow_the_local_clock_in_summer_and_winter() -> None:
    winter, *_, summer = calendar().days(date(2026, 3, 27), date(2026, 3, 30))
    assert (winter.work_start_utc, summer.work_start_utc) == (datetime(2026, 3, 27, 9), datetime(2026, 3, 30, 8))


def test_a_holiday_has_no_working_time() -> None:
    (day,) = calendar().days(date(2026, 8, 31), date(2026, 8, 31))
    assert not day.is_business_day
    assert day.work_start_utc == day.work_end_utc


def test_half_past_eleven_at_night_in_utc_is_the_next_local_day_in_summer() -> None:
    assert calendar().local_day(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)


def test_a_week_at_new_year_belongs_to_its_iso_year() -> None:
    (day,) = calendar().days(date(2027, 1, 1), date(2027, 1, 1))
    assert (day.iso_year, day.iso_week, day.week_start, day.quarter) == (2026, 53, date(2026, 12, 28), "2027-Q1")


@pytest.mark.parametrize("zone", ZONES)
def test_days_follow_each_other_without_gap_or_overlap(zone: str) -> None:
    days = list(calendar(zone).days(date(2025, 12, 1), date(2027, 1, 31)))
    for before, after in pairwise(days):
        assert before.day_end_utc == after.day_start_utc
        assert after.business_day_number - before.business_day_number == after.is_business_day


@given(moment=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), zone=st.sampled_from(ZONES))
def test_a_moment_lies_within_its_local_day(moment: datetime, zone: str) -> None:
    of_zone = calendar(zone)
    (day,) = of_zone.days(of_zone.local_day(moment), of_zone.local_day(moment))
    assert day.day_start_utc <= moment.replace(tzinfo=None) < day.day_end_utc
