"""What came of a script: every gap, bypass, approval and word that the published facts must hold, with HaloPSA's ids and moments.

Made from the journal of what was really done; no checklist is scored and no product asked. The one thing to know: moments are those of
the deed. When a reader could first know of it is `first_seen`'s to say, and what never stood at any reading is no fact to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal

from handoff_pipeline.simulator.acting import Asked, Done, Journal, Result
from handoff_pipeline.simulator.script_acts import FIELDS_OF, HARD, Act, ActKind, Item

Ending = Literal["filled", "lost"]
BypassKind = Literal[
    "won_without_checklist", "kickoff_scheduled_without_signoff", "kickoff_without_signoff", "edited_after_signoff",
    "project_without_opportunity", "enforcement_off",
]  # fmt: skip
Channel = Literal["status", "note", "field"]
CHANNELS: Final[dict[ActKind, Channel]] = {
    "acknowledge_status": "status",
    "acknowledge_note": "note",
    "acknowledge_field": "field",
    "appeal_note": "note",
    "appeal_field": "field",
}


@dataclass(frozen=True)
class Gap:
    """An item that a won deal lacked from `since` on, and how that ended; `is_partial` where one of its fields was there."""

    deal_id: int
    item: Item
    is_hard: bool
    is_partial: bool
    owner_id: int
    since: datetime
    ended_at: datetime | None = None
    ended_by: Ending | None = None
    closer_id: int | None = None

    def seen(self, readings: Iterable[datetime]) -> tuple[datetime, datetime | None] | None:
        """When a reader of those moments finds it and finds it gone; None where it stood at none of them."""
        moments = sorted(readings)
        found = first_seen(self.since, moments)
        if found is None or (self.ended_at is not None and self.ended_at <= found):
            return None
        return found, None if self.ended_at is None else first_seen(self.ended_at, moments)


@dataclass(frozen=True)
class Bypass:
    """A control gone around; `act` is how. `seq` is the sign-off's number where one was voided."""

    kind: BypassKind
    act: ActKind
    deal_id: int
    project_id: int
    agent_id: int
    at: datetime
    seq: int = 0


@dataclass(frozen=True)
class Said:
    """An acknowledgement or an appeal: `channel` is where it stands."""

    deal_id: int
    item: Item | None
    agent_id: int
    at: datetime
    channel: Channel
    text: str


@dataclass(frozen=True)
class PutOff:
    """A snooze, or with `control` a request to set a control aside; `until` is its last day."""

    deal_id: int
    item: Item | None
    agent_id: int
    at: datetime
    until: date
    reason: str
    control: str = ""


@dataclass(frozen=True)
class Signoff:
    """A sign-off asked of one person; `voided_at` is when what an accepted one covers was changed."""

    deal_id: int
    project_id: int
    seq: int
    approver_id: int
    requested_at: datetime
    result: Result = "pending"
    decided_at: datetime | None = None
    voided_at: datetime | None = None


@dataclass
class QuarterTruth:
    """What came of a quarter, each list in the order of time. `asked` came over HTTP, `refused` is what a rule stopped."""

    gaps: list[Gap] = field(default_factory=list)
    bypasses: list[Bypass] = field(default_factory=list)
    acknowledgements: list[Said] = field(default_factory=list)
    appeals: list[Said] = field(default_factory=list)
    snoozes: list[PutOff] = field(default_factory=list)
    overrides: list[PutOff] = field(default_factory=list)
    signoffs: list[Signoff] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    refused: list[Done] = field(default_factory=list)


def first_seen(at: datetime, readings: Iterable[datetime]) -> datetime | None:
    """Give the first reading that could know of what happened at `at`; None before there is one."""
    return min((moment for moment in readings if moment >= at), default=None)


def truth_of(journal: Journal) -> QuarterTruth:
    """Give what came of all that was played so far."""
    teller = _Teller()
    for done in journal.done:
        if done.is_refused:
            teller.truth.refused.append(done)
        else:
            teller.tell(done.act, done.at)
    teller.truth.asked = [replace(asked) for asked in journal.asked]
    return teller.truth


