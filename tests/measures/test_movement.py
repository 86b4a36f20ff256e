"""Differences of shares, means and event rates: published examples, what cannot be had, and how the parts agree with each other."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from handoff_pipeline.measures import Interval, MeasureError, conditional_exact, newcombe, welch


@pytest.mark.parametrize(
    ("counts", "expected"),
    # Newcombe (1998), table II, method 10: the examples that every later paper checks against.
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_newcombe_gives_the_published_examples(counts, expected):
    interval = newcombe(*counts)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == expected


def test_a_difference_turns_its_sign_with_its_periods():
    there, back = newcombe(3, 20, 9, 40), newcombe(9, 40, 3, 20)
    assert there is not None
    assert back == pytest.approx(Interval(-there.high, -there.low))
    there, back = welch(70, 8, 12, 65, 5, 30), welch(65, 5, 30, 70, 8, 12)
    assert there is not None
    assert back == pytest.approx(Interval(-there.high, -there.low))


def test_shares_of_nothing_have_no_difference():
    assert newcombe(0, 0, 3, 8) is None
    assert newcombe(3, 8, 0, 0) is None


def test_means_of_fewer_than_two_or_without_any_spread_have_no_difference():
    assert welch(70, 0, 1, 65, 5, 30) is None
    assert welch(70, 5, 30, 65, 0, 1) is None
    assert welch(70, 0, 8, 65, 0, 30) is None
    assert welch(70, 0, 8, 65, 5, 30) is not None


def test_tiny_spreads_do_not_vanish():
    interval = welch(1e-200, 1e-160, 5, 0, 1e-160, 5)
    assert interval is not None
    assert 0 < interval.high < 1e-150


def test_a_rate_without_a_baseline_event_has_a_lower_end_of_its_ratio_and_a_p_alone():
    movement = conditional_exact(6, 10, 0, 10)
    assert (movement.ratio, movement.ratio_high, movement.interval) == (None, None, None)
    assert movement.difference == 0.6
    assert movement.ratio_low is not None
    assert movement.ratio_low > 1
    assert movement.p == pytest.approx(2 * 0.5**6)


def test_a_rate_that_fell_to_none_is_bounded_from_above():
    movement = conditional_exact(0, 10, 8, 10)
    assert (movement.ratio, movement.ratio_low, movement.difference) == (0.0, 0.0, -0.8)
    assert movement.interval is not None
    assert movement.interval.low == -0.8
    assert movement.interval.high < 0
    assert movement.p == pytest.approx(2 * 0.5**8)


def test_no_event_at_all_is_no_change_and_no_exposure_is_nothing():
    assert conditional_exact(0, 10, 0, 10) == (None, None, None, 1.0, 0.0, None)
    assert conditional_exact(0, 0, 3, 10) == (None,) * 6
    assert conditional_exact(3, 10, 0, 0) == (None,) * 6


def test_the_unit_of_exposure_scales_the_difference_and_nothing_else():
    hours, hundreds = conditional_exact(5, 400, 20, 900), conditional_exact(5, 4, 20, 9)
    assert hundreds[:4] == pytest.approx(hours[:4])
    assert hours.difference is not None
    assert hundreds.difference == pytest.approx(100 * hours.difference)


def test_p_and_both_intervals_say_the_same():
    draw = np.random.default_rng(9)
    for _ in range(3000):
        movement = conditional_exact(int(draw.poisson(6)), draw.uniform(10, 60), int(draw.poisson(12)) + 1, draw.uniform(30, 200))
        assert movement.p is not None
        assert movement.interval is not None
        assert movement.ratio_low is not None
        assert movement.ratio_high is not None
        assert (movement.p < 0.05) == (not movement.ratio_low <= 1 <= movement.ratio_high)
        assert (movement.p < 0.05) == (not movement.interval.low <= 0 <= movement.interval.high)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: newcombe(9, 8, 1, 2), "9 successes of 8"),
        (lambda: welch(nan, 1, 5, 1, 1, 5), "mean of nan"),
        (lambda: welch(1, 1, 5, 1, -1, 5), "deviation of -1"),
        (lambda: welch(1, 1, -5, 1, 1, 5), "in -5"),
        (lambda: conditional_exact(-1, 5, 1, 5), "-1 events"),
        (lambda: conditional_exact(1, 5, 1, inf), "exposure of inf"),
        (lambda: conditional_exact(1, -5, 1, 5), "exposure of -5"),
    ],
)
def test_numbers_that_cannot_be_are_refused_by_value(call, named):
    with pytest.raises(MeasureError, match=named):
        call()
