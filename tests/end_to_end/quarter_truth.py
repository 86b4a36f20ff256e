"""What a quarter's facts must be: made of the script's journal, the tenant's log of edits and the driver's moments, and of nothing else.

Neither the ledger nor any product code is asked. Bypasses are quarter_bypasses', what arrived at the far sides quarter_effects'. The
one thing to know: a moment of the truth is that of the deed, and a table's is often that of the first night or hour that could know of it,
so the moments of nights and readings are part of the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Final

from handoff_pipeline.simulator import Journal, QuarterTruth, truth_of
from handoff_pipeline.simulator.script_acts import Act
from handoff_pipeline.simulator.truth_acting import Gap, first_seen
from tests.end_to_end.quarter_effects import Effects, effects_before
from tests.end_to_end.quarter_office import after_hours, hours_between
from tests.end_to_end.quarter_records import Override, Records, Row, Standing, naive

MANAGERS: Final = {"Sales North": "Alice Archer", "Sales South": "Elena Rossi", "Sales Enterprise": "Grace Lee"}
LAST_RESORT: Final = "Laura Svensson"
DUE_AFTER: Final = {True: 8.0, False: 24.0}
APPROVERS: Final = ("Laura Svensson", "Quentin Blake")
"""Who is asked about an exception, in the order of their roles."""
SOLD, CONTROL = Decimal("4800.0000"), "HC-01"
"""What every deal of a script is sold for, and what the item serves from which its people ask exceptions."""


@dataclass
class Expected:
    """What the night of `as_of` must publish."""

    records: Records
    as_of: datetime

    @cached_property
    def truth(self) -> QuarterTruth:
        """What came of everything that was done by then."""
        journal = self.records.journal
        return truth_of(Journal([done for done in journal.done if done.at <= self.as_of], journal.asked))

    @cached_property
    def effects(self) -> Effects:
        """What had arrived by then."""
        return effects_before(self.as_of, self.records.writes, self.records.posts, self.records.log.delivered)

    @cached_property
    def nights(self) -> list[datetime]:
        """The nights up to this one."""
        return [night for night in self.records.log.nights if night <= self.as_of]

    def read_at(self, moment: datetime) -> datetime | None:
        """When what was said at a moment was read; None where nobody has read it yet."""
        read = first_seen(moment, self.records.log.read)
        return read if read is not None and read < self.as_of else None

    @cached_property
    def overrides(self) -> list[Override]:
        """Every exception that was asked for."""
        return [self._override(act, at) for act, at in self.records.log.overrides if at <= self.as_of]

    def _override(self, act: Act, at: datetime) -> Override:
        asked = [each for each in self.records.journal.asked if each.ticket_id == act.deal_id and each.note.startswith("Exception from")]
        answers = [(each.result, first_seen(each.decided_at, self.records.log.consented)) for each in asked if each.decided_at]
        known = [(result, read) for result, read in answers if read is not None and read < self.as_of]
        standing = Override(act, at, "requested")
        if any(result == "rejected" for result, _ in known):
            return Override(act, at, "refused")
        if len(known) == len(APPROVERS):
            standing = Override(act, at, "approved", max(read for _, read in known))
        return Override(act, at, "expired", standing.approved_at) if standing.ends_at <= self.as_of else standing

    @cached_property
    def gaps(self) -> list[Standing]:
        """Every gap that stood at some night."""
        found = (self._standing(gap) for gap in self.truth.gaps)
        return sorted((one for one in found if one is not None), key=lambda one: (one.gap.deal_id, one.gap.item, one.found))

    def _standing(self, gap: Gap) -> Standing | None:
        seen = gap.seen(self.nights)
        if seen is None:
            return None
        found, gone = seen
        last = gone or self.as_of
        granted = [one for one in self.overrides if one.approved_at and (one.act.deal_id, one.act.item) == (gap.deal_id, gap.item)]
        mine = [(one.approved_at, one.ends_at) for one in granted if one.approved_at and one.approved_at <= last and one.ends_at > found]
        waived_at = max((max(begin, found) for begin, end in mine if last < end), default=None)
        if waived_at is not None:
            state = "waived"
        elif gone is not None:
            state = "resolved" if gap.ended_by == "filled" else "moot"
        else:
            state = "waiver_expired" if mine else "open"
        return Standing(gap, found, gone, waived_at, state)

    @cached_property
    def _names(self) -> Mapping[str, int]:
        return {agent.name: agent.agent_id for agent in self.records.agents}

    def _owner(self, gap: Gap) -> int:
        """The seller; once a night has seen that he left, his team's manager, or the last resort where that is the same person."""
        left = {done.act.agent_id for done in self.records.journal.done if done.act.kind == "leave" and done.at <= self.as_of}
        seller = next(agent for agent in self.records.agents if agent.agent_id == gap.owner_id)
        in_turn = (seller.agent_id, self._names[MANAGERS[seller.team]], self._names[LAST_RESORT])
        return next(agent for agent in in_turn if agent not in left)

    def acknowledged_at(self, one: Standing) -> datetime | None:
        """When somebody first said that he had seen the gap; a field or a status says so when it is read."""
        told = []
        for said in self.truth.acknowledgements:
            read = self.read_at(said.at)
            if said.deal_id == one.gap.deal_id and read is not None:
                told.append(said.at if said.channel == "note" else read)
        return min((moment for moment in told if one.was_open(moment)), default=None)

    def gap_rows(self) -> list[Row]:
        """fact_gap but for its escalations."""
        return [self._gap_row(one) for one in self.gaps]

    def _gap_row(self, one: Standing) -> Row:
        gap, due = one.gap, after_hours(one.found, DUE_AFTER[one.gap.is_hard])
        in_time = one.gone <= due if one.state == "resolved" and one.gone else False if one.is_open and self.as_of > due else None
        return {
            "handoff_id": gap.deal_id, "item": gap.item, "is_hard": gap.is_hard, "state": one.state, "detected_at_utc": naive(one.found),
            "resolved_at_utc": naive(one.resolved_at), "due_at_utc": naive(due), "acknowledged_at_utc": naive(self.acknowledged_at(one)),
            "within_sla": in_time, "open_hours": round(hours_between(one.found, one.waived_at or one.gone or self.as_of), 4),
            "owner_id": self._owner(gap),
        }  # fmt: skip

    def override_rows(self) -> list[Row]:
        """fact_override."""
        first, second = (self._names[name] for name in APPROVERS)
        rows = [
            {
                "handoff_id": one.act.deal_id, "item": one.act.item, "control_id": CONTROL, "reason": one.act.reason,
                "compensating_control": one.act.control, "amount_base": SOLD, "requested_by": one.act.agent_id,
                "approved_by": first if one.approved_at else 0, "second_approver": second if one.approved_at else 0,
                "requested_at_utc": naive(one.requested_at), "approved_at_utc": naive(one.approved_at),
                "expires_at_utc": naive(one.ends_at), "state": one.state,
            }
            for one in self.overrides
        ]  # fmt: skip
        return sorted(rows, key=lambda row: (row["handoff_id"], row["requested_at_utc"]))

    def feedback_rows(self) -> list[Row]:
        """fact_feedback: appeals that were read while their gap was open."""
        rows = [
            {
                "handoff_id": said.deal_id, "item": said.item, "kind": "false_positive", "note": said.text, "disposition": None,
                "reported_by": said.agent_id if said.channel == "note" else 0,
                "reported_at_utc": naive(said.at if said.channel == "note" else read),
            }
            for said in self.truth.appeals
            if (read := self.read_at(said.at)) is not None
        ]  # fmt: skip
        return sorted(rows, key=lambda row: (row["handoff_id"], row["reported_at_utc"]))
