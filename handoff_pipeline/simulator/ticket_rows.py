"""The Faults store: opportunities, projects, tasks, change requests and plain incidents as full ticket records.

One resource behind /Tickets, /Opportunities and /Projects (H: section 2.3). Rows are whole here; the server strips them
for lists. What all kinds have in common is in `ticket_head`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.planning_rows import budget_rows, milestone_rows, planned_moments
from handoff_pipeline.simulator.shaping import EMPTY_TICKET_DATE, custom_field, day, latest, stamp, stamp_or
from handoff_pipeline.simulator.ticket_head import TicketHead, ticket_row
from handoff_pipeline.simulator.truth import ChangeRequest, Deal, Project, Task

DEAL_STATUSES: Final = {"open": cfg.STATUS_PROPOSAL, "won": cfg.STATUS_WON, "lost": cfg.STATUS_LOST}
CHANGE_STATUSES: Final = {
    "approved": cfg.STATUS_APPROVED,
    "rejected": cfg.STATUS_REJECTED,
    "withdrawn": cfg.STATUS_WITHDRAWN,
    "raised": cfg.STATUS_NEW,
}
# H: NUL bytes inside text (TopLeft fix of 2025-11). One opportunity in so many carries one in its details.
NUL_EVERY: Final = 17


def ticket_rows(index: Index, now: datetime) -> Iterator[Row]:
    """Give every ticket that exists at `now`, in the order of ids within each kind."""
    for deal in index.truth.deals:
        if deal.created_at <= now:
            yield _deal(index, deal, now)
    for project in index.truth.projects:
        if project.created_at <= now:
            yield _project(index, project, now)
            yield from (_task(index, project, task, now) for task in project.tasks if task.created_at <= now)
    for change in index.truth.changes:
        if change.raised_at <= now:
            yield _change(index, change, now)
    yield from _incidents(index, now)


def _deal(index: Index, deal: Deal, now: datetime) -> Row:
    status = deal.status.at(now) or "open"
    won_at = deal.won_at(now)
    since = [at for at, _ in deal.status.steps if at <= now][-1]
    merged_at = deal.merged_at if deal.merged_at and deal.merged_at <= now else None
    timelines = (
        deal.signed_scope_link,
        deal.signed_scope_date,
        deal.delivery_assumptions,
        deal.dependencies,
        deal.acceptance_criteria,
        deal.kickoff_committed,
    )
    edits = [at for timeline in timelines for at, _ in timeline.steps]
    updated = latest([deal.created_at, since, merged_at, *edits], now)
    closed = merged_at or (since if status != "open" else None)
    head = TicketHead(
        deal.deal_id,
        cfg.OPPORTUNITY,
        deal.title,
        deal.client_id,
        deal.agent_id,
        deal.team,
        deal.created_at,
        updated,
        DEAL_STATUSES[status],
        closed,
    )
    quotes = [quote for quote in index.quotes_of(deal.deal_id) if quote.created_at <= now]
    row = ticket_row(index, head, now)
    if deal.deal_id % NUL_EVERY == 0:
        row["details"] = f"{deal.title}\x00"
    row.update(
        merged_into_id=deal.merged_into if merged_at else 0,
        oppcompanyname=index.client_name(deal.client_id),
        # The seller's own estimate: never what was sold.
        oppvalue=float(sum((line.unit_price * line.quantity for quote in quotes for line in quote.lines), Decimal(0))),
        oppconversionprobability={"open": 50.0, "won": 100.0, "lost": 0.0}[status],
        # Reopening does not clear the converted date, so it alone does not say that a deal is won.
        oppconverteddate=stamp_or(won_at, EMPTY_TICKET_DATE),
        oppclosurecategory={"open": 0, "won": 1, "lost": 3}[status],
        targetdate=day(deal.created_at.date() + timedelta(days=45)),
        quotation_count=len(quotes),
        salesorder_count=sum(1 for order in index.orders_of(deal.deal_id) if order.created_at <= now),
        customfields=[
            custom_field("CFDealType", deal.deal_type),
            custom_field("CFServiceTemplate", deal.service_template),
            custom_field("CFSignedScopeLink", deal.signed_scope_link.at(now)),
            custom_field("CFSignedScopeDate", day(deal.signed_scope_date.at(now))),
            custom_field("CFDeliveryAssumptions", deal.delivery_assumptions.at(now)),
            custom_field("CFDependencies", deal.dependencies.at(now)),
            custom_field("CFAcceptanceCriteria", deal.acceptance_criteria.at(now)),
            custom_field("CFKickoffCommitted", day(deal.kickoff_committed.at(now))),
            custom_field("CFExistingProvider", "Acme Rival IT" if deal.deal_id % 2 else None),
            custom_field("CFOppSize", "Medium"),
        ],
    )
    return row


def _project(index: Index, project: Project, now: datetime) -> Row:
    closed = min((at for at in (project.closed_at, project.cancelled_at) if at and at <= now), default=None)
    held = next((True for since, until in project.holds if since <= now and (until is None or until > now)), False)
    status = cfg.STATUS_ON_HOLD if held else cfg.STATUS_IN_PROGRESS
    if closed is not None:
        status = cfg.STATUS_CANCELLED if closed == project.cancelled_at else cfg.STATUS_CLOSED
    edits = [at for timeline in (project.kickoff_recorded, project.feasibility, project.resource_plan) for at, _ in timeline.steps]
    holds = [at for hold in project.holds for at in hold]
    moments = [project.created_at, project.closed_at, project.cancelled_at, *edits, *holds, *planned_moments(project)]
    head = TicketHead(
        project.project_id,
        cfg.PROJECT,
        project.name,
        project.client_id,
        project.agent_id,
        project.team,
        project.created_at,
        latest(moments, now),
        status,
        closed,
        project.deal_id,
    )
    row = ticket_row(index, head, now)
    budgets = budget_rows(index, project, now)
    row.update(
        createdfrom_id=project.deal_id or 0,
        # H: its own number says that a project hangs on no other (section 4).
        main_project_id=project.project_id,
        startdate=day(project.created_at.date()),
        projecttimebudget=sum(budget["hours"] for budget in budgets),
        projecttimeactual=row["timetaken"],
        budgettype_id=budgets[0]["budgettype_id"] if budgets else 0,
        budgets=budgets,
        milestones=milestone_rows(project, now),
        customfields=[
            custom_field("CFKickoffHeld", day(project.kickoff_recorded.at(now))),
            custom_field("CFFeasibility", project.feasibility.at(now)),
            custom_field("CFResourcePlan", project.resource_plan.at(now)),
            custom_field("CFProjectRAG", "Amber" if held else "Green"),
            custom_field("CFBillingType", project.billing_type),
        ],
    )
    return row


def _task(index: Index, project: Project, task: Task, now: datetime) -> Row:
    closed = min((at for at in (project.closed_at, project.cancelled_at) if at and at <= now), default=None)
    begun = index.last_logged(task.task_id, now) is not None
    status = cfg.STATUS_CLOSED if closed else cfg.STATUS_IN_PROGRESS if begun else cfg.STATUS_NEW
    updated = latest([task.created_at, closed], now)
    head = TicketHead(
        task.task_id,
        cfg.TASK,
        task.title,
        project.client_id,
        project.agent_id,
        project.team,
        task.created_at,
        updated,
        status,
        closed,
        project.project_id,
    )
    return ticket_row(index, head, now) | {"main_project_id": project.project_id}


def _change(index: Index, change: ChangeRequest, now: datetime) -> Row:
    decided = change.decided_at if change.decided_at and change.decided_at <= now else None
    closed = decided if change.outcome != "approved" else None
    head = TicketHead(
        change.change_id,
        cfg.CHANGE,
        change.title,
        change.client_id,
        index.lead_of(change.parent_id),
        "Projects",
        change.raised_at,
        latest([change.raised_at, decided], now),
        CHANGE_STATUSES[change.outcome] if decided else cfg.STATUS_NEW,
        closed,
        change.parent_id,
    )
    row = ticket_row(index, head, now)
    row["createdfrom_id"] = change.created_from_id or 0
    row["related_tickets"] = [{"id": change.related_project_id}] if change.related_project_id else []
    row["customfields"] = [
        custom_field("CFChangeDecided", stamp(decided) if decided else None),
        custom_field("CFChangePrice", str(change.price) if decided and change.price is not None else None),
        custom_field("CFChangeOrigin", change.origin),
        custom_field("CFChangeHours", None if change.declared_hours is None else str(change.declared_hours)),
        custom_field("CFRiskCategory", "Low"),
    ]
    return row


def _incidents(index: Index, now: datetime) -> Iterator[Row]:
    """Give the service desk's tickets: noise that must never be taken for projects or changes; some are children of a project."""
    for incident in index.incidents:
        if incident.created_at > now:
            return
        closed = incident.created_at + timedelta(days=2)
        closed_at = closed if closed <= now else None
        status = cfg.STATUS_CLOSED if closed_at else cfg.STATUS_IN_PROGRESS
        head = TicketHead(
            incident.ticket_id,
            cfg.INCIDENT,
            incident.summary,
            incident.client_id,
            incident.agent_id,
            "Service Desk",
            incident.created_at,
            closed_at or incident.created_at,
            status,
            closed_at,
            incident.parent_id,
        )
        row = ticket_row(index, head, now)
        row["customfields"] = [custom_field("CFAssetTag", f"LT-{incident.ticket_id}")]
        yield row
