"""HaloPSA's own history of a ticket's fields: who changed what, from what to what, and when.

Made from the truth's timelines; edits through the API are not in it. The one thing to know: a row names the field by its
label, not by its name (H: section 2.4, table AUDIT), and ids are given in the order of time over the whole world, so that
they never change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.shaping import EMPTY_TICKET_DATE, day, stamp, stamp_or
from handoff_pipeline.simulator.ticket_rows import DEAL_STATUSES
from handoff_pipeline.simulator.truth import Deal, Project, Timeline

# (moment, ticket, agent, client, label, from, to)
Change = tuple[datetime, int, int, int, str, str, str]
STATUS = "Status"


def audit_rows(index: Index, now: datetime) -> list[Row]:
    """Give the changes of opportunities' and projects' fields up to `now`, in the order of time."""
    changes = [change for deal in index.truth.deals for change in _of_deal(deal)]
    changes += [change for project in index.truth.projects for change in _of_project(project)]
    return [_row(number, change) for number, change in enumerate(sorted(changes), start=1) if change[0] <= now]


def _of_deal(deal: Deal) -> Iterator[Change]:
    who = (deal.deal_id, deal.agent_id, deal.client_id)
    steps = deal.status.steps
    for (_, before), (at, after) in pairwise(steps):
        yield at, *who, STATUS, cfg.STATUS_NAMES[DEAL_STATUSES[before]], cfg.STATUS_NAMES[DEAL_STATUSES[after]]
    for name, timeline in (
        ("CFSignedScopeLink", deal.signed_scope_link),
        ("CFDeliveryAssumptions", deal.delivery_assumptions),
        ("CFDependencies", deal.dependencies),
        ("CFAcceptanceCriteria", deal.acceptance_criteria),
    ):
        yield from _of_field(who, name, timeline)
    for name, days in (("CFSignedScopeDate", deal.signed_scope_date), ("CFKickoffCommitted", deal.kickoff_committed)):
        yield from _of_field(who, name, days)


def _of_project(project: Project) -> Iterator[Change]:
    who = (project.project_id, project.agent_id, project.client_id)
    for name, timeline in (("CFFeasibility", project.feasibility), ("CFResourcePlan", project.resource_plan)):
        yield from _of_field(who, name, timeline)
    yield from _of_field(who, "CFKickoffHeld", project.kickoff_recorded)
    running = cfg.STATUS_NAMES[cfg.STATUS_IN_PROGRESS]
    for at, status in ((project.closed_at, cfg.STATUS_CLOSED), (project.cancelled_at, cfg.STATUS_CANCELLED)):
        if at is not None:
            yield at, *who, STATUS, running, cfg.STATUS_NAMES[status]


def _of_field(who: tuple[int, int, int], name: str, timeline: Timeline[str] | Timeline[date]) -> Iterator[Change]:
    before = ""
    for at, value in timeline.steps:
        after = value if isinstance(value, str) else day(value) or ""
        yield at, *who, cfg.FIELDS[name].label, before, after
        before = after


def _row(number: int, change: Change) -> Row:
    at, ticket_id, agent_id, client_id, label, before, after = change
    dates = label in {cfg.FIELDS[name].label for name in ("CFSignedScopeDate", "CFKickoffCommitted", "CFKickoffHeld")}
    return {
        "id": number,
        "ticket_id": ticket_id,
        "agent_id": agent_id,
        "clientid": client_id,
        "date": stamp(at),
        "value": label,
        "from": before,
        "to": after,
        "datetime_from": (before if dates and before else None) or stamp_or(None, EMPTY_TICKET_DATE),
        "datetime_to": (after if dates and after else None) or stamp_or(None, EMPTY_TICKET_DATE),
        "table_name": "Faults",
        "id1": ticket_id,
        "id2": 0,
        "user_id": 0,
    }