class _Teller:
    """Follows the journal: which fields of which deal are empty, which deals are won, and what stands signed off."""

    def __init__(self) -> None:
        self.truth = QuarterTruth()
        self._empty: dict[int, set[str]] = {}
        self._owners: dict[int, int] = {}
        self._won: set[int] = set()

    def tell(self, act: Act, at: datetime) -> None:
        if act.kind in {"open_deal", "fill", "attach", "empty", "edit_covered"}:
            empty = self._empty.setdefault(act.deal_id, set())
            empty.difference_update(name for name, value in act.fields if value is not None)
            empty.update(name for name, value in act.fields if value is None)
        if act.kind == "open_deal":
            self._owners[act.deal_id] = act.agent_id
        elif act.kind == "win":
            self._won.add(act.deal_id)
        elif act.kind == "lose":
            self._won.discard(act.deal_id)
        self._bypasses(act, at)
        self._gaps(act, at)
        self._words(act, at)
        self._signoffs(act, at)

    def _gaps(self, act: Act, at: datetime) -> None:
        empty = self._empty.get(act.deal_id, set())
        for item, names in FIELDS_OF.items():
            lacks, standing = empty.intersection(names), self._open_gap(act.deal_id, item)
            if standing is not None and (not lacks or act.deal_id not in self._won):
                ended = replace(standing, ended_at=at, ended_by="lost" if lacks else "filled", closer_id=act.agent_id)
                self.truth.gaps[self.truth.gaps.index(standing)] = ended
            elif standing is None and lacks and act.deal_id in self._won:
                partial = len(lacks) < len(names)
                self.truth.gaps.append(Gap(act.deal_id, item, item in HARD, partial, self._owners[act.deal_id], at))

    def _open_gap(self, deal_id: int, item: Item | None = None) -> Gap | None:
        standing = (gap for gap in self.truth.gaps if gap.deal_id == deal_id and gap.ended_at is None)
        return next((gap for gap in standing if item in {None, gap.item}), None)

    def _bypasses(self, act: Act, at: datetime) -> None:
        def found(kind: BypassKind, project_id: int = 0, seq: int = 0) -> None:
            self.truth.bypasses.append(Bypass(kind, act.kind, act.deal_id, project_id, act.agent_id, at, seq))

        lacks = self._empty.get(act.deal_id, set())
        if act.kind == "win" and any(lacks.intersection(FIELDS_OF[item]) for item in HARD):
            found("won_without_checklist")
        elif act.kind in {"hand_over", "switch_off"} and self._open_gap(act.deal_id) is not None:
            found("enforcement_off")
        elif act.kind == "open_project" and not act.deal_id:
            found("project_without_opportunity", act.ticket_id)
        elif act.kind == "schedule_kickoff" and self._valid(act.deal_id) is None:
            found("kickoff_scheduled_without_signoff", act.ticket_id)
        elif act.kind == "hold_kickoff" and self._valid(act.deal_id) is None:
            found("kickoff_without_signoff", act.ticket_id)
        elif act.kind == "edit_covered" and (valid := self._valid(act.deal_id)) is not None:
            found("edited_after_signoff", valid.project_id, valid.seq)

    def _valid(self, deal_id: int) -> Signoff | None:
        own = (each for each in self.truth.signoffs if each.deal_id == deal_id)
        return next((each for each in own if each.result == "accepted" and each.voided_at is None), None)

    def _signoffs(self, act: Act, at: datetime) -> None:
        signoffs, valid = self.truth.signoffs, self._valid(act.deal_id)
        if act.kind == "ask_signoff":
            signoffs.append(Signoff(act.deal_id, act.ticket_id, act.other, act.approver_id, at))
        elif act.kind in {"accept_signoff", "reject_signoff"}:
            place = next(n for n, each in enumerate(signoffs) if (each.project_id, each.seq) == (act.ticket_id, act.other))
            result: Result = "accepted" if act.kind == "accept_signoff" else "rejected"
            signoffs[place] = replace(signoffs[place], result=result, decided_at=at)
        elif act.kind == "edit_covered" and valid is not None:
            signoffs[signoffs.index(valid)] = replace(valid, voided_at=at)

    def _words(self, act: Act, at: datetime) -> None:
        if act.kind in CHANNELS:
            heard = self.truth.appeals if act.kind.startswith("appeal") else self.truth.acknowledgements
            heard.append(Said(act.deal_id, act.item, act.agent_id, at, CHANNELS[act.kind], act.reason or act.text))
        elif act.until is not None:
            heard_too = self.truth.overrides if act.kind == "ask_override" else self.truth.snoozes
            heard_too.append(PutOff(act.deal_id, act.item, act.agent_id, at, act.until, act.reason, act.control))
