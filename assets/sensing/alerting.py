"""Which failures become a card now: the same one once on a local day, and so many an hour; the rest is counted on one card. Pure.

Finding failures is `sensing_failures`', telling the notifier's. The one thing to know: what is not on a card of its own stands in
alerts.jsonl all the same, and the ledger's calendar holds what was told, so a lost cursor or a restart repeats nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from assets.acting.duties import alert_key
from assets.sensing.failures import Failure
from handoff_pipeline.ledger.canonical import sha256_of

HOUR: Final = timedelta(hours=1)
AN_HOUR: Final = 6
"""Cards about failures within an hour; a seventh is read by nobody."""
ALERT: Final = "alert"
"""The duty under which the calendar keeps that a failure of a kind has its card of a local day."""
TOLD: Final = "told"
"""The duty under which it keeps that one single failure needs no card any more; its period is the key of its card."""
_VARYING: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\b(?=\w*\d)[\w.:+-]+")
"""Run ids, moments and numbers: they tell one failure from the next of its kind, and nothing new."""


@dataclass(frozen=True)
class Alerting:
    """What is told now: failures that get a card of their own, and those over the hour's bound, each by its period in the calendar."""

    cards: Mapping[str, Failure]
    over: Mapping[str, Failure]

    def marks(self, failures: Sequence[Failure]) -> Iterator[tuple[str, str]]:
        """Duty and period of all that is done once the cards are in the outbox. What was only counted may have a card if it goes on."""
        yield from ((ALERT, period) for period in self.cards)
        yield from ((TOLD, alert_key(one.kind, one.key)) for one in failures)


def alerting(failures: Sequence[Failure], told: Collection[str], in_last_hour: int, day_of: Callable[[datetime], date]) -> Alerting:
    """The failures that are new on their local day, oldest first, as far as the hour has room.

    Args:
        failures: What failed and was not told by its own key.
        told: Periods that were told before.
        in_last_hour: Cards about failures within the last hour.
        day_of: The local day of a moment.
    """
    new: dict[str, Failure] = {}
    for one in sorted(failures, key=lambda one: (one.at, one.key)):
        period = period_of(one, day_of(one.at))
        if period not in told:
            new.setdefault(period, one)
    room = max(0, AN_HOUR - in_last_hour)
    every = list(new.items())
    return Alerting(dict(every[:room]), dict(every[room:]))


def period_of(one: Failure, day: date) -> str:
    """What makes two failures the same: kind, title, their words but for numbers and ids, and the local day."""
    said = _VARYING.sub("#", one.said)
    return f"{one.kind}|{sha256_of(f'{one.title}|{said}')[:16]}|{day:%Y-%m-%d}"
