"""The gaps in a digest: facts, a row for each owner, and a row for everything that changed. Pure.

When a digest is due, and what else stands in it, is `digest`'s. The one thing to know: rows for owners count, rows for changes name a gap
by its item, client and handoff number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from handoff_pipeline.channels.card_content import Fact, Row
from handoff_pipeline.governance.card_words import about_briefly, by_weight, counted, fact, weight_of
from handoff_pipeline.governance.cards_due import CLOSED
from handoff_pipeline.governance.remediation_rows import NOBODY
from handoff_pipeline.governance.situation import Situation, Standing

LATE: Final = "Newly past the deadline"


def gap_facts(situation: Situation, gaps: list[Standing], since: datetime) -> tuple[Fact, ...]:
    """How many gaps are open, hard, late and put off, and how many came and went since a moment."""
    opened = [one for one in gaps if one.gap.is_open]
    return (
        fact("Open", len(opened)),
        fact("Hard", sum(one.gap.is_hard for one in opened)),
        fact("Past the deadline", sum(one.due_at < situation.now for one in opened)),
        fact("New", sum(one.gap.detected_at > since for one in gaps)),
        fact("Closed", sum(_closed_since(one, since) for one in gaps)),
        *some("Put off", sum(situation.is_snoozed(one) for one in opened)),
    )


def some(name: str, number: int) -> tuple[Fact, ...]:
    """A number that is news only where it is not zero."""
    return (fact(name, number),) if number else ()


def owner_rows(situation: Situation, gaps: list[Standing]) -> list[Row]:
    """A row for everybody who owns an open gap, those with the most late ones first; nobody's gaps come before all."""
    by_owner: dict[int, list[Standing]] = {}
    for one in gaps:
        if one.gap.is_open:
            by_owner.setdefault(one.owner_id, []).append(one)

    def late(owner: int) -> int:
        return sum(one.due_at < situation.now for one in by_owner[owner])

    def row(owner: int) -> Row:
        mine = by_owner[owner]
        parts = ((sum(one.gap.is_hard for one in mine), "hard"), (late(owner), "past the deadline"))
        said = [counted(len(mine), "open gap"), *(f"{number} {what}" for number, what in parts if number)]
        whose = "" if owner != NOBODY else "Without an owner: "
        return Row(title=whose + ", ".join(said), group="Owners", owner=owner, weight="attention" if late(owner) else None)

    return [row(owner) for owner in sorted(by_owner, key=lambda owner: (owner != NOBODY, -late(owner), -len(by_owner[owner]), owner))]


def changed_rows(situation: Situation, gaps: list[Standing], since: datetime) -> list[Row]:
    """A row for every gap that came past its deadline, opened or closed since a moment, in this order; each once."""
    rows = []
    late = [one for one in gaps if one.gap.is_open and since < one.due_at < situation.now]
    for heading, chosen in (
        (LATE, late),
        ("New", [one for one in gaps if one.gap.is_open and one.gap.detected_at > since and one not in late]),
        ("Closed", [one for one in gaps if _closed_since(one, since)]),
    ):
        rows += [_row(one, heading) for one in sorted(chosen, key=lambda one: by_weight(one.gap))]
    return rows


def _row(one: Standing, heading: str) -> Row:
    gap = one.gap
    due = one.due_at if gap.is_open else None
    return Row(
        title=gap.title, detail=about_briefly(gap), group=heading, weight=weight_of(gap), owner=one.owner_id, due=due, url=gap.source_url
    )


def _closed_since(one: Standing, since: datetime) -> bool:
    gap = one.gap
    return gap.state in CLOSED and gap.resolved_at is not None and gap.resolved_at > since and not gap.is_by_day
