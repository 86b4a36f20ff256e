"""Each expectation of the KPI suite is broken once and must be the one that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from handoff_pipeline.tables import METRICS, TABLES, empty_frame, polars_schema
from quality import expectations
from quality.expectations import Failure, check_kpi_weekly
from tests.quality.sample import put

ROOT = Path(__file__).parents[2]
KEYS = {each.metric: number for number, each in enumerate(METRICS, start=1)}
DIM_METRIC = pl.DataFrame(
    [(number, each.metric, each.unit, each.aggregation, each.minimum_n) for number, each in enumerate(METRICS, start=1)],
    schema=["metric_key", "metric", "unit", "aggregation", "minimum_n"],
    orient="row",
)
FILLED: dict[str, dict[str, Any]] = {
    "handoff_completeness": {"numerator": 490.0, "denominator": 7.0, "n": 7, "value": 70.0, "ci_low": 55.0, "ci_high": 85.0},
    "kickoff_delay_rate": {"numerator": 2.0, "denominator": 8.0, "n": 8, "value": 0.25, "ci_low": 0.0715, "ci_high": 0.5907},
    "days_to_kickoff_median": {"n": 12, "value": 12.0, "ci_low": 3.0},
    "kickoff_within_target": {"numerator": 6.0, "denominator": 12.0, "n": 12, "value": 0.6, "ci_low": 0.4, "ci_high": 0.8},
    "scope_changes_per_100h": {"numerator": 300.0, "denominator": 60.0, "n": 3, "value": 5.0, "status": "not_enough_data"},
    "margin_erosion_pp": {
        "denominator": 50_000.0,
        "denominator_2": 54_000.0,
        "n": 5,
        "value": -3.1,
        "lower_limit": -9.0,
        "upper_limit": 9.0,
    },
    "no_commit_rate": {"numerator": 1.0, "denominator": 2.0, "n": 2, "value": 0.5, "status": "not_enough_data"},
}

FAULTS: list[tuple[str, str, Any, str]] = [
    ("kickoff_delay_rate", "metric_key", 404, "every point belongs to a metric whose unit is known"),
    ("kickoff_delay_rate", "week_start", date(2026, 9, 1), "weeks start on a Monday"),
    ("kickoff_delay_rate", "segment_type", "region", "segments are cut by an accepted type"),
    ("kickoff_delay_rate", "status", "fine", "a status is an accepted word"),
    ("kickoff_delay_rate", "n_excluded", -1, "exclusions are not negative"),
    ("margin_erosion_pp", "denominator", -1.0, "denominators are not negative"),
    ("margin_erosion_pp", "denominator_2", -1.0, "second denominators are not negative"),
    ("days_to_kickoff_median", "value", -1.0, "a value is not below its unit's range"),
    ("handoff_completeness", "value", 100.5, "a value is not above its unit's range"),
    ("kickoff_delay_rate", "ci_low", 0.3, "a value is not below its interval"),
    ("kickoff_delay_rate", "ci_high", 0.2, "a value is not above its interval"),
    ("margin_erosion_pp", "lower_limit", 9.5, "control limits do not cross"),
    ("kickoff_delay_rate", "numerator", 3.0, "a ratio is its numerator over its denominator"),
    ("no_commit_rate", "signal", "run", "no signal is called below the metric's minimum n"),
    ("scope_changes_per_100h", "status", "ahead", "below the metric's minimum n the status is not_enough_data"),
    ("kickoff_delay_rate", "n", -1, "cohorts are not negative"),
]
"""A value of a sound point, and the expectation that it breaks."""
TWICE = "a metric has one point per week and segment"


def points() -> pl.DataFrame:
    common = {
        "week_start": date(2026, 8, 31),
        "week_date_key": 20260831,
        "segment_type": "all",
        "segment_key": 0,
        "segment": "all",
        "is_partial_week": False,
        "n_excluded": 0,
        "status": "no_target",
        "run_id": "run-1",
    }
    rows = [{"metric_key": KEYS[name]} | common | filled for name, filled in FILLED.items()]
    return pl.DataFrame(rows, schema=polars_schema(TABLES["kpi_weekly"]))


def failed(frame: pl.DataFrame) -> set[str]:
    return {failure.expectation for failure in check_kpi_weekly(frame, DIM_METRIC).failures}


def _words() -> set[str]:
    import great_expectations.expectations as expect

    return {each.meta["words"] for each in expectations._expectations(expect)}


def row(metric: str) -> int:
    return list(FILLED).index(metric)


def test_sound_points_meet_every_expectation() -> None:
    result = check_kpi_weekly(points(), DIM_METRIC)
    assert result.success, result.failures
    assert (result.rows, result.expectations) == (len(FILLED), 17)


def test_no_points_and_no_run_id_are_sound() -> None:
    assert check_kpi_weekly(empty_frame(TABLES["kpi_weekly"], run_id=False), DIM_METRIC).success


@pytest.mark.parametrize(("metric", "column", "value", "expectation"), FAULTS)
def test_each_expectation_catches_its_fault(metric: str, column: str, value: Any, expectation: str) -> None:
    assert expectation in failed(put(points(), column, value, row=row(metric)))


def test_every_expectation_has_its_fault() -> None:
    assert {*_words(), TWICE} == {TWICE, *(expectation for *_, expectation in FAULTS)}


@pytest.mark.parametrize(("metric", "column", "value", "expectation"), FAULTS)
def test_an_expectation_that_is_left_out_does_not_stay_unnoticed(
    monkeypatch: pytest.MonkeyPatch, metric: str, column: str, value: Any, expectation: str
) -> None:
    made = expectations._expectations
    monkeypatch.setattr(expectations, "_expectations", lambda expect: [each for each in made(expect) if each.meta["words"] != expectation])
    assert expectation not in failed(put(points(), column, value, row=row(metric)))


def test_a_point_that_occurs_twice_is_caught_and_counted() -> None:
    result = check_kpi_weekly(pl.concat([points(), points().head(1)]), DIM_METRIC)
    assert result.failures == (Failure(TWICE, 2),)


def test_a_rounding_error_is_no_fault() -> None:
    frame = put(points(), "ci_low", 0.25 + 1e-15, row=row("kickoff_delay_rate"))
    assert failed(frame) == set()


def test_analytics_are_switched_off_and_the_import_waits_for_the_suite() -> None:
    program = "import sys, quality.expectations; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
    check_kpi_weekly(points(), DIM_METRIC)
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
