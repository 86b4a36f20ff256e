"""When a deal was won, as the nights saw it. What was sold at the win is in `sold`.

Won means the status; a win is known by its moment, and a second win of the same deal is another win with a night of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from handoff_pipeline.simulator.truth import Deal
from tests.oracle.observation import DealState, Seen, state_of


@dataclass(frozen=True)
class Win:
    """The present win of a deal: that of the last night on which it was won. `night` is the first night that saw this win."""

    at: datetime
    day: date
    first_at: datetime
    night: datetime
    first_night: datetime
    is_observed: bool
    is_historic: bool
    state: DealState


def win_of(seen: Seen, deal: Deal) -> Win | None:
    """The deal's present win; None for a deal that no night saw won."""
    asked = ("win", deal.deal_id)
    if asked not in seen.remembered:
        seen.remembered[asked] = _win_of(seen, deal)
    win: Win | None = seen.remembered[asked]
    return win


def _win_of(seen: Seen, deal: Deal) -> Win | None:
    sightings = [(night, deal.won_at(night)) for night in seen.nights if deal.status.at(night) == "won"]
    moments = [at for _, at in sightings if at is not None]
    if not moments:
        return None
    present = moments[-1]
    night = next(night for night, at in sightings if at == present)
    before = seen.night_before(night)
    day = seen.days.local(present)
    return Win(
        at=present,
        day=day,
        first_at=min(moments),
        night=night,
        first_night=sightings[0][0],
        is_observed=before is not None and present > before,
        is_historic=day < seen.rules.go_live,
        state=state_of(deal, seen.as_of),
    )
