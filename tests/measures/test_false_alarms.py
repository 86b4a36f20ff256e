"""How often charts cry wolf, and how soon they see a shift: simulated over fixed seeds, beside the rates that theory gives.

A chart of four rules fires on about 2 % of the points of a stable series if its limits are known, and on more if they were drawn from few
points; docs/kpis.md tells readers the same numbers.
"""

from __future__ import annotations

from functools import cache
from math import factorial
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from handoff_pipeline.measures.rules import POINT_OUTSIDE, RUN, TREND, TWO_OF_THREE, fired
from tests.measures.chart_frames import NO_EVENTS, charted, many, signals, week, windows

SEED = 2026
SERIES = 4000
EROSION = "margin_erosion_pp"
AFTER = 26


def codes(values: np.ndarray, centre: float = 0.0, reach: float = 3.0) -> np.ndarray:
    count, length = values.shape
    series = np.repeat(np.arange(count), length)
    return fired(series, values.ravel(), np.full(count * length, centre), np.full(count * length, reach)).reshape(count, length)


@pytest.fixture(scope="module")
def stable() -> np.ndarray:
    return np.random.default_rng(SEED).standard_normal((SERIES, 60))


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        (POINT_OUTSIDE, 2 * stats.norm.sf(3)),
        (RUN, 2 / 2**7),
        (TREND, 2 / factorial(7)),
        # The point and one of the two before it beyond 2 sigma on one side, none of them beyond 3.
        (TWO_OF_THREE, 2 * (stats.norm.sf(2) - stats.norm.sf(3)) * (1 - stats.norm.cdf(2) ** 2)),
    ],
    ids=["point_outside", "run", "trend", "two_of_three"],
)
def test_with_known_limits_each_rule_fires_at_its_theoretical_rate(stable, rule, known):
    rate = float((codes(stable)[:, 6:] == rule).mean())
    # An earlier rule hides a later one on the same point, which takes at most 6 % of them away.
    assert 0.90 * known < rate < 1.08 * known


def test_with_known_limits_two_points_in_a_hundred_are_false_alarms(stable):
    assert float((codes(stable)[:, 6:] > 0).mean()) == pytest.approx(0.0205, abs=0.0015)


def test_a_stable_half_year_with_known_limits_has_a_false_alarm_in_three_of_ten(stable):
    assert float((codes(stable)[:, 6 : 6 + AFTER] > 0).any(axis=1).mean()) == pytest.approx(0.30, abs=0.03)


@pytest.mark.parametrize(("points", "expected"), [(8, 0.081), (13, 0.057), (26, 0.039), (52, 0.026)])
def test_limits_from_few_points_raise_more_false_alarms_at_a_known_rate(points, expected):
    assert new_alarms(points, 0.0).mean() == pytest.approx(expected, abs=0.005)


def test_thirteen_points_cry_outside_as_often_as_theory_says():
    # A new value, less the mean of 13, beyond 2.66 mean moving ranges: simulated without a chart.
    draw = np.random.default_rng(SEED + 1)
    values, new = draw.standard_normal((100_000, 13)), draw.standard_normal(100_000)
    reach = 2.66 * np.abs(np.diff(values, axis=1)).mean(axis=1)
    known = float((np.abs(new - values.mean(axis=1)) > reach).mean())
    assert float((alarms_by_rule(13) == "point_outside").mean()) == pytest.approx(known, abs=0.003)


def test_the_points_that_limits_come_from_seldom_fire():
    values = np.random.default_rng(SEED).standard_normal((SERIES, 26))
    assert (signals(charted(many(EROSION, values)), SERIES) != "").mean() == pytest.approx(0.011, abs=0.003)


@pytest.mark.parametrize(
    ("sigmas", "weeks", "at_least"),
    [(1.0, 13, 0.74), (2.0, 3, 0.57), (2.0, 7, 0.94), (3.0, 3, 0.88), (3.0, 7, 0.995)],
    ids=str,
)
def test_a_shift_is_signalled_within_weeks(sigmas, weeks, at_least):
    # Limits frozen from 13 weeks; the shift stays.
    assert new_alarms(13, sigmas)[:, :weeks].any(axis=1).mean() >= at_least


@pytest.mark.parametrize("sigmas", [-2.0, 2.0])
def test_a_shift_is_seen_on_either_side(sigmas):
    assert new_alarms(13, sigmas)[:, :7].any(axis=1).mean() >= 0.94


def test_weekly_shares_of_few_handoffs_cry_wolf_a_little_more_often_than_other_figures():
    # 10 handoffs a week of which 3 in 10 are late: steps of a tenth, cut at 0.
    late = np.random.default_rng(SEED).binomial(10, 0.3, (SERIES, 13 + AFTER)) / 10
    table = charted(many("kickoff_delay_rate", late), baselines=windows("kickoff_delay_rate", SERIES, 0, 12))
    assert (signals(table, SERIES)[:, 13:] != "").mean() == pytest.approx(0.068, abs=0.006)


def test_a_stable_u_chart_cries_wolf_at_its_rate_and_sees_a_doubling():
    draw = np.random.default_rng(SEED)
    exposure = draw.integers(15, 40, (SERIES, 13 + AFTER)).astype(float)
    found = {}
    for factor in (1.0, 2.0):
        rate = np.where(np.arange(13 + AFTER) < 13, 0.2, 0.2 * factor)
        events = draw.poisson(rate * exposure).astype(float)
        frame = many("scope_change_frequency", events / exposure, numerator=events, denominator=exposure)
        table = charted(frame, baselines=windows("scope_change_frequency", SERIES, 0, 12))
        found[factor] = signals(table, SERIES)[:, 13:] != ""
    assert found[1.0].mean() == pytest.approx(0.039, abs=0.005)
    assert found[2.0][:, :7].any(axis=1).mean() > 0.95


def test_a_chart_between_events_sees_that_bypasses_have_become_frequent():
    draw = np.random.default_rng(SEED)
    per_week, weeks, count = 10, 60, 400
    chance = np.where(np.arange(weeks * per_week) < 40 * per_week, 0.06, 0.4)
    is_event = draw.random((count, weeks * per_week)) < chance
    events = pl.DataFrame(
        {
            "metric": ["kickoff_without_signoff"] * is_event.size,
            "segment_type": ["client"] * is_event.size,
            "segment_key": np.repeat(np.arange(1, count + 1), weeks * per_week),
            "week_start": [week(place // per_week) for place in range(weeks * per_week)] * count,
            "position": np.tile(np.arange(1, weeks * per_week + 1), count),
            "is_event": is_event.ravel(),
        }
    ).cast(NO_EVENTS.schema)
    shares = is_event.reshape(count, weeks, per_week).mean(axis=2)
    table = charted(many("kickoff_without_signoff", shares), events, windows("kickoff_without_signoff", count, 0, 39))
    assert (signals(table, count)[:, 40:46] != "").any(axis=1).mean() > 0.95


def new_alarms(points: int, sigmas: float) -> Any:
    """Whether each of the 26 points after a frozen window of `points` is a signal, with the level moved by so many sigma from there on."""
    return alarms_by_rule(points, sigmas) != ""


@cache
def alarms_by_rule(points: int, sigmas: float = 0.0) -> np.ndarray:
    """The signal of each of those points, as text."""
    values = np.random.default_rng(SEED).standard_normal((SERIES, points + AFTER))
    values[:, points:] += sigmas
    return signals(charted(many(EROSION, values), baselines=windows(EROSION, SERIES, 0, points - 1)), SERIES)[:, points:]
