"""Curves and medians of many weeks and segments at once."""

from __future__ import annotations

from datetime import date

import polars as pl
from polars.testing import assert_frame_equal

from handoff_pipeline.measures import kaplan_meier, median_with_interval
from handoff_pipeline.measures.survival import GROUP, curves, medians
from handoff_pipeline.tables import TABLES

WEEK = date(2026, 8, 31)
GROUPS: dict[tuple[str, str], list[tuple[int, int, int]]] = {
    ("all", "all"): [(3, 1, 0), (5, 1, 0), (6, 0, 1), (7, 1, 0), (8, 0, 1), (10, 1, 0), (12, 1, 0), (14, 0, 3)],
    ("sales_team", "North"): [(4, 3, 1), (9, 1, 0)],
    ("sales_team", "South"): [(11, 0, 6)],
}


def durations() -> pl.DataFrame:
    rows = [(WEEK, kind, name, *row) for (kind, name), group in GROUPS.items() for row in group]
    return pl.DataFrame(rows, schema=[*GROUP, "day", "events", "censored"], orient="row")


def test_each_group_has_the_curve_it_would_have_alone() -> None:
    together = curves(durations())
    for (kind, name), rows in GROUPS.items():
        alone = kaplan_meier(pl.DataFrame(rows, schema=["day", "events", "censored"], orient="row")).steps
        ours = together.filter((pl.col("segment_type") == kind) & (pl.col("segment") == name)).drop(GROUP)
        assert_frame_equal(ours, alone)


def test_a_group_in_which_nothing_happened_has_no_curve_but_keeps_its_median_row() -> None:
    assert "South" not in curves(durations()).get_column("segment")
    south = medians(durations()).row(by_predicate=pl.col("segment") == "South", named=True)
    assert south == {"week_start": WEEK, "segment_type": "sales_team", "segment": "South", "n": 6, "events": 0} | dict.fromkeys(
        ("value", "ci_low", "ci_high")
    )


def test_medians_equal_those_of_the_single_curves_and_count_the_censored() -> None:
    everybody = medians(durations()).row(by_predicate=pl.col("segment") == "all", named=True)
    alone = median_with_interval(kaplan_meier(pl.DataFrame(GROUPS[("all", "all")], schema=["day", "events", "censored"], orient="row")))
    assert (everybody["n"], everybody["events"]) == (10, 5)
    assert (everybody["value"], everybody["ci_low"], everybody["ci_high"]) == (alone.value, alone.ci_low, alone.ci_high) == (12, 3, None)


def test_the_curve_has_the_published_columns_and_types() -> None:
    promised = TABLES["kpi_kickoff_survival"]
    schema = curves(durations()).schema
    assert [name for name in promised.column_names if name in schema] == list(schema)
    assert {schema[name] for name in ("day", "at_risk", "events", "censored")} == {pl.Int64}
    assert {schema[name] for name in ("survival", "ci_low", "ci_high")} == {pl.Float64}


def test_no_durations_give_no_curves_and_no_medians() -> None:
    assert curves(durations().clear()).is_empty()
    assert medians(durations().clear()).is_empty()


def test_durations_in_hours_may_be_fractions() -> None:
    hours = durations().with_columns(pl.col("day") * 1.5)
    assert medians(hours).row(by_predicate=pl.col("segment") == "all", named=True)["value"] == 18.0
