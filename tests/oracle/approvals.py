"""Approvals asked of delivery on the projects of won deals: who was asked when, and what came of it.

Which acceptances make a sign-off is in `signoff`; here every request has its row, whoever answered it. So has what the product itself
asked, as a script tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff_pipeline.simulator.truth import Project, Signoff
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import UNKNOWN, sha256, utc
from tests.oracle.observation import Seen
from tests.oracle.said import Request


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


@dataclass(frozen=True, eq=False)
class Asked:
    """A request of the product, with the handoff and the project that it names, where there are such."""

    request: Request
    handoff: Handoff | None
    project: Project | None


def requests(seen: Seen, every: list[Handoff]) -> list[Asked]:
    """Everything that the product had asked by the last night."""
    by_deal = {each.deal.deal_id: each for each in every}
    projects = {each.project_id: each for each in seen.projects}
    asked = (each for each in seen.said.requests if each.asked_at <= seen.as_of)
    return [Asked(each, by_deal.get(each.deal_id or 0), projects.get(each.project_id or 0)) for each in asked]


def request_key(seen: Seen, asked: Asked) -> int:
    """The approval's key."""
    return seen.key("approval", asked.request.approval_id)


def fact_request(seen: Seen, asked: Asked) -> dict[str, Any]:
    """The fact's row."""
    request, handoff, project = asked.request, asked.handoff, asked.project
    return {
        "approval_key": request_key(seen, asked),
        "handoff_key": seen.key("handoff", handoff.deal.deal_id) if handoff else UNKNOWN,
        "project_key": seen.key("project", project.project_id) if project else UNKNOWN,
        "kind": request.kind,
        "approver_key": seen.agent_key(request.asked),
        "requested_at_utc": utc(request.asked_at),
        "decided_at_utc": utc(request.decided_at(seen.as_of)),
        "result": request.result(seen.as_of),
        "channel": request.channel,
        "is_weak": request.is_weak and request.result(seen.as_of) != "pending",
        "content_hash": sha256(request.content),
        "source_url": request.url,
        "has_moments": True,
    }
