"""One deal of a script with its people, and the turns that its story is told in: win, wait, fill, begin, sign off, kick off.

The stories themselves are in `script_stories`. The one thing to know: `wait` leads to a later working day each time, so that no two
turns of a case that undo each other fall between the same two nights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from handoff_pipeline.simulator.deck import after
from handoff_pipeline.simulator.script_acts import Act, ActKind, Item, Value, Words, emptied, of_item, papers

OPENED_BEFORE, QUOTED_BEFORE, KICKOFF_LENGTH = timedelta(days=4), timedelta(hours=3), timedelta(minutes=75)


@dataclass
class Case:
    """One deal with its people, on the way to its story. `lacks` are the fields that are empty at the win."""

    rng: Random
    words: Words
    deal_id: int
    client_id: int
    seller_id: int
    lead_id: int
    other_lead_id: int
    won_at: datetime
    item: Item
    acts: list[Act] = field(default_factory=list)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the win."""
        self.now = self.won_at

    @property
    def project_id(self) -> int:
        """The project of this deal."""
        return self.deal_id + 1

    @property
    def filled(self) -> dict[str, Value]:
        """The papers of this deal when nothing is missing."""
        return papers(self.deal_id, self.won_at.date())

    def wait(self, low_days: int, high_days: int | None = None) -> datetime:
        """Let working days pass since what came before, and give the office moment that this leads to."""
        self.now = after(self.rng, self.now, low_days, high_days or low_days)
        return self.now

    def do(self, kind: ActKind, at: datetime, **rest: Any) -> None:
        """Let the seller do something on the deal, unless `rest` names another person or ticket."""
        usual = {"at": at, "kind": kind, "agent_id": self.seller_id, "ticket_id": self.deal_id, "deal_id": self.deal_id}
        self.acts.append(Act(**{**usual, **rest}))

    def lead(self, kind: ActKind, at: datetime, **rest: Any) -> None:
        """Let the project's lead do something on the project."""
        self.do(kind, at, **{"agent_id": self.lead_id, "ticket_id": self.project_id, **rest})

    def win(self, *missing: str) -> None:
        """Open the deal, fill all papers but those missing, have the quotation accepted, win."""
        left = {name: None if name in missing else value for name, value in self.filled.items()}
        opened, title = self.won_at - OPENED_BEFORE, f"Move to the cloud {self.deal_id}"
        self.do("open_deal", opened, fields=tuple(left.items()), other=self.client_id, text=title)
        self.do("accept_quotation", self.won_at - QUOTED_BEFORE, other=self.client_id)
        self.do("win", self.won_at)

    def win_lacking(self) -> None:
        """Win with the case's item empty."""
        self.win(*(name for name, _ in emptied(self.item)))

    def fill(self, low_days: int, high_days: int | None = None) -> None:
        """Fill the case's item."""
        self.do("fill", self.wait(low_days, high_days), item=self.item, fields=of_item(self.filled, self.item))

    def begin(self) -> None:
        """Open the project the day after the win."""
        plan = (("CFFeasibility", "Feasible as scoped"), ("CFResourcePlan", "One lead and one engineer, four days a week"))
        self.lead("open_project", self.wait(1), fields=plan, other=self.client_id, text=f"Cloud move {self.deal_id}")

    def sign(self, *answers: ActKind | None) -> None:
        """Begin, and ask for the sign-off once per answer, of another lead; the next is asked a day after the answer."""
        self.begin()
        self.now += timedelta(minutes=20)
        for seq, kind in enumerate(answers, start=1):
            self.lead("ask_signoff", self.now if seq == 1 else self.wait(1), other=seq, approver_id=self.other_lead_id)
            if kind is not None:
                self.lead(kind, self.wait(1, 2), other=seq, agent_id=self.other_lead_id)

    def kick_off(self) -> None:
        """Put the kickoff into the calendar, and hold it days later."""
        scheduled, starts = self.wait(1, 2), self.wait(4, 6)
        self.lead("schedule_kickoff", scheduled, text=starts.isoformat())
        self.lead("hold_kickoff", starts + KICKOFF_LENGTH)
