"""The note on the opportunity in HaloPSA: all open gaps with reason, fix and deadline, and how to answer. Pure.

Fields are `writeback`'s, the block `blocking`'s. The one thing to know: a note is made of the policy's own words and holds no customer's
text and no name. It is written when what it says has changed; the last closed gaps stay on it, so that no note says again what an earlier
one said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from handoff_pipeline.governance.card_words import by_weight, counted, why
from handoff_pipeline.governance.cards_due import TOLD
from handoff_pipeline.governance.proposals import Proposal, content_hash, expiry, keyed
from handoff_pipeline.governance.remediation_rows import GapRow
from handoff_pipeline.governance.rollout import MODES
from handoff_pipeline.governance.situation import Situation, Standing, by_handoff
from handoff_pipeline.ledger.canonical import canonical
from handoff_pipeline.policy import Policy

_CLOSED_SHOWN: Final = 5
_CLOSED_ON: Final = re.compile(r"^(Closed: .*), \d{4}-\d\d-\d\d$", re.MULTILINE)


def notes(situation: Situation) -> Iterator[Proposal]:
    """For every handoff with open gaps a note with all of them, whenever they changed; a last one when none is left."""
    for shadow in (False, True):
        for rows in by_handoff(situation, "halo_note", shadow):
            yield from _note(situation, rows, shadow)


def note_text(situation: Situation, rows: Sequence[Standing]) -> str:
    """The note's words: open gaps with reason, fix and deadline in local time, the latest closed ones, and how to answer."""
    shown = sorted((one for one in rows if one.gap.is_open), key=lambda one: by_weight(one.gap))
    closed = sorted((one.gap for one in rows if one.gap.resolved_at is not None and not one.gap.is_open), key=_newest_closed)[
        :_CLOSED_SHOWN
    ]
    lines = [f"Handoff check: {counted(len(shown), 'open gap')}." if shown else "Handoff check: no open gaps."]
    for number, one in enumerate(shown, start=1):
        due = one.due_at.astimezone(situation.calendar.time_zone)
        lines.append(f"{number}. {one.gap.title} ({one.gap.item}{', hard' if one.gap.is_hard else ''}), due {due:%Y-%m-%d %H:%M}")
        lines += [f"   {words}" for words in (why(one.gap), one.gap.fix) if words]
    lines += [
        f"Closed: {gap.title} ({gap.item}), {situation.calendar.local_day(gap.resolved_at):%Y-%m-%d}" for gap in closed if gap.resolved_at
    ]
    return "\n".join([*lines, *_how_to_answer(situation.policy, has_gaps=bool(shown))])


def _how_to_answer(policy: Policy, *, has_gaps: bool) -> list[str]:
    answers = policy.remediation
    forms = [
        f"{answers.acknowledge.note_word} (seen)" if answers.acknowledge.note_word else "",
        f"{answers.snooze.note_word} YYYY-MM-DD and a reason (later)" if answers.snooze.note_word else "",
        f"{answers.appeal.note_word}, the item and a reason (not a gap)" if answers.appeal.note_word else "",
    ]
    said = "; ".join(form for form in forms if form)
    return [f"Answer with a note that begins with one of: {said}."] if said and has_gaps else []


def _note(situation: Situation, rows: list[Standing], shadow: bool) -> Iterator[Proposal]:
    first = rows[0].gap
    earlier = situation.state.of(first.handoff_id, "halo_note", is_shadow=shadow)
    if not any(one.gap.is_open for one in rows) and not any(one.is_shadow or one.state in TOLD for one in earlier):
        return
    content = {"ticket_id": first.handoff_id, "note": note_text(situation, rows)}
    key = keyed(f"note|{first.handoff_id}|{content_hash(content)[:16]}", shadow)
    same = [one for one in earlier if one.dedupe_key == key or one.dedupe_key.startswith(f"{key}#")]
    if same and same[-1].state != "expired" and not any(one.proposed_at > same[-1].proposed_at for one in earlier):
        return
    last = earlier[-1] if earlier else None
    if last is not None and last.state != "expired" and _undated(last.content) == _undated(canonical(content)):
        return
    said = counted(sum(one.gap.is_open for one in rows), "open gap")
    yield Proposal(
        dedupe_key=f"{key}#{len(same) + 1}" if same else key, target="halopsa", action="halo_note", effect="note",
        mode=max((one.gap.mode for one in rows), key=MODES.index), is_shadow=shadow, handoff_id=first.handoff_id, content=content,
        shown=f"Note on handoff {first.handoff_id}: {said}", amount_base=first.amount_base, source_url=first.source_url or None,
        not_before=situation.now, expires_at=expiry(situation.now, situation.policy),
    )  # fmt: skip


def _undated(content: str) -> str:
    """A note without the days on which gaps were closed: an hour may have told of a closing before the night that dates it."""
    return _CLOSED_ON.sub(r"\1", orjson.loads(content)["note"])


def _newest_closed(gap: GapRow) -> tuple[float, str]:
    return (-(gap.resolved_at or gap.detected_at).timestamp(), gap.gap_id)
