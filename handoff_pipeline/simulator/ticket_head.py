"""What every ticket has, whatever its type, as a full HaloPSA record.

`last_update` is the latest change of the ticket itself, hours logged on it included. Quotations, approvals, appointments
and children do not touch it: the reference cannot say, and this is the harder case for an incremental reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.shaping import EMPTY_TICKET_DATE, fraction, stamp, stamp_or


@dataclass(frozen=True)
class TicketHead:
    """The facts of a ticket, before they are written; `closed_at` is None while it is open."""

    ticket_id: int
    type_id: int
    summary: str
    client_id: int
    agent_id: int
    team: str
    created_at: datetime
    updated_at: datetime
    status_id: int
    closed_at: datetime | None
    parent_id: int | None = None


def ticket_row(index: Index, head: TicketHead, now: datetime) -> Row:
    """Give the record of `head` as it is at `now`, with the time logged on it by then."""
    logged = sum((entry.hours for entry in index.entries_of(head.ticket_id) if entry.logged_at <= now), Decimal(0))
    updated = max(head.updated_at, index.last_logged(head.ticket_id, now) or head.created_at)
    children = [child for child, born in index.children_of(head.ticket_id) if born <= now]
    return {
        "id": head.ticket_id,
        "guid": f"00000000-0000-4000-8000-{head.ticket_id:012d}",
        "summary": head.summary,
        "details": head.summary,
        "details_html": f"<p>{head.summary}</p>",
        "dateoccurred": stamp(head.created_at),
        "datecreated": stamp(head.created_at),
        "dateclosed": stamp_or(head.closed_at, EMPTY_TICKET_DATE),
        "last_update": fraction(updated),
        "lastactiondate": fraction(updated),
        "client_id": head.client_id,
        "client_name": index.client_name(head.client_id),
        "site_id": head.client_id,
        "site_name": "Main",
        "user_id": 0,
        "agent_id": head.agent_id,
        "agent_name": index.agent_name(head.agent_id),
        "team": head.team,
        "team_id": cfg.TEAM_IDS[head.team],
        "tickettype_id": head.type_id,
        "tickettype_name": cfg.TYPE_NAMES[head.type_id],
        "itil_requesttype_id": cfg.ITIL[head.type_id],
        "status_id": head.status_id,
        "status_name": cfg.STATUS_NAMES[head.status_id],
        "priority_id": -1,
        "sla_id": -1,
        "workflow_id": -1,
        "category_1": "",
        "ticket_tags": "",
        # H: no agreement is -1, not 0 (section 5).
        "contract_id": -1,
        "parent_id": head.parent_id,
        "parent_subject": index.summary_of(head.parent_id),
        "child_count": len(children),
        "child_ticket_ids": children,
        "merged_into_id": 0,
        "inactive": False,
        "onhold": head.status_id == cfg.STATUS_ON_HOLD,
        "hasbeenclosed": head.closed_at is not None,
        "flagged": False,
        "reviewed": False,
        "table": 1,
        "use": "ticket",
        "timetaken": float(logged),
        "estimate": 0.0,
        "createdfrom_id": 0,
        "template_id": 0,
        "is_opportunity": head.type_id == cfg.OPPORTUNITY,
        "is_project": head.type_id == cfg.PROJECT,
        "budgets": [],
        "milestones": [],
        "related_tickets": [],
        "customfields": [],
    }
