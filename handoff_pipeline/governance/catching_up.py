"""After an outage: cards that waited too long become one digest instead of a flood, and it names every one of them. Pure.

The digest's rows are `catching_up_rows`', taking cards back is `withdrawing`'s. The one thing to know: folding takes two steps that may lie
apart. The digest is proposed first, and only what an existing digest names is withdrawn; until one is known to have been taken, each day's
digest names everything again and stands in the place of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from handoff_pipeline.channels.card_content import Content
from handoff_pipeline.governance.card_words import channel_of, counted, document, fact
from handoff_pipeline.governance.catching_up_rows import OF_A_GAP, gap_id_of, level_of, rows_of
from handoff_pipeline.governance.proposals import Proposal, expiry
from handoff_pipeline.governance.situation import Situation
from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.records_action import Intent

_FOLDED: Final = frozenset({*OF_A_GAP, "closure_card", "digest"})
"""Cards that are taken back once a digest names them."""
_NAMED: Final = frozenset({*_FOLDED, "daily_card"})
"""Cards that the digest names. A day's list ends with its day, and the next one holds what is still open."""
_WAITING: Final = frozenset[State]({"proposed", "approved"})
ARRIVED: Final = frozenset[State]({"claimed", "sent", "accepted", "confirmed"})
"""States of a card that is under way or was taken; what nobody knows of may never have come."""
CATCH_UP: Final = "digest|catch_up|"
LOOK_BACK: Final = timedelta(days=31)
"""What ended longer ago is no news; the outbox has it for ever."""


def catch_up_digest(situation: Situation) -> Iterator[Proposal]:
    """One digest in the place of all cards that waited too long, or ended unsent; at most one on a local day."""
    policy, now = situation.policy, situation.now
    if not policy.rollout.is_acting:
        return
    key = f"{CATCH_UP}{situation.calendar.local_day(now):%Y-%m-%d}"
    if key in situation.state.by_key:
        return
    cards = unsent(situation)
    if not cards:
        return
    rows, first = rows_of(situation, cards), min(one.proposed_at for one in cards).astimezone(situation.calendar.time_zone)
    content = Content(
        card="digest", title=f"{counted(len(cards), 'card')} could not be sent", channel=channel_of(policy, "digest"),
        summary="They waited too long for Teams, and will not follow. All of them are named here, what is still open first.",
        facts=(
            fact("Still open", counted(sum(row.weight in {"hard", "soft"} for row in rows), "gap")),
            fact("The first of them", f"{first:%a} {first.day} {first:%b %Y, %H:%M}"),
        ),
    )  # fmt: skip
    begin = situation.may_be_told_at
    yield Proposal(
        dedupe_key=key, target="teams", action="digest", effect="digest", mode="warn", is_shadow=False, handoff_id=None,
        content=document(content, rows), shown=f"Digest of {counted(len(cards), 'card')} that could not be sent",
        not_before=begin, expires_at=expiry(begin, policy),
    )  # fmt: skip


def waiting(situation: Situation) -> list[Intent]:
    """Intents that are meant and were not sent yet, the oldest first."""
    found = [one for one in situation.state.intents if one.state in _WAITING and not one.is_shadow]
    return sorted(found, key=lambda one: (one.proposed_at, one.intent_id))


def unsent(situation: Situation) -> list[Intent]:
    """Cards that wait too long now, or ended unsent, and that no digest which was taken has named; the oldest first."""
    digests = _digests(situation)
    told = [one for one in digests if one.state in ARRIVED]
    found = [
        one for one in situation.state.intents
        if _is_unsent(situation, one, digests) and not any(_is_named_by(situation, one, each) for each in told)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.proposed_at, one.intent_id))


def covered_by(situation: Situation, one: Intent) -> Intent | None:
    """The digest that stands in the place of a card that waits; None where there is none."""
    if one.action not in _FOLDED:
        return None
    alive = (each for each in _digests(situation) if each.state not in {"refused", "expired"} and each.proposed_at > one.proposed_at)
    return next((each for each in alive if _is_catch_up(one) or _is_stale(situation, one, each.proposed_at)), None)


def _is_unsent(situation: Situation, one: Intent, digests: list[Intent]) -> bool:
    if one.is_shadow or one.action not in _NAMED or _is_catch_up(one):
        return False
    if one.state in _WAITING:
        return one.expires_at <= situation.now or (one.action in _FOLDED and _is_stale(situation, one, situation.now))
    ended = one.settled_at or one.expires_at
    if one.state not in {"expired", "refused"} or situation.now - ended > LOOK_BACK:
        return False
    # A refused card counts where it was folded; one whose gap was closed before anybody heard of it has nothing to say.
    return one.state == "expired" or any(each.proposed_at <= ended and _is_folded_by(situation, one, each) for each in digests)


def _is_named_by(situation: Situation, one: Intent, digest: Intent) -> bool:
    """What was over before the digest was made, or is over because of it. A delivery at the very moment of the decision comes after it."""
    was_over = one.expires_at <= digest.proposed_at or (one.settled_at is not None and one.settled_at < digest.proposed_at)
    return one.proposed_at < digest.proposed_at and (was_over or _is_folded_by(situation, one, digest))


def _is_folded_by(situation: Situation, one: Intent, digest: Intent) -> bool:
    return one.proposed_at < digest.proposed_at and one.action in _FOLDED and _is_stale(situation, one, digest.proposed_at)


def _is_stale(situation: Situation, one: Intent, at: datetime) -> bool:
    """Whether a card has waited too long at a moment, or a higher level has overtaken it.

    Time at which nobody is told does not count as waiting.
    """
    bound = timedelta(hours=situation.policy.teams.fold_after_hours)
    return situation.calendar.working_time(one.proposed_at, at) > bound or _is_overtaken(situation, one, at)


def _is_overtaken(situation: Situation, one: Intent, at: datetime) -> bool:
    if one.action != "escalation_card" or one.handoff_id is None:
        return False
    others = situation.state.of(one.handoff_id, one.action, is_shadow=False)
    same = (each for each in others if gap_id_of(each) == gap_id_of(one) and each.proposed_at <= at)
    return any(level_of(each) > level_of(one) for each in same)


def _digests(situation: Situation) -> list[Intent]:
    return [one for one in situation.state.intents if _is_catch_up(one) and not one.is_shadow]


def _is_catch_up(one: Intent) -> bool:
    return one.dedupe_key.startswith(CATCH_UP)
