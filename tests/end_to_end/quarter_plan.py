"""How long a quarter is played, with which script, at which hours, and what goes wrong in which mode.

Playing is quarter's, the mishaps are quarter_mishaps'. The one thing to know: every night of a span is played; of the hours those named,
since between two of them nothing else happens than people acting, whom the next one finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from handoff_pipeline.simulator import Script
from tests.end_to_end.quarter import NIGHT, Mode, Quarter, at, days_of, installed
from tests.end_to_end.quarter_mishaps import (
    SATURDAY,
    Mishap,
    death_at,
    field_takes_nothing,
    halo_fault,
    somebody_edits,
    status_is_moved,
    taken_back,
    teams_fault,
)

OFFICE: Final = tuple(time(hour, 5) for hour in range(8, 17))
"""Office hours in London, summer time, as UTC; the last one ends before the office closes."""
SOME: Final = (OFFICE[0], OFFICE[2], OFFICE[5], OFFICE[8])
AT_HALOPSA: Final[tuple[Mishap, ...]] = (somebody_edits, field_takes_nothing, halo_fault("applied_500"), halo_fault("server_error_500"))
IN_THE_CHANNEL: Final = (teams_fault("reset_after_taking"), teams_fault("limited_429"), teams_fault("bad_request_400"))
OF_BLOCKS: Final[tuple[Mishap, ...]] = (
    status_is_moved, taken_back("halo_blocking"), taken_back("halo_score_fields"), taken_back("halo_blocking"), taken_back("halo_note"),
    taken_back("halo_blocking"),
)  # fmt: skip
DEATHS: Final = (death_at("deliver.after_claim"), death_at("deliver.after_sent"))


@dataclass(frozen=True)
class Span:
    """A script, the days that are played of it, and the hours of each working day."""

    script: Script
    first: date
    nights: int
    hours: tuple[time, ...] = SOME
    goes_wrong: bool = True
    in_shadow: int | None = None
    """How many of the nights are played in shadow, where nothing can come of what is done; None for all."""
    rounds: int = 1
    """How often everything goes wrong, two weeks apart."""

    @property
    def all_nights(self) -> list[datetime]:
        """Every night of the span."""
        return [at(day, NIGHT) for day in days_of(self.first, self.nights)]


FIRST_DAYS: Final = Span(
    Script(
        seed=11, start=date(2026, 7, 2), days=38, cases=7,
        mix={"fix_field": 1, "acknowledge_note": 1, "appeal_field": 1, "override": 1, "hand_over": 1, "ignore": 1, "kick_off_unsigned": 1},
    ),
    date(2026, 7, 8), 6, goes_wrong=False,
)  # fmt: skip
"""What `make test` plays: six nights in mode enforce, without mishaps."""
CONDENSED: Final = Span(Script(seed=7, start=date(2026, 7, 2), days=38), date(2026, 7, 7), 27, in_shadow=14)
"""What `.ci/run` plays in each mode: every story once, all deals won within three days, and 27 nights, until an exception is over, of which
shadow has 14."""


def whole(weeks: int) -> Span:
    """So many weeks with a new deal every day or two, at every office hour."""
    script = Script(seed=7, start=date(2026, 7, 6), days=7 * weeks, cases=4 * weeks)
    return Span(script, date(2026, 7, 11), 7 * weeks - 5, OFFICE, rounds=max(1, weeks // 3))


@dataclass
class Played:
    """Quarters by mode, each played when it is first asked for."""

    checkout: Path
    folder: Path
    span: Span
    quarters: dict[Mode, Quarter] = field(default_factory=dict)

    def of(self, mode: Mode) -> Quarter:
        """The quarter in a mode, to its end."""
        if mode not in self.quarters:
            folder = self.folder / mode
            folder.mkdir()
            with installed(mode, self.span.script, self.checkout, folder) as quarter:
                play_in(quarter, self.span if mode != "shadow" else replace(self.span, nights=self.span.in_shadow or self.span.nights))
            self.quarters[mode] = quarter
        return self.quarters[mode]


def play_in(quarter: Quarter, span: Span) -> None:
    """Play every night of the span and the hours of its working days; it ends with a night."""
    if span.goes_wrong:
        quarter.mishaps = mishaps_of(quarter.mode, span)
    for night in span.all_nights:
        quarter.night(night)
        if night.weekday() < SATURDAY and night != span.all_nights[-1]:
            for hour in span.hours:
                quarter.hour(at(night.date(), hour))


def mishaps_of(mode: Mode, span: Span) -> list[tuple[datetime, Mishap]]:
    """What goes wrong, and from when on. In shadow nothing is sent that could."""
    per_mode: Mapping[Mode, tuple[Mishap, ...]] = {
        "shadow": (),
        "warn": (*IN_THE_CHANNEL, *AT_HALOPSA),
        "enforce": (*IN_THE_CHANNEL, *AT_HALOPSA, *OF_BLOCKS),
    }
    rounds = [span.all_nights[1] + timedelta(weeks=2 * number) for number in range(span.rounds)]
    armed = [(since, mishap) for since in rounds for mishap in per_mode[mode]]
    if mode != "shadow":
        # On a Saturday and a Sunday, so that the next thing that happens is a night: it publishes what the dead process left.
        weekend = [night for night in span.all_nights if night.weekday() >= SATURDAY]
        armed += list(zip(weekend, DEATHS * span.rounds, strict=False))
    return sorted(armed, key=lambda each: each[0])
