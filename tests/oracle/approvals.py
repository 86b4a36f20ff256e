"""Approvals asked of delivery on the projects of won deals: who was asked when, and what came of it.

Which acceptances make a sign-off is in `signoff`; here every request has its row, whoever answered it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff_pipeline.simulator.truth import Project, Signoff
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import utc
from tests.oracle.observation import Seen


@dataclass(frozen=True, eq=False)
class Approval:
    """One request: pending until it is decided; an acceptance that holds no more is void."""

    asked: Signoff
    handoff: Handoff
    project: Project
    decided_at: datetime | None
    result: str

    def has_moments(self, seen: Seen) -> bool:
        """Whether it is told when it was asked for and, once it is decided, when."""
        return all(seen.days.tells_a_time(moment) for moment in (self.asked.requested_at, self.decided_at) if moment is not None)


def approvals(seen: Seen, handoffs: list[Handoff]) -> list[Approval]:
    """Every approval asked for on a project of these handoffs."""
    return [
        _approval(seen, asked, handoff, project) for handoff in handoffs for project in handoff.projects for asked in seen.signoffs(project)
    ]


def _approval(seen: Seen, asked: Signoff, handoff: Handoff, project: Project) -> Approval:
    if asked.result == "pending" or asked.decided_at is None or asked.decided_at > seen.as_of:
        return Approval(asked, handoff, project, None, "pending")
    is_void = project is handoff.first and any(each.seq == asked.seq and each.void_on is not None for each in handoff.signoff.acceptances)
    return Approval(asked, handoff, project, asked.decided_at, "void" if is_void else asked.result)


def approval_key(seen: Seen, approval: Approval) -> int:
    """The approval's key."""
    return seen.key("approval", f"{approval.project.project_id}:{approval.asked.seq}")


def fact_approval(seen: Seen, approval: Approval) -> dict[str, Any]:
    """The fact's row."""
    return {
        "approval_key": approval_key(seen, approval),
        "handoff_key": seen.key("handoff", approval.handoff.deal.deal_id),
        "project_key": seen.key("project", approval.project.project_id),
        "kind": "signoff",
        "approver_key": seen.agent_key(approval.asked.agent_id),
        "requested_at_utc": utc(approval.asked.requested_at),
        "decided_at_utc": utc(approval.decided_at),
        "result": approval.result,
        "channel": "halopsa",
        "is_weak": False,
        "content_hash": None,
        "source_url": seen.url(approval.project.project_id),
        "has_moments": approval.has_moments(seen),
    }
