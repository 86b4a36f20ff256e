"""The oracle's tools: the contract's golden numbers, keys, days and texts; and that it imports nothing of the product.

Whole tables of hand-made worlds are in `test_hand_made_handoffs` and `test_hand_made_projects`.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from tests.oracle.days import Days
from tests.oracle.evidence import is_link, plain, words
from tests.oracle.hand_made import SCOPE, at
from tests.oracle.keys import key
from tests.oracle.statistics import Z, garwood, kaplan_meier, median, reached_by, student, wilson

WAITS = [(3, 1), (5, 1), (6, 0), (7, 1), (8, 0), (10, 1), (12, 1), (14, 0), (21, 0), (30, 0)]


def test_kaplan_meier_gives_the_golden_curve():
    steps = kaplan_meier([(day, bool(event)) for day, event in WAITS])

    assert {step.day: round(float(step.survival), 4) for step in steps} == {3: 0.9, 5: 0.8, 7: 0.6857, 10: 0.5486, 12: 0.4114}
    assert [step.censored for step in steps] == [0, 0, 1, 1, 0]
    by_day = {step.day: step for step in steps}
    assert by_day[10].low == pytest.approx(0.187, abs=5e-4)
    assert by_day[10].high == pytest.approx(0.806, abs=5e-4)


def test_the_golden_median_is_12_from_3_to_not_reached():
    assert median([(day, bool(event)) for day, event in WAITS]) == (12, 3, None)


@pytest.mark.parametrize(
    "observed",
    [
        WAITS,
        [(day, 1) for day in range(1, 11)],
        [(day % 9, day % 3 > 0) for day in range(1, 40)],
        [(4, 1), (4, 1), (9, 0), (11, 1), (11, 0), (12, 1), (20, 1)],
    ],
)
def test_survival_agrees_with_statsmodels(observed: list[tuple[int, int]]):
    theirs = SurvfuncRight([day for day, _ in observed], [int(event) for _, event in observed])
    ours = {step.day: step for step in kaplan_meier([(day, bool(event)) for day, event in observed])}

    columns = (theirs.surv_times, theirs.surv_prob, theirs.surv_prob_se, theirs.n_risk, theirs.n_events)
    for day, survival, error, at_risk, events in zip(*columns, strict=True):
        if events:
            step = ours[int(day)]
            assert float(step.survival) == pytest.approx(survival)
            assert (step.at_risk, step.events) == (at_risk, events)
            if 0 < survival < 1:
                spread = Z * error / (survival * math.log(survival))
                assert (step.low, step.high) == pytest.approx((survival ** math.exp(-spread), survival ** math.exp(spread)))


def test_the_golden_share_kicked_off_within_10_days():
    waits = [(day, bool(event)) for day, event in WAITS]
    value, low, high = reached_by(waits, 10)

    assert value == pytest.approx(0.4514, abs=5e-5)
    assert (low, high) == pytest.approx((1 - 0.806, 1 - 0.187), abs=5e-4)
    assert reached_by(waits, 11) == (value, low, high)  # the curve stands between its steps


@pytest.mark.parametrize(
    ("observed", "share"),
    [
        ([], None),
        ([(6, True), (13, False)], None),  # nobody was watched for 14 days, and somebody is left
        ([(6, True), (13, True)], 1.0),  # nobody is left
        ([(14, False), (3, False)], 0.0),
        ([(14, True)], 1.0),
        ([(15, True), (2, True)], 0.5),
    ],
)
def test_a_share_within_14_days_is_told_as_far_as_somebody_was_watched(observed: list[tuple[int, bool]], share: float | None):
    assert reached_by(observed, 14)[0] == share


def test_hours_need_not_be_whole():
    assert median([(8.5, True), (8.5, False), (25.25, True), (3.0, False)])[0] == 25.25


def test_one_kickoff_alone_says_nothing_about_how_late_the_median_may_be():
    assert median([(14, True)]) == (14, 14, None)


def test_half_reached_exactly_is_reached():
    assert median([(day, True) for day in range(1, 11)])[0] == 5


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"), [(0, 5, 0, 43.45), (2, 8, 7.15, 59.07), (5, 20, 11.19, 46.87), (10, 10, 72.25, 100)]
)
def test_wilson_gives_the_golden_intervals(successes: int, n: int, low: float, high: float):
    assert [round(limit * 100, 2) for limit in wilson(successes, n) if limit is not None] == [low, high]


def test_the_other_intervals_are_the_textbooks():
    low, high = student([50.0, 70.0, 90.0])
    assert [low, high] == pytest.approx([20.317, 119.683], abs=1e-3)
    rate_low, rate_high = garwood(3, 2.0)
    assert rate_low is not None
    assert rate_high is not None
    assert stats.poisson.sf(2, rate_low * 2) == pytest.approx(0.025)
    assert stats.poisson.cdf(3, rate_high * 2) == pytest.approx(0.025)
    assert garwood(0, 4.0)[0] == 0


def test_a_key_is_the_first_52_bits_of_the_hash():
    # printf 'acme|handoff|1' | sha256sum
    assert key("acme", "handoff", 1) == 0xF41A80CA9B41A


def test_business_time_leaves_out_nights_weekends_and_holidays(policy: dict[str, Any]):
    days = Days.of(policy)
    friday, tuesday = at(8, 28, 15, 30), at(9, 1, 9, 0)

    assert days.business_hours(friday, tuesday) == 1.0 + 1.0  # Friday 16:30-17:30 and Tuesday 9:00-10:00 in London; Monday is a holiday
    assert days.add_business_days(date(2026, 8, 28), 2) == date(2026, 9, 2)
    assert days.business_days_between(date(2026, 8, 28), date(2026, 9, 2)) == 2
    assert days.business_days_between(date(2026, 9, 2), date(2026, 8, 28)) == -2


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *((each, True) for each in (SCOPE, "http://x.uk", "HTTPS://X.Y/z")),
        *((each, False) for each in ("http://x/scope.pdf", "https://", "ftp://x.uk", "see mail", None)),
    ],
)
def test_a_link_is_http_with_a_host(text: str | None, is_one: bool):
    assert is_link(text) is is_one


def test_tags_and_signs_are_no_words():
    assert words("<p>Users &amp; <b>sites</b> ready</p> - ?") == 3
    assert plain("<p>TBC</p>") == "TBC"


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_the_oracle_imports_nothing_of_the_product_but_the_truth():
    rooms = {"handoff_pipeline", "assets", "quality", "exports", "dagster", "duckdb", "polars"}
    found = {name for path in Path(__file__).parent.glob("*.py") for name in imports(path) if name.split(".")[0] in rooms}

    assert found == {"handoff_pipeline.simulator.truth"}
