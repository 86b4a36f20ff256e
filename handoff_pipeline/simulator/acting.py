"""People who act: a script played on a simulated tenant, hour by hour, and the answers to what was asked of people over HTTP.

What is done is in `script`, how in `acting_hands`, what came of it in `truth_acting`. The one thing to know: `play` moves the tenant's
clock itself, to each act's own moment and then on to the end of the time played, so call it before anything reads that hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final, Literal

from handoff_pipeline.simulator.acting_hands import do
from handoff_pipeline.simulator.acting_setup import set_up
from handoff_pipeline.simulator.deck import Deck
from handoff_pipeline.simulator.overlay import Edit
from handoff_pipeline.simulator.script import Script
from handoff_pipeline.simulator.script_acts import Act
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.work_rows import RESULTS

Result = Literal["pending", "accepted", "rejected"]
AT_ONCE: Final = timedelta(seconds=40)
LATE: Final = timedelta(days=6)
SOON_MINUTES: Final = (10, 90)
NOTES: Final = {"accepted": "Agreed", "rejected": "Not like this"}


@dataclass(frozen=True)
class Done:
    """An act as it was done: at `at`, which is later than the script's moment where the tenant's clock was ahead of it.

    `is_refused` says that the tenant's own rule did not let it through and nothing changed.
    """

    act: Act
    at: datetime
    is_refused: bool = False


@dataclass
class Asked:
    """An approval that was asked of a person over HTTP, and what that person does with it. `answers_at` is None for who never answers.

    `is_for_another` says that an administrator answered in the approver's place.
    """

    ticket_id: int
    seq: int
    approver_id: int
    note: str
    asked_at: datetime
    habit: str
    answers_at: datetime | None
    result: Result = "pending"
    decided_at: datetime | None = None
    is_for_another: bool = False


@dataclass
class Journal:
    """What was played so far: acts in the order of the script, and approvals in the order in which they were asked."""

    done: list[Done] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    writes_read: int = 0
    deck: Deck | None = None


def play(sim: SimulatedHalo, script: Script, until: datetime, journal: Journal) -> list[Done]:
    """Do what the script has due by `until` (aware), answer what people were asked, and leave the tenant's clock at `until`.

    Gives the acts done now. A clock that is ahead of an act's moment is never turned back: the act is done late, and its `Done` says so.
    """
    if until.tzinfo is None:
        raise ValueError(f"the moment {until.isoformat()} has no time zone: give an aware datetime, e.g. with tzinfo=UTC")
    before = len(journal.done)
    if journal.deck is None:
        set_up(sim)
        journal.deck = Deck(Random(f"{script.seed} answers"), script.habits)
    _read_what_was_asked(sim, script, journal, journal.deck)
    for due in _due(script, until, journal):
        moment = due.at if isinstance(due, Act) else due.answers_at
        sim.now = max(sim.now, moment or sim.now)
        if isinstance(due, Act):
            journal.done.append(Done(due, sim.now, is_refused=not do(sim, due)))
        else:
            _answer(sim, due)
    sim.now = max(sim.now, until)
    return journal.done[before:]


def _due(script: Script, until: datetime, journal: Journal) -> Iterator[Act | Asked]:
    """Give what is due in the order of time; answers come after acts of the same moment."""
    acts: list[tuple[datetime, int, int, Act | Asked]] = [
        (act.at, 0, at, act) for at, act in enumerate(script.acts[len(journal.done) :]) if act.at <= until
    ]
    answers: list[tuple[datetime, int, int, Act | Asked]] = [
        (asked.answers_at, 1, at, asked)
        for at, asked in enumerate(journal.asked)
        if asked.decided_at is None and asked.answers_at is not None and asked.answers_at <= until
    ]
    for *_, due in sorted([*acts, *answers], key=lambda each: each[:3]):
        yield due


def _read_what_was_asked(sim: SimulatedHalo, script: Script, journal: Journal, deck: Deck) -> None:
    for edit in sim.writes[journal.writes_read :]:
        if edit.resource == "approvals" and edit.kind == "create":
            habit = script.habit_for(edit.key[0]) or deck.draw()
            journal.asked.append(_asked(edit, habit, Random(f"{script.seed} {len(journal.asked)}")))
    journal.writes_read = len(sim.writes)


def _asked(edit: Edit, habit: str, rng: Random) -> Asked:
    waits = {"accept_at_once": AT_ONCE, "accept_late": LATE, "ignore": None}
    wait = waits.get(habit, timedelta(minutes=rng.randint(*SOON_MINUTES)))
    (ticket_id, seq), fields = edit.key, edit.fields
    answers_at = None if wait is None else edit.at + wait
    return Asked(ticket_id, seq, fields.get("agent_id", 0), str(fields.get("note") or ""), edit.at, habit, answers_at)


def _answer(sim: SimulatedHalo, asked: Asked) -> None:
    """Answer what still stands open; what was taken back or answered otherwise meanwhile is left alone for good."""
    present = sim.edits.find("approvals", (asked.ticket_id, asked.seq))
    if present is None or present["result"] != RESULTS["pending"]:
        asked.answers_at = None
        return
    asked.result = "rejected" if asked.habit == "reject" else "accepted"
    asked.decided_at, asked.is_for_another = sim.now, asked.habit == "accept_for_another"
    answer = {"result": RESULTS[asked.result], "approver_note": NOTES[asked.result], "admin_overridden": asked.is_for_another}
    sim.edits.change("approvals", (asked.ticket_id, asked.seq), answer)
