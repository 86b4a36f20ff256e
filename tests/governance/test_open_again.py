"""Closings by day: told once, counted with the night, and not in the way of a gap that comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handoff_pipeline.governance.cards_due import open_again
from handoff_pipeline.governance.remediation import decide
from handoff_pipeline.governance.remediation_rows import People, RemediationState
from tests.governance.remediation_world import MONDAY, PEOPLE, closed, gap, kept, of_action, policy

NOON = MONDAY + timedelta(hours=4)
LATER = NOON + timedelta(hours=1)
TUESDAY = MONDAY + timedelta(days=1)
AT_NOON, OVERNIGHT = "2026-11-23T12:00:00", "2026-11-24T01:30:00"


def by_day(row):
    return replace(closed(row, AT_NOON), is_by_day=True)


def after(rows, state, now, of, people: People = PEOPLE):
    """One decision, and the state after it, with every card arrived."""
    proposals = decide(rows, people, state, of, now)
    return proposals, kept(state, proposals, now, of, settle="accepted")


def test_a_closing_by_day_is_announced_once_also_when_the_night_finds_it_too():
    of, row = policy(), gap()
    _, state = after([row], RemediationState(), MONDAY, of)
    first, state = after([by_day(row)], state, NOON, of)
    again, _ = after([closed(row, OVERNIGHT)], state, TUESDAY, of)
    assert [one.dedupe_key for one in of_action(first, "closure_card")] == [f"closure|{row.gap_id}"]
    assert of_action(again, "closure_card") == []


def test_a_gap_that_came_back_is_announced_again_when_it_is_closed_for_good():
    of, row = policy(), gap()
    _, state = after([row], RemediationState(), MONDAY, of)
    _, state = after([by_day(row)], state, NOON, of)
    assert open_again([row], state) == {row.gap_id: 1}
    state = replace(state, reopened=open_again([row], state))
    assert open_again([row], state) == {}
    _, state = after([row], state, LATER, of)
    last, state = after([closed(row, OVERNIGHT)], state, TUESDAY, of)
    assert [one.dedupe_key for one in of_action(last, "closure_card")] == [f"closure|{row.gap_id}|2"]
    assert open_again([row], state) == {row.gap_id: 2}


def test_the_note_says_open_again_and_is_not_repeated_for_the_day_of_a_closing():
    of, row, soft = policy(), gap(), gap(item="dependencies")
    first, state = after([row, soft], RemediationState(), MONDAY, of)
    mended, state = after([by_day(row), soft], state, NOON, of)
    dated, _ = after([closed(row, OVERNIGHT), soft], state, TUESDAY, of)
    back, state = after([row, soft], state, TUESDAY, of)
    still, _ = after([row, soft], state, TUESDAY + timedelta(hours=1), of)
    assert [len(of_action(each, "halo_note")) for each in (first, mended, dated, back, still)] == [1, 1, 0, 1, 0]


def test_the_days_list_tells_of_a_closing_by_day_after_the_night_alone():
    of, soft = policy(), gap(item="dependencies")
    _, state = after([soft], RemediationState(), MONDAY, of)
    morning = by_day(soft)
    early, _ = after([morning], state, TUESDAY, of)
    night, _ = after([closed(soft, OVERNIGHT)], state, TUESDAY, of)
    assert [len(of_action(each, "daily_card")) for each in (early, night)] == [0, 1]
