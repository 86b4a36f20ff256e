"""What arrived at the two far sides up to a moment: notes, questions, fields and statuses at the tenant, cards in the channel.

Read from the simulators' own logs. The one thing to know: a note and a question carry their intent's id, a card its first twelve digits; a
field or a status that was written carries nothing, so it is told by its deal and moment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from handoff_pipeline.simulator.overlay import Edit
from handoff_pipeline.simulator.teams import Post

MARKER: Final = re.compile(r"\[handoff:([0-9a-f]{32})\]")
REFERENCE: Final = re.compile(r"reference ([0-9a-f]{12})")
LEVEL: Final = re.compile(r"Escalation, level (\d)")
DEAL: Final = re.compile(r"[?&]id=(\d+)")
Place = tuple[int, datetime]
"""A deal and when it was written to."""


@dataclass(frozen=True)
class Note:
    """A note or a question with its intent's id: on which ticket, when, and the status that it moved the ticket to."""

    intent_id: str
    ticket_id: int
    at: datetime
    new_status: int | None = None


@dataclass(frozen=True)
class Card:
    """A message to the channel: its intent's first digits, when it was posted, whether people see it, and what met it."""

    reference: str
    at: datetime
    is_shown: bool
    fault: str | None
    text: str

    @property
    def level(self) -> int | None:
        """The level of an escalation."""
        found = LEVEL.search(self.text)
        return int(found[1]) if found else None

    @property
    def deal_id(self) -> int | None:
        """The deal that the card links to first."""
        found = DEAL.search(self.text)
        return int(found[1]) if found else None


@dataclass(frozen=True)
class Effects:
    """Everything that arrived before a moment."""

    notes: tuple[Note, ...]
    questions: tuple[Note, ...]
    fields: Counter[Place]
    moves: Counter[Place]
    cards: tuple[Card, ...]

    @property
    def blocks(self) -> list[Note]:
        """The notes that moved a status."""
        return [note for note in self.notes if note.new_status is not None]


def effects_before(moment: datetime, writes: Sequence[Edit], posts: Sequence[Post], delivered: Sequence[tuple[datetime, int]]) -> Effects:
    """What the logs hold of the time before a moment. `delivered` has each delivery with how many posts there were after it."""
    edits = [edit for edit in writes if edit.at < moment]
    notes = [_note(edit) for edit in edits if (edit.resource, edit.kind) == ("actions", "create")]
    questions = [_note(edit) for edit in edits if (edit.resource, edit.kind) == ("approvals", "create")]
    blocked = {(note.ticket_id, note.at) for note in notes if note.new_status is not None}
    changes = [edit for edit in edits if (edit.resource, edit.kind) == ("tickets", "change")]
    return Effects(
        tuple(notes),
        tuple(questions),
        Counter((edit.key[0], edit.at) for edit in changes if edit.fields.get("customfields")),
        Counter((edit.key[0], edit.at) for edit in changes if "status_id" in edit.fields and (edit.key[0], edit.at) not in blocked),
        tuple(card for card in _cards(posts, delivered) if card.at < moment),
    )


def _note(edit: Edit) -> Note:
    found = MARKER.findall(str(edit.fields.get("note")))
    if len(found) != 1:
        raise ValueError(f"{edit.resource} {edit.key} was written without just one marker: {edit.fields.get('note')}")
    return Note(found[0], edit.key[0], edit.at, edit.fields.get("new_status") or None)


def _cards(posts: Sequence[Post], delivered: Sequence[tuple[datetime, int]]) -> list[Card]:
    found, first = [], 0
    for at, number in delivered:
        found += [_card(post, at) for post in posts[first:number]]
        first = number
    return found


def _card(post: Post, at: datetime) -> Card:
    text = post.body.decode("utf-8")
    return Card(REFERENCE.findall(text)[-1], at, bool(post.cards), post.fault, text)


def shown(effects: Effects) -> list[Card]:
    """The cards that people see."""
    return [card for card in effects.cards if card.is_shown]
