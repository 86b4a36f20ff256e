"""A truth at a moment, with the edits made on top of it, in HaloPSA's shapes: the one store behind every endpoint.

A pure function of (truth, edits, moment, restrictions); each resource is built when first asked for and kept. Rows are whole:
paging, list stripping and quirks are the server's business, in `listing` and `dressing`. The one thing to know: a resource
gives its truth to `_rows` of `layers`, which lays the edits over it and leaves out what is hidden.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.audit_rows import audit_rows
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.file_rows import ON_ORDER, ON_TICKET, attachment_rows
from handoff_pipeline.simulator.indexed import Indexed
from handoff_pipeline.simulator.layers import Build, Layers
from handoff_pipeline.simulator.office_rows import agent_cost_rows, contract_rows, invoice_rows, timesheet_rows
from handoff_pipeline.simulator.people_rows import agent_rows, client_rows, site_rows
from handoff_pipeline.simulator.sales_rows import order_rows, quotation_rows
from handoff_pipeline.simulator.setup_rows import TEMPLATE_MILESTONES, instance
from handoff_pipeline.simulator.work_rows import action_rows, appointment_rows, approval_rows


class Snapshot(Layers):
    """Every resource as it is at a moment, without what is hidden from the application's agent."""

    def _builders(self) -> dict[str, Build]:
        index, now = self._index, self._now
        return {
            **super()._builders(),
            "quotations": lambda: quotation_rows(index, now),
            "orders": lambda: order_rows(index, now),
            "actions": lambda: action_rows(index, self._ground("tickets").rows, now),
            "approvals": lambda: approval_rows(index, now),
            "appointments": lambda: appointment_rows(index, now),
            "clients": lambda: client_rows(index),
            "sites": lambda: site_rows(index),
            "agents": lambda: agent_rows(index),
            "invoices": lambda: invoice_rows(index, now),
            "contracts": lambda: contract_rows(index, now),
            "timesheets": lambda: timesheet_rows(index, now),
            "attachments": lambda: attachment_rows(index, now),
            "audit": lambda: audit_rows(index, now),
            "agent_costs": lambda: agent_cost_rows(index, now),
        }

    @property
    def opened_at(self) -> datetime | None:
        """When the tenant's first record was made; clients and sites were last changed then."""
        return self._index.opened_at

    @cached_property
    def tickets(self) -> Indexed:
        """Opportunities, projects, tasks, change requests and incidents."""
        living, unseen = self._all_tickets.living, self._unseen
        return Indexed(row for row in living if row["id"] not in unseen) if unseen else living

    @cached_property
    def deleted_tickets(self) -> Indexed:
        """Tickets that were deleted and could be seen; they stay listable with `deleted=true` (H: section 2.1)."""
        return Indexed(row for row in self._all_tickets.deleted if not self._restrictions.hides_ticket(row))

    @cached_property
    def of_deleted(self) -> Snapshot:
        """The same moment as `deleted=true` lists it: the deleted tickets alone."""
        view = Snapshot(self._index, self._now, self._restrictions, self._edits, self._grounds)
        view.tickets = Indexed({**row, "deleted": True} for row in self.deleted_tickets)
        return view

    def hides(self, ticket_id: int) -> bool:
        """Tell whether a ticket lives and is hidden from the agent."""
        return ticket_id in self._unseen and all(row["id"] != ticket_id for row in self._all_tickets.deleted)

    @cached_property
    def tickets_by_id(self) -> dict[int, Row]:
        """The same, by id."""
        return {row["id"]: row for row in self.tickets}

    @cached_property
    def opportunities(self) -> Indexed:
        """Tickets whose type is used for opportunities."""
        return Indexed(self.tickets.having("tickettype_id", {cfg.OPPORTUNITY}))

    @cached_property
    def projects(self) -> Indexed:
        """Tickets whose type is used for projects: projects and their tasks alike (H: section 2.3)."""
        return Indexed(self.tickets.having("tickettype_id", {cfg.PROJECT, cfg.TASK}))

    @cached_property
    def quotations(self) -> Indexed:
        """Quotations with lines."""
        return self._rows("quotations")

    @cached_property
    def orders(self) -> Indexed:
        """Sales orders with lines."""
        return self._rows("orders")

    @cached_property
    def actions(self) -> Indexed:
        """Actions of visible tickets; their ids are unique within a ticket only."""
        born = self._all_tickets.born
        if not born:
            return self._rows("actions")
        made = [row for row in self._all_tickets.living if (row["id"],) in born]
        logged = [action_rows(self._index, [row], self._now)[0] for row in made]
        return Indexed([*self._rows("actions"), *(row for row in logged if row["ticket_id"] not in self._unseen)])

    @cached_property
    def approvals(self) -> Indexed:
        """Approvals of visible tickets."""
        return self._rows("approvals")

    @cached_property
    def appointments(self) -> Indexed:
        """Appointments of visible tickets, and those of none."""
        return self._rows("appointments")

    @cached_property
    def related(self) -> dict[int, set[int]]:
        """Ids of tickets that are related to each other, told from both sides; one of them may be hidden."""
        links: dict[int, set[int]] = {}
        for row in self.tickets:
            for other in row.get("related_tickets") or []:
                links.setdefault(row["id"], set()).add(other["id"])
                links.setdefault(other["id"], set()).add(row["id"])
        return links

    @cached_property
    def clients(self) -> Indexed:
        """Clients, inactive ones included."""
        return self._rows("clients")

    @cached_property
    def sites(self) -> Indexed:
        """Sites, those of inactive clients included."""
        return self._rows("sites")

    @cached_property
    def agents(self) -> Indexed:
        """Agents, disabled ones and "Unassigned" included."""
        return self._rows("agents")

    @cached_property
    def milestones(self) -> Indexed:
        """Milestones of visible projects, and those of project templates under the template's negative number."""
        return self._carried("milestones", TEMPLATE_MILESTONES)

    @cached_property
    def budgets(self) -> Indexed:
        """Budgets of visible projects; no list of them is offered, only SQL and each project's own record have them."""
        return self._carried("budgets")

    @cached_property
    def invoices(self) -> Indexed:
        """Invoices with lines, drafts included."""
        return self._rows("invoices")

    @cached_property
    def contracts(self) -> Indexed:
        """Agreements with clients, expired ones included."""
        return self._rows("contracts")

    @cached_property
    def timesheets(self) -> Indexed:
        """A row per agent and day; they belong to agents, so that hidden tickets leave them as they are."""
        return self._rows("timesheets")

    @cached_property
    def attachments(self) -> Indexed:
        """Files on tickets, quotations and orders that can be seen."""
        rows = self._rows("attachments")
        seen = {ON_ORDER: {row["id"] for row in self.orders}, ON_TICKET: set(self.tickets_by_id)}
        quotations = {row["id"] for row in self.quotations}
        return Indexed(
            row for row in rows if row.get("unique_id", row.get("ticket_id")) in seen.get(row.get("type", ON_TICKET), quotations)
        )

    @cached_property
    def audit(self) -> Indexed:
        """Changes of the fields of visible tickets, oldest first."""
        return self._rows("audit")

    @cached_property
    def agent_costs(self) -> Indexed:
        """What each agent's hour costs from when on; only SQL has them."""
        return self._rows("agent_costs")

    @cached_property
    def instance(self) -> Row:
        """The tenant itself, with its version."""
        return instance(self._index.truth.tenant, len(self.agents))
