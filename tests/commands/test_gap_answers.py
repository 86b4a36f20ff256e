"""`handoff snooze` and `handoff appeal`: a person's word on one gap, kept, and nothing else changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.ledger import Snooze
from tests.commands.outbox_world import GAP_ID, JO, KEY

SNOOZE = ("snooze", KEY, "--until", "2026-09-04", "--by", "Jo Field", "--reason", "the client signs on Thursday")
APPEAL = ("appeal", KEY, "--by", str(JO), "--reason", "the scope is in the appendix")


def test_a_snooze_holds_until_the_local_end_of_its_last_day(handoff, ledger, gap):
    assert handoff(*SNOOZE, "--yes").code == Exit.DONE
    [kept] = ledger.people.snoozes()
    assert (kept.gap_id, kept.agent_id, kept.reason) == (GAP_ID, JO, "the client signs on Thursday")
    assert kept.until == datetime(2026, 9, 4, 23, 0, tzinfo=UTC)


def test_the_gap_is_named_by_its_key_too(handoff, ledger, gap):
    handoff("snooze", "99", *SNOOZE[2:], "--yes")
    assert [each.gap_id for each in ledger.people.snoozes()] == [GAP_ID]


@pytest.mark.parametrize("until", ["2026-08-31", "2026-09-16"])
def test_a_day_that_is_over_or_too_far_off_is_refused_with_the_days_that_may_be(handoff, ledger, gap, until):
    said = handoff("snooze", KEY, "--until", until, "--by", "12", "--reason", "x", "--yes")
    assert (said.code, "from 2026-09-01 to 2026-09-15" in said.err) == (Exit.FAILED, True)
    assert ledger.people.snoozes() == []


def test_a_snooze_without_a_reason_is_refused(handoff, ledger, gap):
    assert handoff("snooze", KEY, "--until", "2026-09-04", "--by", "12", "--reason", " ", "--yes").code == Exit.FAILED
    assert ledger.people.snoozes() == []


@pytest.mark.parametrize("words", [SNOOZE, APPEAL], ids=["snooze", "appeal"])
def test_without_a_yes_nothing_is_kept(handoff, ledger, gap, words):
    assert handoff(*words).code == Exit.FAILED
    assert handoff(*words, "--json").json["written"] is False
    assert (ledger.people.snoozes(), ledger.people.feedback()) == ([], [])


@pytest.mark.parametrize("words", [SNOOZE, APPEAL], ids=["snooze", "appeal"])
def test_a_closed_gap_takes_no_word(handoff, ledger, people, words):
    people("dim_handoff", handoff_key=7, handoff_id=1042)
    people("dim_checklist_item", item_key=3, item="signed_scope")
    people("fact_gap", gap_key=99, handoff_key=7, item_key=3, state="resolved")
    said = handoff(*words, "--yes")
    assert (said.code, "is resolved already" in said.err) == (Exit.FAILED, True)


def test_an_appeal_is_kept_as_feedback_on_the_item(handoff, ledger, gap):
    said = handoff(*APPEAL, "--yes")
    assert (said.code, "stays open and due" in said.out) == (Exit.DONE, True)
    [kept] = ledger.people.feedback()
    assert (kept.handoff_id, kept.item, kept.kind, kept.reported_by) == (1042, "signed_scope", "false_positive", JO)
    assert (kept.note, kept.disposition) == ("the scope is in the appendix", None)


def test_an_appeal_without_a_reason_is_refused(handoff, ledger, gap):
    assert handoff("appeal", KEY, "--by", "12", "--reason", "", "--yes").code == Exit.FAILED


@pytest.mark.parametrize(("first_on", "shown"), [(25, "2026-09-08 09:00"), (17, None)], ids=["some days are left", "no day is left"])
def test_snoozing_again_shows_what_is_left_of_the_days_since_the_first_time(handoff, ledger, gap, first_on, shown):
    first = datetime(2026, 8, first_on, 9, tzinfo=UTC)
    ledger.people.snooze(Snooze(GAP_ID, first + timedelta(days=2), "on leave", JO, first))
    said = handoff("snooze", KEY, "--until", "2026-09-14", *SNOOZE[4:], "--yes")
    if shown is None:
        assert (said.code, "14 days from then are over" in said.err, len(ledger.people.snoozes())) == (Exit.FAILED, True, 1)
    else:
        assert (said.code, f"left alone until {shown} UTC" in said.out) == (Exit.DONE, True)
