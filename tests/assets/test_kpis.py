"""The KPI tables are put together as the registry says and in the order that each part needs; the parts are tested where they live."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.kpis import kickoff_survival, weekly
from handoff_pipeline.tables import METRICS, TABLES, empty_frame, polars_schema

FIRST = date(2026, 6, 1)
KEY = {each.metric: number for number, each in enumerate(METRICS, start=1)}
COMPUTED = {
    "ci_low",
    "ci_high",
    "baseline_value",
    "target_value",
    "target_due",
    "status",
    "centre_line",
    "lower_limit",
    "upper_limit",
    "signal",
}
MEDIAN, WITHIN, RATE, EROSION = "days_to_kickoff_median", "kickoff_within_target", "kickoff_delay_rate", "margin_erosion_pp"
NO_EVENTS = pl.DataFrame(
    schema={
        "metric": pl.String,
        "segment_type": pl.String,
        "segment_key": pl.Int64,
        "week_start": pl.Date,
        "position": pl.Int64,
        "is_event": pl.Boolean,
    }
)
NO_BASELINES = empty_frame(TABLES["kpi_baseline"], run_id=False)
NO_TARGETS = empty_frame(TABLES["kpi_target"], run_id=False)


def points(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {name: kind for name, kind in polars_schema(TABLES["kpi_weekly"], run_id=False).items() if name not in COMPUTED}
    schema |= {
        "metric": pl.String(),
        "interval": pl.String(),
        "chart": pl.String(),
        "minimum_n": pl.Int64(),
        "sum_of_squares": pl.Float64(),
    }
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def point(metric: str, number: int = 0, **more: object) -> dict[str, object]:
    each = METRICS[KEY[metric] - 1]
    start = FIRST + timedelta(weeks=number)
    return {
        "metric": metric,
        "metric_key": KEY[metric],
        "week_start": start,
        "week_date_key": int(f"{start:%Y%m%d}"),
        "segment_type": "all",
        "segment_key": 0,
        "segment": "all",
        "is_partial_week": False,
        "n": 10,
        "n_excluded": 0,
        "minimum_n": each.minimum_n,
        "chart": each.chart,
        "interval": each.interval,
    } | more


def baseline(metric: str, last: int, **more: object) -> pl.DataFrame:
    """Frozen on the day after week `last`, from the 13 weeks up to it."""
    frozen = FIRST + timedelta(weeks=last + 1)
    row = {
        "metric_key": KEY[metric],
        "segment_type": "all",
        "segment_key": 0,
        "segment": "all",
        "value": 10.0,
        "n": 100,
        "window_start": frozen - timedelta(days=91),
        "window_end": frozen - timedelta(days=1),
        "frozen_at_utc": datetime(frozen.year, frozen.month, frozen.day, 9),
        "frozen_by_key": 0,
        "reason": "start of the pilot",
        "is_current": True,
        "frozen_date_key": int(f"{frozen:%Y%m%d}"),
    }
    return pl.DataFrame([dict.fromkeys(NO_BASELINES.columns) | row | more], schema=NO_BASELINES.schema)


def target(metric: str, low: float, due: date) -> pl.DataFrame:
    row = {"metric_key": KEY[metric], "segment_type": "all", "segment_key": 0, "segment": "all", "kind": "policy", "low": low, "due": due}
    return pl.DataFrame([dict.fromkeys(NO_TARGETS.columns) | row | {"source": "targets[1]"}], schema=NO_TARGETS.schema)


def table(
    frame: pl.DataFrame,
    durations: pl.DataFrame,
    events: pl.DataFrame = NO_EVENTS,
    baselines: pl.DataFrame = NO_BASELINES,
    targets: pl.DataFrame = NO_TARGETS,
    target_days: float = 10,
) -> pl.DataFrame:
    return weekly(frame, durations, events, baselines, targets, target_days)


@pytest.fixture
def durations() -> pl.DataFrame:
    """The golden curve of the contract: median 12, interval from 3 to not reached, 45.14 % by day 10."""
    days = [(3, 1), (5, 1), (6, 0), (7, 1), (8, 0), (10, 1), (12, 1), (14, 0), (21, 0), (30, 0)]
    group = {"metric": MEDIAN, "week_start": FIRST, "segment_type": "all", "segment_key": 0, "segment": "all"}
    return pl.DataFrame([group | {"day": float(day), "events": event, "censored": 1 - event} for day, event in days])


def test_a_median_comes_from_its_curve_and_a_rate_from_its_counts(durations):
    made = table(points(point(MEDIAN), point(RATE, numerator=2.0, denominator=8.0, value=0.25)), durations)
    rate, median = made.select("metric_key", "value", "ci_low", "ci_high").rows()
    assert median == (KEY[MEDIAN], 12.0, 3.0, None)
    assert rate[1] == 0.25
    assert [round(end * 100, 2) for end in rate[2:]] == [7.15, 59.07]


def test_the_share_in_time_is_the_curve_at_the_policys_target(durations):
    value, low, high = table(points(point(WITHIN)), durations).select("value", "ci_low", "ci_high").row(0)
    assert (round(100 * value, 2), round(1 - high, 3), round(1 - low, 3)) == (45.14, 0.187, 0.806)
    assert table(points(point(WITHIN)), durations, target_days=31).item(0, "value") is None


def test_each_median_takes_its_own_curve(durations):
    hours = durations.with_columns(metric=pl.lit("gap_resolution_hours"), day=pl.col("day") * 1.5)
    made = table(points(point("gap_resolution_hours"), point("escalation_ack_hours"), point(MEDIAN)), pl.concat([durations, hours]))
    assert made.get_column("value").to_list() == [12.0, 18.0, None]


def test_both_tables_have_the_registrys_columns_in_its_order(durations):
    made = {"kpi_weekly": table(points(*(point(metric) for metric in KEY)), durations), "kpi_kickoff_survival": kickoff_survival(durations)}
    for name, frame in made.items():
        assert dict(frame.schema) == polars_schema(TABLES[name], run_id=False)
    assert made["kpi_weekly"].height == 22


def test_two_clients_of_one_name_keep_their_own_curves(durations):
    namesakes = pl.concat(
        durations.with_columns(segment_type=pl.lit("client"), segment_key=pl.lit(key), segment=pl.lit("Acme"), day=pl.col("day") + key)
        for key in (1, 2)
    )
    frame = points(*(point(MEDIAN, segment_type="client", segment_key=key, segment="Acme") for key in (1, 2)))
    assert table(frame, namesakes).get_column("value").to_list() == [13.0, 14.0]
    assert kickoff_survival(namesakes).height == 10


def test_a_week_without_any_deal_has_a_median_that_is_unknown(durations):
    row = table(points(point(MEDIAN)), durations.clear()).row(0, named=True)
    assert (row["value"], row["ci_low"], row["ci_high"], row["status"]) == (None, None, None, "not_enough_data")


def test_below_the_minimum_n_the_value_is_shown_without_status_or_signal(durations):
    rows = [point(EROSION, number, value=value) for number, value in enumerate([6.0, 8.0, 5.0, 9.0, 7.0, 12.0, 6.0, 8.0, 7.0, 10.0])]
    last = table(points(*rows, point(EROSION, 10, value=99.0, n=4)), durations).row(-1, named=True)
    assert (last["value"], last["status"], last["signal"]) == (99.0, "not_enough_data", None)
    assert round(last["upper_limit"], 4) == 16.0756


def test_charts_read_the_current_baselines_window_and_no_older_one(durations):
    rows = [point(EROSION, number, value=float(number % 2) + (50 if number > 9 else 0)) for number in range(20)]
    window = {"window_start": FIRST, "window_end": FIRST + timedelta(days=69)}
    old = baseline(EROSION, 9, is_current=False, **window)
    current = baseline(EROSION, 19, window_start=FIRST + timedelta(days=70), window_end=FIRST + timedelta(days=139))
    made = table(points(*rows), durations, baselines=pl.concat([old, current]))
    assert set(made.get_column("centre_line")) == {50.5}
    assert set(table(points(*rows), durations, baselines=old).get_column("centre_line")) == {25.5}


def test_status_is_judged_on_the_value_that_came_from_the_curve(durations):
    later = durations.with_columns(week_start=pl.lit(FIRST + timedelta(weeks=2)))
    due = FIRST + timedelta(weeks=20)
    frame = points(point(MEDIAN, 2))
    for start, status in ((10.0, "behind"), (20.0, "on_track")):
        made = table(frame, later, baselines=baseline(MEDIAN, 1, value=start), targets=target(MEDIAN, 9.0, due))
        assert made.select("value", "baseline_value", "target_due", "status").row(0) == (12.0, start, due, status)


def test_the_order_of_the_rows_that_are_read_does_not_matter(durations):
    frame = points(*(point(metric, number, value=float(number % 3)) for metric in (EROSION, MEDIAN) for number in range(12)))
    shuffled = table(frame.sample(fraction=1, shuffle=True, seed=1), durations.sample(fraction=1, shuffle=True, seed=2))
    assert_frame_equal(table(frame, durations), shuffled, check_exact=True)
