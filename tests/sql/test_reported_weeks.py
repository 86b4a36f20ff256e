"""Which weeks are reported: a record of long ago makes no thousands of empty ones, and nothing in a week depends on where they begin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.ledger_frames import baseline_frame
from handoff_pipeline.ledger import Baseline
from tests.sql.metric_facts import AS_OF, POINTS, Facts, day, monday, noon
from tests.sql.tenant import FIRST_NIGHT, Tenant

LONG_AGO = date(1991, 3, 6)
OLDEST = date(2021, 12, 13)  # 260 weeks end with that of 1 December 2026
DECEMBER = date(2026, 11, 30)
DATES = "marts.dim_date"
DURATIONS, EVENTS = "kpi.duration", "kpi.event_order"


def reported(facts: Facts) -> list[date]:
    return sorted({row["week_start"] for row in facts.built().points("segment_type = 'all'")})


def frozen(first: date, at: datetime) -> Baseline:
    sums: dict[str, Any] = {"numerator": 8.0, "denominator": 20.0, "sum_of_squares": None, "n": 20, "ci_low": None, "ci_high": None}
    return Baseline(
        metric="kickoff_delay_rate", segment_type="all", segment_key=0, segment="all", value=0.4, window_start=first,
        window_end=first + timedelta(90), frozen_at=at, frozen_by_key=7, reason="agreed", kind="first", **sums,
    )  # fmt: skip


def ledger(facts: Facts, *rows: Baseline) -> None:
    facts.tenant.conn.register("given", baseline_frame(list(rows)).to_arrow())
    facts.tenant.conn.execute("create or replace table ledger.baseline as select * from given")


def test_a_project_of_1991_reports_the_260_weeks_that_end_with_the_as_ofs(facts: Facts) -> None:
    facts.project(7, None, created=LONG_AGO)
    weeks = reported(facts)

    assert (weeks[0], weeks[-1], len(weeks)) == (OLDEST, DECEMBER, 260)
    assert (
        facts.tenant.row(POINTS, f"metric = 'scope_change_frequency' and week_start = date '{OLDEST}' and segment_type = 'all'")["n"] == 1
    )


def test_members_of_earlier_weeks_stay(facts: Facts) -> None:
    facts.won(1, LONG_AGO, score_at_won=80.0)
    facts.won(2, day(11, 2), score_at_won=60.0)
    facts.built()

    assert [row["week_start"] for row in facts.members("handoff_completeness")] == [monday(LONG_AGO), monday(day(11, 2))]
    assert facts.points(f"week_start < date '{OLDEST}'") == []


def test_younger_figures_begin_with_their_first_member_as_ever(facts: Facts) -> None:
    facts.won(1, day(7, 8))

    assert reported(facts)[0] == day(7, 6)


def test_the_weeks_of_a_baseline_in_force_stay_reported(facts: Facts) -> None:
    facts.project(7, None, created=LONG_AGO)
    ledger(facts, frozen(date(2020, 3, 2), datetime(2020, 6, 3, tzinfo=UTC)))

    assert reported(facts)[0] == date(2020, 3, 2)


def test_a_baseline_that_was_replaced_keeps_no_week(facts: Facts) -> None:
    facts.project(7, None, created=LONG_AGO)
    ledger(
        facts,
        frozen(date(2020, 3, 2), datetime(2020, 6, 3, tzinfo=UTC)),
        frozen(date(2026, 3, 2), datetime(2026, 6, 3, tzinfo=UTC)),
    )

    assert reported(facts)[0] == OLDEST


def test_the_calendar_holds_the_week_of_every_member(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.put("project", id=9, summary="Old", tickettype_id=31, status_id=2, agent_id=30, client_id=11, dateoccurred="1991-03-06T10:00:00")
    tenant.built(DATES, "kpi.kpi_member")

    assert tenant.conn.execute(
        "select count(*), count(d.date_key) from kpi.kpi_member as m left join marts.dim_date as d on m.week_date_key = d.date_key"
    ).fetchone() == (1845, 1845)


TwoBounds = tuple[Facts, dict[str, list[dict[str, Any]]]]
WEEKS = 24
NARROW = 24


@pytest.fixture(scope="module")
def two_bounds(checkout: Path) -> TwoBounds:
    """A deal a week, with its project, change, gap and margin; as it is when all weeks are reported, and built for fewer weeks."""
    facts = Facts.opened((checkout / "handoff.yaml").read_text(encoding="utf-8"))
    for key in range(1, WEEKS + 1):
        _deal(facts, key, date(2026, 4, 8) + timedelta(weeks=key - 1))
    facts.built()
    whole = {name: facts.tenant.rows(name) for name in (POINTS, DURATIONS, EVENTS)}
    facts.tenant.conn.execute("update policy.setting set reported_weeks = ?", [NARROW])
    return facts.built(), whole


def _deal(facts: Facts, key: int, won: date) -> None:
    kickoff = won + timedelta(5 + key % 17)
    facts.won(
        key, won, score_at_won=50.0 + key, kickoff_committed_date=won + timedelta(12), kickoff_without_signoff=key % 3 == 0,
        accepted_first_pass=key % 2 == 0, first_decision_at_utc=noon(won + timedelta(3)),
    )  # fmt: skip
    facts.project(key * 10, key, created=won, kickoff=kickoff, closed=won + timedelta(60))
    facts.change(key * 100, key * 10, key, decided=won + timedelta(20))
    facts.hours(key * 10, won + timedelta(21), 7.5)
    for number in (0, 4, 8, 16, 17):
        sunday = monday(won) + timedelta(6 + 7 * number)
        facts.margin(key * 10, key, sunday, sold=(1_000, 600), now=(1_000, 600 + key), delivered=sunday >= won + timedelta(60))
    facts.gap(key, noon(won), state="resolved", resolved=noon(won + timedelta(key % 40)), due=noon(won + timedelta(9)))


def narrow(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = monday(AS_OF.date()) - timedelta(weeks=NARROW - 1)
    return [row for row in rows if row["week_start"] >= first]


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(str(sorted(row.items())) for row in rows)


@pytest.mark.parametrize("table", [POINTS, DURATIONS])
def test_no_figure_depends_on_where_the_weeks_begin(two_bounds: TwoBounds, table: str) -> None:
    facts, whole = two_bounds
    kept = narrow(whole[table])

    assert len(kept) < len(whole[table])
    assert _sorted(facts.tenant.rows(table)) == _sorted(kept)


def test_the_gap_between_two_events_is_counted_over_every_week(two_bounds: TwoBounds) -> None:
    facts, whole = two_bounds

    assert _sorted(facts.tenant.rows(EVENTS)) == _sorted(whole[EVENTS])
