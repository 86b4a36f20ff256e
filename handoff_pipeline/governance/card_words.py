"""What a card says of a gap: title, reason, fix, heading, deadline, link. Pure; the same words on every card.

Which gaps are on which card is decided elsewhere, how a card looks is the channel's. The one thing to know: a client's name and a deal's
title are customers' text; they go on cards for the people of the deal, and the deal's title goes on no card that a whole channel reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from handoff_pipeline.channels.card_content import Content, Fact, Link, Row, Weight
from handoff_pipeline.governance.remediation_rows import GapRow
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.teams import DEFAULT_CHANNEL, Purpose

MOST_ROWS: Final = 40
"""Rows of one card; the rest is counted on it."""
_MOST_NAME: Final = 80
_MOST_WORDS: Final = 300


def why(gap: GapRow) -> str:
    """The reason without the fix, which the judgement's own words end with."""
    return cut(gap.reason.removesuffix(gap.fix).strip(), _MOST_WORDS)


def about(gap: GapRow) -> str:
    """The handoff in words for the people of the deal: client, title, number."""
    return " · ".join([*_named(gap.client_name), *_named(gap.handoff_title), f"#{gap.handoff_id}"])


def about_briefly(gap: GapRow) -> str:
    """The handoff in words for everybody: client and number."""
    return " · ".join([*_named(gap.client_name), f"#{gap.handoff_id}"])


def row_of(gap: GapRow, due: datetime, owner: int = 0) -> Row:
    """An open gap as a row, under its handoff."""
    return Row(
        title=gap.title, detail=why(gap), fix=cut(gap.fix, _MOST_WORDS), group=about(gap), weight=weight_of(gap), owner=owner, due=due,
        url=gap.source_url,
    )  # fmt: skip


def weight_of(gap: GapRow) -> Weight:
    """The gap's weight on a card; a closed one is good news."""
    if gap.is_open:
        return "hard" if gap.is_hard else "soft"
    return "good"


def document(content: Content, rows: Iterable[Row]) -> dict[str, Any]:
    """The content with as many of the rows as a card takes, and how many there are; plain JSON values."""
    every = tuple(rows)
    return content.model_copy(update={"rows": every[:MOST_ROWS], "total": len(every) if len(every) > MOST_ROWS else None}).document()


def how_to_answer(policy: Policy) -> str:
    """What an owner can do who does not mend it now; empty where the policy reads no notes."""
    asked = policy.remediation
    words = [
        *([f"{asked.acknowledge.note_word} (seen)"] if asked.acknowledge.note_word else []),
        *([f"{asked.snooze.note_word}, a date and a reason (put off)"] if asked.snooze.note_word else []),
        *([f"{asked.appeal.note_word} and why (not a gap)"] if asked.appeal.note_word else []),
    ]
    if not words:
        return ""
    said = words[0] if len(words) == 1 else f"{'; '.join(words[:-1])}; or {words[-1]}"
    return f"Not today? Write a note on the opportunity that begins with {said}."


def fact(name: str, value: object) -> Fact:
    """A line of a card's short table."""
    return Fact(name=name, value=str(value))


def channel_of(policy: Policy, purpose: Purpose) -> str:
    """The channel of a purpose as a card names it: empty for the default one."""
    name = policy.teams.channel_for(purpose)
    return "" if name == DEFAULT_CHANNEL else name


def links_to(gap: GapRow) -> tuple[Link, ...]:
    """A button to the handoff in HaloPSA."""
    return (Link(title="Open in HaloPSA", url=gap.source_url),) if gap.source_url else ()


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def by_weight(gap: GapRow) -> tuple[bool, datetime, int, str, str]:
    """For sorting: hard gaps first, then the oldest."""
    return (not gap.is_hard, gap.detected_at, gap.handoff_id, gap.item, gap.gap_id)


def cut(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _named(name: str) -> list[str]:
    return [cut(name.strip(), _MOST_NAME)] if name.strip() else []
