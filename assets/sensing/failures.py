"""Who is told of what failed: runs, checks, figures that are out of date, ticks of sensors and schedules. Pure.

Where failures are found is `assets/sensing_facts.py`'s, how they are told the notifier's. The one thing to know: each has a key of its own,
under which the ledger and alerts.jsonl know it for ever, so a wiped cursor tells nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from handoff_pipeline.channels.card_content import Alert as Kind


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure: its kind, the key that makes it this one, what it is about, and its own words."""

    kind: Kind
    key: str
    title: str
    said: str
    at: datetime


@dataclass(frozen=True)
class FailureFacts:
    """What a tick sees: failures since the cursor, the positions up to which was read, the alarm's night, keys that were told before."""

    found: Sequence[Failure]
    positions: Mapping[str, float]
    overdue_since: datetime | None
    told: frozenset[str]


@dataclass(frozen=True)
class Tell:
    """What is to be told, the cursor once it has been, and why."""

    failures: tuple[Failure, ...]
    is_overdue: bool
    cursor: str
    reason: str


def decide(cursor: str | None, facts: FailureFacts, now: datetime) -> Tell:
    """Everything new, oldest first; the cursor goes to where was read up to."""
    after = {**positions(cursor), **facts.positions}
    new = {one.key: one for one in sorted(facts.found, key=lambda one: (one.at, one.key)) if one.key not in facts.told}
    overdue = facts.overdue_since is not None and facts.overdue_since < now
    reason = f"{len(new)} failures to tell." if new else "Nothing has failed since the last look."
    if overdue:
        reason += f" No night has succeeded since {facts.overdue_since:%Y-%m-%d %H:%M} UTC."
    return Tell(tuple(new.values()), overdue, json.dumps(after, sort_keys=True), reason)


def positions(cursor: str | None) -> dict[str, float]:
    """How far each source was read, by the cursor; nothing where nobody can read it."""
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): float(value) for name, value in found.items() if isinstance(value, int | float) and isfinite(value)}
