"""A world in the making: counters, decks and the facts gathered so far.

Only the world builder uses it; `Truth` is what leaves. Tickets of all kinds share one row of ids, as they do in HaloPSA.
The numbers on the cards are copies per shuffled deck, so 2 of 20 means one case in ten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from random import Random

from handoff_pipeline.simulator import roster
from handoff_pipeline.simulator.deck import Deck
from handoff_pipeline.simulator.truth import (
    Agent,
    Appointment,
    ChangeRequest,
    Client,
    Order,
    Project,
    Quote,
    Signoff,
)

CARDS: dict[str, dict[str, int]] = {
    "outcome": {"won": 14, "lost": 3, "open": 3},
    "afterlife": {"plain": 31, "reopened": 2, "won_again": 2, "lost_after_won": 2, "merged": 1},
    "win_hour": {"office": 11, "sunday_night": 1},
    "deal_type": {
        "Managed Service Onboarding": 4,
        "Infrastructure Project": 4,
        "Cloud Migration": 3,
        "Security Project": 3,
        "": 1,
    },
    "fields": {
        "complete": 6,
        "scope_missing": 1,
        "link_without_date": 1,
        "assumptions_tbc": 1,
        "assumptions_short": 1,
        "dependencies_missing": 1,
        "criteria_placeholder": 1,
        "scope_filled_late": 1,
        "all_filled_late": 1,
        "all_blank": 1,
        "copied": 1,
    },
    "commit": {"at_win": 6, "missing": 2, "moved_before_signoff": 1, "filled_late": 1, "moved_after_signoff": 1},
    "quote": {
        "one_off": 5,
        "recurring": 4,
        "optional": 3,
        "discount": 2,
        "eur": 2,
        "usd": 1,
        "revision": 2,
        "second_after_win": 1,
        "products_only": 1,
        "order_only": 1,
        "neither": 1,
    },
    "order": {"yes": 5, "no": 2},
    "order_links": {"linked": 2, "unlinked": 3},
    "margin": {"good": 11, "thin": 1},
    "careless_margin": {"good": 3, "thin": 3},
    "project": {"parent": 14, "order_line_only": 2, "split": 2, "none": 2, "replaced": 1},
    "kickoff": {
        "on_time": 6,
        "late": 4,
        "rescheduled": 3,
        "not_completed": 1,
        "date_field_only": 2,
        "both": 1,
        "before_win": 1,
        "never_started": 2,
    },
    "signoff": {
        "accepted": 9,
        "none": 2,
        "pending": 1,
        "rejected": 1,
        "rejected_then_accepted": 2,
        "by_seller": 1,
        "by_service_desk": 1,
        "after_kickoff": 1,
        "edited_before_kickoff": 1,
        "edited_after_kickoff": 1,
    },
    "project_end": {"closed": 11, "still_open": 4, "cancelled": 2},
    "hold": {"none": 8, "one": 1, "open_ended": 1},
    "changes": {"0": 5, "1": 3, "2": 1, "3": 1},
    "change_outcome": {"approved": 5, "rejected": 1, "withdrawn": 1, "raised": 2},
    "change_origin": {"Client request": 4, "Sales gap": 3, "Discovery": 2, "Supplier delay": 1, "": 1},
    "change_parent": {"project": 3, "task": 2},
    "helper": {"costed": 7, "uncosted": 1},
    "overrun": {"0.80": 1, "0.95": 2, "1.00": 2, "1.10": 2, "1.30": 2, "1.60": 1},
}


@dataclass
class DealDraft:
    """A deal whose handoff fields are still being filled: timelines as open lists of (since, value)."""

    deal_id: int
    title: str
    client_id: int
    seller: Agent
    created_at: datetime
    deal_type: str | None
    service_template: str | None
    status: list[tuple[datetime, str]]
    texts: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    dates: dict[str, list[tuple[datetime, date]]] = field(default_factory=dict)
    merged_into: int | None = None
    merged_at: datetime | None = None
    sold_hours: Decimal = Decimal(0)

    @property
    def first_won_at(self) -> datetime:
        """The moment of the first win; only asked of deals that are won."""
        return next(since for since, status in self.status if status == "won")


@dataclass(frozen=True)
class Work:
    """Time logged on a ticket, not numbered yet: action ids are given in the order of logging once all is known."""

    ticket_id: int
    agent_id: int
    worked_at: datetime
    logged_at: datetime
    hours: Decimal


class Draft:
    """Everything made so far, the counters that number it, and the one source of chance."""

    def __init__(self, seed: int, deals: int, start: date, until: date) -> None:
        """Open an empty draft; equal arguments lead to equal worlds."""
        self.rng = Random(seed)
        self.start, self.until = start, until
        self.agents: tuple[Agent, ...] = roster.agents()
        self.clients: tuple[Client, ...] = roster.clients(deals)
        self.gone = next(client for client in self.clients if client.is_deleted)
        self.staying = [client for client in self.clients if client is not self.gone]
        self.sellers = [agent for agent in self.agents if agent.team.startswith("Sales")]
        self.leads = [agent for agent in self.agents if agent.team == "Projects" and agent.cost_price is not None]
        self.uncosted = [agent for agent in self.agents if agent.team == "Projects" and agent.cost_price is None]
        self.decks = {name: Deck(self.rng, cards) for name, cards in CARDS.items()}
        self.ticket_ids: Iterator[int] = count(1001)
        self.quote_ids: Iterator[int] = count(501)
        self.line_ids: Iterator[int] = count(7001)
        self.order_ids: Iterator[int] = count(301)
        self.appointment_ids: Iterator[int] = count(9001)
        self.deals: list[DealDraft] = []
        self.quotes: list[Quote] = []
        self.orders: list[Order] = []
        self.projects: list[Project] = []
        self.changes: list[ChangeRequest] = []
        self.signoffs: list[Signoff] = []
        self.appointments: list[Appointment] = []
        self.work: list[Work] = []

    def draw(self, deck: str) -> str:
        """Deal a card of the deck of that name."""
        return self.decks[deck].draw()

    def signoff_seq(self, project_id: int) -> int:
        """Give the next number of an approval on that project."""
        return 1 + sum(1 for signoff in self.signoffs[-4:] if signoff.project_id == project_id)
