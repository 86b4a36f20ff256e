"""The same moments in other zones: days and weeks move for what happened on another local day there, and for nothing else.

Local days are worked out here by zoneinfo. The one thing to know: Lord Howe's summer time is half an hour, Auckland's begins when London's
ends, and all nights fall on the same day in every zone, so that no figure moves because the as-of day does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from handoff_pipeline.tables import METRICS, TABLES
from tests.metamorphic.building import FROZEN, Tables, build
from tests.metamorphic.comparing import differences, key_of
from tests.metamorphic.retelling import DAY, Nights, below

LONDON = "Europe/London"
ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland")
DAY_OF = (
    ("dim_project", "closed_at_utc", "closed_date_key"),
    ("fact_handoff", "won_at_utc", "won_date_key"),
    ("fact_handoff", "signed_off_at_utc", "signoff_date_key"),
    ("fact_handoff", "kickoff_actual_at_utc", "kickoff_date_key"),
    ("fact_gap", "detected_at_utc", "detected_date_key"),
    ("fact_change_request", "decided_at_utc", "decided_date_key"),
    ("fact_bypass", "happened_at_utc", "happened_date_key"),
    ("kpi_baseline", "frozen_at_utc", "frozen_date_key"),
)
"""A moment and the local day that is published of it."""
WEEK_OF = {
    "handoff_completeness": ("fact_handoff", "won_at_utc"),
    "no_commit_rate": ("fact_handoff", "won_at_utc"),
    "override_rate": ("fact_handoff", "won_at_utc"),
    "first_pass_acceptance": ("fact_handoff", "first_decision_at_utc"),
    "kickoff_without_signoff": ("fact_handoff", "kickoff_actual_at_utc"),
    "approval_under_a_minute_rate": ("fact_approval", "decided_at_utc"),
}
"""Metrics of which a record is in the week of one moment of its own, and in no other; what it adds is no matter of days."""
KICKOFFS = ("kickoff_actual_at_utc", "kickoff_scheduled_at_utc")
HOURS = ("gap_resolution_hours", "escalation_ack_hours")


@dataclass(frozen=True)
class Zone:
    """The tenant as counted in a zone."""

    name: str
    tables: Tables

    def day(self, moment: datetime) -> date:
        """The local day of a naive UTC moment."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.name)).date()

    def noon(self, day: date) -> datetime:
        """The naive UTC moment of noon of a local day."""
        return datetime.combine(day, time(12), ZoneInfo(self.name)).astimezone(UTC).replace(tzinfo=None)


@pytest.fixture(scope="module", params=ZONES)
def there(request: pytest.FixtureRequest, nights: Nights, policy_text: str) -> Zone:
    assert policy_text.count(LONDON) == 1
    return Zone(request.param, build(nights, policy_text.replace(LONDON, request.param), FROZEN))


@pytest.fixture(scope="module")
def here(base: Tables) -> Zone:
    return Zone(LONDON, base)


def test_moments_stay_but_those_of_kickoffs_that_are_known_by_their_day(here: Zone, there: Zone):
    moments = {name: [each.name for each in TABLES[name].columns if each.type == "utc"] for name in here.tables}
    before, after = ({name: _only(zone.tables, name, columns) for name, columns in moments.items() if columns} for zone in (here, there))
    moved = differences(before, after)

    assert set(moved) <= {"fact_handoff", "fact_gap"}
    assert moved.get("fact_handoff", set()) <= set(KICKOFFS)
    # A deadline falls into the zone's own working hours.
    assert moved.get("fact_gap", set()) <= {"due_at_utc"}
    for column in KICKOFFS:
        both = before["fact_handoff"].join(after["fact_handoff"], on="handoff_key", suffix="_there")
        for one, other in both.filter(pl.col(column).ne_missing(pl.col(f"{column}_there"))).select(column, f"{column}_there").iter_rows():
            assert one == here.noon(here.day(one))
            assert other == there.noon(here.day(one))


def test_each_day_is_the_local_day_of_its_moment(here: Zone, there: Zone):
    for zone in (here, there):
        for table, moment, key in DAY_OF:
            found = zone.tables[table].filter(pl.col(moment).dt.year() > 1900).select(moment, key).rows()
            assert found
            assert found == [(at, _number(zone.day(at))) for at, _ in found], (zone.name, table, key)


def test_durations_in_days_are_differences_of_local_days(here: Zone, there: Zone):
    for zone in (here, there):
        rows = zone.tables["fact_handoff"].filter(pl.col("kickoff_actual_at_utc").is_not_null()).rows(named=True)
        assert len(rows) > 10
        for row in rows:
            kickoff = zone.day(row["kickoff_actual_at_utc"])
            assert row["days_to_kickoff"] == (kickoff - zone.day(row["won_at_utc"])).days
            assert row["kickoff_delay_days"] == (kickoff - row["kickoff_committed_date"]).days


