"""The KPI tables are put together as the registry says; the estimates themselves are tested with measures."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from assets.kpis import kickoff_survival, weekly
from handoff_pipeline.tables import TABLES, polars_schema

WEEK = date(2026, 9, 21)
GROUP = {"week_start": WEEK, "segment_type": "all", "segment": "all"}


def points(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {name: kind for name, kind in polars_schema(TABLES["kpi_weekly"], run_id=False).items() if name not in {"ci_low", "ci_high"}}
    schema |= {"metric": pl.String(), "interval": pl.String(), "sum_of_squares": pl.Float64()}
    empty = dict.fromkeys(schema) | GROUP | {"week_date_key": 20260921, "segment_key": 0, "n": 0, "n_excluded": 0}
    return pl.DataFrame([empty | row for row in rows], schema=schema)


@pytest.fixture
def durations() -> pl.DataFrame:
    """The golden curve of the contract: median 12, interval from 3 to not reached."""
    days = [(3, 1), (5, 1), (6, 0), (7, 1), (8, 0), (10, 1), (12, 1), (14, 0), (21, 0), (30, 0)]
    return pl.DataFrame([GROUP | {"day": day, "events": event, "censored": 1 - event} for day, event in days])


def test_a_median_comes_from_its_curve_and_a_rate_from_its_counts(durations):
    table = weekly(
        points(
            {"metric": "days_to_kickoff_median", "metric_key": 1, "interval": "log_log", "n": 10},
            {"metric": "kickoff_delay_rate", "metric_key": 2, "interval": "wilson", "numerator": 2.0, "denominator": 8.0, "value": 0.25},
        ),
        durations,
    )
    median, rate = table.select("metric_key", "value", "ci_low", "ci_high").rows()
    assert median == (1, 12.0, 3.0, None)
    assert rate[1] == 0.25
    assert [round(end * 100, 2) for end in rate[2:]] == [7.15, 59.07]


def test_both_tables_have_the_registrys_columns_in_its_order(durations):
    made = {
        "kpi_weekly": weekly(points({"metric": "days_to_kickoff_median", "metric_key": 1, "interval": "log_log"}), durations),
        "kpi_kickoff_survival": kickoff_survival(durations, pl.DataFrame([{"segment_type": "all", "segment": "all", "segment_key": 0}])),
    }
    for name, frame in made.items():
        assert dict(frame.schema) == polars_schema(TABLES[name], run_id=False)


def test_a_week_without_any_deal_has_a_median_that_is_unknown(durations):
    row = weekly(points({"metric": "days_to_kickoff_median", "metric_key": 1, "interval": "log_log"}), durations.clear()).row(0, named=True)
    assert (row["value"], row["ci_low"], row["ci_high"]) == (None, None, None)
