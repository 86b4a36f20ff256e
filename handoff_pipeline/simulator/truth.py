"""What really happened at the simulated MSP: deals, projects, changes and time, as facts with their moments.

The simulated HaloPSA serves these facts in HaloPSA's shapes; the tests' oracle computes the KPIs from them directly.
Nothing here knows of the product, of HTTP or of HaloPSA's field names; what was sold, planned and billed is in `facts_*`
and named here again. A value that changes over time is a `Timeline`. All moments are timezone-aware UTC; a plain `date` is a
local calendar day of the tenant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from handoff_pipeline.simulator.facts_billing import AgentCost, Attachment, Charge, Contract, Invoice, InvoiceLine
from handoff_pipeline.simulator.facts_planning import Milestone, ProjectBudget
from handoff_pipeline.simulator.facts_sales import Order, OrderLine, Quote, QuoteLine

__all__ = [
    "Agent",
    "AgentCost",
    "Appointment",
    "Attachment",
    "ChangeOutcome",
    "ChangeRequest",
    "Charge",
    "Client",
    "Contract",
    "Deal",
    "DealStatus",
    "Invoice",
    "InvoiceLine",
    "Milestone",
    "Order",
    "OrderLine",
    "Project",
    "ProjectBudget",
    "Quote",
    "QuoteLine",
    "Signoff",
    "SignoffResult",
    "Task",
    "TimeEntry",
    "Timeline",
    "Truth",
]

T = TypeVar("T")

DealStatus = Literal["open", "won", "lost"]
ChangeOutcome = Literal["raised", "approved", "rejected", "withdrawn"]
SignoffResult = Literal["pending", "accepted", "rejected"]


@dataclass(frozen=True)
class Timeline(Generic[T]):
    """Values in the order in which they came to hold: `((since, value), ...)`, ascending, may be empty."""

    steps: tuple[tuple[datetime, T], ...] = ()

    def at(self, moment: datetime) -> T | None:
        """The value that holds at `moment`; None before the first step."""
        return next((value for since, value in reversed(self.steps) if since <= moment), None)

    @classmethod
    def of(cls, steps: Iterable[tuple[datetime, T]]) -> Timeline[T]:
        """A timeline of steps given in any order."""
        return cls(tuple(sorted(steps, key=lambda step: step[0])))


@dataclass(frozen=True)
class Agent:
    """A member of staff. `cost_price` is base currency per hour; None where HaloPSA holds no cost."""

    agent_id: int
    name: str
    team: str
    role: str
    cost_price: Decimal | None
    is_active: bool = True


@dataclass(frozen=True)
class Client:
    """A customer of the MSP."""

    client_id: int
    name: str
    is_deleted: bool = False


@dataclass(frozen=True)
class Signoff:
    """One delivery sign-off asked of one person on a project. A pending one has no `decided_at`."""

    seq: int
    project_id: int
    agent_id: int
    requested_at: datetime
    result: SignoffResult
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Appointment:
    """A planned meeting on a project; `kind` is "Kickoff" or anything else. `completed_at` when it was held."""

    appointment_id: int
    project_id: int
    agent_id: int
    kind: str
    created_at: datetime
    starts: Timeline[datetime]
    completed_at: datetime | None = None


@dataclass(frozen=True)
class TimeEntry:
    """Hours logged on a ticket (project, task or change). `action_id` is unique within its ticket only.

    `charge` says what they are worth to the client; None where nobody set a rate for them.
    """

    ticket_id: int
    action_id: int
    agent_id: int
    worked_at: datetime
    logged_at: datetime
    hours: Decimal
    charge: Charge | None = None


@dataclass(frozen=True)
class ChangeRequest:
    """A change to a project's scope, raised on a child ticket of the project or of one of its tasks (`parent_id`), or with no parent.

    Without a parent it may be linked as a related ticket of the project, or have been created from it; both are read from the ticket alone.
    """

    change_id: int
    client_id: int
    parent_id: int | None
    title: str
    raised_at: datetime
    outcome: ChangeOutcome
    origin: str
    decided_at: datetime | None = None
    price: Decimal | None = None
    related_project_id: int | None = None
    created_from_id: int | None = None
    declared_hours: Decimal | None = None


@dataclass(frozen=True)
class Task:
    """A task of a project; time is logged on it."""

    task_id: int
    project_id: int
    title: str
    created_at: datetime


@dataclass(frozen=True)
class Project:
    """A delivery project. `deal_id` is set where the project's parent is the opportunity; order lines may link it as well."""

    project_id: int
    deal_id: int | None
    client_id: int
    agent_id: int
    team: str
    name: str
    created_at: datetime
    tasks: tuple[Task, ...] = ()
    closed_at: datetime | None = None
    cancelled_at: datetime | None = None
    holds: tuple[tuple[datetime, datetime | None], ...] = ()
    kickoff_recorded: Timeline[date] = field(default_factory=Timeline)
    feasibility: Timeline[str] = field(default_factory=Timeline)
    resource_plan: Timeline[str] = field(default_factory=Timeline)
    budgets: tuple[ProjectBudget, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    billing_type: str | None = None


@dataclass(frozen=True)
class Deal:
    """An opportunity. The handoff fields are timelines because sellers fill them before, at and after the win."""

    deal_id: int
    title: str
    client_id: int
    agent_id: int
    team: str
    created_at: datetime
    status: Timeline[DealStatus]
    deal_type: str | None
    service_template: str | None
    signed_scope_link: Timeline[str] = field(default_factory=Timeline)
    signed_scope_date: Timeline[date] = field(default_factory=Timeline)
    delivery_assumptions: Timeline[str] = field(default_factory=Timeline)
    dependencies: Timeline[str] = field(default_factory=Timeline)
    acceptance_criteria: Timeline[str] = field(default_factory=Timeline)
    kickoff_committed: Timeline[date] = field(default_factory=Timeline)
    merged_into: int | None = None
    merged_at: datetime | None = None

    def won_at(self, moment: datetime) -> datetime | None:
        """The latest win up to `moment` (HaloPSA's converted date), None if it was never won by then."""
        wins = [since for since, status in self.status.steps if status == "won" and since <= moment]
        return wins[-1] if wins else None


@dataclass(frozen=True)
class Truth:
    """Everything that happens at one simulated MSP, past and future; ask with a moment to learn what was so by then."""

    tenant: str
    base_currency: str
    time_zone: str
    agents: tuple[Agent, ...]
    clients: tuple[Client, ...]
    deals: tuple[Deal, ...]
    quotes: tuple[Quote, ...]
    orders: tuple[Order, ...]
    projects: tuple[Project, ...]
    changes: tuple[ChangeRequest, ...]
    signoffs: tuple[Signoff, ...]
    appointments: tuple[Appointment, ...]
    time_entries: tuple[TimeEntry, ...]
    invoices: tuple[Invoice, ...] = ()
    contracts: tuple[Contract, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    agent_costs: tuple[AgentCost, ...] = ()
