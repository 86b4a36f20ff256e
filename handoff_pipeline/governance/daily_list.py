"""The day's list: one card a person and local working day, with all their open gaps and what was closed since the last list. Pure.

Cards of single gaps are `cards_due`'s. The one thing to know: the list is made at the last decision before the office opens, or later, so
that it is the freshest one; a list that was not sent by the end of its day is void, and the next day's holds all that is still open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Final

from handoff_pipeline.channels.card_content import Content, Row
from handoff_pipeline.governance.card_words import about, by_weight, channel_of, counted, document, fact, how_to_answer, row_of
from handoff_pipeline.governance.cards_due import CLOSED, TOLD, was_told
from handoff_pipeline.governance.proposals import Proposal, is_shadow, keyed
from handoff_pipeline.governance.remediation_rows import NOBODY, GapRow
from handoff_pipeline.governance.rollout import MODES
from handoff_pipeline.governance.situation import Situation, Standing
from handoff_pipeline.ledger.records_action import Intent

_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class _Person:
    """One person's part of the situation: their gaps, those that they are asked about, and the lists that they had, the oldest first."""

    owner: int
    shadow: bool
    gaps: list[Standing]
    working: list[Standing]
    lists: list[Intent]

    def of_day(self, day: date) -> list[Intent]:
        """The lists of one day."""
        base = self.key(day)
        return [one for one in self.lists if one.dedupe_key == base or one.dedupe_key.startswith(f"{base}#")]

    def key(self, day: date) -> str:
        """The key of the day's first list."""
        return keyed(f"daily|{self.owner}|{day:%Y-%m-%d}", self.shadow)


def daily_cards(situation: Situation) -> Iterator[Proposal]:
    """The day's list for everybody who owns a gap, where it is time for it and it says anything."""
    day = list_day(situation)
    if day is None:
        return
    for person in _people(situation):
        proposal = _list_for(situation, person, day)
        if proposal is not None:
            yield proposal


def list_day(situation: Situation) -> date | None:
    """The local day whose list is to be made now; None where another decision comes before the office opens."""
    opening = situation.calendar.next_working(situation.now)
    following = situation.state.next_decision_at or situation.now + _A_DAY
    return situation.calendar.local_day(opening) if opening <= situation.now or following > opening else None


def _people(situation: Situation) -> list[_Person]:
    working = {one.gap.gap_id for one in situation.working}
    found: dict[tuple[int, bool], _Person] = {}
    for one in situation.gaps:
        shadow = is_shadow(situation.policy, one.gap.mode, one.gap.in_pilot, "daily_card")
        person = found.setdefault((one.owner_id, shadow), _Person(one.owner_id, shadow, [], [], []))
        person.gaps.append(one)
        if one.gap.gap_id in working:
            person.working.append(one)
    for intent in sorted(situation.state.intents, key=lambda each: (each.proposed_at, each.dedupe_key)):
        if intent.action == "daily_card":
            owner = int(intent.dedupe_key.rsplit("|", 2)[1])
            if (owner, intent.is_shadow) in found:
                found[owner, intent.is_shadow].lists.append(intent)
    return [found[key] for key in sorted(found) if key[0] != NOBODY]


def _list_for(situation: Situation, person: _Person, day: date) -> Proposal | None:
    today, closed = person.of_day(day), _closed_since_last(situation, person)
    if not _says_anything(situation, person, closed, today, day):
        return None
    working = sorted(person.working, key=lambda one: by_weight(one.gap))
    late = sum(one.due_at < situation.now for one in working)
    content = Content(
        card="daily_card", to=person.owner, title=counted(len(working), "open gap") if working else "No open gaps",
        facts=(fact("Hard", sum(one.gap.is_hard for one in working)), fact("Past the deadline", late), fact("Closed", len(closed))),
        due=min((one.due_at for one in working), default=None), channel=channel_of(situation.policy, "owners"),
        answer=how_to_answer(situation.policy) if working else "",
    )  # fmt: skip
    rows = [*(row_of(one.gap, one.due_at) for one in working), *(_closed_row(one.gap) for one in closed)]
    strongest = max((one.gap.mode for one in (*working, *closed)), key=MODES.index)
    return Proposal(
        dedupe_key=person.key(day) + (f"#{len(today) + 1}" if today else ""), target="teams", action="daily_card", effect="owner_card",
        mode=strongest, is_shadow=person.shadow, handoff_id=None, content=document(content, rows),
        shown=f"Daily card to agent {person.owner}: {content.title}", not_before=situation.may_be_told_at,
        expires_at=situation.calendar.utc(day + _A_DAY).replace(tzinfo=UTC),
    )  # fmt: skip


def _closed_since_last(situation: Situation, person: _Person) -> list[Standing]:
    """Gaps that were on the last list which reached its reader and are closed now, but for those whose closure has a card of its own."""
    last = next((one for one in reversed(person.lists) if one.is_shadow or one.state in TOLD), None)
    if last is None or not situation.policy.remediation.cards.announce_closure:
        return []
    return [one for one in person.gaps if _went_since(one.gap, last) and not was_told(situation, one.gap, person.shadow)]


def _went_since(gap: GapRow, last: Intent) -> bool:
    if gap.state not in CLOSED or gap.resolved_at is None or gap.is_by_day:
        return False
    return gap.detected_at <= last.proposed_at < gap.resolved_at


def _says_anything(situation: Situation, person: _Person, closed: list[Standing], today: list[Intent], day: date) -> bool:
    """Whether a list is due: the first one of a day where a gap was closed, or is open without a card of its own from the same day.

    A further one, where the policy allows more than one a day, needs a gap that came after the last.
    """
    if len(today) >= situation.policy.remediation.cards.per_person_per_day:
        return False
    if today:
        return any(one.gap.detected_at > today[-1].proposed_at for one in person.working)
    return bool(closed) or any(not _has_own_card(situation, one, person.shadow, day) for one in person.working)


def _has_own_card(situation: Situation, one: Standing, shadow: bool, day: date) -> bool:
    """Whether the gap's own card is of the same local day, or is proposed in this very decision: the list would only repeat it."""
    if not one.gap.is_hard or not situation.policy.remediation.cards.single_for_hard:
        return False
    card = situation.state.by_key.get(keyed(f"owner|{one.gap.gap_id}", shadow))
    return card is None or situation.calendar.local_day(max(card.next_try_at or card.proposed_at, card.proposed_at)) == day


def _closed_row(gap: GapRow) -> Row:
    return Row(title=gap.title, detail="Closed" if gap.state == "resolved" else "No longer asked for", group=about(gap), weight="good")
