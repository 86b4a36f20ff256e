"""Status against a target: the worked example of docs/kpis.md, each status by hand, and what must hold for any numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.governance.targets import BASELINES, JUDGED, POINTS, TARGETS, judged
from handoff_pipeline.tables import METRICS, TABLES, polars_schema

FROZEN = date(2026, 9, 2)
WEEK_8, DAY_60 = date(2026, 10, 28), date(2026, 11, 1)
KEY = {"metric_key": 5, "segment_type": "all", "segment_key": 0}
DOWN, UP = "kickoff_delay_rate", "handoff_completeness"
MINIMUM = 5


def point(value: float | None, sunday: date, metric: str = DOWN, **changed: object) -> dict[str, object]:
    row = KEY | {"metric": metric, "week_start": sunday - timedelta(days=6), "n": 20, "minimum_n": MINIMUM, "value": value}
    return row | changed


def points(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {"metric": pl.String, "minimum_n": pl.Int64} | polars_schema(TABLES["kpi_weekly"], run_id=False)
    return pl.DataFrame(list(rows), schema={name: schema[name] for name in POINTS})


def baselines(value: float = 0.40, frozen: date = FROZEN, **changed: object) -> pl.DataFrame:
    row = KEY | {"value": value, "frozen_date_key": int(f"{frozen:%Y%m%d}"), "is_current": True} | changed
    return pl.DataFrame([row], schema={name: polars_schema(TABLES["kpi_baseline"])[name] for name in BASELINES})


def targets(*rows: tuple[float, float | None, date], kind: str = "playbook") -> pl.DataFrame:
    given = [KEY | {"kind": kind, "low": low, "high": high, "due": due} for low, high, due in rows]
    return pl.DataFrame(given, schema={name: polars_schema(TABLES["kpi_target"])[name] for name in TARGETS})


PLAYBOOK = targets((0.36, 0.30, WEEK_8), (0.36, 0.30, DAY_60))


def one(value: float | None, sunday: date, goals: pl.DataFrame = PLAYBOOK, frozen: pl.DataFrame | None = None, **changed: Any):
    made = judged(points(point(value, sunday, **changed)), baselines() if frozen is None else frozen, goals)
    return made.select(JUDGED).row(0, named=True)


@pytest.mark.parametrize(
    ("sunday", "value", "target", "due", "status"),
    [
        (date(2026, 8, 30), 0.10, None, None, "no_target"),
        (date(2026, 10, 4), 0.30, 0.3771, WEEK_8, "ahead"),
        (date(2026, 10, 4), 0.37, 0.3771, WEEK_8, "on_track"),
        (date(2026, 10, 4), 0.38, 0.3771, WEEK_8, "behind"),
        (date(2026, 11, 1), 0.36, 0.36, DAY_60, "on_track"),
        (date(2026, 11, 1), 0.37, 0.36, DAY_60, "behind"),
        (date(2026, 11, 8), 0.36, 0.36, DAY_60, "on_track"),
        (date(2026, 11, 8), 0.37, 0.36, DAY_60, "missed"),
        (date(2026, 11, 8), 0.30, 0.36, DAY_60, "ahead"),
    ],
)
def test_the_worked_example_of_the_documentation(sunday, value, target, due, status):
    found = one(value, sunday)
    assert found["target_value"] == (None if target is None else pytest.approx(target, abs=5e-5))
    assert found["baseline_value"] == (None if target is None else 0.40)
    assert (found["target_due"], found["status"]) == (due, status)


def test_a_figure_of_too_few_is_not_judged_though_it_is_shown():
    found = one(0.30, date(2026, 10, 4), n=MINIMUM - 1)
    assert (found["status"], found["baseline_value"], found["target_due"]) == ("not_enough_data", 0.40, WEEK_8)


def test_a_median_that_is_not_reached_is_not_judged():
    assert one(None, date(2026, 10, 4))["status"] == "not_enough_data"


def test_without_a_baseline_no_target_is_in_force():
    found = one(0.30, date(2026, 10, 4), frozen=baselines().clear())
    assert found == {"baseline_value": None, "target_value": None, "target_due": None, "status": "no_target"}


def test_an_older_baseline_judges_nothing_any_more():
    assert one(0.30, date(2026, 10, 4), frozen=baselines(is_current=False))["status"] == "no_target"


def test_with_a_baseline_and_no_target_the_baseline_is_shown():
    found = one(0.30, date(2026, 10, 4), goals=PLAYBOOK.clear())
    assert (found["baseline_value"], found["status"]) == (0.40, "no_target")


def test_a_target_due_on_or_before_the_freeze_is_never_in_force():
    assert one(0.30, date(2026, 10, 4), goals=targets((0.36, None, FROZEN)))["status"] == "no_target"


def test_another_segments_target_judges_nothing_here():
    assert one(0.30, date(2026, 10, 4), segment_key=9)["status"] == "no_target"


def test_a_target_without_an_upper_end_can_be_reached_and_never_be_passed():
    assert one(0.0, date(2026, 10, 4), goals=targets((0.36, None, WEEK_8)))["status"] == "on_track"


def test_of_two_targets_due_on_one_day_the_policys_counts():
    both = pl.concat([targets((0.36, 0.30, WEEK_8)), targets((0.20, None, WEEK_8), kind="policy")])
    assert one(0.20, WEEK_8 + timedelta(days=4), goals=both)["target_value"] == 0.20


def test_completeness_is_ahead_at_100_where_nothing_lies_beyond():
    goals = targets((100.0, 100.0, WEEK_8))
    assert one(100.0, date(2026, 10, 4), goals=goals, frozen=baselines(95.0), metric=UP)["status"] == "ahead"


def test_a_value_a_rounding_beside_the_path_is_on_it():
    assert one(0.1 + 0.2, date(2026, 11, 1), goals=targets((0.3, None, DAY_60)))["status"] == "on_track"


def test_rows_and_other_columns_stay_as_they_came():
    given = points(point(0.38, date(2026, 10, 4)), point(0.10, date(2026, 8, 30)), point(0.30, date(2026, 10, 4)))
    made = judged(given, baselines(), PLAYBOOK)
    assert made.select(POINTS).equals(given)
    assert made.get_column("status").to_list() == ["behind", "no_target", "ahead"]


def test_no_points_make_no_rows_with_the_registrys_types():
    made = judged(points(), baselines(), PLAYBOOK)
    registry = polars_schema(TABLES["kpi_weekly"])
    assert {name: made.schema[name] for name in JUDGED} == {name: registry[name] for name in JUDGED}


ORDER = ("missed", "behind", "on_track", "ahead")
NUMBERS = st.floats(0, 1).map(lambda number: round(number, 3))
DAYS = st.integers(0, 120)


@given(NUMBERS, NUMBERS, NUMBERS, st.floats(0.5, 1), DAYS)
@settings(deadline=None, max_examples=60)
def test_a_better_figure_never_has_a_worse_status(first, second, base, factor, days):
    sunday, goals = FROZEN + timedelta(days=days), targets((base * factor, base * factor / 2, WEEK_8))
    found = [one(value, sunday, goals=goals, frozen=baselines(base))["status"] for value in sorted((first, second), reverse=True)]
    assert ORDER.index(found[0]) <= ORDER.index(found[1])


@given(NUMBERS, NUMBERS, st.floats(0.5, 1), DAYS)
@settings(deadline=None, max_examples=60)
def test_up_and_down_are_mirror_images(value, base, factor, days):
    sunday, low = FROZEN + timedelta(days=days), base * factor
    down = one(value, sunday, goals=targets((low, low / 2, WEEK_8)), frozen=baselines(base))
    up = one(-value, sunday, goals=targets((-low, -low / 2, WEEK_8)), frozen=baselines(-base), metric=UP)
    assert down["status"] == up["status"]
    assert down["target_value"] == -up["target_value"]


@given(NUMBERS, NUMBERS, st.integers(1, 200))
@settings(deadline=None, max_examples=60)
def test_the_path_begins_at_the_baseline_and_ends_at_low(base, low, days):
    due = FROZEN + timedelta(days=days)
    goals, frozen = targets((low, None, due)), baselines(base)
    assert one(0.5, FROZEN, goals=goals, frozen=frozen)["target_value"] == base
    assert one(0.5, due, goals=goals, frozen=frozen)["target_value"] == low


def test_every_metric_of_the_contract_has_a_direction_here():
    every = [point(1.0, date(2026, 10, 4), metric=metric.metric) for metric in METRICS]
    assert judged(points(*every), baselines(), PLAYBOOK).height == len(METRICS)
