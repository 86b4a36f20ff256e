"""What must hold of remediation for any gaps, answers and phases, over some days of decisions."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from handoff_pipeline.governance.escalation import escalation_row
from handoff_pipeline.governance.remediation import decide, withdraw
from handoff_pipeline.governance.remediation_rows import RemediationState
from handoff_pipeline.governance.rollout import EFFECT_OF
from handoff_pipeline.ledger.records_action import Acknowledgement, Snooze
from tests.governance.remediation_world import ALICE, BEN, MONDAY, PEOPLE, gap, kept, policy, record

ITEMS = ("signed_scope", "margin_floor", "dependencies")
PHASES = {phase: policy(phase) for phase in ("shadow", "freeze", "pilot", "expand", "operate")}
STATES = ("open", "resolved", "waived", "waiver_expired", "moot")
START = MONDAY - timedelta(days=4)
FEW = settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.generate, Phase.shrink))


@st.composite
def gaps(draw, least: int = 0):
    numbers = draw(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(ITEMS)), min_size=least, max_size=5, unique=True))
    return [one(draw, handoff, item) for handoff, item in numbers]


def one(draw, handoff, item):
    begin = START + timedelta(hours=draw(st.integers(0, 72)))
    row = gap(
        handoff, item, begin.replace(tzinfo=None).isoformat(), mode=draw(st.sampled_from(["shadow", "warn", "enforce"])),
        state=draw(st.sampled_from(STATES)), in_pilot=draw(st.booleans()), seller_id=draw(st.sampled_from([0, ALICE, BEN])),
        is_historic=draw(st.sampled_from([False, False, False, True])),
    )  # fmt: skip
    return replace(row, resolved_at=begin + timedelta(hours=draw(st.integers(1, 20)))) if row.state in {"resolved", "moot"} else row


@st.composite
def answers(draw, rows):
    moments = st.integers(0, 96).map(lambda hours: START + timedelta(hours=hours))
    seen = [Acknowledgement("gap", row.gap_id, BEN, draw(moments), "note") for row in rows if draw(st.booleans())]
    put_off = [Snooze(row.gap_id, draw(moments), "Later", BEN, draw(moments)) for row in rows if draw(st.booleans())]
    return RemediationState(acknowledgements=seen, snoozes=put_off)


@st.composite
def situations(draw):
    rows = draw(gaps())
    records = [record(handoff, in_pilot=draw(st.booleans())) for handoff in sorted({row.handoff_id for row in rows})]
    now = MONDAY + timedelta(hours=draw(st.integers(0, 60)))
    return rows, draw(answers(rows)), draw(st.sampled_from(sorted(PHASES))), now, records


def over_days(rows, state, of, now, records, step: int = 5, times: int = 16):
    """The state after decisions every few hours, everything delivered at once."""
    for number in range(times):
        moment = now + timedelta(hours=number * step)
        state = kept(state, decide(rows, PEOPLE, state, of, moment, records=records), moment, of, "accepted")
    return state


@FEW
@given(situations())
def test_deciding_twice_proposes_nothing_new(situation):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    state = kept(state, decide(rows, PEOPLE, state, of, now, records=records), now, of)
    assert decide(rows, PEOPLE, state, of, now, records=records) == []


@FEW
@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(situation, dice):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    first = decide(rows, PEOPLE, state, of, now, records=records)
    for some in (rows, records, state.acknowledgements, state.snoozes):
        dice.shuffle(some)
    assert decide(rows, PEOPLE, state, of, now, records=records) == first


@FEW
@given(situations())
def test_a_gap_that_is_not_open_never_gets_a_card(situation):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    shut = {row.gap_id for row in rows if not row.is_open}
    for proposal in decide(rows, PEOPLE, state, of, now, records=records):
        if proposal.action in {"owner_card", "escalation_card"}:
            assert not [gap_id for gap_id in shut if gap_id in proposal.dedupe_key]


@FEW
@given(situations())
def test_nothing_acts_in_shadow_or_freeze(situation):
    rows, state, _, now, records = situation
    for phase in ("shadow", "freeze"):
        assert all(one.is_shadow for one in decide(rows, PEOPLE, state, PHASES[phase], now, records=records))


@FEW
@given(situations())
def test_in_the_pilot_nothing_acts_on_a_handoff_outside_of_it(situation):
    rows, state, _, now, _ = situation
    inside = {row.handoff_id for row in rows if row.in_pilot}
    acting = [one for one in decide(rows, PEOPLE, state, PHASES["pilot"], now) if not one.is_shadow and one.handoff_id is not None]
    assert {one.handoff_id for one in acting} <= inside


@FEW
@given(situations())
def test_nobody_gets_two_lists_on_one_day(situation):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    lists = [one for one in over_days(rows, state, of, now, records).intents if one.action == "daily_card" and not one.is_shadow]
    sent_on = Counter((one.dedupe_key.split("|")[1], of.business_calendar.local_day(one.next_try_at or one.proposed_at)) for one in lists)
    assert all(number == 1 for number in sent_on.values())


@FEW
@given(situations())
def test_levels_of_escalation_only_go_up(situation):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    reached: dict[str, int] = {}
    escalations = [row for one in over_days(rows, state, of, now, records).intents if (row := escalation_row(one)) is not None]
    for row in sorted(escalations, key=lambda each: each.at):
        assert row.level >= reached.get(row.gap_id, 0)
        reached[row.gap_id] = row.level
    assert len({(row.gap_id, row.level, row.to_agent_id) for row in escalations}) == len(escalations)


@FEW
@given(situations())
def test_people_are_told_in_working_hours_only(situation):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    for one in decide(rows, PEOPLE, state, of, now, records=records):
        if one.target == "teams":
            assert of.business_calendar.is_working(one.not_before)


@FEW
@given(situations())
def test_every_proposal_has_the_effect_of_its_action_and_a_later_end_than_begin(situation):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    for one in decide(rows, PEOPLE, state, of, now, records=records):
        assert one.effect == EFFECT_OF[one.action]
        assert one.expires_at > one.not_before >= now


@FEW
@given(situations())
def test_what_was_proposed_a_moment_ago_still_holds(situation):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    state = kept(state, decide(rows, PEOPLE, state, of, now, records=records), now, of)
    assert withdraw(rows, PEOPLE, state, of, now) == []


@FEW
@given(situations())
def test_what_was_withdrawn_is_not_proposed_again_while_nothing_changes(situation):
    rows, state, phase, now, records = situation
    of = PHASES[phase]
    state = kept(state, decide(rows, PEOPLE, state, of, now, records=records), now, of)
    shut = [replace(row, state="resolved", resolved_at=now) if row.is_open else row for row in rows]
    taken = {one.intent_id for one in withdraw(shut, PEOPLE, state, of, now)}
    settled = [replace(one, state="refused", settled_at=now) if one.intent_id in taken else one for one in state.intents]
    again = {one.dedupe_key for one in decide(shut, PEOPLE, replace(state, intents=settled), of, now)}
    assert not again & {one.dedupe_key for one in settled}
