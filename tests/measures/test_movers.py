"""What moved a figure: whatever the members, the parts sum to the change, for every aggregation there is."""

from __future__ import annotations

from math import fsum
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.measures import MeasureError
from handoff_pipeline.measures.movers import Rule, Step, figure, parts, rule_of, steps
from handoff_pipeline.tables import METRICS

SCHEMA = {
    "record": pl.String(), "record_key": pl.Int64(), "is_counted": pl.Boolean(), "numerator": pl.Float64(), "denominator": pl.Float64(),
    "numerator_2": pl.Float64(), "denominator_2": pl.Float64(), "duration": pl.Float64(), "is_event": pl.Boolean(),
}  # fmt: skip
RATIO, DIFFERENCE, TOTAL, MEDIAN = Rule("ratio"), Rule("difference"), Rule("total"), Rule("median")
WITHIN = Rule("within", target=14)
NAMED = {each.metric: each for each in METRICS}

amounts = st.none() | st.floats(-1e5, 1e5, allow_nan=False).map(lambda number: round(number, 4))
exposures = st.none() | st.floats(0, 1e5, allow_nan=False).map(lambda number: round(number, 4))
adds = st.fixed_dictionaries(
    {
        "is_counted": st.booleans() | st.just(value=True), "numerator": amounts, "denominator": exposures, "numerator_2": amounts,
        "denominator_2": exposures, "duration": st.integers(0, 40).map(float), "is_event": st.booleans(),
    }
)  # fmt: skip
weeks = st.dictionaries(st.integers(1, 12), adds, max_size=10)


def members(rows: dict[int, dict[str, Any]] | None = None, **named: dict[str, Any]) -> pl.DataFrame:
    """Handoffs of a week by key; everything that is not said is NULL, and each is counted."""
    found = rows or {int(key.removeprefix("k")): row for key, row in named.items()}
    empty: dict[str, Any] = dict.fromkeys(SCHEMA)
    told = [empty | {"record": "handoff", "record_key": key, "is_counted": True} | row for key, row in found.items()]
    return pl.DataFrame(told, schema=SCHEMA)


def share(numerator: float, denominator: float = 1) -> dict[str, Any]:
    return {"numerator": float(numerator), "denominator": float(denominator)}


def lasting(duration: float, *, event: bool = True) -> dict[str, Any]:
    return {"duration": float(duration), "is_event": event}


@pytest.mark.parametrize("rule", [RATIO, DIFFERENCE, TOTAL], ids=lambda rule: rule.kind)
@settings(max_examples=80, deadline=None)
@given(then=weeks, now=weeks)
def test_parts_sum_to_the_change_whatever_the_members(rule, then, now):
    earlier, later = members(then), members(now)
    v0, v1 = figure(earlier, rule), figure(later, rule)
    told = parts(earlier, later, rule)
    if v0 is None or v1 is None:
        assert told is None
        return
    assert told is not None
    size = fsum(abs(part) for part in told["part"]) + abs(v0) + abs(v1)
    assert fsum(told["part"]) == pytest.approx(v1 - v0, abs=1e-9 * (1 + size))


@pytest.mark.parametrize("rule", [MEDIAN, WITHIN], ids=lambda rule: rule.kind)
@settings(max_examples=40, deadline=None)
@given(then=weeks, now=weeks)
def test_steps_sum_to_the_change_and_name_every_record_that_moved(rule, then, now):
    earlier, later = members(then), members(now)
    v0, v1 = figure(earlier, rule), figure(later, rule)
    told = steps(earlier, later, rule)
    if v0 is None or v1 is None:
        assert told is None
        return
    assert told is not None
    assert fsum(step.part for step in told) == pytest.approx(v1 - v0, abs=1e-9)
    counted = [{key: (row["duration"], row["is_event"]) for key, row in week.items() if row["is_counted"]} for week in (then, now)]
    moved = {key for key in counted[0].keys() | counted[1].keys() if counted[0].get(key) != counted[1].get(key)}
    assert sum(step.records for step in told) == len(moved)


def test_a_new_late_kickoff_pulls_a_rate_up_by_its_distance_from_the_week_before():
    then = members(k1=share(0), k2=share(1))
    now = members(k3=share(1), k4=share(1), k5=share(0), k6=share(1))
    told = parts(then, now, RATIO)
    assert told is not None
    assert {row["record_key"]: row["part"] for row in told.to_dicts()} == {3: 0.125, 4: 0.125, 5: -0.125, 6: 0.125}
    assert set(told["how"]) == {"entered"}


def test_where_weeks_share_records_those_that_left_and_changed_have_a_part():
    then = members(k1=share(0), k2=share(1), k3=share(1))
    now = members(k1=share(1), k2=share(1), k4=share(0))
    told = parts(then, now, RATIO)
    assert told is not None
    assert {row["record_key"]: row["how"] for row in told.to_dicts()} == {1: "changed", 3: "left", 4: "entered"}
    assert fsum(told["part"]) == pytest.approx(0, abs=1e-12)


def test_a_record_that_is_left_out_now_has_left():
    told = parts(members(k1=share(1), k2=share(0)), members(k1=share(1), k2={"is_counted": False}), RATIO)
    assert told is not None
    assert [(row["record_key"], row["how"], row["part"]) for row in told.to_dicts()] == [(2, "left", 0.5)]


def test_a_total_shows_what_left_too():
    told = parts(members(k1={"numerator": 3.5}), members(k2={"numerator": 1.0}), TOTAL)
    assert told is not None
    assert sorted((row["how"], row["part"]) for row in told.to_dicts()) == [("entered", 1.0), ("left", -3.5)]


def test_a_difference_of_ratios_is_in_percentage_points():
    golden = {"numerator": 20_000.0, "denominator": 50_000.0, "numerator_2": 14_450.0, "denominator_2": 54_000.0}
    assert figure(members(k1=golden), DIFFERENCE) == pytest.approx(13.24, abs=5e-3)


def test_a_median_that_is_not_reached_has_no_steps():
    assert steps(members(k1=lasting(5, event=False)), members(k1=lasting(5)), MEDIAN) is None


def test_a_median_moves_by_those_that_left_those_that_entered_and_what_happened_since():
    then = members(k1=lasting(2), k2=lasting(10), k3=lasting(6, event=False))
    now = members(k2=lasting(10), k3=lasting(8), k4=lasting(20), k5=lasting(20))
    told = steps(then, now, MEDIAN)
    assert told == [Step(("left",), 1, 0.0), Step(("entered",), 2, 10.0), Step(("changed",), 1, -10.0)]


def test_steps_without_an_estimate_between_them_are_one():
    then, now = members(k1=lasting(2)), members(k2=lasting(9))
    assert steps(then, now, MEDIAN) == [Step(("left", "entered"), 2, 7.0)]


@pytest.mark.parametrize(("metric", "value"), [("expired_overrides_open", 0.0), ("unbilled_scope_hours", None)])
def test_nothing_is_zero_only_where_a_metric_asks_for_no_minimum(metric, value):
    assert figure(members(), rule_of(NAMED[metric], None)) == value


def test_within_target_without_its_days_is_unknown():
    assert figure(members(k1=lasting(2)), rule_of(NAMED["kickoff_within_target"], None)) is None
    assert figure(members(k1=lasting(2), k2=lasting(20)), rule_of(NAMED["kickoff_within_target"], 14)) == 0.5


def test_members_without_what_they_add_are_refused():
    with pytest.raises(MeasureError, match="lacks denominator_2"):
        figure(members().drop("denominator_2"), RATIO)
