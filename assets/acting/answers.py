"""What people answered at HaloPSA, put into the ledger: seen, later, not a gap.

Reading the words is governance's. The one thing to know: a field or a status tells no moment of its own, so it answers once for each gap;
seen again in the next hour it is the same answer and no new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.acting.readings import Reading
from handoff_pipeline.governance.acknowledging import Misread, read_answers
from handoff_pipeline.governance.remediation_rows import GapRow, People
from handoff_pipeline.ledger import Acknowledgement, Ledger
from handoff_pipeline.policy import Policy


@dataclass(frozen=True)
class Answered:
    """How many answers were new, and what could not be understood."""

    acknowledgements: int = 0
    snoozes: int = 0
    feedback: int = 0
    misread: Sequence[Misread] = ()


def keep_answers(ledger: Ledger, reading: Reading, gaps: Sequence[GapRow], people: People, policy: Policy) -> Answered:
    """Write down what is new."""
    read = read_answers(reading.notes, reading.values, gaps, people, policy)
    told = {(one.subject_id, one.channel, one.far_ref) for one in ledger.people.acknowledgements() if one.channel != "note"}
    said = [one for one in read.acknowledgements if one.channel == "note" or (one.subject_id, one.channel, one.far_ref) not in told]
    result = Answered(
        acknowledgements=ledger.people.acknowledge(said),
        snoozes=sum(ledger.people.snooze(one) for one in read.snoozes),
        feedback=sum(ledger.people.report(one) for one in read.feedback),
        misread=tuple(read.misread),
    )
    _close_escalations(ledger, said)
    return result


def _close_escalations(ledger: Ledger, said: Sequence[Acknowledgement]) -> None:
    """Whoever an escalation reached, and who answers for that gap, has acknowledged the escalation."""
    for escalation in ledger.people.escalations():
        if escalation.acknowledged_at is None:
            his = (one.at for one in said if (one.subject_id, one.agent_id) == (escalation.gap_id, escalation.to_agent_id))
            first = min((at for at in his if at >= escalation.at), default=None)
            if first is not None:
                ledger.people.acknowledge_escalation(escalation.gap_id, escalation.level, escalation.to_agent_id, first)