def test_a_record_is_in_the_week_of_its_local_day(here: Zone, there: Zone):
    for zone in (here, there):
        for metric, (table, moment) in WEEK_OF.items():
            key = TABLES[table].key[0]
            members = _members(zone, metric).join(zone.tables[table].select(key, moment), left_on="record_key", right_on=key)
            for happened, week, at in members.select("happened_on", "week_start", moment).iter_rows():
                assert happened == zone.day(at), (zone.name, metric)
                assert week == happened - timedelta(days=happened.weekday()), (zone.name, metric)


def test_deals_of_which_nothing_happened_on_another_day_keep_every_value(nights: Nights, here: Zone, there: Zone):
    keys = [key_of("handoff", deal) for deal in _unmoved(nights, here, there)]
    enough = {"UTC": 15, "America/New_York": 15}
    assert len(keys) >= enough.get(there.name, 1)
    of_deals = [name for name in here.tables if "handoff_key" in here.tables[name].columns]
    before, after = ({name: _of(zone.tables[name], keys) for name in of_deals} for zone in (here, there))

    # Working hours are the zone's own; noon of a day is another moment in each.
    moved = differences(before, after)
    assert moved.pop("fact_handoff", set()) <= {"kickoff_actual_at_utc"}
    assert moved.pop("fact_gap", set()) <= {"open_hours", "due_at_utc", "within_sla"}
    assert moved == {}


def test_over_all_weeks_the_figures_of_a_cohort_sum_to_the_same(here: Zone, there: Zone):
    """A record moves to another week and is lost in none: no moment of this tenant lies at the border of what is reported."""
    compared = 0
    for metric in WEEK_OF:
        sums = [_sums(zone, metric) for zone in (here, there)]
        assert sums[0] == pytest.approx(sums[1]), metric
        compared += sums[0][1] > 0
    assert compared > 3
    approved = [_sums(zone, "scope_change_frequency")[0] for zone in (here, there)]
    assert approved[0] == approved[1] > 5


def test_some_records_do_move(here: Zone, there: Zone):
    """What these tests stand on: the tenant has moments at the border of a day in every zone."""
    tables = {table for table, _, _ in DAY_OF}
    moved = differences({name: here.tables[name] for name in tables}, there.tables)
    assert any(key in moved.get(table, set()) for table, _, key in DAY_OF)


def _only(tables: Tables, name: str, columns: list[str]) -> pl.DataFrame:
    key = [column for column in TABLES[name].key if column != "run_id"]
    return tables[name].select(*key, *(column for column in columns if column not in key))


def _number(day: date) -> int:
    return int(day.strftime("%Y%m%d"))


def _members(zone: Zone, metric: str) -> pl.DataFrame:
    return zone.tables["kpi_member"].filter(pl.col("metric_key") == key_of("metric", metric))


def _sums(zone: Zone, metric: str) -> tuple[float, float]:
    wanted = (pl.col("metric_key") == key_of("metric", metric)) & (pl.col("segment_type") == "all")
    numerator, denominator = zone.tables["kpi_weekly"].filter(wanted).select(pl.col("numerator", "denominator").sum()).row(0)
    return numerator, denominator


def _of(frame: pl.DataFrame, handoffs: list[int]) -> pl.DataFrame:
    found = frame.filter(pl.col("handoff_key").is_in(handoffs))
    in_hours = [key_of("metric", metric) for metric in HOURS]
    return found.filter(~pl.col("metric_key").is_in(in_hours)) if "metric_key" in found.columns else found


def _unmoved(nights: Nights, here: Zone, there: Zone) -> list[int]:
    """Deals on which, and on whose tickets and papers, every moment falls on the same day in both zones."""
    last = nights[-1].rows
    found = []
    for deal in (row["id"] for row in last["opportunity"]):
        tickets = below(last, {deal})
        rows = [row for entity in last for row in last[entity] if _ticket(entity, row) in tickets or _bills(row, tickets)]
        if all(here.day(moment) == there.day(moment) for row in rows for moment in _moments(row)):
            found.append(deal)
    return found


def _ticket(entity: str, row: dict[str, Any]) -> int | None:
    return row["id"] if entity in {"opportunity", "project", "change_request"} else row.get("ticket_id")


def _bills(row: dict[str, Any], tickets: set[int]) -> bool:
    return any(line.get("ticket_id") in tickets for line in row.get("lines", ()))


def _moments(value: Any) -> Iterator[datetime]:
    """Every moment in a row, and in what is in it; a day is none, and neither is when HaloPSA last touched the row."""
    if isinstance(value, dict):
        for name, each in value.items():
            if not name.startswith("last_") and name != "lastactiondate":
                yield from _moments(each)
    elif isinstance(value, list):
        for each in value:
            yield from _moments(each)
    elif isinstance(value, str) and (found := DAY.fullmatch(value)) and found[2] and not found[2].startswith("T00:00:00"):
        yield datetime.fromisoformat(value).replace(tzinfo=None)


def test_every_metric_of_a_cohort_is_a_metric():
    assert set(WEEK_OF) <= {each.metric for each in METRICS}
