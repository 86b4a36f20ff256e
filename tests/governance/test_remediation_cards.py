"""Cards: one at once for a hard gap, one list a person and day, closure once, and what is only recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_pipeline.governance.remediation import decide, withdraw
from handoff_pipeline.governance.remediation_rows import RemediationState
from tests.governance.remediation_world import (
    BEN,
    HARD,
    MONDAY,
    NOTHING,
    OPERATE,
    PEOPLE,
    SOFT,
    after,
    at,
    card,
    closed,
    gap,
    kept,
    keys,
    of_action,
    policy,
)


def test_a_hard_gap_is_told_at_once_with_owner_reason_fix_deadline_and_link():
    (proposal,) = of_action(decide([HARD], PEOPLE, NOTHING, OPERATE, MONDAY), "owner_card")
    said = card(proposal)
    assert proposal.dedupe_key == f"owner|{HARD.gap_id}"
    assert (said.to, said.summary, said.due) == (BEN, "Nothing is entered.", at("2026-11-23T17:00:00"))
    assert [fact.value for fact in said.facts] == ["Harbour Dental · Managed onboarding · #1", "Fill in signed_scope."]
    assert said.links[0].url == HARD.source_url


def test_before_the_office_opens_a_card_waits_for_the_opening():
    (proposal,) = of_action(decide([HARD], PEOPLE, NOTHING, OPERATE, MONDAY), "owner_card")
    assert proposal.not_before == at("2026-11-23T09:00:00")


def test_without_quiet_hours_a_card_goes_at_once():
    loud = policy(remediation={"quiet_hours": "never"})
    (proposal,) = of_action(decide([HARD], PEOPLE, NOTHING, loud, MONDAY), "owner_card")
    assert proposal.not_before == MONDAY


def test_soft_gaps_come_as_one_list_with_the_hard_ones_first():
    gaps = [SOFT, gap(2, "delivery_assumptions"), gap(3, detected="2026-11-20T02:00:00")]
    (proposal,) = of_action(decide(gaps, PEOPLE, NOTHING, OPERATE, MONDAY), "daily_card")
    said = card(proposal)
    assert proposal.dedupe_key == f"daily|{BEN}|2026-11-23"
    assert [row.title for row in said.rows] == ["Signed scope", "Dependencies", "Delivery assumptions"]
    assert proposal.expires_at == at("2026-11-24T00:00:00")


def test_a_hard_gap_that_has_its_own_card_today_gets_no_list_beside_it():
    assert keys([HARD], NOTHING, MONDAY, action="daily_card") == []


def test_the_next_day_the_hard_gap_is_on_the_list():
    state = after([HARD], NOTHING, MONDAY)
    assert keys([HARD], state, MONDAY + timedelta(days=1), action="daily_card") == [f"daily|{BEN}|2026-11-24"]


@pytest.mark.parametrize(
    ("now", "following", "expected"),
    [
        ("2026-11-23T02:00:00", "2026-11-24T02:00:00", ["daily|12|2026-11-23"]),
        ("2026-11-23T02:00:00", "2026-11-23T03:00:00", []),
        ("2026-11-23T08:30:00", "2026-11-23T09:30:00", ["daily|12|2026-11-23"]),
        ("2026-11-21T02:00:00", "2026-11-22T02:00:00", []),
        ("2026-11-22T22:00:00", "2026-11-23T22:00:00", ["daily|12|2026-11-23"]),
        ("2026-12-25T02:00:00", "2026-12-26T02:00:00", []),
    ],
)
def test_the_list_is_made_at_the_last_decision_before_the_office_opens(now, following, expected):
    rows = [gap(item="dependencies", detected="2026-11-20T02:00:00")]
    state = RemediationState(next_decision_at=at(following))
    assert keys(rows, state, at(now), action="daily_card") == expected


def test_nobody_gets_a_second_list_on_one_day_whatever_happens():
    state = after([SOFT], NOTHING, MONDAY)
    later = gap(2, "dependencies", "2026-11-23T11:00:00")
    assert keys([SOFT, later], state, MONDAY + timedelta(hours=5), action="daily_card") == []


def test_where_the_policy_allows_two_lists_a_day_the_second_needs_a_new_gap():
    twice = policy(remediation={"cards": {"per_person_per_day": 2}})
    state = after([SOFT], NOTHING, MONDAY, twice)
    later = gap(2, "dependencies", "2026-11-23T11:00:00")
    noon = MONDAY + timedelta(hours=5)
    assert keys([SOFT], state, noon, twice, "daily_card") == []
    assert keys([SOFT, later], state, noon, twice, "daily_card") == [f"daily|{BEN}|2026-11-23#2"]


def test_a_closed_soft_gap_stands_once_in_the_next_list():
    state = after([SOFT], NOTHING, MONDAY)
    done = closed(SOFT, "2026-11-24T02:00:00")
    (proposal,) = of_action(decide([done], PEOPLE, state, OPERATE, MONDAY + timedelta(days=1)), "daily_card")
    assert [(row.title, row.detail) for row in card(proposal).rows] == [("Dependencies", "Closed")]
    state = kept(state, [proposal], MONDAY + timedelta(days=1), OPERATE, "accepted")
    assert keys([done], state, MONDAY + timedelta(days=2), action="daily_card") == []


def test_the_closure_of_a_gap_that_had_its_own_card_is_announced_once():
    state = after([HARD], NOTHING, MONDAY)
    done = closed(HARD, "2026-11-24T02:00:00")
    tomorrow = MONDAY + timedelta(days=1)
    assert keys([done], state, tomorrow, action="closure_card") == [f"closure|{HARD.gap_id}"]
    state = after([done], state, tomorrow)
    assert keys([done], state, tomorrow + timedelta(days=1), action="closure_card") == []


def test_the_closure_of_a_gap_that_nobody_was_told_of_is_not_announced():
    assert keys([closed(HARD, "2026-11-23T07:00:00")], NOTHING, MONDAY, action="closure_card") == []


def test_a_card_that_waits_is_withdrawn_when_its_gap_is_closed():
    state = after([HARD], NOTHING, MONDAY, settle="approved")
    (taken,) = [one for one in withdraw([closed(HARD, "2026-11-23T08:30:00")], PEOPLE, state, OPERATE, MONDAY) if "closed" in one.detail]
    assert taken.intent_id == state.by_key[f"owner|{HARD.gap_id}"].intent_id


def test_items_in_shadow_are_recorded_under_a_key_of_their_own():
    quiet = gap(mode="shadow")
    (proposal,) = of_action(decide([quiet], PEOPLE, NOTHING, OPERATE, MONDAY), "owner_card")
    assert (proposal.is_shadow, proposal.dedupe_key) == (True, f"shadow|owner|{quiet.gap_id}")


def test_what_was_recorded_in_shadow_does_not_stand_in_the_way_of_the_real_card():
    shadow = policy("shadow")
    state = after([HARD], NOTHING, MONDAY, shadow)
    assert keys([HARD], state, MONDAY + timedelta(days=1), action="owner_card") == [f"owner|{HARD.gap_id}"]


def test_in_the_pilot_only_its_handoffs_get_cards():
    pilot = policy("pilot")
    found = of_action(decide([HARD, gap(2, in_pilot=True)], PEOPLE, NOTHING, pilot, MONDAY), "owner_card")
    assert [(one.handoff_id, one.is_shadow) for one in found] == [(2, False), (1, True)]


def test_back_in_shadow_what_waits_is_withdrawn():
    state = after([HARD], NOTHING, MONDAY, settle="approved")
    found = withdraw([HARD], PEOPLE, state, policy("shadow"), MONDAY)
    assert {one.intent_id for one in found} == {one.intent_id for one in state.intents if not one.is_shadow}
