"""Which opportunities have to be looked at though no gap of theirs is open: those that show old figures, or are still blocked. Pure.

What is written on them is `writeback`'s and `blocking`'s. The one thing to know: a deal whose last gap is closed is just the one whose
score must change and whose block must end, so it is read until that is written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from handoff_pipeline.governance.proposals import is_shadow
from handoff_pipeline.governance.releasing import standing_blocks, stays, ways_back
from handoff_pipeline.governance.remediation_rows import GapRow, RecordRow, RemediationState
from handoff_pipeline.governance.writeback import strongest_mode, wanted_fields
from handoff_pipeline.ledger.intent_states import FINAL
from handoff_pipeline.policy import Policy

NOTICED_WITHIN: Final = timedelta(days=7)
"""A block whose gaps were closed longer ago was ended by people, or is theirs to end."""


def records_due(
    records: Sequence[RecordRow], gaps: Sequence[GapRow], state: RemediationState, policy: Policy, now: datetime
) -> frozenset[int]:
    """Handoffs to read besides those with open gaps."""
    unwritten = {record.handoff_id for record in records if not record.is_historic and _shows_old_figures(record, state, policy)}
    return frozenset(unwritten | _still_blocked(gaps, state, policy, now))


def _shows_old_figures(record: RecordRow, state: RemediationState, policy: Policy) -> bool:
    """Whether the last write of its fields, or what was recorded in shadow, was of other figures, or did not come about."""
    wanted = wanted_fields(record, policy)
    shadow = is_shadow(policy, strongest_mode(policy), record.in_pilot, "halo_score_fields")
    earlier = state.of(record.handoff_id, "halo_score_fields", is_shadow=shadow)
    if not wanted or not earlier:
        return bool(wanted)
    last = earlier[-1]
    return json.loads(last.content)["fields"] != wanted or (last.state in FINAL and last.state != "confirmed")


def _still_blocked(gaps: Sequence[GapRow], state: RemediationState, policy: Policy, now: datetime) -> set[int]:
    """Deals that nothing was proposed for to move them back, and whose gaps were closed lately or block nothing by today's policy."""
    closed: dict[int, datetime] = {}
    lowered: set[int] = set()
    for gap in gaps:
        if gap.resolved_at is not None:
            closed[gap.handoff_id] = max(gap.resolved_at, closed.get(gap.handoff_id, gap.resolved_at))
        elif policy.rollout.is_acting and (not gap.is_open or is_shadow(policy, gap.mode, gap.in_pilot, "halo_blocking")):
            lowered.add(gap.handoff_id)
    back = ways_back(state.intents)
    blocks = (one for one in standing_blocks(state.intents) if not any(stays(way) for way in back.get(one.intent_id, ())))
    stands = {one.handoff_id for one in blocks if one.handoff_id is not None}
    return {handoff for handoff in stands if handoff in lowered or (handoff in closed and now - closed[handoff] <= NOTICED_WITHIN)}
