"""What people answer at HaloPSA, read from notes, fields and statuses: seen, later, not a gap. Pure.

The words and their grammar are `answer_words`'s, appeals become feedback in `appeals`. The one thing to know: only an agent's own note
counts, and only its first line, so that a customer's mail that somebody forwards, and the product's own notes, never answer for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from handoff_pipeline.clock import Calendar
from handoff_pipeline.governance.answer_words import Answer, Words, first_line, is_filled, read_answer, words_of
from handoff_pipeline.governance.appeals import feedback_of
from handoff_pipeline.governance.remediation_rows import NOBODY, GapRow, People
from handoff_pipeline.ledger.records_action import Acknowledgement, Feedback, Snooze
from handoff_pipeline.policy import Policy

MARKER = "[handoff:"
"""What the product's own notes carry."""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note on a handoff's opportunity: its author's agent id (0: an end user, or not known) and its text as HaloPSA gives it."""

    handoff_id: int
    action_id: int
    agent_id: int
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """What the opportunity has held in a field or as its status since `since`, the first night or hour that saw it."""

    handoff_id: int
    kind: Literal["field", "status"]
    name: str
    value: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Misread:
    """A note that began as an answer and is none: what is missing, in the product's own words."""

    handoff_id: int
    far_ref: str
    agent_id: int
    at: datetime
    why: str


@dataclass
class Read:
    """Everything that was read. Reading the same rows again gives the same rows again: the ledger's keys drop them."""

    acknowledgements: list[Acknowledgement] = field(default_factory=list)
    snoozes: list[Snooze] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    misread: list[Misread] = field(default_factory=list)


def read_answers(
    notes: Iterable[NoteRow], values: Iterable[ValueRow], gaps: Sequence[GapRow], people: People, policy: Policy, writer_id: int = NOBODY
) -> Read:
    """What people answered.

    Args:
        notes: every note of the handoffs that have gaps.
        values: their statuses, and the policy's two fields.
        gaps: all gaps of these handoffs, closed ones too: an answer counts for those that were open at its moment.
        people: agents; a note by anybody else is not read.
        policy: words, fields and statuses.
        writer_id: the agent under whom the product writes; its notes are not read.
    """
    words, calendar, read = words_of(policy), policy.business_calendar, Read()
    by_handoff: dict[int, list[GapRow]] = {}
    for gap in gaps:
        by_handoff.setdefault(gap.handoff_id, []).append(gap)
    for note in sorted(notes, key=lambda one: (one.at, one.handoff_id, one.action_id)):
        if note.agent_id in {NOBODY, writer_id} or note.agent_id not in people.agents or MARKER in note.text:
            continue
        there = _open_at(by_handoff.get(note.handoff_id, []), note.at)
        if there:
            _take_note(read, note, there, words, calendar, policy.remediation.snooze.maximum_days)
    for value in sorted(values, key=lambda one: (one.since, one.handoff_id, one.kind, one.name)):
        _take_value(read, value, _open_at(by_handoff.get(value.handoff_id, []), value.since), words, policy)
    return read


def _take_note(read: Read, note: NoteRow, gaps: list[GapRow], words: Words, calendar: Calendar, maximum_days: int) -> None:
    reference = f"{note.handoff_id}/{note.action_id}"
    answer = read_answer(first_line(note.text), gaps, words)
    if answer is None:
        return
    trouble = answer.trouble or _no_end(answer, note.at, calendar, maximum_days)
    if trouble is not None:
        read.misread.append(Misread(note.handoff_id, reference, note.agent_id, note.at, trouble))
    elif answer.kind == "acknowledge":
        read.acknowledgements += [Acknowledgement("gap", gap.gap_id, note.agent_id, note.at, "note", reference) for gap in answer.gaps]
    elif answer.kind == "snooze" and answer.day is not None:
        until = calendar.utc(answer.day + timedelta(days=1)).replace(tzinfo=UTC)
        read.snoozes += [Snooze(gap.gap_id, until, answer.reason, note.agent_id, note.at) for gap in answer.gaps]
    else:
        read.feedback += [feedback_of(gap, note.agent_id, note.at, answer.reason, reference) for gap in answer.gaps]


def _take_value(read: Read, value: ValueRow, gaps: list[GapRow], words: Words, policy: Policy) -> None:
    """A field or a status names no author, so nobody is known to have answered (agent 0)."""
    answers, reference = policy.remediation, f"{value.handoff_id}/{value.name}"
    statuses = {status.strip().casefold() for status in answers.acknowledge.statuses}
    is_seen = value.value.strip().casefold() in statuses if value.kind == "status" else _is(value.name, answers.acknowledge.field)
    if is_seen and is_filled(value.value):
        rows = [Acknowledgement("gap", gap.gap_id, NOBODY, value.since, value.kind, reference) for gap in gaps]
        read.acknowledgements += rows
    elif value.kind == "field" and _is(value.name, answers.appeal.field) and is_filled(value.value) and gaps:
        answer = words.appeal_in(first_line(value.value), gaps)
        if answer.trouble is not None:
            read.misread.append(Misread(value.handoff_id, reference, NOBODY, value.since, answer.trouble))
        else:
            read.feedback += [feedback_of(gap, NOBODY, value.since, answer.reason, reference) for gap in answer.gaps]


def _no_end(answer: Answer, at: datetime, calendar: Calendar, maximum_days: int) -> str | None:
    if answer.kind != "snooze" or answer.day is None:
        return None
    days = (answer.day - calendar.local_day(at)).days
    if days < 0:
        return "The day of a snooze lies in the past; name a later one."
    return None if days <= maximum_days else f"A gap is put off for {maximum_days} days at most; name an earlier day."


def _open_at(gaps: Iterable[GapRow], at: datetime) -> list[GapRow]:
    found = [gap for gap in gaps if gap.detected_at <= at and (gap.resolved_at is None or gap.resolved_at > at) and not gap.is_historic]
    return sorted(found, key=lambda gap: gap.gap_id)


def _is(name: str, wanted: str | None) -> bool:
    return wanted is not None and name.strip().casefold() == wanted.strip().casefold()
