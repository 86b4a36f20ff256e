"""Answers read at HaloPSA: the grammar word by word, and text that only looks like an answer."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.governance.acknowledging import NoteRow, Read, ValueRow, read_answers
from tests.governance.remediation_world import BEN, MONDAY, PEOPLE, at, closed, gap, policy

SCOPE, DEPENDENCIES = gap(), gap(item="dependencies")
GAPS = [SCOPE, DEPENDENCIES]
POLICY = policy(remediation={"acknowledge": {"note_word": "ACK", "statuses": ["Closed Won"], "field": "CFHandoffAck"},
                             "appeal": {"note_word": "FALSE POSITIVE", "field": "CFHandoffAppeal"}})  # fmt: skip


def read(text: str, *, gaps=GAPS, agent: int = BEN, when=MONDAY, writer: int = 0):
    return read_answers([NoteRow(1, 7, agent, when, text)], [], gaps, PEOPLE, POLICY, writer)


def value(kind: Literal["field", "status"], name: str, text: str, since=MONDAY, gaps=GAPS):
    return read_answers([], [ValueRow(1, kind, name, text, since)], gaps, PEOPLE, POLICY)


def subjects(found) -> list[str]:
    return sorted(one.subject_id for one in found.acknowledgements)


BOTH = sorted([SCOPE.gap_id, DEPENDENCIES.gap_id])


@pytest.mark.parametrize(
    ("text", "acknowledged"),
    [
        ("ACK", BOTH),
        ("ack", BOTH),
        ("\n\n  ACK. Will do it on Friday", BOTH),
        ("<p>ACK&nbsp;signed_scope</p><p>more</p>", [SCOPE.gap_id]),
        ("ACK signed_scope", [SCOPE.gap_id]),
        ("ACK Signed Scope, dependencies", BOTH),
        ("ACK: dependencies - seen", [DEPENDENCIES.gap_id]),
        ("ACKNOWLEDGED", []),
        ("I ACK", []),
        ("> ACK", []),
        ("Thanks.\nACK", []),
        ("A\u200bCK signed_scope", [SCOPE.gap_id]),
        ("АCK", []),
        ("", []),
        ("ACK " + "x" * 600, []),
    ],
)
def test_what_acknowledges_and_what_does_not(text, acknowledged):
    assert subjects(read(text)) == acknowledged


def test_an_acknowledgement_says_who_when_and_where():
    (one,) = read("ACK signed_scope").acknowledgements
    assert (one.subject, one.agent_id, one.at, one.channel, one.far_ref) == ("gap", BEN, MONDAY, "note", "1/7")


@pytest.mark.parametrize(
    ("agent", "text", "writer"),
    [(0, "ACK", 0), (999, "ACK", 0), (BEN, "ACK [handoff:0123]", 0), (BEN, "ACK", BEN)],
    ids=["an end user", "somebody unknown", "the product's marker", "the product's own agent"],
)
def test_only_an_agents_own_note_counts(agent, text, writer):
    found = read(text, agent=agent, writer=writer)
    assert found == Read()


def test_an_answer_is_about_the_gaps_that_were_open_at_its_moment():
    gaps = [closed(SCOPE, "2026-11-23T07:00:00"), DEPENDENCIES, gap(item="margin_floor", detected="2026-11-23T09:00:00")]
    assert subjects(read("ACK", gaps=gaps)) == [DEPENDENCIES.gap_id]


def test_reading_the_same_notes_again_gives_the_same_rows():
    text = "FALSE POSITIVE signed_scope it is in the folder"
    assert read(text).feedback == read(text).feedback


@pytest.mark.parametrize(
    ("text", "until", "reason"),
    [
        ("SNOOZE 2026-12-01 waiting for the client", "2026-12-02T00:00:00", "waiting for the client"),
        ("snooze until 2026-12-01: waiting", "2026-12-02T00:00:00", "waiting"),
        ("SNOOZE signed_scope 2026-11-23 today", "2026-11-24T00:00:00", "today"),
    ],
)
def test_a_snooze_lasts_to_the_end_of_its_local_day(text, until, reason):
    one = read(text).snoozes[0]
    assert (one.until, one.reason, one.agent_id) == (at(until), reason, BEN)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SNOOZE", "needs its last day"),
        ("SNOOZE next week please", "needs its last day"),
        ("SNOOZE 2026-02-30 reason", "none of the calendar"),
        ("SNOOZE 2026-12-01", "needs a reason"),
        ("SNOOZE 2026-12-01 -", "needs a reason"),
        ("SNOOZE 2026-11-22 reason", "in the past"),
        ("SNOOZE 2026-12-08 reason", "14 days at most"),
        ("FALSE POSITIVE", "name one of: dependencies, signed_scope"),
        ("FALSE POSITIVE the folder has it", "name one of"),
        ("FALSE POSITIVE signed_scope", "needs a reason"),
    ],
)
def test_an_answer_that_lacks_something_is_told_and_does_nothing(text, why):
    found = read(text)
    assert why in found.misread[0].why
    assert found == Read(misread=found.misread)


def test_an_appeal_is_feedback_on_the_item_with_its_reason():
    (one,) = read("False positive signed_scope: the PDF is in the folder").feedback
    assert (one.item, one.kind, one.note, one.reported_by) == ("signed_scope", "false_positive", "the PDF is in the folder", BEN)


def test_where_one_gap_is_open_an_appeal_need_not_name_it():
    assert [one.item for one in read("FALSE POSITIVE it is signed", gaps=[SCOPE]).feedback] == ["signed_scope"]


@pytest.mark.parametrize(
    ("kind", "name", "text", "acknowledged"),
    [
        ("status", "status", "closed won", BOTH),
        ("status", "status", "Closed Lost", []),
        ("field", "cfhandoffack", "yes", BOTH),
        ("field", "CFHandoffAck", "false", []),
        ("field", "CFHandoffAck", " ", []),
        ("field", "CFOther", "yes", []),
    ],
)
def test_a_status_or_a_filled_field_acknowledges_and_names_nobody(kind, name, text, acknowledged):
    found = value(kind, name, text)
    assert subjects(found) == acknowledged
    assert {one.agent_id for one in found.acknowledgements} <= {0}


def test_a_field_that_stays_filled_acknowledges_no_later_gap():
    later = gap(item="margin_floor", detected="2026-11-24T02:00:00")
    assert subjects(value("field", "CFHandoffAck", "yes", gaps=[SCOPE, later])) == [SCOPE.gap_id]


def test_an_appeal_in_a_field_names_its_item():
    (one,) = value("field", "CFHandoffAppeal", "dependencies: none are needed").feedback
    assert (one.item, one.reported_by) == ("dependencies", 0)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=200))
def test_no_text_brings_the_reading_down_or_names_a_gap_that_is_not_there(text):
    found = read("ACK " + text)
    assert set(subjects(found)) <= set(BOTH)
    assert all("\n" not in one.reason for one in read("SNOOZE 2026-12-01 " + text).snoozes)
