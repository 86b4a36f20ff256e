"""The macros read HaloPSA's loose values as docs and references say, and make the contract's keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff_pipeline.clock import CALENDAR_END, CALENDAR_START


@pytest.fixture(scope="module")
def conn(checkout: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A bare database with the macros."""
    with duckdb.connect() as open_one:
        open_one.execute("set timezone = 'UTC'")
        open_one.execute((checkout / "sql" / "macros.sql").read_text(encoding="utf-8"))
        yield open_one


def value(conn: duckdb.DuckDBPyConnection, expression: str, *values: Any) -> Any:
    """What one expression gives."""
    row = conn.execute(f"select {expression}", list(values)).fetchone()
    return row[0] if row else None


@pytest.mark.fact("H097", "H098")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:00:00", datetime(2026, 3, 1, 9)),
        ("2026-03-01T09:00:00.123", datetime(2026, 3, 1, 9, 0, 0, 123000)),
        ("2026-03-01T09:00:00Z", datetime(2026, 3, 1, 9)),
        ("2026-03-01T09:00:00+01:00", datetime(2026, 3, 1, 8)),
        ("1899-12-30T00:00:00", None),
        ("1900-01-01T00:00:00", None),
        ("1980-12-31T23:59:59", None),
        # Mistyped: no calendar has the day, in one zone or another.
        ("1990-12-31T23:59:59", None),
        ("1991-01-01T00:00:00", datetime(1991, 1, 1)),
        ("2059-12-31T23:59:59", datetime(2059, 12, 31, 23, 59, 59)),
        ("2206-07-14T09:00:00", None),
        ("0001-01-01T00:00:00", None),
        ("next week", None),
        ("", None),
        (None, None),
    ],
)
def test_moments_are_utc_and_empty_dates_are_empty(conn: duckdb.DuckDBPyConnection, text: str | None, moment: datetime | None) -> None:
    assert value(conn, "halo_utc($1)", text) == moment


@pytest.mark.fact("H099")
@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2026-07-01", "Europe/London", date(2026, 7, 1)),
        ("2026-07-01T00:00:00", "Europe/London", date(2026, 7, 1)),
        ("2026-07-01T00:00:00Z", "America/New_York", date(2026, 7, 1)),
        ("2026-07-01T12:00:00", "Europe/London", date(2026, 7, 1)),
        ("2026-07-01T15:20:00", "Europe/London", date(2026, 7, 1)),
        ("2026-06-30T23:00:00", "Europe/London", date(2026, 7, 1)),
        ("2026-06-30T23:00:00Z", "Europe/London", date(2026, 7, 1)),
        ("2026-07-01T05:00:00", "America/Chicago", date(2026, 7, 1)),
        ("2026-06-30T14:00:00.000", "Australia/Brisbane", date(2026, 7, 1)),
        ("2026-12-31T23:00:00", "Europe/London", date(2026, 12, 31)),
        ("1900-01-01T00:00:00", "Europe/London", None),
        ("1899-12-30T00:00:00", "America/New_York", None),
        ("1989-12-31", "Europe/London", None),
        ("2061-01-01", "Europe/London", None),
        ("2206-07-14", "Europe/London", None),
        ("soon", "Europe/London", None),
        (None, "Europe/London", None),
    ],
)
def test_a_day_is_the_day_that_its_text_names_or_that_begins_then(
    conn: duckdb.DuckDBPyConnection, text: str | None, zone: str, day: date | None
) -> None:
    assert value(conn, "halo_day($1, $2)", text, zone) == day


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    day=st.dates(CALENDAR_START, CALENDAR_END),
    zone=st.sampled_from(["Europe/London", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "UTC"]),
)
def test_no_day_shifts_whichever_midnight_it_was_written_at(conn: duckdb.DuckDBPyConnection, day: date, zone: str) -> None:
    local = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    written = [f"{day}T00:00:00", f"{day}T12:00:00Z", f"{local:%Y-%m-%dT%H:%M:%S}", f"{local:%Y-%m-%dT%H:%M:%SZ}"]

    assert {value(conn, "halo_day($1, $2)", text, zone) for text in written} == {day}


