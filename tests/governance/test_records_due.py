"""Which opportunities are looked at though no gap of theirs is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from handoff_pipeline.governance.blocking import blocks
from handoff_pipeline.governance.records_due import records_due
from handoff_pipeline.governance.remediation import decide
from handoff_pipeline.governance.remediation_rows import RemediationState
from handoff_pipeline.governance.situation import situation_of
from tests.governance.remediation_world import MONDAY, PEOPLE, at, closed, gap, kept, policy, record

FIELDS = {"fields": {"score": "CFHandoffScore", "gap_count": "CFHandoffGaps", "signoff_state": "CFHandoffSignoff"}}
ENFORCE = policy(mode="enforce", write_back={**FIELDS, "blocking_status": "Closed Won"})
STRICT = gap(mode="enforce")
NOTHING = RemediationState()


def written(settle="confirmed", of=ENFORCE):
    """What is known once the record's figures were written, or are on their way."""
    return kept(NOTHING, decide([], PEOPLE, NOTHING, of, MONDAY, records=[record()]), MONDAY, of, settle)


def blocked():
    return kept(written(), blocks(situation_of([STRICT], PEOPLE, NOTHING, ENFORCE, MONDAY), [record()]), MONDAY, ENFORCE, "confirmed")


def due(records, gaps, state, of=ENFORCE, now=MONDAY):
    return set(records_due(records, gaps, state, of, now))


def test_a_record_that_was_never_written_is_looked_at():
    assert due([record()], [], NOTHING) == {1}


@pytest.mark.parametrize("settle", ["approved", "uncertain", "confirmed"])
def test_figures_that_are_written_or_on_their_way_are_left_alone(settle):
    assert due([record()], [], written(settle)) == set()


@pytest.mark.parametrize("settle", ["failed", "conflict", "expired"])
def test_a_write_that_did_not_come_about_is_looked_at_again(settle):
    assert due([record()], [], written(settle)) == {1}


def test_the_last_gaps_end_changes_the_figures_so_the_record_is_looked_at():
    assert due([record(score=100.0, open_gaps=0)], [closed(STRICT, "2026-11-24T02:00:00")], written()) == {1}


def test_what_was_recorded_in_shadow_is_not_asked_for_again():
    shadow = policy(phase="shadow", write_back=FIELDS)
    assert due([record()], [], written(of=shadow), shadow) == set()


def test_where_no_field_is_named_and_nothing_is_blocked_nothing_is_looked_at():
    assert due([record()], [STRICT], NOTHING, policy()) == set()


def test_a_historic_record_is_never_looked_at():
    assert due([record(is_historic=True)], [], NOTHING) == set()


def test_a_blocked_deal_is_looked_at_once_its_gap_is_closed_and_for_a_week():
    now, done = at("2026-11-24T08:00:00"), closed(STRICT, "2026-11-24T02:00:00")
    assert due([record()], [done], blocked(), now=now) == {1}
    assert due([record()], [done], blocked(), now=now + timedelta(days=8)) == set()


def test_a_block_that_has_its_way_back_is_not_looked_at_for_that():
    now, done = at("2026-11-24T08:00:00"), closed(STRICT, "2026-11-24T02:00:00")
    released = blocks(situation_of([done], PEOPLE, blocked(), ENFORCE, now), [record(status_id=40)])
    assert due([record()], [done], kept(blocked(), released, now, ENFORCE, "proposed"), now=now) == set()


def test_a_block_that_took_no_effect_is_not_looked_at():
    none = RemediationState(intents=tuple(replace(one, state="refused") for one in blocked().intents if one.action == "halo_blocking"))
    done = closed(STRICT, "2026-11-24T02:00:00")
    assert due([], [done], none, now=at("2026-11-24T08:00:00")) == set()
