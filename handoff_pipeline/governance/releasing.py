"""The way back of a block for which, by today's phase, pilot and modes, nothing stands any more: an item was lowered from enforce. Pure.

A block whose gaps were closed is `blocking`'s. The one thing to know: it takes the block back as a rollback does: by the block's own
approvers, from the status that the block set and no other, so what somebody has changed since stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from handoff_pipeline.governance.proposals import SHADOW, Proposal
from handoff_pipeline.governance.remediation_rows import RecordRow
from handoff_pipeline.governance.situation import Situation, by_handoff
from handoff_pipeline.governance.writeback import on_record
from handoff_pipeline.ledger.records_action import Intent

STATUS: Final = "status|"
RELEASE: Final = "release|"
HELD_AGAIN: Final = "The deal is blocked by today's policy again."
_DONE: Final = frozenset({"confirmed", "accepted"})


def releases(situation: Situation, records: Sequence[RecordRow]) -> Iterator[Proposal]:
    """The former status of every deal that a block has moved and nothing may block today; none in a phase that writes nothing."""
    if not situation.policy.rollout.is_acting:
        return
    may_block = {rows[0].gap.handoff_id for rows in by_handoff(situation, "halo_blocking", shadow=False)}
    by_id, back = {record.handoff_id: record for record in records}, ways_back(situation.state.intents)
    for block in standing_blocks(situation.state.intents):
        record, tried = by_id.get(block.handoff_id or 0), back.get(block.intent_id, ())
        if record is None or record.is_historic or record.handoff_id in may_block or any(stays(one) for one in tried):
            continue
        set_by_it, before = json.loads(block.content)["status_id"], status_before(block)
        if record.status_id != set_by_it:
            continue
        words = f"Released: by today's policy nothing blocks this deal any more. The block (handoff:{block.intent_id}) is taken back."
        content = {"ticket_id": record.handoff_id, "kind": "opportunity", "note": words, "status_id": before}
        proposal = on_record(
            situation, record, "halo_blocking", numbered(f"{RELEASE}{block.intent_id}", tried), "enforce", False, content,
            {"status_id": set_by_it}, f"Release handoff {record.handoff_id}: status {set_by_it} becomes {before} again",
        )  # fmt: skip
        yield replace(proposal, rollback_of=block.intent_id)


def held_again(situation: Situation, one: Intent) -> str | None:
    """Why a release that waits is not to be sent: the deal may be blocked again."""
    may_block = (rows for rows in by_handoff(situation, "halo_blocking", shadow=False) if rows[0].gap.handoff_id == one.handoff_id)
    is_held = any(each.gap.is_open and each.gap.mode == "enforce" for rows in may_block for each in rows)
    return HELD_AGAIN if is_held else None


def standing_blocks(intents: Iterable[Intent]) -> list[Intent]:
    """The last block of each deal that moved its status, whatever came of the way back."""
    last: dict[int, Intent] = {}
    for one in sorted(intents, key=lambda each: (each.proposed_at, each.intent_id)):
        is_block = one.action == "halo_blocking" and one.state in _DONE and one.rollback_of is None and not one.is_shadow
        if is_block and one.handoff_id is not None and status_before(one) is not None:
            last[one.handoff_id] = one
    return [last[handoff] for handoff in sorted(last)]


def ways_back(intents: Iterable[Intent]) -> Mapping[str, Sequence[Intent]]:
    """Block to everything that was ever proposed to take it back, by the product or by a person."""
    found: dict[str, list[Intent]] = {}
    for one in intents:
        key = one.dedupe_key.removeprefix(SHADOW)
        if one.rollback_of is not None and one.action == "halo_blocking":
            found.setdefault(one.rollback_of, []).append(one)
        elif key.startswith(STATUS):
            found.setdefault(key.removeprefix(STATUS).partition("#")[0], []).append(one)
    return found


def still_blocked(intents: Sequence[Intent]) -> list[Intent]:
    """The blocks that no confirmed write has taken back, as far as the ledger knows."""
    back = ways_back(intents)
    return [one for one in standing_blocks(intents) if not any(way.state in _DONE for way in back.get(one.intent_id, ()))]


def stays(way_back: Intent) -> bool:
    """Whether nothing is proposed beside it or after it: it waits, is done, or people have decided; not where its time ran out unheard."""
    return not (way_back.state == "expired" or (way_back.state == "refused" and way_back.detail == HELD_AGAIN))


def numbered(key: str, tried: Sequence[Intent]) -> str:
    """The key of the next attempt."""
    return f"{key}#{len(tried) + 1}" if tried else key


def status_before(block: Intent) -> int | None:
    """The status that a block found and changed; None where it changed none."""
    if "status_id" not in json.loads(block.content):
        return None
    seen = json.loads(block.precondition).get("status_id")
    return seen if isinstance(seen, int) else None
