"""What a verdict on the audit chain means, in sentences: what it proves, against whom, and what it leaves open.

The verdict itself is the ledger's (`audit_verify`).
The one thing to know: nothing is claimed beyond the first thing that is wrong, and nothing of the end beyond a head kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff_pipeline.ledger.audit_verify import KnownHead, Verdict


def proved(verdict: Verdict, heads: Collection[KnownHead]) -> list[str]:
    """What the sound rows prove. `heads` are those that the reader keeps elsewhere."""
    anchored = max((head.seq for head in heads if head.seq <= verdict.rows), default=0)
    said = []
    if anchored:
        said.append(
            f"rows 1 to {anchored} are the ones whose head you kept: nobody has edited, deleted, reordered or added one of them since, "
            "with or without the key."
        )
    if verdict.rows > verdict.unkeyed:
        said.append(
            f"rows {verdict.unkeyed + 1} to {verdict.rows} were written with the key, in this order and without a gap: nobody without the "
            "key has edited, deleted from their midst, reordered or added one, even with write access to the database."
        )
    if verdict.rows and verdict.why is None:
        said.append(
            "every intent with its moves, approval, override, feedback, role, snooze, acknowledgement and escalation is as those rows last "
            "say, but for the words that identified an approver (agent:17, os:name), which stand in no row."
        )
    return said


def not_proved(verdict: Verdict, heads: Collection[KnownHead], *, has_key: bool) -> list[str]:
    """What the reader must not conclude."""
    anchored = max((head.seq for head in heads if head.seq <= verdict.rows), default=0)
    said = []
    if verdict.bad_seq is not None:
        said.append(f"anything of row {verdict.bad_seq} and what follows it.")
    elif verdict.why is not None:
        said.append("the records: beyond the first difference none was compared.")
    if verdict.unkeyed > anchored:
        key = "Set HANDOFF_AUDIT_KEY."
        if has_key:
            key = "If the key was set when they were written, the chain was written anew; if they are older than the key, "
            key += f"say so with --keyed-from {verdict.unkeyed + 1}, or keep a head." if verdict.rows > verdict.unkeyed else "keep a head."
        said.append(
            f"rows {anchored + 1} to {verdict.unkeyed} have no key: against somebody who can write to the ledger they prove nothing. {key}"
        )
    if verdict.why is None:
        said.append(_of_the_end(verdict, anchored))
    if verdict.rows > verdict.unkeyed:
        said.append("anything against somebody who has the key (or the former one), or who had this machine while rows were written.")
    said.append(_of_the_guards(verdict))
    return said


def _of_the_guards(verdict: Verdict) -> str:
    if not verdict.unguarded:
        return "that the database always refused edits past the product: its triggers stand now, and may have been taken away and put back."
    return (
        f"that the database refuses edits past the product: {', '.join(verdict.unguarded)}. Who did that, and when, is not known; a "
        "restore can do it as well. What was edited meanwhile shows above only as far as something is proved."
    )


def _of_the_end(verdict: Verdict, anchored: int) -> str:
    if not verdict.rows:
        return "that the chain was always empty: only a head that was kept elsewhere could show rows that were cut off (--head)."
    if anchored == verdict.rows:
        return f"that no row followed row {verdict.rows}: later rows could have been cut off again."
    if anchored:
        return f"that no row was cut off the end: rows after {anchored}, the newest head you gave, could have been. Keep the present head."
    return "that no row was cut off the end: give a head that was kept elsewhere (--head), and keep the present one (`handoff audit head`)."
