"""What bounds one run of the delivery: how many objects, how much money, and its patience with a far side that is down.

Limits of the far sides themselves are their gateways'. The one thing to know: what a bound keeps back stays approved and is tried by the
next run; nothing is lost by it, and nothing but its own expiry ends it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from handoff_pipeline.channels.lanes import AT_EASE, TEAMS, Lanes, lane_of
from handoff_pipeline.ledger.records_action import Intent

ALERTS: Final = frozenset({"heartbeat", "alert_card", "audit_head"})
"""Actions that tell of the pipeline itself and of no customer; they go out in every phase and at any time."""
TROUBLES: Final = 3
"""So many calls in a row that came to nothing end a lane's turn: it is down, and every further write would only be in doubt too."""
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)
LONGEST_ASKED: Final = timedelta(hours=24)
"""A far side that asks for more is not believed: the next try tells it again."""


@dataclass(frozen=True)
class Caps:
    """Bounds of one run.

    Attributes:
        objects: Writes and cards in all.
        money: Sum of `amount_base` over writes that need an approval, base currency. What goes out by itself (notes, cards) tells of
            amounts and moves none, so it does not count.
        cards_per_hour: Cards that one channel gets within any hour; alerts about the pipeline itself have a bound of their own and go on.
    """

    objects: int
    money: Decimal
    cards_per_hour: int = 60


class Allowance:
    """What one run has left of its caps."""

    def __init__(self, caps: Caps, lanes: Lanes = AT_EASE) -> None:
        self._caps = caps
        self._lanes = lanes
        self._objects = 0
        self._money = Decimal(0)
        self._cards = Counter(lanes.last_hour)
        self._troubles: Counter[str] = Counter()
        self._closed: dict[str, str] = {}

    def objection(self, intent: Intent) -> str | None:
        """Why this run may not write it; None where it may."""
        caps, lane = self._caps, lane_of(intent)
        if lane in self._closed:
            return self._closed[lane]
        if resting := self._lanes.objection(intent):
            return resting
        if intent.target == TEAMS and intent.action not in ALERTS and self._cards[lane] >= caps.cards_per_hour:
            return f"{lane} has had its {caps.cards_per_hour} cards of an hour; the rest comes later"
        if self._objects >= caps.objects:
            return f"this run has made its {caps.objects} writes; the next one goes on"
        if self._money + _moved(intent) > caps.money:
            alone = "; it alone is above it: raise actions.caps.amount_base_per_run, or refuse it" if _moved(intent) > caps.money else ""
            return f"{_moved(intent)} on top of {self._money} is above the run's cap of {caps.money}{alone}"
        return None

    def spend(self, intent: Intent) -> None:
        """Count a write that is about to be made; it counts whatever comes of it."""
        self._objects += 1
        self._money += _moved(intent)
        self._cards[lane_of(intent)] += 1

    def went_well(self, intent: Intent) -> None:
        """A call was answered."""
        self._troubles[lane_of(intent)] = 0

    def came_to_nothing(self, intent: Intent, why: str, *, at_once: bool = False) -> None:
        """A call was not answered, or was put off; several in a row (or one, `at_once`) close its lane for this run, and no other."""
        lane = lane_of(intent)
        self._troubles[lane] += 1
        if at_once or self._troubles[lane] >= TROUBLES:
            self._closed[lane] = f"{lane} is not asked again in this run: {why}"


def _moved(intent: Intent) -> Decimal:
    return Decimal(0) if intent.action_class == "automatic" or intent.amount_base is None else abs(intent.amount_base)


def pause(attempts: int, asked_seconds: float | None) -> timedelta:
    """How long to leave an intent alone after its nth attempt came to nothing; at least what the far side asks for."""
    own = min(FIRST_PAUSE * (1 << min(max(attempts - 1, 0), 10)), LONGEST_PAUSE)
    if asked_seconds is None or not asked_seconds > 0:  # "not ... > 0" is true of NaN as well
        return own
    return max(own, timedelta(seconds=min(asked_seconds, LONGEST_ASKED.total_seconds())))
