"""Lanes: what is closed, and counted, together. A channel of Teams is a lane of its own, so that one broken channel silences no other.

What a run may do in all is `caps`', what a channel said is its gateway's. The one thing to know: a lane's rest is read from the outbox and
kept nowhere else, so it outlives the run and a restart: a card in doubt is lost to a person, and a channel that is down must not eat one
with every run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import orjson

from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.policy.teams import DEFAULT_CHANNEL

TEAMS: Final = "teams"
FIRST_REST: Final = timedelta(minutes=5)
"""After the second card in a row of which nobody knows; one alone may be anything."""
LONGEST_REST: Final = timedelta(hours=4)
"""So that a week of a channel that answers with server faults costs some forty cards at most, and half a working day to see it back."""
HOUR: Final = timedelta(hours=1)
READ: Final[tuple[State, ...]] = ("approved", "sent", "accepted", "confirmed", "uncertain", "failed")
"""States of the intents that `Lanes.of` looks at."""
_GOOD: Final = frozenset[State]({"sent", "accepted", "confirmed"})


@dataclass(frozen=True)
class Lanes:
    """How the lanes stand at a moment.

    Attributes:
        resting: Lane -> until when it is left alone after trouble. Lanes that may be asked are not in it.
        last_hour: Lane -> cards that were sent, or tried, within the last hour.
    """

    resting: Mapping[str, datetime] = field(default_factory=dict)
    last_hour: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, intents: Iterable[Intent], now: datetime) -> Lanes:
        """The lanes of Teams, from the intents in the states `READ`. HaloPSA can be looked at, so it needs no rest between runs."""
        by_lane: dict[str, list[Intent]] = {}
        for one in intents:
            if one.target == TEAMS and not one.is_shadow and one.attempts:
                by_lane.setdefault(lane_of(one), []).append(one)
        rests = {lane: until for lane, mine in by_lane.items() if (until := _rest(mine)) is not None and until > now}
        tried = Counter(lane for lane, mine in by_lane.items() for one in mine if one.claimed_at and one.claimed_at > now - HOUR)
        return cls(rests, tried)

    def objection(self, intent: Intent) -> str | None:
        """Why the intent's lane is left alone now; None where it may be asked."""
        until = self.resting.get(lane_of(intent))
        return None if until is None else f"{lane_of(intent)} is left alone after trouble until {until:%Y-%m-%d %H:%M} UTC"


AT_EASE: Final = Lanes()
"""No lane rests, and nothing was sent."""


def lane_of(intent: Intent) -> str:
    """The lane of an intent: its target, and for a card the channel that it goes to."""
    if intent.target != TEAMS:
        return intent.target
    return f"{TEAMS} ({_channel(intent.content)})"


def _channel(content: str) -> str:
    """The channel that a card's content names; the default one where it names none, or is no card."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return DEFAULT_CHANNEL
    named = found.get("channel") if isinstance(found, dict) else None
    return named if isinstance(named, str) and named else DEFAULT_CHANNEL


def _rest(mine: Iterable[Intent]) -> datetime | None:
    """Until when a lane rests: as long as a card that was put back waits, and longer with each card in a row whose end nobody knows."""
    every = list(mine)
    good = max((one.sent_at for one in every if one.state in _GOOD and one.sent_at), default=None)
    waits = [one.next_try_at for one in every if one.state == "approved" and one.next_try_at]
    dark = [one.claimed_at for one in every if one.state == "uncertain" and one.claimed_at and (good is None or one.claimed_at > good)]
    if len(dark) > 1:
        waits.append(max(dark) + min(FIRST_REST * (1 << min(len(dark) - 2, 10)), LONGEST_REST))
    return max(waits, default=None)
