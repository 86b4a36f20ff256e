"""The one notifier: a failure becomes a line of alerts.jsonl and, where Teams is connected, a card of the outbox.

What failed is found elsewhere, cards are sent by the delivery. The one thing to know: the file needs nothing but a disk, so it is written
first; a card that cannot be proposed leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from assets import alerts
from assets.acting import duties
from assets.acting.deciding import connected, put
from assets.acting.work import Installation
from assets.sensing.alerting import ALERT, HOUR, Alerting, alerting
from assets.sensing.failures import Failure
from handoff_pipeline.governance.proposals import Proposal
from handoff_pipeline.ledger import CalendarState


def write_down(home: Path, failures: Sequence[Failure]) -> None:
    """A line for each failed check and tick; a run's is written by whoever saw it fail."""
    for one in failures:
        if one.kind in {"check", "tick"}:
            line = alerts.Alert(f"{one.at:%Y-%m-%dT%H:%M:%SZ}", one.key, one.title, None, one.said[: alerts.LONGEST], state=one.kind)
            alerts.written(home, line)


def tell(at: Installation, failures: Sequence[Failure], now: datetime, *, overdue_since: datetime | None) -> int:
    """Propose the cards of what failed, and say that no night succeeds; returns how many cards are new.

    The same failure gets one card on a local day, and all of them together so many an hour: see `alerting`.
    """
    channels = connected(at.settings)
    cards: list[Proposal] = []
    if overdue_since is not None:
        cards = duties.dead_man_cards(at.policy, now, overdue_since, channels)
        said = f"No night has succeeded since {overdue_since:%Y-%m-%d %H:%M} UTC. {cards[0].content['summary']}"
        line = alerts.Alert(f"{now:%Y-%m-%dT%H:%M:%SZ}", cards[0].dedupe_key, "nightly is overdue", None, said, state="overdue")
        alerts.written(at.settings.home, line)
    if not channels:
        return 0
    chosen = _chosen(at, failures, now)
    for failure in chosen.cards.values():
        cards += duties.alert_cards(at.policy, now, failure, channels)
    if chosen.over:
        cards += duties.further_cards(at.policy, now, len(chosen.over), channels)
    new = put(at.ledger, cards, at.settings, at.policy, now, at.run_id)
    for duty, period in chosen.marks(failures):
        at.ledger.calendar.mark(CalendarState(duty, period, now, at.run_id))
    at.ledger.intents.approve_automatic(now)
    return new


def _chosen(at: Installation, failures: Sequence[Failure], now: datetime) -> Alerting:
    told = [one for one in at.ledger.calendar.all() if one.duty == ALERT] if failures else []
    recent = sum(one.done_at > now - HOUR for one in told)
    return alerting(failures, {one.period for one in told}, recent, at.policy.business_calendar.local_day)
