"""Look-ups over a `Truth`, made once: what belongs to which ticket, and the service desk's noise that the truth leaves out.

Independent of the moment; callers filter by time. Incidents are derived here, so that the truth holds facts of handoffs only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from handoff_pipeline.simulator.roster import SERVICE_DESK_AGENT
from handoff_pipeline.simulator.truth import Invoice, Order, Quote, TimeEntry, Truth

INCIDENT_EVERY = timedelta(days=9)
INCIDENT_SUMMARIES = ("Printer offline", "Password reset", "Project Alpha share is slow", "Mailbox full")
UNASSIGNED_AGENT = 1


@dataclass(frozen=True)
class Incident:
    """A service desk ticket, with the one time entry that was logged on it."""

    ticket_id: int
    client_id: int
    agent_id: int
    summary: str
    created_at: datetime
    parent_id: int | None
    hours: Decimal


class Index:
    """A truth with its look-ups."""

    def __init__(self, truth: Truth) -> None:
        """Index `truth`; costs one pass over it."""
        self.truth = truth
        self.opened_at = min((deal.created_at for deal in truth.deals), default=None)
        self.incidents = _incidents(truth)
        self._clients = {client.client_id: client.name for client in truth.clients} | {1: "Unknown"}
        self._agents = {agent.agent_id: agent.name for agent in truth.agents} | {UNASSIGNED_AGENT: "Unassigned"}
        self._quotes: defaultdict[int, list[Quote]] = defaultdict(list)
        self._orders: defaultdict[int, list[Order]] = defaultdict(list)
        self._entries: defaultdict[int, list[TimeEntry]] = defaultdict(list)
        self._children: defaultdict[int, list[tuple[int, datetime]]] = defaultdict(list)
        self._summaries: dict[int, str] = {deal.deal_id: deal.title for deal in truth.deals}
        self._leads: dict[int, int] = {}
        self._fill_sales()
        self._fill_time()
        self._fill_delivery()
        self.project_born = {project.project_id: project.created_at for project in truth.projects}
        self._invoices = {invoice.invoice_id: invoice for invoice in truth.invoices}

    def _fill_sales(self) -> None:
        for quote in self.truth.quotes:
            self._quotes[quote.deal_id].append(quote)
        for order in self.truth.orders:
            self._orders[order.deal_id].append(order)

    def _fill_time(self) -> None:
        for incident in self.incidents:
            logged = incident.created_at + timedelta(hours=1)
            self._entries[incident.ticket_id].append(TimeEntry(incident.ticket_id, 2, incident.agent_id, logged, logged, incident.hours))
            if incident.parent_id is not None:
                self._children[incident.parent_id].append((incident.ticket_id, incident.created_at))
        for entry in sorted(self.truth.time_entries, key=lambda each: each.logged_at):
            self._entries[entry.ticket_id].append(entry)

    def _fill_delivery(self) -> None:
        for project in self.truth.projects:
            self._summaries[project.project_id] = project.name
            self._leads[project.project_id] = project.agent_id
            if project.deal_id is not None:
                self._children[project.deal_id].append((project.project_id, project.created_at))
            for task in project.tasks:
                self._summaries[task.task_id] = task.title
                self._leads[task.task_id] = project.agent_id
                self._children[project.project_id].append((task.task_id, task.created_at))
        for change in self.truth.changes:
            if change.parent_id is not None:
                self._children[change.parent_id].append((change.change_id, change.raised_at))

    def client_name(self, client_id: int) -> str:
        """Give the client's name."""
        return self._clients[client_id]

    def agent_name(self, agent_id: int) -> str:
        """Give the agent's name; agent 1 is HaloPSA's "Unassigned"."""
        return self._agents[agent_id]

    def invoice(self, invoice_id: int | None) -> Invoice | None:
        """Give an invoice by its number, whenever made."""
        return None if invoice_id is None else self._invoices.get(invoice_id)

    def quotes_of(self, deal_id: int) -> list[Quote]:
        """Give the quotations of a deal, whenever made."""
        return self._quotes.get(deal_id, [])

    def orders_of(self, deal_id: int) -> list[Order]:
        """Give the sales orders of a deal, whenever made."""
        return self._orders.get(deal_id, [])

    def entries_of(self, ticket_id: int) -> list[TimeEntry]:
        """Give the time entries of a ticket, in the order of logging."""
        return self._entries.get(ticket_id, [])

    def all_entries(self) -> Iterator[TimeEntry]:
        """Give every time entry, the service desk's included, by ticket."""
        for entries in self._entries.values():
            yield from entries

    def last_logged(self, ticket_id: int, now: datetime) -> datetime | None:
        """Give when the latest entry up to `now` was logged on the ticket."""
        entries = self._entries.get(ticket_id, [])
        position = bisect_right(entries, now, key=lambda entry: entry.logged_at)
        return entries[position - 1].logged_at if position else None

    def children_of(self, ticket_id: int) -> list[tuple[int, datetime]]:
        """Give the ids of child tickets with their creation."""
        return self._children.get(ticket_id, [])

    def summary_of(self, ticket_id: int | None) -> str | None:
        """Give the summary of a deal, project or task."""
        return None if ticket_id is None else self._summaries.get(ticket_id)

    def lead_of(self, ticket_id: int | None) -> int:
        """Give who leads the project that the ticket belongs to; unassigned where there is none."""
        return UNASSIGNED_AGENT if ticket_id is None else self._leads.get(ticket_id, UNASSIGNED_AGENT)


def _incidents(truth: Truth) -> tuple[Incident, ...]:
    """Make one incident every few days over the span of the truth, in turn for the clients; every third hangs on a project."""
    if not truth.deals:
        return ()
    first = min(deal.created_at for deal in truth.deals)
    last = max(deal.created_at for deal in truth.deals)
    next_id = 1 + max(
        [deal.deal_id for deal in truth.deals]
        + [task.task_id for project in truth.projects for task in project.tasks]
        + [project.project_id for project in truth.projects]
        + [change.change_id for change in truth.changes]
    )
    made, at = [], 0
    while (created := first + at * INCIDENT_EVERY) <= last + INCIDENT_EVERY:
        client = truth.clients[at % len(truth.clients)]
        parent = next((project for project in truth.projects if project.created_at <= created), None) if at % 3 == 2 else None
        made.append(
            Incident(
                next_id + at,
                client.client_id,
                SERVICE_DESK_AGENT,
                INCIDENT_SUMMARIES[at % len(INCIDENT_SUMMARIES)],
                created,
                parent.project_id if parent else None,
                Decimal("0.75"),
            )
        )
        at += 1
    return tuple(made)
