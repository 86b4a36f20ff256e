"""Control charts of the oracle: the contract's golden limits, the four rules, and which points count, each worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from tests.oracle.charts import Lines, Week, gaps_between, individuals, lines_of, signals
from tests.oracle.days import ONE_WEEK
from tests.oracle.figures import Figure
from tests.oracle.metrics import METRICS

GOLDEN = (6.0, 8.0, 5.0, 9.0, 7.0, 12.0, 6.0, 8.0, 7.0, 10.0)
MONDAY = date(2026, 1, 5)


def series(values: Sequence[float | None], n: int = 10, denominator: float = 10.0) -> list[Week]:
    return [
        Week(
            MONDAY + place * ONE_WEEK,
            Figure(n, numerator=None if value is None else value * denominator, denominator=denominator, value=value),
            is_partial=False,
        )
        for place, value in enumerate(values)
    ]


def drawn(metric: str, weeks: Sequence[Week]) -> list[Lines]:
    lines = lines_of(metric, weeks, [])
    return [lines.get(each.week, Lines()) for each in weeks]


def test_the_golden_xmr_chart():
    first = individuals([(MONDAY, value) for value in GOLDEN])[0]

    assert (first.centre, round(first.high, 4), round(first.low, 4)) == (7.8, 16.0756, -0.4756)


def test_limits_stand_on_every_row_and_are_cut_to_the_range():
    weeks = series(GOLDEN)
    weeks[3] = replace(weeks[3], is_partial=True)
    lines = drawn("handoff_completeness", weeks)

    assert {(line.centre, line.low) for line in lines} == {(69 / 9, 0.0)}
    assert {line.high for line in drawn("kickoff_delay_rate", series([0.9, 1.0] * 5))} == {1.0}
    assert drawn("margin_erosion_pp", series([-30.0, 30.0] * 5))[0].low == pytest.approx(-2.66 * 60)


@pytest.mark.parametrize("spoil", ["partial", "few", "no value"])
def test_fewer_than_eight_usable_points_make_no_chart(spoil: str):
    weeks = series(GOLDEN[:8])
    plain = weeks[0].figure
    weeks[0] = {
        "partial": replace(weeks[0], is_partial=True),
        "few": replace(weeks[0], figure=replace(plain, n=4)),
        "no value": replace(weeks[0], figure=replace(plain, value=None)),
    }[spoil]

    assert drawn("handoff_completeness", series(GOLDEN[:8]))[0].centre is not None
    assert set(drawn("handoff_completeness", weeks)) == {Lines()}


def told(values: Sequence[float], metric: str = "margin_erosion_pp") -> list[str | None]:
    return [line.signal for line in drawn(metric, series(values))]


def test_a_point_beyond_a_limit_is_told():
    assert told([*[1.0, 2.0] * 10, 9.0]) == [*[None] * 20, "point_outside"]


def test_seven_on_one_side_are_a_run_and_a_point_on_the_line_breaks_it():
    high, low = [1.0, 2.0] * 4, [-1.0, -2.0] * 4

    assert told([*high, *low]) == [*[None] * 6, "run", "run", *[None] * 6, "run", "run"]
    assert "run" not in told([*high[:4], 0.0, *high[4:], *low[:4], 0.0, *low[4:]])


def test_seven_that_rise_are_a_trend_and_two_equal_ones_break_it():
    assert told([0.0, 9.0, -9.0, *[-6.0, -4.0, -2.0, 0.0, 2.0, 4.0], 9.0, -9.0])[8] == "trend"
    assert told([0.0, 9.0, -9.0, *[-6.0, -4.0, -2.0, -2.0, 2.0, 4.0], 9.0, -9.0])[8] is None


def test_two_of_three_are_told_on_the_point_that_completes_them():
    # steps of about 1.05: the outer third begins about 2.66 x 1.05 x 2 / 3 = 1.9 from the centre of 0.6, the limit lies at 3.4
    values = [*[0.0, 1.0] * 30, 0.5, 2.9, 2.7]

    assert told(values)[-2:] == [None, "two_of_three"]
    assert told([*values[:-1], 0.5, 2.7])[-1] == "two_of_three"
    assert told([*values[:-1], 0.5])[-1] is None
    assert told([*values[:-1], -1.5])[-1] is None  # the other side


def test_points_that_are_all_equal_give_no_signal():
    third = 1 / 3

    assert set(told([third] * 9)) == {None}
    assert drawn("kickoff_delay_rate", series([third] * 9))[0].low == pytest.approx(third)


def test_rounding_is_no_trend():
    assert set(told([0.5 + place * 1e-13 for place in range(9)])) == {None}


def test_patterns_pass_over_weeks_that_are_not_usable():
    weeks = series([*[1.0, 2.0] * 4, *[-1.0, -2.0] * 4])
    weeks.insert(3, replace(weeks[3], week=weeks[-1].week + ONE_WEEK, figure=replace(weeks[3].figure, n=1, value=-50.0)))
    weeks = [replace(each, week=MONDAY + place * ONE_WEEK) for place, each in enumerate(weeks)]

    assert [line.signal for line in drawn("margin_erosion_pp", weeks)].index("run") == 7


def test_a_u_chart_has_the_limits_of_each_rows_exposure():
    weeks = [*series([0.1] * 8), *series([0.1], denominator=40.0)]
    weeks[-1] = replace(weeks[-1], week=MONDAY + 8 * ONE_WEEK)
    empty = Week(MONDAY + 9 * ONE_WEEK, Figure(0, numerator=0.0, denominator=0.0), is_partial=False)
    *_, wide, narrow, none = drawn("scope_change_frequency", [*weeks, empty])

    assert [wide.centre, wide.low, wide.high] == pytest.approx([0.1, 0.0, 0.1 + 3 * math.sqrt(0.1 / 10)])
    assert narrow.high == pytest.approx(0.1 + 3 * math.sqrt(0.1 / 40))
    assert none == Lines(wide.centre)


def test_changes_per_100_hours_are_events_by_the_hour():
    weeks = series([1.0] * 8, n=200, denominator=200.0)  # two changes in 200 hours: the numerator is 200
    line = drawn("scope_changes_per_100h", weeks)[0]

    assert line.centre == pytest.approx(1.0)
    assert line.high == pytest.approx(100 * (0.01 + 3 * math.sqrt(0.01 / 200)))


def test_gaps_are_counted_from_event_to_event():
    happened = [False, True, False, False, True, True, False]

    assert gaps_between([(MONDAY, each) for each in happened]) == [(MONDAY, 3), (MONDAY, 1)]


def between(gaps: Sequence[int]) -> list[tuple[date, bool]]:
    """Members of successive weeks, a gap in each; the first event stands in the week before."""
    events = [(MONDAY, True)]
    for place, gap in enumerate(gaps, start=1):
        events += [(MONDAY + place * ONE_WEEK, each == gap) for each in range(1, gap + 1)]
    return events


def test_a_chart_between_events_is_told_as_rates():
    gaps = [int(value) for value in GOLDEN]
    weeks = [replace(each, figure=replace(each.figure, n=5, value=0.2)) for each in series([0.2] * 12)]
    lines = lines_of("kickoff_without_signoff", weeks, between(gaps))

    assert {(line.centre, round(line.low or 0, 6), line.high) for line in lines.values()} == {(1 / 7.8, round(1 / 16.075556, 6), 1.0)}
    assert {line.signal for line in lines.values()} == {None}


def test_a_long_gap_is_a_signal_of_its_week_where_that_is_usable():
    gaps = [5, 6, 5, 6, 5, 6, 5, 6, 5, 40]
    weeks = series([0.2] * 11)
    small = [*weeks[:10], replace(weeks[10], figure=replace(weeks[10].figure, n=0))]
    open_still = [*weeks[:10], replace(weeks[10], is_partial=True)]
    last = weeks[10].week

    assert lines_of("kickoff_without_signoff", weeks, between(gaps))[last].signal == "point_outside"
    assert lines_of("kickoff_without_signoff", small, between(gaps))[last].signal is None
    assert lines_of("kickoff_without_signoff", open_still, between(gaps))[last].centre == pytest.approx(1 / (sum(gaps[:9]) / 9))


def test_a_frozen_window_makes_the_limits_where_it_holds_eight_points():
    weeks = series([*[1.0, 2.0] * 4, *[11.0, 12.0] * 4])
    window = (MONDAY, MONDAY + 8 * ONE_WEEK - ONE_WEEK / 7)
    lines = lines_of("margin_erosion_pp", weeks, [], window)

    assert {line.centre for line in lines.values()} == {1.5}
    assert [lines[each.week].signal for each in weeks[8:]] == ["point_outside"] * 8
    assert lines_of("margin_erosion_pp", weeks, [], (MONDAY, window[1] - ONE_WEEK))[MONDAY].centre == 6.5


def test_a_metric_without_a_chart_has_no_lines():
    for metric in [name for name, fixed in METRICS.items() if fixed.chart == "none"]:
        assert not lines_of(metric, series([0.5] * 20), [])


def test_signals_need_no_more_than_the_points_before():
    points = individuals([(MONDAY, value) for value in (*[1.0, 2.0] * 10, 9.0)])

    assert signals(points)[:20] == signals(points[:20])