@pytest.mark.parametrize(
    ("text", "hours"), [("7.5", Decimal("7.5")), ("0", 0), ("-9999.0", None), ("-9999", None), ("", None), (None, None)]
)
def test_hours_that_nobody_planned_are_none(conn: duckdb.DuckDBPyConnection, text: str | None, hours: Decimal | None) -> None:
    assert value(conn, "halo_hours($1)", text) == hours


@pytest.mark.parametrize(
    ("batch_no", "is_deleted", "since_batch", "is_of_it"),
    [(3, False, None, True), (3, True, None, True), (2, False, 3, False), (3, True, 3, False), (3, False, 3, True), (4, True, 3, True)],
)
def test_versions_from_before_an_id_was_used_again_are_another_records(
    conn: duckdb.DuckDBPyConnection, batch_no: int, is_deleted: bool, since_batch: int | None, is_of_it: bool
) -> None:
    assert value(conn, "is_of_record($1, $2, $3)", batch_no, is_deleted, since_batch) is is_of_it


@pytest.mark.fact("H056", "H100")
@pytest.mark.parametrize(("text", "number"), [("12", 12), ("12.0", 12), ("-99", -99), ("", None), ("x", None), (None, None)])
def test_whole_numbers_arrive_in_three_shapes(conn: duckdb.DuckDBPyConnection, text: str | None, number: int | None) -> None:
    assert value(conn, "halo_int($1)", text) == number


@pytest.mark.fact("H102")
@pytest.mark.parametrize(("text", "number"), [("7", 7), ("0", None), ("-1", None), ("-99", None), (None, None)])
def test_ids_that_mean_none_are_none(conn: duckdb.DuckDBPyConnection, text: str | None, number: int | None) -> None:
    assert value(conn, "halo_id($1)", text) == number


def test_money_is_read_without_a_float(conn: duckdb.DuckDBPyConnection) -> None:
    assert value(conn, "halo_money('123456789012.3456')") == Decimal("123456789012.3456")


@pytest.mark.parametrize(("text", "truth"), [("true", True), ("True", True), ("1", True), ("false", False), ("0", False), (None, False)])
def test_booleans_are_true_only_when_they_say_so(conn: duckdb.DuckDBPyConnection, text: str | None, truth: bool) -> None:
    assert value(conn, "halo_bool($1)", text) is truth


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(natural=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_keys_are_the_first_52_bits_of_sha_256(conn: duckdb.DuckDBPyConnection, natural: str) -> None:
    digest = hashlib.sha256(f"acme|client|{natural}".encode()).hexdigest()
    assert value(conn, "contract_key('acme', 'client', $1)", natural) == int(digest, 16) >> 204


def test_a_key_of_a_number_is_the_key_of_its_digits(conn: duckdb.DuckDBPyConnection) -> None:
    assert value(conn, "contract_key('acme', 'handoff', 7)") == value(conn, "contract_key('acme', 'handoff', '7')")


def test_late_in_the_evening_in_utc_is_the_next_local_day_in_summer(conn: duckdb.DuckDBPyConnection) -> None:
    assert value(conn, "local_day(timestamp '2026-07-01 23:30:00', 'Europe/London')") == date(2026, 7, 2)


def test_noon_and_end_of_a_local_day_follow_dst(conn: duckdb.DuckDBPyConnection) -> None:
    assert value(conn, "local_noon_utc(date '2026-07-01', 'Europe/London')") == datetime(2026, 7, 1, 11)
    assert value(conn, "local_end_utc(date '2026-10-25', 'Europe/London')") == datetime(2026, 10, 26)


def test_the_date_key_of_no_day_is_zero(conn: duckdb.DuckDBPyConnection) -> None:
    assert value(conn, "date_key(null::date)") == 0
    assert value(conn, "date_key(date '2026-09-28')") == 20260928
