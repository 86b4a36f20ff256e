"""What goes onto HaloPSA's records: notes, score fields, blocks, and the bypass of a block."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from handoff_pipeline.channels.halo_writes import HaloForms, write_of
from handoff_pipeline.governance.asking import question_of
from handoff_pipeline.governance.bypassing import StatusSpell, Waived, enforcement_off
from handoff_pipeline.governance.proposals import as_intent
from handoff_pipeline.governance.remediation import decide, withdraw
from handoff_pipeline.governance.remediation_rows import RemediationState
from handoff_pipeline.governance.rollback import rollback
from handoff_pipeline.ledger.records_action import Snooze
from tests.governance.remediation_world import BEN, MONDAY, PEOPLE, TENANT, at, closed, gap, kept, of_action, policy, record

FIELDS = {"fields": {"score": "CFHandoffScore", "gap_count": "CFHandoffGaps", "signoff_state": "CFHandoffSignoff"}}
OPERATE = policy(write_back=FIELDS)
ENFORCE = policy(mode="enforce")
NOTHING = RemediationState()
ANSWERS = "ACK (seen); SNOOZE YYYY-MM-DD and a reason (later); FALSE POSITIVE, the item and a reason (not a gap)"
HARD = gap()
STRICT = gap(mode="enforce")
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def notes(gaps, state, now):
    return of_action(decide(gaps, PEOPLE, state, OPERATE, now), "halo_note")


def scores(row, state, now=MONDAY, of=OPERATE):
    return of_action(decide([], PEOPLE, state, of, now, records=[row]), "halo_score_fields")


def blocks(gaps, row, state, now=MONDAY, action="halo_blocking", of=ENFORCE):
    return of_action(decide(gaps, PEOPLE, state, of, now, records=[row]), action)


def test_the_note_lists_gaps_with_reason_fix_local_deadline_and_how_to_answer():
    (proposal,) = notes([HARD, gap(item="dependencies", detected="2026-06-08T02:00:00")], NOTHING, MONDAY)
    assert proposal.content["note"].splitlines() == [
        "Handoff check: 2 open gaps.",
        "1. Signed scope (signed_scope, hard), due 2026-11-23 17:00",
        "   Nothing is entered.",
        "   Fill in signed_scope.",
        "2. Dependencies (dependencies), due 2026-06-10 16:00",
        "   Nothing is entered.",
        "   Fill in dependencies.",
        f"Answer with a note that begins with one of: {ANSWERS}.",
    ]


def test_the_note_holds_no_customers_text_and_nobodys_name():
    (proposal,) = notes([HARD], NOTHING, MONDAY)
    assert not [word for word in ("Harbour", "Managed onboarding", "Ben") if word in str(proposal)]


def test_a_note_is_written_again_only_when_the_gaps_have_changed():
    state = kept(NOTHING, notes([HARD], NOTHING, MONDAY), MONDAY, OPERATE, "confirmed")
    assert notes([HARD], state, TUESDAY) == []
    assert len(notes([HARD, gap(item="dependencies")], state, TUESDAY)) == 1


def test_the_same_gaps_after_another_came_and_went_make_a_new_note():
    state, came = NOTHING, gap(item="dependencies")
    for now, gaps in ((MONDAY, [HARD]), (TUESDAY, [HARD, came])):
        state = kept(state, notes(gaps, state, now), now, OPERATE, "confirmed")
    assert len(notes([HARD, closed(came, "2026-11-25T02:00:00")], state, WEDNESDAY)) == 1


def test_the_last_note_says_that_nothing_is_open_and_no_first_note_does():
    done = closed(HARD, "2026-11-24T02:00:00")
    assert notes([done], NOTHING, TUESDAY) == []
    state = kept(NOTHING, notes([HARD], NOTHING, MONDAY), MONDAY, OPERATE, "confirmed")
    (proposal,) = notes([done], state, TUESDAY)
    assert proposal.content["note"] == "Handoff check: no open gaps.\nClosed: Signed scope (signed_scope), 2026-11-24"


def test_a_note_that_expired_unsent_is_proposed_anew():
    state = kept(NOTHING, notes([HARD], NOTHING, MONDAY), MONDAY, OPERATE, "expired")
    (proposal,) = notes([HARD], state, WEDNESDAY)
    assert proposal.dedupe_key.endswith("#2")


def test_a_note_that_waits_is_withdrawn_when_a_later_one_comes():
    state = kept(NOTHING, notes([HARD], NOTHING, MONDAY), MONDAY, OPERATE)
    gaps = [HARD, gap(item="dependencies")]
    state = kept(state, notes(gaps, state, TUESDAY), TUESDAY, OPERATE)
    assert [one.intent_id for one in withdraw(gaps, PEOPLE, state, OPERATE, TUESDAY)] == [state.intents[0].intent_id]


def test_score_fields_carry_the_values_that_were_seen():
    (proposal,) = scores(record(fields_seen={"CFHandoffScore": "55", "CFHandoffGaps": "", "CFHandoffSignoff": "none"}), NOTHING)
    assert proposal.content == {"ticket_id": 1, "fields": {"CFHandoffScore": "60", "CFHandoffGaps": "1", "CFHandoffSignoff": "none"}}
    assert proposal.precondition == {"CFHandoffScore": "55", "CFHandoffGaps": None, "CFHandoffSignoff": "none"}


def test_fields_that_hold_the_values_already_are_not_written():
    assert scores(record(fields_seen={"CFHandoffScore": "60", "CFHandoffGaps": "1", "CFHandoffSignoff": "none"}), NOTHING) == []


def test_only_the_fields_that_the_policy_names_are_written():
    (proposal,) = scores(record(), NOTHING, of=policy(write_back={"fields": {"score": "CFHandoffScore"}}))
    assert proposal.content["fields"] == {"CFHandoffScore": "60"}


def test_a_value_that_comes_back_is_written_again():
    state, written = NOTHING, ""
    for day, score in enumerate((60.0, 80.0, 60.0, 80.0)):
        now = MONDAY + timedelta(days=day)
        row = record(score=score, seen_at=now, fields_seen={"CFHandoffScore": written, "CFHandoffGaps": "1", "CFHandoffSignoff": "none"})
        found = scores(row, state, now)
        assert len(found) == 1, day
        state, written = kept(state, found, now, OPERATE, "confirmed"), f"{score:g}"


def test_a_record_read_before_the_last_write_says_nothing_about_it():
    state = kept(NOTHING, scores(record(), NOTHING), MONDAY + timedelta(hours=1), OPERATE, "confirmed")
    assert scores(record(), state, MONDAY + timedelta(hours=2)) == []


def test_a_field_that_could_not_be_written_is_not_tried_every_hour():
    state = kept(NOTHING, scores(record(), NOTHING), MONDAY, OPERATE, "failed")
    fresh = record(seen_at=MONDAY + timedelta(hours=3))
    assert scores(fresh, state, MONDAY + timedelta(hours=3)) == []
    assert len(scores(replace(fresh, seen_at=TUESDAY), state, TUESDAY)) == 1


def test_a_value_that_a_person_had_taken_back_is_not_written_again_until_it_is_another_one():
    state = kept(NOTHING, scores(record(), NOTHING), MONDAY, OPERATE, "confirmed")
    (done,) = state.intents
    (back, _) = rollback(done, TENANT, OPERATE, 501, "not yet", MONDAY + timedelta(hours=1))
    state = replace(state, intents=[done, replace(back, state="confirmed", settled_at=MONDAY)])
    fresh = record(seen_at=TUESDAY)
    assert scores(fresh, state, TUESDAY) == []
    assert len(scores(replace(fresh, score=61.0), state, TUESDAY)) == 1


def test_a_block_is_a_note_and_the_policys_status_and_needs_an_approver():
    (proposal,) = blocks([STRICT], record(), NOTHING)
    assert (proposal.content["status_id"], proposal.precondition) == (40, {"status_id": 21})
    assert as_intent(proposal, TENANT, ENFORCE, MONDAY).action_class == "one_approver"


def test_above_the_materiality_amount_two_people_approve_a_block():
    (proposal,) = blocks([STRICT], record(amount_base=Decimal(25_001)), NOTHING)
    assert as_intent(proposal, TENANT, ENFORCE, MONDAY).action_class == "two_approvers"


def test_a_tenant_without_a_blocking_status_gets_the_note_alone():
    (proposal,) = blocks([STRICT], record(blocking_status_id=None), NOTHING)
    assert "status_id" not in proposal.content


def test_items_in_mode_warn_block_nothing():
    assert [one for one in blocks([HARD], record(), NOTHING) if not one.is_shadow] == []


def test_a_gap_blocks_once_even_where_people_move_the_deal_on():
    state = kept(NOTHING, blocks([STRICT], record(), NOTHING), MONDAY, ENFORCE, "confirmed")
    assert blocks([STRICT], record(status_id=21), state, TUESDAY) == []


def test_once_nothing_is_open_the_deal_goes_back_to_its_former_status():
    state = kept(NOTHING, blocks([STRICT], record(), NOTHING), MONDAY, ENFORCE, "confirmed")
    done = closed(STRICT, "2026-11-24T02:00:00")
    (proposal,) = blocks([done], record(status_id=40), state, TUESDAY, "halo_status")
    assert (proposal.content, proposal.precondition) == ({"ticket_id": 1, "status_id": 21}, {"status_id": 40})
    state = kept(state, [proposal], TUESDAY, ENFORCE, "confirmed")
    assert blocks([done], record(status_id=40), state, WEDNESDAY, "halo_status") == []


def test_nobody_is_asked_about_a_block_that_is_taken_back():
    (proposal,) = blocks([STRICT], record(), NOTHING)
    block = as_intent(proposal, TENANT, ENFORCE, MONDAY)
    asking = replace(question_of(block, "service_delivery_lead", 7, 0, TENANT, ENFORCE, MONDAY).intent, state="approved")
    state = RemediationState(intents=[block, asking])
    assert withdraw([STRICT], PEOPLE, state, ENFORCE, MONDAY) == []
    gone = {one.intent_id for one in withdraw([closed(STRICT, "2026-11-24T02:00:00")], PEOPLE, state, ENFORCE, TUESDAY)}
    assert gone == {block.intent_id, asking.intent_id}


def test_snoozing_a_gap_does_not_unblock_the_deal():
    state = kept(NOTHING, blocks([STRICT], record(), NOTHING), MONDAY, ENFORCE, "confirmed")
    state = replace(state, snoozes=[Snooze(STRICT.gap_id, at("2026-11-30"), "Later", BEN, MONDAY)])
    assert blocks([STRICT], record(status_id=40), state, TUESDAY, "halo_status") == []


def test_a_block_that_waits_for_its_approver_is_withdrawn_when_the_gap_is_closed():
    state = kept(NOTHING, blocks([STRICT], record(), NOTHING), MONDAY, ENFORCE, "proposed")
    found = withdraw([closed(STRICT, "2026-11-24T02:00:00")], PEOPLE, state, ENFORCE, TUESDAY)
    assert [one.detail for one in found] == ["No gap is left to block the deal for."]


@pytest.mark.parametrize("action", ["halo_note", "halo_score_fields", "halo_blocking"])
def test_what_is_proposed_is_what_the_gateway_can_write(action):
    both = policy(mode="enforce", write_back=FIELDS)
    (proposal,) = of_action(decide([STRICT], PEOPLE, NOTHING, both, MONDAY, records=[record()]), action)
    write = write_of(as_intent(proposal, TENANT, both, MONDAY), HaloForms("Note", {}))
    assert write.ticket_id == 1


def test_the_release_is_what_the_gateway_can_write():
    state = kept(NOTHING, blocks([STRICT], record(), NOTHING), MONDAY, ENFORCE, "confirmed")
    (proposal,) = blocks([closed(STRICT, "2026-11-24T02:00:00")], record(status_id=40), state, TUESDAY, "halo_status")
    assert write_of(as_intent(proposal, TENANT, ENFORCE, MONDAY), HaloForms("Note", {})).wanted == {"status_id": 21}


def test_what_an_approver_reads_names_the_contents_hash():
    (proposal,) = blocks([STRICT], record(), NOTHING)
    intent = as_intent(proposal, TENANT, ENFORCE, MONDAY)
    assert intent.content_hash[:16] in intent.shown


BLOCKED = kept(NOTHING, blocks([STRICT], record(), NOTHING), MONDAY, ENFORCE, "confirmed").intents
HELD = StatusSpell(1, 40, MONDAY + timedelta(minutes=5), TUESDAY)
MOVED = StatusSpell(1, 21, TUESDAY, None)
THE_BLOCK = next(one for one in BLOCKED if one.action == "halo_blocking")
TAKEN_BACK = replace(
    THE_BLOCK, intent_id="b" * 32, dedupe_key=f"rollback|{THE_BLOCK.intent_id}", rollback_of=THE_BLOCK.intent_id,
    content='{"note":"taken back","status_id":21,"ticket_id":1}', settled_at=MONDAY + timedelta(hours=3),
)  # fmt: skip


def test_a_blocked_deal_that_is_moved_on_with_an_open_item_is_a_bypass():
    (found,) = enforcement_off(BLOCKED, [MOVED, HELD], [STRICT])
    assert (found.kind, found.handoff_id, found.happened_at) == ("enforcement_off", 1, TUESDAY)
    assert found.discriminator == next(one.intent_id for one in BLOCKED if one.action == "halo_blocking")


@pytest.mark.parametrize(
    ("became", "state"), [("open", "open"), ("waiver_expired", "open"), ("resolved", "corrected"), ("waived", "explained")]
)
def test_a_bypass_of_a_block_is_open_as_long_as_its_gaps_are(became, state):
    later = STRICT if became == "open" else replace(STRICT, state=became)
    if became in {"resolved", "waived"}:
        later = replace(later, resolved_at=TUESDAY + timedelta(days=1))
    assert [one.state for one in enforcement_off(BLOCKED, [HELD, MOVED], [later])] == [state]


@pytest.mark.parametrize(
    ("blocked", "spells", "gaps"),
    [
        (BLOCKED, [HELD], [STRICT]),
        (BLOCKED, [HELD, MOVED], [closed(STRICT, "2026-11-24T07:00:00")]),
        (BLOCKED, [HELD, MOVED], [replace(STRICT, state="waived")]),
        (BLOCKED, [HELD, MOVED], [replace(STRICT, mode="warn")]),
        (BLOCKED, [HELD, replace(MOVED, handoff_id=2)], [STRICT]),
        ([replace(one, state="refused") for one in BLOCKED], [HELD, MOVED], [STRICT]),
        ([replace(one, is_shadow=True) for one in BLOCKED], [HELD, MOVED], [STRICT]),
        (BLOCKED, [replace(MOVED, at=MONDAY - timedelta(days=1), to=MONDAY), HELD], [STRICT]),
        ([*BLOCKED, TAKEN_BACK], [HELD, MOVED, replace(MOVED, status_id=41, at=TUESDAY + timedelta(days=1))], [STRICT]),
    ],
    ids=[
        "held",
        "fixed first",
        "waived",
        "not enforced",
        "another deal",
        "never blocked",
        "only recorded",
        "before the block",
        "taken back",
    ],
)
def test_what_is_no_bypass_of_a_block(blocked, spells, gaps):
    assert enforcement_off(blocked, spells, gaps) == []


def test_whoever_moves_a_deal_on_while_its_item_is_waived_was_allowed_to_even_when_that_is_over():
    over = replace(STRICT, state="waiver_expired")
    waived = [Waived(1, STRICT.item, MONDAY + timedelta(hours=4), TUESDAY + timedelta(days=9))]
    assert enforcement_off(BLOCKED, [HELD, MOVED], [over], waived) == []
    later = [replace(waived[0], at=TUESDAY + timedelta(hours=1))]
    assert [one.state for one in enforcement_off(BLOCKED, [HELD, MOVED], [over], later)] == ["open"]


def test_the_products_own_way_back_is_no_bypass_though_the_gap_is_open_again():
    assert enforcement_off(BLOCKED, [HELD, MOVED], [STRICT], released=[(1, TUESDAY - timedelta(hours=1))]) == []
    assert len(enforcement_off(BLOCKED, [HELD, MOVED], [STRICT], released=[(1, TUESDAY + timedelta(hours=1))])) == 1
