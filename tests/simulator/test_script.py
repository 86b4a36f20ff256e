"""The script of a quarter: the same seed tells the same, the mix is what was asked for, and nothing lies outside of its days."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.simulator import Script
from handoff_pipeline.simulator.script import MIX
from handoff_pipeline.simulator.script_acts import ActKind


def test_the_same_seed_gives_the_same_quarter() -> None:
    assert Script(seed=3).acts == Script(seed=3).acts


def test_another_seed_gives_another_quarter() -> None:
    assert Script(seed=3).acts != Script(seed=4).acts


@pytest.mark.parametrize("seed", [1, 7])
def test_every_kind_of_act_occurs(seed: int) -> None:
    assert {act.kind for act in Script(seed=seed).acts} == set(get_args(ActKind))


def test_stories_are_told_in_the_stated_mix() -> None:
    twice = Script(cases=2 * sum(MIX.values()))
    assert Counter(twice.dealt.values()) == {story: 2 * copies for story, copies in MIX.items()}


def test_a_mix_of_one_story_tells_no_other() -> None:
    script = Script(mix={"snooze": 1}, cases=4)
    assert set(script.dealt.values()) == {"snooze"}
    assert Counter(act.kind for act in script.acts)["snooze"] == 4


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), start=st.dates(date(2026, 1, 1), date(2027, 12, 31)), cases=st.integers(1, 60))
def test_acts_come_in_the_order_of_time_and_within_the_quarter(seed: int, start: date, cases: int) -> None:
    script = Script(seed=seed, start=start, cases=cases)
    moments = [act.at for act in script.acts]
    assert moments == sorted(moments)
    assert script.opens_at <= moments[0]
    assert moments[-1] < script.ends_at


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), start=st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_a_night_lies_between_what_opens_a_gap_and_what_closes_it(seed: int, start: date) -> None:
    script = Script(seed=seed, start=start)
    opens = {act.deal_id: act.at.date() for act in script.acts if act.kind in {"win", "empty"}}
    assert all(opens[act.deal_id] < act.at.date() for act in script.acts if act.kind in {"fill", "attach", "lose"})


def test_no_two_deals_share_their_words() -> None:
    texts = Counter(value for act in Script().acts if act.kind == "open_deal" for name, value in act.fields if name.startswith("CFDel"))
    assert {count for text, count in texts.items() if text is not None} == {1}


@pytest.mark.parametrize(
    ("given_mix", "said"), [({"mix": {"bribe": 1}}, "bribe"), ({"habits": {"sleep": 1}}, "sleep"), ({"days": 20}, "20")]
)
def test_what_no_script_can_tell_is_refused_in_words(given_mix: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Script(**given_mix)  # type: ignore[arg-type]
