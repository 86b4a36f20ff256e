"""Appeals: a seller says that a gap is none, and that is kept as feedback on the item. Pure.

Reading the words is `answer_words`'s. The one thing to know: an appeal changes no result and stops no deadline; people judge it, and the
policy follows from what many of them say.
"""

from __future__ import annotations

from datetime import datetime

from handoff_pipeline.governance.remediation_rows import GapRow
from handoff_pipeline.ledger.canonical import sha256_of
from handoff_pipeline.ledger.records_action import Feedback


def feedback_of(gap: GapRow, agent_id: int, at: datetime, reason: str, reference: str) -> Feedback:
    """The feedback that an appeal is; its id comes from where the appeal stands, so that the same one read again is the same row."""
    return Feedback(
        feedback_id=sha256_of(f"{gap.handoff_id}|{gap.item}|{reference}")[:32], handoff_id=gap.handoff_id, item=gap.item,
        kind="false_positive", reported_by=agent_id, reported_at=at, note=reason,
    )  # fmt: skip
