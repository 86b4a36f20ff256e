"""Charts of KPI points: golden limits, which points count, where limits are cut, and agreement with charts drawn by hand."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from handoff_pipeline.measures import MeasureError
from handoff_pipeline.measures.charts import LIMITS
from handoff_pipeline.tables import METRICS
from tests.measures import by_hand
from tests.measures.chart_frames import (
    FIRST,
    NO_BASELINES,
    NO_EVENTS,
    baseline,
    charted,
    lines,
    many,
    points,
    row,
    series,
    signals,
    week,
)

GOLDEN = [6.0, 8.0, 5.0, 9.0, 7.0, 12.0, 6.0, 8.0, 7.0, 10.0]
EROSION = "margin_erosion_pp"
UNPLANNED = "kickoff_without_signoff"


def shares(*values: float | None) -> list[dict[str, Any]]:
    return series("kickoff_delay_rate", values)


def in_order(*events: int, metric: str = UNPLANNED, per_week: int = 5) -> pl.DataFrame:
    """Members of a metric in order, `per_week` a week; 1 is an event."""
    rows = [(metric, "all", 0, week(place // per_week), place + 1, bool(event)) for place, event in enumerate(events)]
    return pl.DataFrame(rows, schema=NO_EVENTS.schema, orient="row")


def weeks_of(events: pl.DataFrame, metric: str = UNPLANNED, **more: Any) -> pl.DataFrame:
    """The weekly points that belong to events in order."""
    weekly = events.group_by("week_start", maintain_order=True).agg(pl.len(), pl.col("is_event").sum())
    return points(*(row(metric, (start - FIRST).days // 7, counted / n, n=n, **more) for start, n, counted in weekly.iter_rows()))


def test_the_golden_xmr_has_its_centre_and_its_lower_limit_cut_to_zero():
    table = charted(points(*series("handoff_completeness", GOLDEN)))
    for centre, low, high in lines(table):
        assert (round(centre, 4), low, round(high, 4)) == (7.8, 0.0, 16.0756)
    uncut = charted(points(*series(EROSION, GOLDEN)))
    assert round(uncut.item(0, "lower_limit"), 4) == -0.4756


def test_limits_are_cut_at_the_top_of_the_range_too():
    assert {high for _, _, high in lines(charted(points(*shares(0.9, 0.5, 1.0, 0.4, 0.9, 0.6, 1.0, 0.5))))} == {1.0}


def test_seven_usable_points_have_no_limits_and_eight_have():
    assert lines(charted(points(*series(EROSION, GOLDEN[:7])))) == [(None, None, None)] * 7
    assert None not in lines(charted(points(*series(EROSION, GOLDEN[:8]))))[0]


@pytest.mark.parametrize(
    "unusable", [{"is_partial_week": True}, {"n": 4}, {"value": None}, {"n": None}], ids=["partial", "small", "no value", "no n"]
)
def test_an_unusable_point_makes_no_limit_and_no_signal_but_stands_between_them(unusable):
    alone = charted(points(*series(EROSION, GOLDEN)))
    table = charted(points(*series(EROSION, GOLDEN), row(EROSION, 10, 999.0) | unusable))
    assert lines(table) == [lines(alone)[0]] * 11
    assert table.item(-1, "signal") is None


def test_patterns_pass_over_unusable_points():
    values = [10.0, 11.0, 9.0, 10.0, 11.0, 9.0, 10.0, 9.0, 11.0]
    run = [10.5] * 7
    rows = series(EROSION, values + run)
    rows.insert(12, row(EROSION, 99, 1.0, n=1))
    for number, point in enumerate(rows):
        point["week_start"] = week(number)
    # The point left out lies on the other side: would it count, there were no run.
    assert charted(points(*rows)).item(-1, "signal") == "run"


def test_limits_come_from_the_baselines_window_where_eight_usable_points_lie_in_it():
    shifted = [value + 50 for value in GOLDEN]
    table = charted(points(*series(EROSION, GOLDEN + shifted)), baselines=baseline(EROSION, 0, 9))
    assert lines(table) == [lines(charted(points(*series(EROSION, GOLDEN))))[0]] * 20
    assert table.item(10, "signal") == "point_outside"


def test_a_window_of_seven_usable_points_gives_way_to_all_of_them():
    frame = points(*series(EROSION, GOLDEN))
    assert_frame_equal(charted(frame, baselines=baseline(EROSION, 0, 6)), charted(frame))
    assert charted(frame, baselines=baseline(EROSION, 0, 7)).item(0, "centre_line") == sum(GOLDEN[:8]) / 8


def test_a_baseline_of_another_segment_moves_nothing():
    frame = points(*series(EROSION, GOLDEN))
    assert_frame_equal(charted(frame, baselines=baseline(EROSION, 0, 7, key=5)), charted(frame))


def test_two_baselines_of_one_series_are_refused():
    with pytest.raises(MeasureError, match="2 rows that share a series"):
        charted(points(*series(EROSION, GOLDEN)), baselines=pl.concat([baseline(EROSION, 0, 7), baseline(EROSION, 1, 8)]))


def test_equal_points_have_limits_without_width_and_the_first_other_one_is_outside():
    table = charted(points(*shares(*[0.1] * 9, 0.3)), baselines=baseline("kickoff_delay_rate", 0, 8))
    assert table.get_column("signal").to_list() == [None] * 9 + ["point_outside"]
    centre, low, high = lines(table)[0]
    assert centre == low == high == pytest.approx(0.1)


def test_a_u_chart_has_the_limits_of_each_rows_own_exposure():
    exposure = [20.0, 25.0, 30.0, 20.0, 40.0, 35.0, 25.0, 30.0]
    events = [2.0, 3.0, 1.0, 2.0, 4.0, 2.0, 3.0, 3.0]
    rows = [
        row("scope_change_frequency", number, x / size, numerator=x, denominator=size, n=int(size))
        for number, (x, size) in enumerate(zip(events, exposure, strict=True))
    ]
    rows.append(row("scope_change_frequency", 8, None, numerator=0.0, denominator=0.0, n=0))
    got = lines(charted(points(*rows)))
    centre = sum(events) / sum(exposure)
    for (middle, low, high), size in zip(got, exposure, strict=False):
        reach = 3 * (centre / size) ** 0.5
        assert (middle, low, high) == pytest.approx((centre, max(centre - reach, 0), centre + reach))
    # A week without exposure keeps the centre and has no limits.
    assert got[-1] == (pytest.approx(centre), None, None)


def test_changes_per_100_hours_are_charted_by_the_changes_not_by_their_hundreds():
    hours, changes = [400.0] * 8, [2.0, 3.0, 1.0, 2.0, 4.0, 2.0, 3.0, 3.0]
    rows = [
        row("scope_changes_per_100h", number, 100 * x / size, numerator=100 * x, denominator=size, n=400)
        for number, (x, size) in enumerate(zip(changes, hours, strict=True))
    ]
    u = sum(changes) / sum(hours)
    assert lines(charted(points(*rows)))[0] == pytest.approx((100 * u, 0.0, 100 * (u + 3 * (u / 400) ** 0.5)))


def test_a_chart_between_events_is_an_xmr_of_the_gaps_as_rates():
    counts = [4, 5, 5, 6, 5, 4, 5, 5, 5]
    events = in_order(1, *(flag for gap in counts for flag in [0] * (gap - 1) + [1]))
    assert by_hand.gaps(events.get_column("is_event").to_list()) == counts
    mean, reach = by_hand.limits([float(gap) for gap in counts], [False] * 9) or (0, 0)
    assert mean - reach > 1
    for got in lines(charted(weeks_of(events), events)):
        assert got == pytest.approx((1 / mean, 1 / (mean + reach), 1 / (mean - reach)))


def test_a_lower_limit_of_under_one_member_is_a_rate_of_one():
    events = in_order(1, *(flag for gap in [1, 9] * 5 for flag in [0] * (gap - 1) + [1]))
    assert {high for _, _, high in lines(charted(weeks_of(events), events))} == {1.0}


def test_a_gap_that_began_in_a_week_that_has_no_row_any_more_is_one():
    events = in_order(*([1, 0, 0, 0, 0] * 9))
    reported = weeks_of(events).filter(pl.col("week_start") > FIRST)
    # Eight weeks with an event each, the first of them five members after that of the week before.
    assert lines(charted(reported, events))[0][0] == pytest.approx(1 / 5)


def test_the_first_event_has_no_gap():
    # Eight events are seven gaps, whatever came before the first.
    events = in_order(*([0] * 30 + [1, 0, 0] * 8))
    assert lines(charted(weeks_of(events), events))[0] == (None, None, None)
    more = in_order(*([0] * 30 + [1, 0, 0] * 9))
    assert lines(charted(weeks_of(more), more))[0][0] == pytest.approx(1 / 3)


def test_the_first_event_of_one_segment_follows_no_event_of_another():
    events = in_order(*([1, 0, 0] * 9))
    other = events.with_columns(segment_type=pl.lit("client"), segment_key=pl.lit(7, pl.Int64), position=pl.col("position") + 50)
    weekly = weeks_of(events)
    both = pl.concat([weekly, weekly.with_columns(segment_type=pl.lit("client"), segment_key=pl.lit(7, pl.Int64))])
    assert {centre for centre, _, _ in lines(charted(both, pl.concat([events, other])))} == {1 / 3}


def test_a_week_has_the_signal_of_its_last_event():
    quiet = [4, 5] * 5
    events = in_order(1, *(flag for gap in [*quiet, 30] for flag in [0] * (gap - 1) + [1]))
    table = charted(weeks_of(events), events, baseline(UNPLANNED, 0, 8))
    assert table.get_column("signal").drop_nulls().to_list() == ["point_outside"]
    assert table.filter(pl.col("signal").is_not_null()).item(0, "week_start") == events.filter("is_event").item(-1, "week_start")
    later = in_order(1, *(flag for gap in [*quiet, 31, 3] for flag in [0] * (gap - 1) + [1]))
    # Both events in one week: the long gap is outside, the ordinary one that follows it is not.
    assert later.filter("is_event").get_column("week_start")[-1] == later.filter("is_event").get_column("week_start")[-2]
    assert charted(weeks_of(later), later, baseline(UNPLANNED, 0, 8)).get_column("signal").drop_nulls().to_list() == []


def test_a_gap_that_ends_in_a_partial_week_makes_no_limit():
    events = in_order(*([1, 0, 0] * 9))
    weekly = weeks_of(events).with_columns(is_partial_week=pl.col("week_start") == week(4))
    # The last event lies in the partial week: seven gaps are left.
    assert lines(charted(weekly, events))[0] == (None, None, None)


def test_a_small_week_keeps_its_gap_and_loses_its_signal():
    flags = [1, *(flag for gap in [4, 5, 4, 5, 4, 5, 4, 5, 4, 60] for flag in [0] * (gap - 1) + [1]), 0, 0, 0, 0]
    events = in_order(*flags, metric="missed_assumption_rate")
    full = weeks_of(events, "missed_assumption_rate")
    window = baseline("missed_assumption_rate", 0, 8)
    assert charted(full, events, window).item(-1, "signal") == "point_outside"
    small = full.with_columns(n=pl.when(pl.col("week_start") == pl.col("week_start").max()).then(4).otherwise("n"))
    assert charted(small, events, window).item(-1, "signal") is None
    assert lines(charted(small, events)) == lines(charted(full, events))


def test_metrics_without_a_chart_have_no_limits_and_no_signal():
    for metric in (each.metric for each in METRICS if each.chart == "none"):
        table = charted(points(*series(metric, GOLDEN)))
        assert table.select(*LIMITS, "signal").null_count().row(0) == (10,) * 4


def test_every_chart_agrees_with_the_one_drawn_by_hand():
    draw = np.random.default_rng(5)
    count, length = 300, 40
    values = np.round(draw.normal(50, 8, (count, length)) + np.cumsum(draw.normal(0, 1, (count, length)), axis=1), 1)
    n = draw.integers(3, 12, (count, length))
    partial = np.arange(length)[None, :].repeat(count, axis=0) >= draw.integers(30, 41, count)[:, None]
    windows = pl.concat(
        [baseline(EROSION, int(first), int(first) + 12, key) for key, first in enumerate(draw.integers(0, 30, count), start=1)]
    )
    table = charted(many(EROSION, values, n=n, is_partial_week=partial), baselines=windows)
    got = signals(table, count)
    centres = table.get_column("centre_line").to_numpy().reshape(count, length)
    for number in range(count):
        usable = np.flatnonzero((n[number] >= 5) & ~partial[number])
        start = (windows.item(number, "window_start") - FIRST).days // 7
        x = values[number, usable].tolist()
        lines_by_hand = by_hand.limits(x, [start <= place < start + 13 for place in usable])
        expected = [""] * length
        if lines_by_hand:
            centre, reach = lines_by_hand
            assert centres[number] == pytest.approx(centre)
            for place, rule in zip(usable, by_hand.signals(x, centre, [reach] * len(x)), strict=True):
                expected[place] = rule or ""
        assert got[number].tolist() == expected
    assert set(got.ravel()) == {"", "point_outside", "run", "trend", "two_of_three"}


def test_the_order_of_rows_does_not_matter():
    draw = np.random.default_rng(6)
    frame = many(EROSION, draw.normal(5, 2, (20, 30)))
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    keys = ["segment_key", "week_start"]
    assert_frame_equal(charted(frame).sort(keys), charted(shuffled).sort(keys), check_exact=True)
    assert_frame_equal(charted(shuffled).drop(*LIMITS, "signal"), shuffled)


def test_the_order_of_events_does_not_matter():
    events = in_order(*np.random.default_rng(2).integers(0, 2, 200).tolist())
    weekly = weeks_of(events)
    assert_frame_equal(charted(weekly, events), charted(weekly, events.sample(fraction=1, shuffle=True, seed=3)), check_exact=True)


def test_other_series_do_not_matter():
    draw = np.random.default_rng(7)
    frame = many(EROSION, draw.normal(5, 2, (20, 30)))
    alone = frame.filter(pl.col("segment_key") == 7)
    events = in_order(*draw.integers(0, 2, 100).tolist())
    together = pl.concat([weeks_of(events), frame, points(*shares(*[0.2] * 20))])
    assert_frame_equal(charted(together, events).filter(pl.col("segment_key") == 7), charted(alone), check_exact=True)
    assert_frame_equal(charted(together, events).filter(pl.col("metric") == UNPLANNED), charted(weeks_of(events), events), check_exact=True)


def test_no_points_give_no_rows():
    empty = points()
    assert charted(empty).schema == empty.schema | dict.fromkeys(LIMITS, pl.Float64()) | {"signal": pl.String()}


def test_an_unknown_chart_is_refused_by_name():
    with pytest.raises(MeasureError, match="chart is pie"):
        charted(points(row(EROSION, 0, 1.0, chart="pie")))


def test_missing_columns_are_refused_by_name():
    frame = points(*series(EROSION, GOLDEN))
    with pytest.raises(MeasureError, match="points lacks minimum_n"):
        charted(frame.drop("minimum_n"))
    with pytest.raises(MeasureError, match="events in order lacks position"):
        charted(frame, NO_EVENTS.drop("position"))
    with pytest.raises(MeasureError, match="baselines lacks window_end"):
        charted(frame, baselines=NO_BASELINES.drop("window_end"))


def test_five_thousand_series_of_a_hundred_weeks_take_seconds():
    frame = many(EROSION, np.random.default_rng(8).normal(5, 2, (5000, 100)))
    before = perf_counter()
    charted(frame)
    # About one second alone on two cores; a loop over the series takes minutes.
    assert perf_counter() - before < 15
