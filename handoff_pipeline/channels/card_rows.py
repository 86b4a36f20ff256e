"""The rows of a card: grouped under headings, each with its title (a link to the record), what is missing, the fix, the owner and the date.

Which rows there are, and in which order, was decided before. The one thing to know: rows keep their order, so a heading is repeated where
the sender did not put a group's rows together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from handoff_pipeline.channels.card_content import Row, Weight
from handoff_pipeline.channels.card_elements import Element, container, linked, side_by_side, text
from handoff_pipeline.channels.card_people import Person, name_of
from handoff_pipeline.channels.card_text import escaped

MOST_GROUP = 80
MOST_TITLE = 160
MOST_TEXT = 240

WEIGHTS: Final[dict[Weight, tuple[str, str]]] = {
    "hard": ("HARD", "Attention"),
    "soft": ("soft", "Default"),
    "good": ("done", "Good"),
    "warning": ("check", "Warning"),
    "attention": ("act now", "Attention"),
}
"""Each weight's word and colour."""


def due_text(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as people read it, with its zone: `Tue 24 Nov 2026, 16:00 GMT`."""
    local = moment.astimezone(zone)
    return escaped(f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}", MOST_TEXT)


def rows_of(
    rows: Sequence[Row], people: Mapping[int, Person], zone: ZoneInfo, now: datetime, said: datetime | None = None
) -> list[Element]:
    """The rows' elements, headings among them; `said` is a deadline that the card has told already, above its only row."""
    elements: list[Element] = []
    group = ""
    for row in rows:
        has_heading = bool(row.group) and row.group != group
        if has_heading:
            elements.append(text(escaped(row.group, MOST_GROUP), weight="Bolder", size="Medium", separator=True, spacing="Medium"))
        group = row.group
        spacing = "Small" if has_heading else "Medium"
        elements.append(container(_row(row, people, zone, now, said), spacing=spacing, separator=not has_heading))
    return elements


def _row(row: Row, people: Mapping[int, Person], zone: ZoneInfo, now: datetime, said: datetime | None) -> list[Element]:
    words = linked(escaped(row.title, MOST_TITLE) or "without a title", row.url)
    # A line about a person, as the digest's are, begins with the person; on a gap the owner stands beside the deadline.
    whose = f"{name_of(row.owner, people)}: " if row.owner and row.due is None else ""
    title = text(f"**{whose}{words}**")
    items = [title]
    if row.weight is not None:
        word, colour = WEIGHTS[row.weight]
        items = [side_by_side([title], [text(word, color=colour, weight="Bolder", size="Small")])]
    if row.detail.strip():
        items.append(text(escaped(row.detail, MOST_TEXT), spacing="None"))
    if row.fix.strip():
        items.append(text(f"**Fix:** {escaped(row.fix, MOST_TEXT)}", spacing="None"))
    if foot := _foot(row, people, zone, now, said):
        items.append(foot)
    return items


def _foot(row: Row, people: Mapping[int, Person], zone: ZoneInfo, now: datetime, said: datetime | None) -> Element | None:
    """Owner and due date in one quiet line; an overdue one is not quiet."""
    if row.due is None:
        return None
    is_overdue = row.due < now
    parts = [f"Owner {name_of(row.owner, people)}"] if row.owner else []
    if row.due != said:
        parts.append(f"{'was due' if is_overdue else 'due'} {due_text(row.due, zone)}")
    if not parts:
        return None
    looks = {"color": "Attention"} if is_overdue else {"isSubtle": True}
    words = ", ".join(parts)
    return text(words[0].upper() + words[1:] if not row.owner else words, size="Small", spacing="None", **looks)
