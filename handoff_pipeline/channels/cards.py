"""Cards as Adaptive Card 1.5, from content, people and the moment: one anatomy for every kind.

What is said was decided in governance; how a card is sent is teams. The order is always the same: what it is, who is meant, what about, by
when, the facts, the rows, what was left out, the audit head, the buttons. The one thing to know: nothing of `Content` reaches a card but
through `card_text` and `https_only`, and the size is that of the whole message, so the envelope is given in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from handoff_pipeline.channels.card_content import Content
from handoff_pipeline.channels.card_elements import Element, buttons, card, container, fact_set, text
from handoff_pipeline.channels.card_kinds import look_of
from handoff_pipeline.channels.card_people import Person, mention
from handoff_pipeline.channels.card_rows import due_text, rows_of
from handoff_pipeline.channels.card_text import escaped, plain
from handoff_pipeline.channels.card_trim import MOST_BYTES, Cut, fitted

MOST_TITLE = 200
MOST_SUMMARY = 1000
MOST_NAME = 60
MOST_VALUE = 240


@dataclass(frozen=True)
class Reader:
    """For whom and when a card is drawn: names and identities by agent id, the zone in which dates are told, and now (aware)."""

    people: Mapping[int, Person]
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True)
class Drawn:
    """A card that fits, and how many rows and facts of the content it lacks."""

    card: dict[str, Any]
    rows_left_out: int
    facts_left_out: int


def draw(content: Content, reader: Reader, reference: str, size_of: Callable[[dict[str, Any]], int], most: int = MOST_BYTES) -> Drawn:
    """The fullest card of the content of which `size_of` (the bytes of the whole message) is at most `most`.

    `reference` is the intent's id; its first digits stand on the card, so that a person can find an uncertain delivery.
    """
    shown_card, cut = fitted(lambda cut: _card(content, reader, reference, cut), size_of, len(content.rows), len(content.facts), most)
    return Drawn(shown_card, _rows_left_out(content, cut), len(content.facts) - cut.facts)


def _rows_left_out(content: Content, cut: Cut) -> int:
    return max(content.total or 0, len(content.rows)) - cut.rows


def _card(content: Content, reader: Reader, reference: str, cut: Cut) -> dict[str, Any]:
    address, entities = _addressed(content, reader)
    body = [_heading(content), *address]
    if not cut.is_bare:
        body += _about(content, reader)
    if cut.facts:
        body.append(fact_set((escaped(fact.name, MOST_NAME), escaped(fact.value, MOST_VALUE)) for fact in content.facts[: cut.facts]))
    body += rows_of(content.rows[: cut.rows], reader.people, reader.zone, reader.now, content.due if len(content.rows) == 1 else None)
    body += _left_out(_rows_left_out(content, cut), len(content.facts) - cut.facts, has_rows=cut.rows > 0)
    if content.head is not None and not cut.is_bare:
        body += _audit_head(content.head.seq, content.head.row_hash)
    if content.answer.strip() and not cut.is_bare:
        body.append(text(escaped(content.answer, MOST_SUMMARY), size="Small", separator=True, spacing="Medium"))
    if reference:
        body.append(text(f"Handoff Pipeline, reference {plain(reference[:12], 12)}", size="Small", isSubtle=True, spacing="Medium"))
    links = [(link.title, link.url) for link in content.links]
    return card(body, buttons(links)[: 1 if cut.is_bare else None], entities, plain(content.title, MOST_TITLE))


def _heading(content: Content) -> Element:
    look = look_of(content)
    label = text(look.label, size="Small", weight="Bolder", color=look.colour)
    title = text(escaped(content.title, MOST_TITLE) or look.label, size="Large", weight="Bolder", spacing="Small")
    return container([label, title], style=look.style, bleed=True)


def _addressed(content: Content, reader: Reader) -> tuple[list[Element], list[Element]]:
    """The line that names who is meant, and the mention that it needs."""
    if not content.to:
        return [], []
    words, entities = mention(content.to, reader.people)
    return [text(f"{words}{look_of(content).address}", spacing="Medium")], entities


def _about(content: Content, reader: Reader) -> list[Element]:
    lines = [text(escaped(content.summary, MOST_SUMMARY))] if content.summary.strip() else []
    if content.due is not None:
        is_overdue = content.due < reader.now
        when = due_text(content.due, reader.zone)
        words = f"First deadline: {when}" if len(content.rows) > 1 else f"{'Was due' if is_overdue else 'Due'} {when}"
        lines.append(text(words, weight="Bolder", **({"color": "Attention"} if is_overdue else {})))
    return lines


def _left_out(rows: int, facts: int, *, has_rows: bool) -> list[Element]:
    """Says how much is missing; nothing where nothing is."""
    missing = [
        f"{number} {'more ' if has_rows or what == 'fact' else ''}{what}{'s' if number > 1 else ''}"
        for number, what in ((rows, "row"), (facts, "fact"))
        if number
    ]
    if not missing:
        return []
    words = f"{' and '.join(missing)} not shown here: a Teams message is limited in size."
    return [text(words, weight="Bolder", color="Warning", separator=True, spacing="Medium")]


def _audit_head(seq: int, row_hash: str) -> list[Element]:
    """The chain's head, so that it is kept off this host; the whole hash, or nothing could be compared with it."""
    value = f"{seq}:{plain(row_hash, 64)}"
    return [
        text("Audit chain", weight="Bolder", separator=True, spacing="Medium"),
        text(value, fontType="Monospace", size="Small", spacing="Small"),
        text(
            "Keep this message: handoff audit verify \\-\\-head compares the chain with it.", size="Small", isSubtle=True, spacing="Small"
        ),
    ]
