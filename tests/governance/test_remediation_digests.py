"""Digests: one instead of a flood after an outage, the Monday digest, short ones on other days, and the audit chain's head."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handoff_pipeline.channels.card_content import Content
from handoff_pipeline.governance.bypassing import Bypass
from handoff_pipeline.governance.digest import News
from handoff_pipeline.governance.remediation import decide, withdraw
from handoff_pipeline.ledger.canonical import canonical
from handoff_pipeline.ledger.records_action import AuditHead
from tests.governance.remediation_world import (
    ALICE,
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


def week_of_silence(days: int = 5):
    """A hard gap comes on each morning, Teams takes nothing, and decisions are made each morning."""
    gaps, state = [], NOTHING
    for number in range(days):
        now = at(f"2026-11-{23 + number}T09:30:00")
        gaps.append(gap(number + 1, detected=f"2026-11-{23 + number}T02:00:00"))
        state = after(gaps, state, now, settle="approved")
        taken = {one.intent_id: one for one in withdraw(gaps, PEOPLE, state, OPERATE, now)}
        intents = [replace(one, state="refused", settled_at=now) if one.intent_id in taken else one for one in state.intents]
        intents = [replace(one, state="expired") if one.state == "approved" and one.expires_at <= now else one for one in intents]
        state = replace(state, intents=intents)
    return gaps, state


def test_after_a_week_without_teams_one_digest_comes_instead_of_a_flood():
    gaps, state = week_of_silence()
    waiting = [one for one in state.intents if one.state == "approved" and one.target == "teams"]
    caught_up = [one for one in waiting if one.dedupe_key.startswith("digest|catch_up|")]
    assert len(caught_up) == 1
    named = Content.model_validate_json(caught_up[0].content)
    of_gaps = {row.group for row in named.rows if row.due is not None}
    assert of_gaps == {f"Harbour Dental · #{one.handoff_id}" for one in gaps[:-1]}
    # What is younger than the bound still comes as it is: the last morning's cards.
    assert {one.dedupe_key for one in waiting if one.action == "owner_card"} == {f"owner|{gaps[-1].gap_id}"}


def test_a_day_has_one_digest_that_catches_up_however_often_it_is_asked_for():
    state = after([HARD], NOTHING, MONDAY, settle="approved")
    late = at("2026-11-24T12:00:00")
    assert "digest|catch_up|2026-11-24" in keys([HARD], state, late)
    state = after([HARD], state, late, settle="approved")
    assert "digest|catch_up|2026-11-24" not in keys([HARD], state, late + timedelta(hours=1))


def test_a_card_is_not_withdrawn_for_a_digest_that_does_not_exist():
    state = after([HARD], NOTHING, MONDAY, settle="approved")
    state = replace(state, intents=[one for one in state.intents if one.action == "owner_card"])
    assert withdraw([HARD], PEOPLE, state, OPERATE, MONDAY + timedelta(days=3)) == []


def test_a_weekend_in_quiet_hours_is_no_outage():
    friday = gap(detected="2026-11-20T17:00:00")
    state = after([friday], NOTHING, at("2026-11-20T17:30:00"), settle="approved")
    assert not [key for key in keys([friday], state, at("2026-11-23T09:00:00")) if "catch_up" in key]


def digest_of(gaps, state, now, of=OPERATE, **more):
    (proposal,) = [one for one in decide(gaps, PEOPLE, state, of, now, **more) if one.dedupe_key.startswith("digest|2026-W")]
    return card(proposal)


def test_the_monday_digest_names_owners_and_what_changed_and_no_deals_title():
    gaps = [
        HARD,
        SOFT,
        gap(2, "dependencies", "2026-11-10T02:00:00"),
        closed(gap(3, detected="2026-11-16T02:00:00"), "2026-11-20T02:00:00"),
    ]
    said = digest_of(gaps, NOTHING, MONDAY)
    assert {fact.name: fact.value for fact in said.facts} == {
        "Open": "3", "Hard": "1", "Past the deadline": "1", "New": "2", "Closed": "1",
    }  # fmt: skip
    assert [(row.group, row.title, row.owner) for row in said.rows] == [
        ("Owners", "3 open gaps, 1 hard, 1 past the deadline", BEN),
        ("New", "Signed scope", BEN),
        ("New", "Dependencies", BEN),
        ("Closed", "Signed scope", BEN),
    ]
    assert "Managed onboarding" not in canonical(said.document())


def test_a_digest_is_not_made_before_its_hour_and_only_once_a_week():
    assert [key for key in keys([HARD], NOTHING, at("2026-11-23T07:59:59")) if key.startswith("digest")] == []
    state = after([HARD], NOTHING, MONDAY)
    assert [key for key in keys([HARD], state, MONDAY + timedelta(hours=3)) if key.startswith("digest")] == []


def test_an_uncertain_delivery_stands_in_the_next_digest_and_in_that_one_only():
    state = after([HARD], NOTHING, MONDAY)
    lost = state.by_key[f"owner|{HARD.gap_id}"]
    lost = replace(lost, state="uncertain", settled_at=MONDAY + timedelta(hours=1))
    state = replace(state, intents=[lost if one.intent_id == lost.intent_id else one for one in state.intents])
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    first = [one for one in decide([HARD], PEOPLE, state, OPERATE, tuesday) if one.dedupe_key == "digest|2026-11-24"]
    assert [row.title for row in card(first[0]).rows if row.group == "Deliveries to look at"] == [
        "owner card on handoff 1: may have arrived"
    ]
    state = kept(state, first, tuesday, OPERATE, "accepted")
    again = [one for one in decide([HARD, SOFT], PEOPLE, state, OPERATE, wednesday) if one.action == "digest"]
    assert not [row for one in again for row in card(one).rows if row.group == "Deliveries to look at"]


def test_a_quiet_working_day_has_no_digest():
    old = gap(item="dependencies", detected="2026-11-02T02:00:00")
    assert [key for key in keys([old], NOTHING, MONDAY + timedelta(days=1)) if key == "digest|2026-11-24"] == []


def test_a_bypass_stands_in_the_digest():
    gone_round = Bypass(
        kind="enforcement_off", handoff_id=1, project_id=None, discriminator="x", agent_id=ALICE, happened_at=MONDAY, detected_at=MONDAY,
        detail="The blocked deal was moved on",
    )  # fmt: skip
    said = digest_of([HARD], NOTHING, MONDAY + timedelta(hours=1), news=News(bypasses=[gone_round]))
    assert (said.rows[0].group, said.rows[0].owner) == ("Gone round the checklist", ALICE)


def test_the_head_of_the_audit_chain_goes_out_daily_even_in_shadow():
    news = News(head=AuditHead(7, "ab" * 32, MONDAY, "teams"))
    (proposal,) = of_action(decide([HARD], PEOPLE, NOTHING, policy("shadow"), MONDAY, news=news), "audit_head")
    assert (proposal.dedupe_key, proposal.is_shadow) == ("audit_head|2026-11-23", False)
    assert card(proposal).head.seq == 7


def test_gaps_that_nobody_owns_stand_first_in_the_digest():
    nobody = policy(remediation={"fallback": [], "last_resort": "Nobody Known"})
    said = digest_of([gap(seller_id=0), gap(2)], NOTHING, MONDAY, nobody)
    assert [row.title for row in said.rows if row.group == "Owners"] == [
        "Without an owner: 1 open gap, 1 hard",
        "1 open gap, 1 hard",
    ]
