"""Score, gap count and sign-off state on the opportunity's own custom fields in HaloPSA. Pure.

Notes are `notes`', the block of a deal `blocking`'s, the far side's words `channels/halo_writes`'s. The one thing to know: what changes a
record carries the values that were seen, so that a change by a person in between is never written over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from handoff_pipeline.governance.proposals import Proposal, content_hash, expiry, is_shadow, keyed
from handoff_pipeline.governance.remediation_rows import NOBODY, RecordRow
from handoff_pipeline.governance.rollout import EFFECT_OF, MODES, Mode
from handoff_pipeline.governance.situation import Situation
from handoff_pipeline.ledger.canonical import canonical
from handoff_pipeline.ledger.intent_states import FINAL, State
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.actions import Action

_ON_ITS_WAY: Final = frozenset[State]({"claimed", "sent", "uncertain"})
_WAIT_AFTER_FAILURE: Final = timedelta(days=1)
"""A field that could not be written is tried again with the next day's values, not with every hour's."""


def score_fields(situation: Situation, records: Sequence[RecordRow]) -> Iterator[Proposal]:
    """Score, gap count and sign-off state into the policy's custom fields, where the record shows something else."""
    mode = strongest_mode(situation.policy)
    for record in sorted(records, key=lambda each: each.handoff_id):
        wanted = wanted_fields(record, situation.policy)
        if record.is_historic or not wanted or all(record.fields_seen.get(name, "") == value for name, value in wanted.items()):
            continue
        shadow = is_shadow(situation.policy, mode, record.in_pilot, "halo_score_fields")
        content = {"ticket_id": record.handoff_id, "fields": wanted}
        version = _version(situation, record, content, shadow)
        if version is None:
            continue
        key = f"score|{record.handoff_id}|{content_hash(content)[:16]}{version}"
        seen = {name: record.fields_seen.get(name) or None for name in wanted}
        told = ", ".join(f"{name} = {value or 'empty'}" for name, value in sorted(wanted.items()))
        shown = f"Fields of handoff {record.handoff_id}: {told}"
        yield on_record(situation, record, "halo_score_fields", key, mode, shadow, content, seen, shown)


def written_values(record: RecordRow) -> dict[str, str]:
    """Meaning of a field of `write_back.fields` to the text that it shall hold; the score with one decimal at most."""
    score = "" if record.score is None else f"{round(record.score, 1):.1f}".removesuffix(".0")
    return {"score": score, "gap_count": str(record.open_gaps), "signoff_state": record.signoff_state}


def wanted_fields(record: RecordRow, policy: Policy) -> dict[str, str]:
    """Custom field to the text that it shall hold, of those that the policy names."""
    named = policy.write_back.fields.named
    return {named[meaning]: value for meaning, value in written_values(record).items() if meaning in named}


def strongest_mode(policy: Policy) -> Mode:
    """The strongest mode of the checklist's items: what concerns a handoff as a whole goes by it."""
    return max((item.mode for item in policy.checklist.items), key=MODES.index)


def on_record(
    situation: Situation, record: RecordRow, action: Action, key: str, mode: Mode, shadow: bool, content: dict[str, Any],
    precondition: dict[str, Any], shown: str,
) -> Proposal:  # fmt: skip
    """A proposal on one record of HaloPSA."""
    return Proposal(
        dedupe_key=keyed(key, shadow), target="halopsa", action=action, effect=EFFECT_OF[action], mode=mode, is_shadow=shadow,
        handoff_id=record.handoff_id, content=content, precondition=precondition, shown=shown, amount_base=record.amount_base,
        source_url=record.source_url or None, not_before=situation.now, expires_at=expiry(situation.now, situation.policy),
        seller_id=situation.sellers.get(record.handoff_id, NOBODY),
    )  # fmt: skip


def _version(situation: Situation, record: RecordRow, content: dict[str, Any], shadow: bool) -> str | None:
    """What the key ends with so that a value may be written again that was written before; None where nothing is to be proposed.

    Nothing is while an earlier write is under way, while the record was read before the last one settled, for a day after a failure, and of
    a value that a person had taken back: it is told again when it is another one.
    """
    earlier = situation.state.of(record.handoff_id, "halo_score_fields", is_shadow=shadow)
    base = keyed(f"score|{record.handoff_id}|{content_hash(content)[:16]}", shadow)
    if shadow:
        return None if base in situation.state.by_key else ""
    if any(one.state in _ON_ITS_WAY for one in earlier):
        return None
    last = earlier[-1] if earlier else None
    if last is not None and last.settled_at is not None:
        is_unread = record.seen_at < last.settled_at
        is_resting = last.state == "failed" and situation.now < last.settled_at + _WAIT_AFTER_FAILURE
        if is_unread or is_resting:
            return None
    if last is not None and last.content == canonical(content) and _was_taken_back(situation, last):
        return None
    same = [one for one in earlier if one.dedupe_key == base or one.dedupe_key.startswith(f"{base}#")]
    if any(one.state not in FINAL for one in same):
        return None
    return f"#{len(same) + 1}" if same else ""


def _was_taken_back(situation: Situation, written: Intent) -> bool:
    undoing = (one for one in situation.state.intents if one.rollback_of == written.intent_id)
    return any((one.action, one.state) == (written.action, "confirmed") for one in undoing)
