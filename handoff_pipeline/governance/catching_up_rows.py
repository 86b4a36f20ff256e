"""The rows of a digest that catches up: every gap whose cards were not sent, then the day's lists and the digests that were not. Pure.

Which cards those are is `catching_up`'s. The one thing to know: several cards about one gap are one row, which names each of them, so that
a week of silence can be read; what is still open comes first, because a card that grows too large loses its last rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from handoff_pipeline.channels import card_content
from handoff_pipeline.channels.card_content import Row
from handoff_pipeline.governance.card_words import about_briefly, by_weight, weight_of
from handoff_pipeline.governance.situation import Situation, Standing
from handoff_pipeline.ledger.records_action import Intent

OF_A_GAP: Final = frozenset({"owner_card", "escalation_card"})
_CLOSURE: Final = "closure_card"
LISTS: Final = "Day's lists that were not sent"
DIGESTS: Final = "Digests that were not sent"
CLOSED: Final = "Closed meanwhile"
_ESCALATION_PARTS: Final = 6
"""escalation, handoff, item, moment, level, person."""


def gap_id_of(one: Intent) -> str:
    """The gap that an owner card, an escalation or a closure is about."""
    return "|".join(one.dedupe_key.split("|")[1:4])


def level_of(one: Intent) -> int:
    """The level of an escalation's card; 0 of any other."""
    words = one.dedupe_key.split("|")
    return int(words[4]) if one.action == "escalation_card" and len(words) == _ESCALATION_PARTS else 0


def rows_of(situation: Situation, cards: Sequence[Intent]) -> list[Row]:
    """A row for each gap, each person's lists and each digest among the cards."""
    by_gap: dict[str, list[Intent]] = {}
    for one in cards:
        if one.action in OF_A_GAP or one.action == _CLOSURE:
            by_gap.setdefault(gap_id_of(one), []).append(one)
    known = {each.gap.gap_id: each for each in situation.gaps}
    told = sorted(
        (each for gap_id, each in known.items() if gap_id in by_gap), key=lambda each: (not each.gap.is_open, by_weight(each.gap))
    )
    rows = [_gap_row(situation, each, by_gap[each.gap.gap_id]) for each in told]
    rows += [_lost_row(situation, mine) for gap_id, mine in by_gap.items() if gap_id not in known]
    rows += _list_rows(situation, [one for one in cards if one.action == "daily_card"])
    return rows + [_digest_row(situation, one) for one in cards if one.action == "digest"]


def _gap_row(situation: Situation, one: Standing, mine: list[Intent]) -> Row:
    gap = one.gap
    put_off = "Put off. " if gap.is_open and situation.is_snoozed(one) else ""
    closed = f"{CLOSED}. " if not gap.is_open else ""
    return Row(
        title=gap.title, detail=f"{put_off}{closed}{_unsent(situation, mine)}", group=about_briefly(gap), weight=weight_of(gap),
        owner=one.owner_id, due=one.due_at if gap.is_open else None, url=gap.source_url,
    )  # fmt: skip


def _lost_row(situation: Situation, mine: list[Intent]) -> Row:
    """A gap that is no longer among those that are published."""
    return Row(title=_title(mine[-1]), detail=_unsent(situation, mine), group=f"#{mine[-1].handoff_id}", url=mine[-1].source_url or "")


def _list_rows(situation: Situation, lists: Iterable[Intent]) -> list[Row]:
    days: dict[int, list[datetime]] = {}
    for one in lists:
        days.setdefault(int(one.dedupe_key.split("|")[1]), []).append(one.next_try_at or one.proposed_at)
    return [
        Row(title=", ".join(dict.fromkeys(_day(situation, each) for each in days[owner])), group=LISTS, owner=owner)
        for owner in sorted(days)
    ]  # fmt: skip


def _digest_row(situation: Situation, one: Intent) -> Row:
    return Row(title=_title(one), detail=f"Of {_day(situation, one.proposed_at)}", group=DIGESTS)


def _unsent(situation: Situation, mine: Iterable[Intent]) -> str:
    """The cards of one gap in words; several people of one level are one."""
    names = dict.fromkeys(f"{_name(one)} of {_day(situation, one.proposed_at)}" for one in mine)
    return f"Not sent: {', '.join(names)}."


def _name(one: Intent) -> str:
    if level := level_of(one):
        return f"escalation level {level}"
    return "closure card" if one.action == _CLOSURE else "owner card"


def _day(situation: Situation, moment: datetime) -> str:
    local = moment.astimezone(situation.calendar.time_zone)
    return f"{local:%a} {local.day} {local:%b}"


def _title(one: Intent) -> str:
    try:
        return card_content.read(one.content).title
    except card_content.CardError:
        return one.shown
