"""A deal that was blocked does not stay blocked without a word when its items are lowered: its release is proposed, or it is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from handoff_pipeline.channels.halo_writes import HaloForms, write_of
from handoff_pipeline.governance.bypassing import StatusSpell, enforcement_off
from handoff_pipeline.governance.proposals import as_intent
from handoff_pipeline.governance.records_due import records_due
from handoff_pipeline.governance.releasing import HELD_AGAIN, still_blocked
from handoff_pipeline.governance.remediation import decide, withdraw
from handoff_pipeline.governance.remediation_rows import RemediationState
from handoff_pipeline.governance.rollback import rollback
from handoff_pipeline.governance.situation import situation_of
from handoff_pipeline.governance.withdrawing import lowered
from tests.governance.remediation_world import BEN, MONDAY, PEOPLE, TENANT, closed, gap, kept, of_action, policy, record

ENFORCE, WARN, SHADOW, FREEZE = policy(mode="enforce"), policy(mode="warn"), policy(mode="enforce", phase="shadow"), policy(phase="freeze")
STRICT, SOFT = gap(mode="enforce"), gap(mode="warn")
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
NOTHING = RemediationState()
AS_BLOCKED = record(status_id=40)


def proposed(gaps, row, state, of=WARN, now=TUESDAY):
    """What would be written to the deal's status."""
    every = decide(gaps, PEOPLE, state, of, now, records=[row])
    return [one for one in (*of_action(every, "halo_blocking"), *of_action(every, "halo_status")) if not one.is_shadow]


def blocked(settle="confirmed"):
    return kept(NOTHING, proposed([STRICT], record(), NOTHING, ENFORCE, MONDAY), MONDAY, ENFORCE, settle)


THE_BLOCK = blocked().intents[0]


@pytest.mark.parametrize(
    ("gaps", "of"),
    [
        ([SOFT], WARN),
        ([gap(mode="shadow")], policy(mode="shadow")),
        ([STRICT], policy(mode="enforce", phase="pilot")),
        ([replace(STRICT, state="moot")], policy(mode="enforce", phase="pilot")),
    ],
    ids=["the item only warns now", "the item is in shadow now", "the deal has left the pilot", "the item is gone"],
)
def test_a_deal_that_nothing_may_block_any_more_goes_back_to_its_former_status(gaps, of):
    (proposal,) = proposed(gaps, AS_BLOCKED, blocked(), of)
    assert (proposal.content["status_id"], proposal.precondition) == (21, {"status_id": 40})
    assert (proposal.rollback_of, proposal.seller_id) == (THE_BLOCK.intent_id, BEN)


def test_a_release_needs_the_approvers_of_a_block():
    (proposal,) = proposed([SOFT], AS_BLOCKED, blocked())
    release = as_intent(proposal, TENANT, WARN, TUESDAY)
    assert (release.action, release.action_class, release.requested_by) == ("halo_blocking", "one_approver", 0)
    assert (release.seller_id, release.rollback_of) == (BEN, THE_BLOCK.intent_id)
    assert write_of(release, HaloForms("Note", {})).wanted == {"status_id": 21}


@pytest.mark.parametrize("of", [SHADOW, FREEZE], ids=["shadow", "freeze"])
def test_where_nothing_may_be_written_no_release_is_proposed_and_the_deal_is_named(of):
    assert proposed([SOFT], AS_BLOCKED, blocked(), of) == []
    assert [one.handoff_id for one in still_blocked(blocked().intents)] == [1]


def test_a_deal_that_somebody_has_moved_since_is_left_alone():
    assert proposed([SOFT], record(status_id=33), blocked()) == []


def test_a_deal_with_one_item_left_in_enforce_stays_blocked():
    assert proposed([SOFT, gap(item="margin_floor", mode="enforce")], AS_BLOCKED, blocked()) == []


@pytest.mark.parametrize("settle", ["proposed", "approved", "confirmed", "conflict", "failed", "refused"])
def test_a_release_is_proposed_once(settle):
    state = kept(blocked(), proposed([SOFT], AS_BLOCKED, blocked()), TUESDAY, WARN, settle)
    assert proposed([SOFT], AS_BLOCKED, state, now=WEDNESDAY) == []


