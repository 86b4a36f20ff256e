"""Escalation: levels by business hours past the deadline, what an acknowledgement or a snooze is worth, and the row of the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from handoff_pipeline.governance.escalation import escalation_row
from handoff_pipeline.governance.remediation import decide
from handoff_pipeline.governance.remediation_rows import RemediationState
from handoff_pipeline.governance.situation import situation_of
from handoff_pipeline.ledger.records_action import Acknowledgement, Escalation, Snooze
from tests.governance.remediation_world import (
    BEN,
    GRACE,
    HARD,
    LAURA,
    MONDAY,
    NOTHING,
    OPERATE,
    PEOPLE,
    after,
    at,
    card,
    gap,
    keys,
    of_action,
    policy,
)


@pytest.mark.parametrize(
    ("now", "level", "to"),
    [
        ("2026-11-23T16:59:59", None, []),
        ("2026-11-23T17:00:00", 1, [GRACE]),
        # Half an hour on Monday, seven and a half on Tuesday.
        ("2026-11-24T16:29:59", 1, [GRACE]),
        ("2026-11-24T16:30:00", 2, [GRACE, LAURA]),
    ],
)
def test_the_level_of_an_escalation_counted_by_hand(now, level, to):
    found = of_action(decide([HARD], PEOPLE, NOTHING, OPERATE, at(now)), "escalation_card")
    assert [one.dedupe_key for one in found] == [f"escalation|{HARD.gap_id}|{level}|{agent}" for agent in to]
    assert [card(one).to for one in found] == to


def test_a_level_is_told_once_and_never_an_earlier_one_after_it():
    late = at("2026-11-24T16:30:00")
    state = after([HARD], NOTHING, late)
    assert keys([HARD], state, late + timedelta(days=3), action="escalation_card") == []


def test_an_acknowledgement_lets_the_gap_rest_for_its_hours():
    seen = Acknowledgement("gap", HARD.gap_id, BEN, at("2026-11-23T16:00:00"), "note")
    state = RemediationState(acknowledgements=[seen])
    # Eight hours after 16:00: an hour and a half on Monday, six and a half on Tuesday.
    assert keys([HARD], state, at("2026-11-24T15:29:00"), action="escalation_card") == []
    assert keys([HARD], state, at("2026-11-24T15:30:00"), action="escalation_card") == [f"escalation|{HARD.gap_id}|1|{GRACE}"]


def test_acknowledging_again_and_again_does_not_put_a_gap_off_for_ever():
    acks = [Acknowledgement("gap", HARD.gap_id, BEN, at(f"2026-11-{day}T10:00:00"), "note") for day in (23, 24, 25, 26)]
    assert keys([HARD], RemediationState(acknowledgements=acks), at("2026-11-26T12:00:00"), action="escalation_card")


def test_an_acknowledgement_after_a_level_holds_the_next_one_up():
    first = at("2026-11-23T17:00:00")
    state = after([HARD], NOTHING, first)
    seen = Acknowledgement("gap", HARD.gap_id, GRACE, at("2026-11-24T15:00:00"), "note")
    assert keys([HARD], replace(state, acknowledgements=[seen]), at("2026-11-24T16:30:00"), action="escalation_card") == []


def test_acknowledging_the_handoff_acknowledges_the_gaps_that_were_there():
    later = gap(item="margin_floor", detected="2026-11-23T17:10:00")
    seen = Acknowledgement("handoff", "1", BEN, at("2026-11-23T17:05:00"), "status")
    patient = policy(escalation={"acknowledgement_hours": 20})
    state = RemediationState(acknowledgements=[seen])
    found = keys([HARD, later], state, at("2026-11-24T16:45:00"), patient, "escalation_card")
    assert found == [f"escalation|{later.gap_id}|1|{GRACE}"]


def test_a_snoozed_gap_is_left_alone_until_its_end():
    snooze = Snooze(HARD.gap_id, at("2026-11-26T00:00:00"), "Client signs on Wednesday", BEN, MONDAY)
    state = RemediationState(snoozes=[snooze])
    told = {"owner_card", "daily_card", "escalation_card"}
    assert not {one.action for one in decide([HARD], PEOPLE, state, OPERATE, at("2026-11-25T12:00:00"))} & told
    assert {one.action for one in decide([HARD], PEOPLE, state, OPERATE, at("2026-11-26T10:00:00"))} >= {"owner_card", "escalation_card"}


def test_snoozing_again_and_again_ends_after_the_policys_days():
    snoozes = [Snooze(HARD.gap_id, at("2027-06-01"), "Later", BEN, at(f"2026-{month}-24T10:00:00")) for month in (11, 12)]
    (one,) = situation_of([HARD], PEOPLE, RemediationState(snoozes=snoozes), OPERATE, at("2026-12-31T10:00:00")).gaps
    assert one.snoozed_until == at("2026-12-08T10:00:00")


def test_an_escalation_is_a_row_of_the_ledger_with_its_level_and_person():
    now = at("2026-11-23T17:00:00")
    state = after([HARD], NOTHING, now)
    rows = [row for intent in state.intents if (row := escalation_row(intent)) is not None]
    assert rows == [Escalation(HARD.gap_id, 1, GRACE, now, state.by_key[f"escalation|{HARD.gap_id}|1|{GRACE}"].intent_id)]


def test_an_acknowledgement_before_a_level_still_counts_once_the_level_was_told():
    seen = Acknowledgement("gap", HARD.gap_id, BEN, at("2026-11-23T16:00:00"), "note")
    rested = at("2026-11-24T16:00:00")
    state = after([HARD], RemediationState(acknowledgements=[seen]), rested)
    # Half an hour past the rest: level 1 was told, level 2 needs eight.
    assert keys([HARD], state, rested + timedelta(hours=1), action="escalation_card") == []
