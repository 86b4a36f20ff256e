"""What fact_bypass must be in a quarter: what the records show, and blocks that people undid.

Made of the same records as the rest of the truth (quarter_truth). The one thing to know: whoever moves a blocked deal on while its gap is
open has gone around the block, whatever he meant by it; the product's own way back is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.overlay import Edit
from handoff_pipeline.simulator.truth_acting import Bypass, first_seen
from tests.end_to_end.quarter_records import Row, naive
from tests.end_to_end.quarter_truth import Expected


def bypass_rows(expected: Expected) -> list[Row]:
    """fact_bypass."""
    rows = [row for each in expected.truth.bypasses if (row := _recorded(expected, each)) is not None]
    rows += [row for block in expected.effects.blocks if (row := _undone(expected, block.ticket_id, block.at)) is not None]
    return sorted(rows, key=lambda row: (row["kind"], row["handoff_id"], row["project_id"]))


def _recorded(expected: Expected, each: Bypass) -> Row | None:
    seen = first_seen(each.at, expected.nights)
    if each.kind == "enforcement_off" or seen is None:
        return None
    happened, agent, state = each.at, each.agent_id, "open"
    if each.kind == "won_without_checklist":
        mine = [one for one in expected.gaps if one.gap.deal_id == each.deal_id and one.gap.is_hard]
        is_filled = all(one.gone is not None and one.gap.ended_by == "filled" for one in mine)
        is_waived = any(one.act.deal_id == each.deal_id and one.approved_at for one in expected.overrides)
        state = "corrected" if is_filled else "explained" if is_waived else "open"
    elif each.kind == "kickoff_without_signoff":
        happened = next(
            datetime.fromisoformat(done.act.text)
            for done in expected.records.journal.done
            if done.act.kind == "schedule_kickoff" and done.act.ticket_id == each.project_id
        )
    elif each.kind != "project_without_opportunity":
        happened, agent = seen, 0 if each.kind == "edited_after_signoff" else agent
    return bypass_row(each.kind, each.deal_id, each.project_id, agent, happened, seen, state)


def _undone(expected: Expected, deal_id: int, blocked_at: datetime) -> Row | None:
    """The first night that saw a blocked deal in another status into which a person had moved it, with a gap open by then."""
    for night in (night for night in expected.nights if night > blocked_at):
        last = [edit for edit in _moves(expected, deal_id) if edit.at <= night][-1]
        if last.fields["status_id"] != cfg.STATUS_BLOCKED:
            around = [one for one in expected.gaps if one.gap.deal_id == deal_id and one.was_open(night)]
            if any(last is write for write in expected.records.writes) or not around:
                return None
            waived = any(one.state == "waived" for one in around)
            state = "open" if any(one.is_open for one in around) else "explained" if waived else "corrected"
            return bypass_row("enforcement_off", deal_id, 0, 0, night, night, state)
    return None


def _moves(expected: Expected, deal_id: int) -> Iterator[Edit]:
    return (each for each in expected.records.edits if (each.resource, each.key) == ("tickets", (deal_id,)) and "status_id" in each.fields)


def bypass_row(kind: str, deal_id: int, project_id: int, agent_id: int, happened: datetime, seen: datetime, state: str) -> Row:
    """A row of fact_bypass; 0 where there is nothing."""
    return {
        "kind": kind, "handoff_id": deal_id, "project_id": project_id, "agent_id": agent_id, "happened_at_utc": naive(happened),
        "detected_at_utc": naive(seen), "state": state,
    }  # fmt: skip