def test_a_release_that_nobody_answered_in_time_is_proposed_again():
    state = kept(blocked(), proposed([SOFT], AS_BLOCKED, blocked()), TUESDAY, WARN, "expired")
    (again,) = proposed([SOFT], AS_BLOCKED, state, now=WEDNESDAY)
    assert again.dedupe_key == f"release|{THE_BLOCK.intent_id}#2"


def test_the_ordinary_way_back_that_nobody_answered_in_time_is_proposed_again():
    done = closed(STRICT, "2026-11-24T02:00:00")
    state = kept(blocked(), proposed([done], AS_BLOCKED, blocked(), ENFORCE), TUESDAY, ENFORCE, "expired")
    (again,) = proposed([done], AS_BLOCKED, state, ENFORCE, WEDNESDAY)
    assert (again.action, again.dedupe_key) == ("halo_status", f"status|{THE_BLOCK.intent_id}#2")


def test_what_a_person_asked_to_take_back_is_not_released_beside_it():
    back = rollback(THE_BLOCK, TENANT, WARN, 501, "agreed", TUESDAY)
    assert {one.seller_id for one in back} == {THE_BLOCK.seller_id} == {BEN}
    assert proposed([SOFT], AS_BLOCKED, replace(blocked(), intents=(THE_BLOCK, *back))) == []


def test_a_release_that_waits_is_withdrawn_when_the_item_is_raised_again_and_comes_back_with_the_next_lowering():
    state = kept(blocked(), proposed([SOFT], AS_BLOCKED, blocked()), TUESDAY, WARN, "approved")
    assert withdraw([SOFT], PEOPLE, state, WARN, TUESDAY) == []
    (gone,) = withdraw([STRICT], PEOPLE, state, ENFORCE, TUESDAY)
    assert gone.detail == HELD_AGAIN
    refused = tuple(replace(one, state="refused", detail=HELD_AGAIN) if one.intent_id == gone.intent_id else one for one in state.intents)
    assert len(proposed([SOFT], AS_BLOCKED, replace(state, intents=refused), now=WEDNESDAY)) == 1


def test_an_approved_release_goes_its_way_when_the_phase_goes_back():
    state = kept(blocked(), proposed([SOFT], AS_BLOCKED, blocked()), TUESDAY, WARN, "approved")
    assert lowered(situation_of([SOFT], PEOPLE, state, SHADOW, TUESDAY)) == []


@pytest.mark.parametrize(
    ("gaps", "of", "is_read"),
    [([SOFT], WARN, True), ([replace(STRICT, state="moot")], ENFORCE, True), ([STRICT], ENFORCE, False), ([SOFT], FREEZE, False)],
    ids=["lowered", "taken out of the policy", "it is blocked rightly", "nothing is written"],
)
def test_a_blocked_deal_whose_items_were_lowered_is_looked_at(gaps, of, is_read):
    assert set(records_due([], gaps, blocked(), of, TUESDAY)) == ({1} if is_read else set())


def test_a_deal_is_blocked_no_longer_once_a_way_back_is_confirmed():
    released = kept(blocked(), proposed([SOFT], AS_BLOCKED, blocked()), TUESDAY, WARN, "confirmed")
    assert still_blocked(released.intents) == []
    assert [one.handoff_id for one in still_blocked(kept(blocked(), proposed([SOFT], AS_BLOCKED, blocked()), TUESDAY, WARN).intents)] == [1]


def test_a_released_deal_that_is_moved_on_has_gone_round_nothing():
    blocks = kept(blocked(), proposed([SOFT], AS_BLOCKED, blocked()), TUESDAY, WARN, "confirmed").intents
    spells = [StatusSpell(1, 40, MONDAY + timedelta(minutes=5), TUESDAY), StatusSpell(1, 21, TUESDAY + timedelta(hours=1), None)]
    assert enforcement_off(blocks, spells, [STRICT]) == []
