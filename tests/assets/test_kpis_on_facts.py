"""kpi_weekly on what SQL really gives: the two halves agree on columns, types, keys and meaning."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.kpis import DURATIONS, EVENTS, POINTS, kickoff_survival, weekly
from assets.table_frames import whole
from handoff_pipeline.measures import kaplan_meier, median_with_interval
from handoff_pipeline.tables import METRICS, TABLES, empty_frame, polars_schema
from tests.sql.metric_facts import Facts, monday

FIRST = date(2026, 3, 2)
WEEKS = 30
PER_WEEK = 6


@pytest.fixture(scope="module")
def facts(checkout: Path) -> Facts:
    """Six deals a week, kicked off after 4 to 24 days; every eleventh not at all, every fourth without a sign-off."""
    facts = Facts.opened((checkout / "handoff.yaml").read_text(encoding="utf-8"))
    for number in range(WEEKS * PER_WEEK):
        won = FIRST + timedelta(weeks=number // PER_WEEK, days=number % 5)
        kickoff = None if number % 11 == 0 else won + timedelta(days=4 + number * 7 % 21)
        facts.won(
            number + 1, won, score_at_won=float(60 + number * 13 % 41), kickoff_committed_date=won + timedelta(days=14),
            kickoff_without_signoff=None if kickoff is None else number % 4 == 0, client=11 + number % 3,
        )  # fmt: skip
        facts.project((number + 1) * 10, number + 1, created=won, kickoff=kickoff)
    return facts.built()


@pytest.fixture(scope="module")
def table(facts: Facts) -> pl.DataFrame:
    """kpi_weekly, with the metric's name."""
    points, durations, events = (whole(facts.tenant.conn, name) for name in (POINTS, DURATIONS, EVENTS))
    baselines, targets = (empty_frame(TABLES[name], run_id=False) for name in ("kpi_baseline", "kpi_target"))
    made = weekly(points, durations, events, baselines, targets, 14)
    assert dict(made.schema) == polars_schema(TABLES["kpi_weekly"], run_id=False)
    return made.join(points.select("metric", "metric_key").unique(), on="metric_key")


def of(table: pl.DataFrame, metric: str) -> pl.DataFrame:
    return table.filter((pl.col("metric") == metric) & (pl.col("segment_type") == "all")).sort("week_start")


def test_every_metric_has_a_row_in_every_week_and_every_interval_holds_its_value(table):
    assert set(table.get_column("metric")) == {each.metric for each in METRICS}
    assert table.filter(pl.col("segment_type") == "all").group_by("metric").len().get_column("len").n_unique() == 1
    outside = (pl.col("value") < pl.col("ci_low") - 1e-9) | (pl.col("value") > pl.col("ci_high") + 1e-9)
    assert table.filter(outside).is_empty()
    assert table.filter(pl.col("lower_limit") > pl.col("upper_limit")).is_empty()


def test_medians_and_shares_in_time_come_from_the_counted_durations(facts, table):
    week = monday(FIRST + timedelta(weeks=20))
    durations = facts.durations("days_to_kickoff_median", week)
    alone = median_with_interval(kaplan_meier(pl.DataFrame(durations, schema=["day", "events", "censored"], orient="row")))
    row = of(table, "days_to_kickoff_median").row(by_predicate=pl.col("week_start") == week, named=True)
    assert (row["value"], row["ci_low"], row["ci_high"]) == (alone.value, alone.ci_low, alone.ci_high)
    assert row["n"] == sum(events + censored for _, events, censored in durations)
    share = of(table, "kickoff_within_target").row(by_predicate=pl.col("week_start") == week, named=True)
    assert 0 < share["ci_low"] < share["value"] < share["ci_high"] < 1
    assert kickoff_survival(whole(facts.tenant.conn, DURATIONS)).height > WEEKS


def test_the_charts_of_counted_weeks_have_their_lines(table):
    scores = of(table, "handoff_completeness").filter(pl.col("n") >= 5, ~pl.col("is_partial_week"))
    assert scores.get_column("centre_line").unique().to_list() == [pytest.approx(scores.get_column("value").mean())]
    # Every fourth deal comes without a sign-off, but for those that never kick off.
    between = of(table, "kickoff_without_signoff").get_column("centre_line").unique().to_list()
    assert between == [pytest.approx(0.25, abs=0.02)]


def test_each_client_has_its_own_chart(table):
    clients = table.filter(pl.col("segment_type") == "client", pl.col("metric") == "kickoff_without_signoff")
    assert clients.group_by("segment_key").agg(pl.col("centre_line").n_unique()).get_column("centre_line").to_list() == [1, 1, 1]
    assert clients.get_column("centre_line").null_count() == 0
