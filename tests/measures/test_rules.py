"""Each of the four rules fires on its own planted pattern, at the point that completes it, and on nothing that only comes close."""

from __future__ import annotations

import numpy as np
import pytest

from handoff_pipeline.measures.rules import fired
from handoff_pipeline.tables.kpi import SIGNALS
from tests.measures import by_hand

CENTRE, REACH = 10.0, 3.0
# Nothing fires on it: small steps around the centre.
QUIET = [10.5, 9.5, 10.4, 9.6, 10.5, 9.4, 10.3, 9.7]


def rules(*values: float, centre: float = CENTRE, reach: float = REACH) -> list[str | None]:
    size = len(values)
    codes = fired(np.zeros(size, dtype=np.int64), np.array(values, dtype=float), np.full(size, centre), np.full(size, reach))
    return [None if code == 0 else SIGNALS[code - 1] for code in codes]


def test_a_quiet_series_has_no_signal():
    assert rules(*QUIET) == [None] * len(QUIET)


@pytest.mark.parametrize("value", [13.01, 6.99])
def test_a_point_beyond_a_limit_is_outside(value):
    assert rules(*QUIET, value)[-1] == "point_outside"


@pytest.mark.parametrize("value", [13.0, 7.0])
def test_a_point_on_the_limit_is_inside(value):
    assert rules(*QUIET, value)[-1] is None


@pytest.mark.parametrize("side", [1, -1])
def test_the_seventh_point_on_one_side_is_a_run_and_so_is_the_eighth(side):
    run = [CENTRE + side * step for step in (0.5, 0.2, 0.6, 0.3, 0.5, 0.2, 0.6, 0.3)]
    assert rules(10.0, *run) == [None] * 7 + ["run", "run"]


def test_a_point_on_the_centre_breaks_a_run():
    assert rules(10.0, 10.5, 10.2, 10.6, 10.0, 10.5, 10.2, 10.6, 10.3, 10.5, 10.2) == [None] * 11


def test_a_point_on_the_other_side_breaks_a_run():
    assert rules(10.5, 10.2, 10.6, 10.3, 10.5, 10.2, 9.9, 10.6) == [None] * 8


@pytest.mark.parametrize("step", [0.4, -0.4])
def test_seven_points_that_rise_or_fall_in_a_row_are_a_trend(step):
    values = [CENTRE + step * (place - 3) for place in range(7)]
    assert rules(*values) == [None] * 6 + ["trend"]


def test_two_equal_points_break_a_trend():
    assert rules(8.8, 9.2, 9.6, 10.0, 10.0, 10.4, 10.8) == [None] * 7


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("between", [(), (9.9,)])
def test_two_of_three_in_the_same_outer_third_fire_at_the_second(side, between):
    assert rules(*QUIET, CENTRE + side * 2.1, *between, CENTRE + side * 2.2)[-1] == "two_of_three"


@pytest.mark.parametrize("values", [(12.1, 9.9, 10.1, 12.2), (12.1, 7.9), (12.0, 12.0), (12.1, 12.1, 10.2)], ids=str)
def test_what_is_too_far_apart_opposite_or_not_beyond_two_thirds_is_no_pair(values):
    assert rules(*QUIET, *values)[-1] is None


def test_the_first_rule_in_order_is_the_one_shown():
    above = [10.5, 10.2, 10.6, 10.3, 10.5, 12.5]
    assert rules(*above, 12.6)[-1] == "run"
    assert rules(*above, 13.5)[-1] == "point_outside"
    assert rules(10.1, 10.4, 10.7, 11.0, 11.3, 11.6, 11.9)[-1] == "run"
    assert rules(9.9, 10.4, 10.7, 11.0, 11.3, 12.2, 12.3)[-1] == "trend"


def test_without_limits_nothing_fires():
    rising = [10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 99.0]
    assert rules(*rising)[-1] == "point_outside"
    assert rules(*rising, centre=np.nan) == [None] * 7
    assert rules(*rising, reach=np.nan) == [None] * 7


def test_rounding_alone_is_no_signal():
    mean = sum([0.1] * 9) / 9
    assert rules(*[0.1] * 9, centre=mean, reach=0.0) == [None] * 9


def test_patterns_end_where_a_series_ends():
    series = np.repeat([0, 1], [6, 6])
    x = np.array([10.5, 10.2, 10.6, 10.3, 10.5, 12.5, 12.5, 10.2, 10.6, 10.3, 10.5, 10.4])
    assert not fired(series, x, np.full(12, CENTRE), np.full(12, REACH)).any()


def test_thousands_of_random_series_agree_with_the_rules_applied_by_hand():
    draw = np.random.default_rng(11)
    lengths = draw.integers(1, 30, 1500)
    series = np.repeat(np.arange(len(lengths)), lengths)
    # Rounded, so that ties and points on the centre occur; a drift, so that trends do.
    drift = np.concatenate([np.cumsum(draw.normal(0, 0.4, length)) for length in lengths])
    x = np.round(CENTRE + drift + draw.normal(0, 0.7, len(series)), 1)
    reach = draw.uniform(1, 4, len(series))
    ours = fired(series, x, np.full(len(x), CENTRE), reach)
    theirs = [
        by_hand.RULES.index(rule) + 1 if rule else 0
        for number in range(len(lengths))
        for rule in by_hand.signals(x[series == number].tolist(), CENTRE, reach[series == number].tolist())
    ]
    assert set(theirs) == {0, 1, 2, 3, 4}
    np.testing.assert_array_equal(ours, theirs)
