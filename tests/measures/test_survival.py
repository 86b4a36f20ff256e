"""Curves, medians and shares done in time of many metrics, weeks and segments at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from handoff_pipeline.measures import MeasureError, kaplan_meier, median_with_interval, survival_at
from handoff_pipeline.measures.survival import (
    DAYS_TO_KICKOFF,
    GROUP,
    WITHIN_TARGET,
    estimates,
    kicked_off_within,
    kickoff_curves,
    medians,
)
from handoff_pipeline.tables import TABLES

WEEK = date(2026, 8, 31)
NORTH, SOUTH = 11, 12
GROUPS: dict[tuple[str, int], list[tuple[float, int, int]]] = {
    ("all", 0): [(3, 1, 0), (5, 1, 0), (6, 0, 1), (7, 1, 0), (8, 0, 1), (10, 1, 0), (12, 1, 0), (14, 0, 1), (21, 0, 1), (30, 0, 1)],
    ("sales_team", NORTH): [(4, 3, 1), (9, 1, 0)],
    ("sales_team", SOUTH): [(11, 0, 6)],
}
COUNTS = ["day", "events", "censored"]


def durations(metric: str = DAYS_TO_KICKOFF) -> pl.DataFrame:
    rows = [(metric, WEEK, kind, key, float(day), *more) for (kind, key), group in GROUPS.items() for day, *more in group]
    return pl.DataFrame(rows, schema=[*GROUP, *COUNTS], orient="row")


def of(frame: pl.DataFrame, key: int) -> dict[str, object]:
    return frame.row(by_predicate=pl.col("segment_key") == key, named=True)


def within(day: float, key: int = 0) -> Any:
    row = of(kicked_off_within(durations(), day), key)
    return row["value"], row["ci_low"], row["ci_high"]


def test_each_group_has_the_curve_it_would_have_alone():
    together = kickoff_curves(durations())
    for (kind, key), rows in GROUPS.items():
        alone = kaplan_meier(pl.DataFrame(rows, schema=COUNTS, orient="row")).steps.with_columns(pl.col("day").cast(pl.Int64))
        ours = together.filter((pl.col("segment_type") == kind) & (pl.col("segment_key") == key)).drop(GROUP[1:])
        assert_frame_equal(ours, alone)


def test_a_group_in_which_nothing_happened_has_no_curve_but_keeps_its_median_row():
    assert SOUTH not in kickoff_curves(durations()).get_column("segment_key")
    south = of(medians(durations()), SOUTH)
    assert (south["n"], south["events"], south["value"], south["ci_low"], south["ci_high"]) == (6, 0, None, None, None)


def test_medians_equal_those_of_the_single_curves_and_count_the_censored():
    everybody = of(medians(durations()), 0)
    alone = median_with_interval(kaplan_meier(pl.DataFrame(GROUPS[("all", 0)], schema=COUNTS, orient="row")))
    assert (everybody["n"], everybody["events"]) == (10, 5)
    assert (everybody["value"], everybody["ci_low"], everybody["ci_high"]) == (alone.value, alone.ci_low, alone.ci_high) == (12, 3, None)


def test_the_curve_has_the_published_columns_and_types():
    promised = TABLES["kpi_kickoff_survival"]
    schema = kickoff_curves(durations()).schema
    assert [name for name in promised.column_names if name in schema] == list(schema)
    assert {schema[name] for name in ("day", "at_risk", "events", "censored")} == {pl.Int64}
    assert {schema[name] for name in ("survival", "ci_low", "ci_high")} == {pl.Float64}


def test_the_published_curve_is_that_of_days_to_kickoff_alone():
    both = pl.concat([durations("gap_resolution_hours").with_columns(pl.col("day") + 0.25), durations()])
    assert_frame_equal(kickoff_curves(both), kickoff_curves(durations()))
    assert_frame_equal(kicked_off_within(both, 10), kicked_off_within(durations(), 10))


def test_each_metric_has_its_own_median_and_hours_may_be_fractions():
    both = pl.concat([durations(), durations("gap_resolution_hours").with_columns(pl.col("day") * 1.5)])
    found = dict(medians(both).filter(pl.col("segment_key") == 0).select("metric", "value").iter_rows())
    assert found == {DAYS_TO_KICKOFF: 12.0, "gap_resolution_hours": 18.0}


def test_the_golden_share_kicked_off_by_day_10_has_the_interval_with_its_ends_swapped():
    value, low, high = within(10)
    assert (round(100 * value, 2), round(1 - high, 3), round(1 - low, 3)) == (45.14, 0.187, 0.806)


@pytest.mark.parametrize("day", [0, 2, 3, 4, 9, 10, 13, 14, 29.5, 30])
def test_the_share_in_time_is_that_of_the_single_curve(day):
    alone: Any = survival_at(kaplan_meier(pl.DataFrame(GROUPS[("all", 0)], schema=COUNTS, orient="row")), day)
    value, low, high = within(day)
    assert value == 1 - alone.value
    assert (low, high) == (None if alone.ci_high is None else 1 - alone.ci_high, None if alone.ci_low is None else 1 - alone.ci_low)


def test_before_anybody_kicked_off_the_share_is_0_without_an_interval():
    assert within(2) == (0.0, None, None)
    assert within(11, SOUTH) == (0.0, None, None)


def test_nothing_is_said_of_a_target_that_nobody_was_followed_to():
    assert within(31) == (None, None, None)
    assert within(12, SOUTH) == (None, None, None)


def test_where_everybody_has_kicked_off_the_share_is_1_whatever_the_target():
    assert within(9, NORTH) == (1.0, None, None)
    assert within(400, NORTH) == (1.0, None, None)


def test_a_target_is_met_on_its_day():
    assert within(4, NORTH)[0] == pytest.approx(0.6)
    assert within(3.99, NORTH)[0] == 0


def test_a_day_on_which_nothing_was_counted_follows_nobody():
    nobody = durations().filter(pl.col("segment_key") == SOUTH).with_columns(censored=pl.lit(0))
    assert kicked_off_within(nobody, 5).is_empty()


def test_the_weekly_table_gets_one_row_for_each_metric_and_group():
    both = pl.concat([durations(), durations("escalation_ack_hours")])
    found = estimates(both, 14)
    assert found.columns == [*GROUP, "value", "ci_low", "ci_high"]
    assert found.group_by("metric").len().sort("metric").rows() == [(DAYS_TO_KICKOFF, 3), ("escalation_ack_hours", 3), (WITHIN_TARGET, 3)]


def test_no_durations_give_no_curves_and_no_medians():
    empty = durations().clear()
    assert kickoff_curves(empty).is_empty()
    assert medians(empty).is_empty()
    assert estimates(empty, 14).is_empty()


def test_order_and_other_groups_do_not_matter():
    shuffled = durations().sample(fraction=1, shuffle=True, seed=4)
    assert_frame_equal(estimates(shuffled, 10), estimates(durations(), 10), check_exact=True)
    alone = durations().filter(pl.col("segment_key") == NORTH)
    assert_frame_equal(estimates(durations(), 10).filter(pl.col("segment_key") == NORTH), estimates(alone, 10), check_exact=True)


def test_a_missing_column_is_refused_by_name():
    with pytest.raises(MeasureError, match="lacks segment_key"):
        estimates(durations().drop("segment_key"), 14)
