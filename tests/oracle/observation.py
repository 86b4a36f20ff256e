"""What the nights saw: the tenant at the as-of moment of each landed pull, and nothing in between.

`Seen` is the world as known by its last night; `by(night)` is the same world as it was known on an earlier one, so that a
figure of an earlier night is the same question asked of a shorter list of nights. No rule of a figure belongs here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, TypeVar

from handoff_pipeline.simulator.truth import (
    Agent,
    Appointment,
    ChangeRequest,
    Deal,
    Invoice,
    Order,
    Project,
    Quote,
    Signoff,
    TimeEntry,
    Timeline,
    Truth,
)
from tests.oracle.days import Days
from tests.oracle.keys import UNASSIGNED_AGENT, UNKNOWN, UNKNOWN_CLIENT, key, ticket_url
from tests.oracle.rules import Rules
from tests.oracle.said import NOTHING, Said

T = TypeVar("T")
DealState = Literal["won", "reopened", "lost", "merged"]


@dataclass(frozen=True, eq=False)
class Seen:
    """A tenant seen on `nights` (ascending; the last one is the as-of)."""

    truth: Truth
    rules: Rules
    days: Days
    nights: tuple[datetime, ...]
    web_base: str
    has_dated_costs: bool = False
    documents: tuple[tuple[datetime, Rules], ...] = ()
    """Policies that nights ran on, each with its first night, oldest first; empty: `rules` alone."""
    said: Said = NOTHING
    """What people decided and the product did, of all time; each question asks for what had been said by the last night."""
    views: dict[datetime, Seen] = dataclass_field(default_factory=dict, repr=False)

    @cached_property
    def remembered(self) -> dict[tuple[object, ...], Any]:
        """What was worked out of this very view of the tenant already: the same question is asked of a night again and again."""
        return {}

    @property
    def as_of(self) -> datetime:
        """The last night."""
        return self.nights[-1]

    @property
    def today(self) -> date:
        """The last night's local day."""
        return self.days.local(self.as_of)

    @cached_property
    def policy(self) -> Rules:
        """The policy by which the checklist is judged on the last night: of all that have begun the newest, else the first."""
        return self.policies[-1]

    @cached_property
    def policies(self) -> list[Rules]:
        """The policies that have begun by the last night, oldest first; before any has, the first of all."""
        documents = self.documents or ((self.as_of, self.rules),)
        begun = [rules for first, rules in documents if self._has_begun(first, rules)]
        return begun or [documents[0][1]]

    def _has_begun(self, first: datetime, rules: Rules) -> bool:
        return self.today >= rules.in_force_from if rules.in_force_from else self.as_of >= first

    def by(self, night: datetime) -> Seen:
        """The same tenant as it was known on `night`."""
        if night not in self.views:
            self.views[night] = replace(self, nights=tuple(each for each in self.nights if each <= night))
        return self.views[night]

    def first_night(self, moment: datetime) -> datetime | None:
        """The first night that could see what came to hold at `moment`; None where no night has yet."""
        return next((night for night in self.nights if night >= moment), None)

    def night_before(self, night: datetime) -> datetime | None:
        """The night before `night`; None for the first."""
        earlier = [each for each in self.nights if each < night]
        return earlier[-1] if earlier else None

    # What HaloPSA lists on the last night.

    @cached_property
    def deals(self) -> list[Deal]:
        """Opportunities, by id."""
        return sorted((deal for deal in self.truth.deals if deal.created_at <= self.as_of), key=lambda deal: deal.deal_id)

    @cached_property
    def projects(self) -> list[Project]:
        """Projects, by id."""
        return sorted((each for each in self.truth.projects if each.created_at <= self.as_of), key=lambda each: each.project_id)

    @cached_property
    def orders(self) -> list[Order]:
        """Sales orders."""
        return [order for order in self.truth.orders if order.created_at <= self.as_of]

    @cached_property
    def changes(self) -> list[ChangeRequest]:
        """Change requests, linked or not."""
        return [change for change in self.truth.changes if change.raised_at <= self.as_of]

    @cached_property
    def posted_invoices(self) -> list[Invoice]:
        """Invoices that are no drafts."""
        return [each for each in self.truth.invoices if each.posted_at is not None and each.posted_at <= self.as_of]

    @cached_property
    def entries_by_ticket(self) -> dict[int, list[TimeEntry]]:
        """Time logged so far, by ticket."""
        result: dict[int, list[TimeEntry]] = {}
        for entry in self.truth.time_entries:
            if entry.logged_at <= self.as_of:
                result.setdefault(entry.ticket_id, []).append(entry)
        return result

    def accepted_quotes(self, deal: Deal) -> list[Quote]:
        """The deal's quotations that are accepted by now."""
        return [
            quote
            for quote in self.truth.quotes
            if quote.deal_id == deal.deal_id
            and quote.created_at <= self.as_of
            and quote.accepted_at is not None
            and quote.accepted_at <= self.as_of
        ]

    def signoffs(self, project: Project) -> list[Signoff]:
        """The approvals asked for on a project so far."""
        return [each for each in self.truth.signoffs if each.project_id == project.project_id and each.requested_at <= self.as_of]

    def appointments(self, project: Project) -> list[Appointment]:
        """The kickoff appointments made on a project so far."""
        kinds = self.rules.kickoff_types
        return [
            each
            for each in self.truth.appointments
            if each.project_id == project.project_id and each.kind in kinds and each.created_at <= self.as_of
        ]

    # Who is who.

    @cached_property
    def agents(self) -> dict[int, Agent]:
        """Agents that count as somebody, by id."""
        return {agent.agent_id: agent for agent in self.truth.agents if agent.agent_id > UNASSIGNED_AGENT}

    def cost_of_hour(self, entry: TimeEntry) -> Decimal | None:
        """What the hour cost: by HaloPSA's dated costs where SQL reporting gives them, else by the agent's price. None: unknown."""
        agent = self.agents.get(entry.agent_id)
        known = [each for each in self.truth.agent_costs if self.has_dated_costs and each.agent_id == entry.agent_id]
        dated = sorted((each for each in known if each.since <= self.as_of.date()), key=lambda each: each.since)
        if agent is None or not dated:
            return None if agent is None else agent.cost_price
        day = self.days.local(entry.worked_at)
        return next((each.cost_price for each in reversed(dated) if each.since <= day), dated[0].cost_price)

    @cached_property
    def client_ids(self) -> frozenset[int]:
        """Ids of clients that count as somebody."""
        return frozenset(client.client_id for client in self.truth.clients if client.client_id > UNKNOWN_CLIENT)

    def key(self, entity: str, natural: object) -> int:
        """The key of a thing of this tenant."""
        return key(self.truth.tenant, entity, natural)

    def agent_key(self, agent_id: int | None) -> int:
        """An agent's key; 0 for nobody, "Unassigned" and ids that the agent list does not explain."""
        return self.key("agent", agent_id) if agent_id in self.agents else UNKNOWN

    def client_key(self, client_id: int | None) -> int:
        """A client's key; 0 likewise."""
        return self.key("client", client_id) if client_id in self.client_ids else UNKNOWN

    def url(self, ticket_id: int) -> str:
        """A ticket's page."""
        return ticket_url(self.web_base, ticket_id)


def state_of(deal: Deal, night: datetime) -> DealState:
    """The deal's state on a night; "reopened" also stands for a deal that is simply open."""
    if deal.merged_at is not None and deal.merged_at <= night:
        return "merged"
    status = deal.status.at(night)
    return "won" if status == "won" else "lost" if status == "lost" else "reopened"


def field(timeline: Timeline[T], night: datetime) -> T | None:
    """A field's value on a night; an empty text is no value."""
    value = timeline.at(night)
    return None if value == "" else value


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The earliest of the moments that there are."""
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None
