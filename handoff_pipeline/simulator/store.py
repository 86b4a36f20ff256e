"""A truth at a moment, in HaloPSA's shapes: the one store behind every endpoint.

A pure function of (truth, moment); each resource is built when first asked for and kept. Rows are whole: paging, list
stripping and quirks are the server's business, in `listing` and `dressing`.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.people_rows import agent_rows, client_rows, site_rows
from handoff_pipeline.simulator.sales_rows import order_rows, quotation_rows
from handoff_pipeline.simulator.ticket_rows import ticket_rows
from handoff_pipeline.simulator.work_rows import action_rows, appointment_rows, approval_rows


class Snapshot:
    """Every resource as it is at `now`, without the tickets that are hidden from the application's agent."""

    def __init__(self, index: Index, now: datetime, hidden: frozenset[int] = frozenset()) -> None:
        """Take the moment of an indexed truth; nothing is built yet."""
        self._index, self._now, self._hidden = index, now, hidden

    @property
    def opened_at(self) -> datetime | None:
        """When the tenant's first record was made; clients and sites were last changed then."""
        return self._index.opened_at

    @cached_property
    def tickets(self) -> list[Row]:
        """Opportunities, projects, tasks, change requests and incidents."""
        return [row for row in ticket_rows(self._index, self._now) if row["id"] not in self._hidden]

    @cached_property
    def tickets_by_id(self) -> dict[int, Row]:
        """The same, by id."""
        return {row["id"]: row for row in self.tickets}

    @cached_property
    def opportunities(self) -> list[Row]:
        """Tickets whose type is used for opportunities."""
        return [row for row in self.tickets if row["tickettype_id"] == cfg.OPPORTUNITY]

    @cached_property
    def projects(self) -> list[Row]:
        """Tickets whose type is used for projects: projects and their tasks alike (H: section 2.3)."""
        return [row for row in self.tickets if row["tickettype_id"] in {cfg.PROJECT, cfg.TASK}]

    @cached_property
    def quotations(self) -> list[Row]:
        """Quotations with lines."""
        return list(quotation_rows(self._index, self._now))

    @cached_property
    def orders(self) -> list[Row]:
        """Sales orders with lines."""
        return list(order_rows(self._index, self._now))

    @cached_property
    def actions(self) -> list[Row]:
        """Actions of visible tickets; their ids are unique within a ticket only."""
        return action_rows(self._index, self.tickets, self._now)

    @cached_property
    def actions_by_ticket(self) -> dict[int, list[Row]]:
        """The same, by ticket."""
        grouped: dict[int, list[Row]] = {}
        for row in self.actions:
            grouped.setdefault(row["ticket_id"], []).append(row)
        return grouped

    @cached_property
    def approvals(self) -> list[Row]:
        """Approvals of visible tickets."""
        return [row for row in approval_rows(self._index, self._now) if row["ticket_id"] not in self._hidden]

    @cached_property
    def appointments(self) -> list[Row]:
        """Appointments of visible tickets, and those of none."""
        return [row for row in appointment_rows(self._index, self._now) if row["ticket_id"] not in self._hidden]

    @cached_property
    def clients(self) -> list[Row]:
        """Clients, inactive ones included."""
        return client_rows(self._index)

    @cached_property
    def sites(self) -> list[Row]:
        """Sites, those of inactive clients included."""
        return site_rows(self._index)

    @cached_property
    def agents(self) -> list[Row]:
        """Agents, disabled ones and "Unassigned" included."""
        return agent_rows(self._index)
