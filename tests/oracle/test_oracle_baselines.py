"""Baselines, targets and movements of the oracle: what a freeze takes, the path to a target, and what has moved, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from scipy import stats

from handoff_pipeline.simulator.truth import Deal, Truth
from tests.oracle import expected
from tests.oracle.baselines import Baseline, Freeze, Pool, pooled
from tests.oracle.charts import Week
from tests.oracle.days import ONE_DAY, ONE_WEEK
from tests.oracle.figures import Figure
from tests.oracle.hand_made import DEAL, WEB, always, at, night, one, world
from tests.oracle.keys import key, utc
from tests.oracle.movement import conditional, newcombe, welch
from tests.oracle.segments import ALL
from tests.oracle.standing import standing_of
from tests.oracle.targets import Target

MONDAY = date(2026, 1, 5)
FREEZE = Freeze("kickoff_delay_rate", at(9, 2), 30, "Before the pilot")


def weeks_of(*figures: Figure) -> list[Week]:
    return [Week(MONDAY + place * ONE_WEEK, figure, is_partial=False) for place, figure in enumerate(figures)]


def rate(part: float, whole: float) -> Figure:
    return Figure(int(whole), 0, part, whole, value=part / whole if whole else None)


def frozen(value: float, metric: str = "kickoff_delay_rate") -> Baseline:
    day = date(2026, 9, 2)
    return Baseline(metric, ALL, Pool(value, 50), value, (MONDAY, MONDAY + 90 * ONE_DAY), replace(FREEZE, metric=metric), day)


DELAY = frozen(0.40)
PLAYBOOK = [
    Target("kickoff_delay_rate", ALL, "playbook", 0.36, 0.30, date(2026, 10, 28)),
    Target("kickoff_delay_rate", ALL, "playbook", 0.36, 0.30, date(2026, 11, 1)),
]


@pytest.mark.parametrize(
    ("sunday", "value", "target", "due", "status"),
    [
        (date(2026, 10, 4), 0.30, 0.3771, date(2026, 10, 28), "ahead"),
        (date(2026, 10, 4), 0.37, 0.3771, date(2026, 10, 28), "on_track"),
        (date(2026, 10, 4), 0.38, 0.3771, date(2026, 10, 28), "behind"),
        (date(2026, 11, 1), 0.36, 0.36, date(2026, 11, 1), "on_track"),
        (date(2026, 11, 1), 0.37, 0.36, date(2026, 11, 1), "behind"),
        (date(2026, 11, 8), 0.36, 0.36, date(2026, 11, 1), "on_track"),
        (date(2026, 11, 8), 0.37, 0.36, date(2026, 11, 1), "missed"),
    ],
)
def test_the_worked_example_of_the_path(sunday: date, value: float, target: float, due: date, status: str):
    found = standing_of("kickoff_delay_rate", Figure(20, value=value), sunday, DELAY, PLAYBOOK)

    assert (found.status, found.baseline, found.due) == (status, 0.40, due)
    assert found.target == pytest.approx(target, abs=5e-5)


def test_before_the_freeze_nothing_is_judged():
    found = standing_of("kickoff_delay_rate", Figure(20, value=0.2), date(2026, 8, 30), DELAY, PLAYBOOK)

    assert (found.status, found.baseline, found.target, found.due) == ("no_target", None, None, None)


@pytest.mark.parametrize("figure", [Figure(4, value=0.2), Figure(20, value=None)])
def test_too_little_is_not_judged_but_has_its_path(figure: Figure):
    found = standing_of("kickoff_delay_rate", figure, date(2026, 10, 4), DELAY, PLAYBOOK)

    assert found.status == "not_enough_data"
    assert found.target is not None


def test_a_baseline_without_a_target_is_shown():
    found = standing_of("kickoff_delay_rate", Figure(20, value=0.2), date(2026, 10, 4), DELAY, [])

    assert (found.status, found.baseline, found.target) == ("no_target", 0.40, None)


def test_more_is_better_where_the_metric_says_so():
    up = [Target("handoff_completeness", ALL, "policy", 80.0, 90.0, date(2026, 10, 28))]
    sunday = date(2026, 10, 25)
    stands = [
        standing_of("handoff_completeness", Figure(9, value=value), sunday, frozen(60.0, "handoff_completeness"), up).status
        for value in (90.0, 80.0, 70.0)
    ]

    assert stands == ["ahead", "on_track", "behind"]


def test_a_rate_is_pooled_from_its_sums():
    pool = pooled("kickoff_delay_rate", weeks_of(rate(1, 2), rate(0, 0), rate(1, 8)), {}, MONDAY, MONDAY + 2 * ONE_WEEK, 3)

    assert (pool.value, pool.n) == (0.2, 10)
    assert list(pool.interval) == pytest.approx([0.0567, 0.5098], abs=1e-4)


def test_an_amount_is_pooled_to_a_week():
    figures = [Figure(2, value=100.0), Figure(1, value=50.0)]
    pool = pooled("margin_erosion_amount", weeks_of(*figures), {}, MONDAY, MONDAY + 3 * ONE_WEEK, 4)

    assert (pool.value, pool.n) == (37.5, 3)


def test_a_difference_of_ratios_is_pooled_from_its_four_sums():
    figures = [Figure(1, 0, 40.0, 100.0, 10.0, 100.0, value=30.0), Figure(1, 0, 10.0, 100.0, 10.0, 100.0, value=0.0)]
    pool = pooled("margin_erosion_pp", weeks_of(*figures), {}, MONDAY, MONDAY + ONE_WEEK, 2)

    assert pool.value == pytest.approx(15.0)


def test_a_rolling_figure_is_that_of_the_newest_week():
    figures = [Figure(10, value=9.0), Figure(12, value=7.0, interval=(5.0, 9.0))]
    pool = pooled("days_to_kickoff_median", weeks_of(*figures), {}, MONDAY, MONDAY + ONE_WEEK, 2)

    assert (pool.value, pool.n, pool.interval) == (7.0, 12, (5.0, 9.0))


def deals(count: int, month: int, day: int) -> tuple[Deal, ...]:
    """Deals won on successive days, each with a kickoff date of its own on that day a week later, and none kicked off."""
    won = [at(month, day, 9) + timedelta(days=place) for place in range(count)]
    return tuple(
        replace(
            DEAL,
            deal_id=100 * month + place,
            created_at=at(6, 1),
            status=always("won", moment),
            kickoff_committed=always((moment + timedelta(days=7)).date(), at(6, 2)),
        )
        for place, moment in enumerate(won)
    )


def late_world() -> Truth:
    return world(deals=deals(6, 7, 1))


def test_a_freeze_takes_the_newest_13_settled_weeks_of_the_night_before(policy: dict[str, Any]):
    freeze = Freeze("kickoff_delay_rate", at(8, 3, 12), 30, "Before the pilot")
    tables = expected(late_world(), policy, [night(7, 10), night(8, 3), night(8, 10)], WEB, freezes=[freeze])
    row = one(tables, "kpi_baseline")

    assert (row["value"], row["n"], row["window_start"], row["window_end"]) == (1.0, 6, date(2026, 5, 4), date(2026, 8, 2))
    assert (row["frozen_at_utc"], row["frozen_by_key"], row["frozen_date_key"], row["is_current"]) == (
        utc(at(8, 3, 12)),
        key("acme", "agent", 30),
        20260803,
        True,
    )
    targets = [(each["kind"], each["due"], each["low"], each["high"]) for each in tables["kpi_target"] if each["kind"] == "playbook"]
    assert targets == [("playbook", date(2026, 9, 28), 0.9, 0.75), ("playbook", date(2026, 10, 2), 0.9, 0.75)]
    after = one(
        tables, "kpi_weekly", metric_key=key("acme", "metric", "kickoff_delay_rate"), week_start=date(2026, 8, 3), segment_type="all"
    )
    assert (after["baseline_value"], after["target_due"], after["status"]) == (1.0, date(2026, 9, 28), "not_enough_data")


def test_a_freeze_of_too_few_is_not_made_unless_somebody_says_so(policy: dict[str, Any]):
    freeze = Freeze("kickoff_delay_rate", at(8, 3, 12), 30, "Before the pilot")
    few = world(deals=deals(4, 7, 1))
    small = replace(freeze, allow_small=True)

    assert not expected(few, policy, [night(8, 3)], WEB, freezes=[freeze])["kpi_baseline"]
    assert not expected(few, policy, [night(8, 3)], WEB, freezes=[small])["kpi_baseline"]  # frozen after the night
    assert len(expected(few, policy, [night(8, 3), night(8, 4)], WEB, freezes=[small])["kpi_baseline"]) == 1


def test_the_newest_freeze_is_the_one_in_force(policy: dict[str, Any]):
    freezes = [Freeze("kickoff_delay_rate", at(8, day, 12), 30, f"On the {day}th") for day in (4, 5)]
    rows = expected(late_world(), policy, [night(8, 3), night(8, 10)], WEB, freezes=freezes)["kpi_baseline"]

    assert [(row["reason"], row["is_current"]) for row in rows] == [("On the 4th", False), ("On the 5th", True)]


def test_what_may_still_change_is_never_frozen(policy: dict[str, Any]):
    freezes = [Freeze(metric, at(7, 27, 12), 30, "Before the pilot") for metric in ("no_commit_rate", "kickoff_delay_rate")]
    rows = expected(late_world(), policy, [night(7, 27), night(7, 28)], WEB, freezes=freezes)["kpi_baseline"]

    assert [row["metric_key"] for row in rows] == [key("acme", "metric", "kickoff_delay_rate")]


def test_movement_is_told_when_its_weeks_are_over(policy: dict[str, Any]):
    truth = world(deals=(*deals(6, 7, 1), *deals(6, 8, 5)))
    freeze = Freeze("kickoff_delay_rate", at(8, 3, 12), 30, "Before the pilot")
    nights = [night(8, 3), night(9, 7)]
    four, eight = expected(truth, policy, nights, WEB, freezes=[freeze])["kpi_movement"]

    assert (four["window_start"], four["window_end"], four["n"], four["value"]) == (date(2026, 8, 10), date(2026, 9, 6), 6, 1.0)
    assert (four["difference"], four["method"], four["words"]) == (0.0, "newcombe", "no change that the data can show")
    assert (eight["window_start"], eight["n"], eight["method"], eight["words"]) == (date(2026, 9, 7), 0, "none", "not over yet")


def test_newcombes_own_example():
    # Newcombe 1998, table II: 56/70 less 48/80, method 10
    assert list(newcombe(56, 70, 48, 80)) == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_welchs_interval_is_scipys():
    new, old = (60.0, 70.0, 85.0, 90.0), (55.0, 58.0, 61.0, 59.0, 90.0)
    theirs = stats.ttest_ind(new, old, equal_var=False).confidence_interval(0.95)

    assert list(welch(new, old)) == pytest.approx([theirs.low, theirs.high])
    assert welch((1.0, 1.0), (2.0, 2.0)) == (None, None)
    assert welch((1.0,), (2.0, 3.0)) == (None, None)


def test_the_exact_interval_of_a_rates_movement_leaves_out_0_where_the_test_does():
    for new, old in [(3, 12), (2, 12), (9, 9), (0, 6), (0, 5), (14, 4), (15, 3)]:
        low, high = conditional(new, 10.0, old, 10.0, 1)
        p = min(1.0, 2 * min(stats.binom.cdf(new, new + old, 0.5), stats.binom.sf(new - 1, new + old, 0.5)))

        assert low is not None
        assert high is not None
        assert (low <= 0 <= high) == (p >= 0.05)
    assert conditional(3, 10.0, 0, 10.0, 1) == (None, None)
