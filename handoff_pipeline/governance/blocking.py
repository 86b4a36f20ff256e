"""The block of a deal in mode enforce: a note and the policy's status in one write, and the way back once nothing blocks it any more. Pure.

Who consents is the action's class. The one thing to know: a gap blocks once. Where people move the deal on all the same, that is told as a
bypass (`bypassing`), and no tug-of-war over the status begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from handoff_pipeline.governance.card_words import by_weight
from handoff_pipeline.governance.proposals import Proposal
from handoff_pipeline.governance.releasing import STATUS, numbered, status_before, stays, ways_back
from handoff_pipeline.governance.remediation_rows import RecordRow
from handoff_pipeline.governance.situation import Situation, Standing, by_handoff
from handoff_pipeline.governance.writeback import on_record

_DONE: Final = frozenset({"confirmed", "accepted"})


def blocks(situation: Situation, records: Sequence[RecordRow]) -> Iterator[Proposal]:
    """For every handoff with open gaps in mode enforce a blocking note, with the policy's status where it names one; once for each gap."""
    by_id = {record.handoff_id: record for record in records}
    for shadow in (False, True):
        for rows in by_handoff(situation, "halo_blocking", shadow):
            record = by_id.get(rows[0].gap.handoff_id)
            if record is None:
                continue
            enforced = [one for one in rows if one.gap.mode == "enforce" and one.gap.is_open]
            working = [one for one in enforced if not situation.is_snoozed(one)]
            if working:
                yield from _block(situation, record, working, shadow)
            elif not enforced:
                yield from _release(situation, record, shadow)


def _block(situation: Situation, record: RecordRow, enforced: list[Standing], shadow: bool) -> Iterator[Proposal]:
    newest = max((one.gap for one in enforced), key=lambda gap: (gap.detected_at, gap.gap_id))
    earlier = situation.state.of(record.handoff_id, "halo_blocking", is_shadow=shadow)
    # One block for each gap: where people moved the deal on all the same, that is told as a bypass, and no tug-of-war begins.
    if any(one.proposed_at >= newest.detected_at for one in earlier):
        return
    titles = ", ".join(sorted(one.gap.title for one in enforced))
    words = [f"Blocked: this deal may not go on before these are closed: {titles}."]
    words += [f"- {one.gap.title} ({one.gap.item}): {one.gap.fix}" for one in sorted(enforced, key=lambda one: by_weight(one.gap))]
    moves = record.blocking_status_id is not None and record.blocking_status_id != record.status_id
    content: dict[str, Any] = {"ticket_id": record.handoff_id, "note": "\n".join(words)}
    if moves:
        content["status_id"] = record.blocking_status_id
    yield on_record(
        situation, record, "halo_blocking", f"blocking|{newest.gap_id}", "enforce", shadow, content,
        {"status_id": record.status_id}, f"Block handoff {record.handoff_id}: {titles}",
    )  # fmt: skip


def _release(situation: Situation, record: RecordRow, shadow: bool) -> Iterator[Proposal]:
    """Back to the status that the deal had before it was blocked, once nothing is left to block it for."""
    done = [one for one in situation.state.of(record.handoff_id, "halo_blocking", is_shadow=shadow) if one.state in _DONE]
    before = next((status for one in reversed(done) if (status := status_before(one)) is not None), None)
    if before is None or record.status_id != record.blocking_status_id:
        return
    tried = ways_back(situation.state.intents).get(done[-1].intent_id, ())
    if any(stays(one) for one in tried if one.is_shadow is shadow):
        return
    key = numbered(f"{STATUS}{done[-1].intent_id}", [one for one in tried if one.is_shadow is shadow])
    content = {"ticket_id": record.handoff_id, "status_id": before}
    yield on_record(
        situation, record, "halo_status", key, "enforce", shadow, content, {"status_id": record.status_id},
        f"Unblock handoff {record.handoff_id}: status {record.status_id} becomes {before} again",
    )  # fmt: skip
