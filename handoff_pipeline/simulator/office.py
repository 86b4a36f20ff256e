"""What the office did beside sales and delivery: invoices, agreements, files, dated costs of agents.

Made after the world, from a source of chance of its own, so that nothing the world holds already is drawn again. The one
thing to know: some approved changes are billed by a posted invoice, some by a draft only, some by none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from handoff_pipeline.simulator.deck import Deck, after
from handoff_pipeline.simulator.plans import project_of
from handoff_pipeline.simulator.truth import (
    AgentCost,
    Attachment,
    ChangeRequest,
    Contract,
    Invoice,
    InvoiceLine,
    Order,
    Truth,
)

CARDS = {
    "order_bill": {"posted": 4, "draft": 1, "none": 1},
    "change_bill": {"posted": 3, "with_travel": 1, "draft": 2, "none": 3},
    "contract": {"none": 3, "runs_on": 3, "expired": 2, "renewed": 1},
    "files": {"none": 2, "scope": 4, "scope_and_mail": 1},
    "signed": {"signed": 3, "unsigned": 2},
}
FIRST_INVOICE, FIRST_INVOICE_LINE, FIRST_CONTRACT, FIRST_FILE = 20_001, 60_001, 401, 80_001
ONE = Decimal(1)
TRAVEL = Decimal(85)
CENT = Decimal("0.01")
TERM = timedelta(days=365)
# Days after the world's start on which some agents' costs rose; the others' stand since long ago.
RISES = (None, 85, 190)
LONG_AGO = timedelta(days=900)
BEFORE_RISE = Decimal("0.92")


def complete(truth: Truth, seed: int, start: date) -> Truth:
    """Give the truth of a world that begins at `start` with the office's facts."""
    desk = _Office(truth, seed, start)
    return replace(
        truth,
        invoices=tuple(desk.invoices()),
        contracts=tuple(desk.contracts()),
        attachments=tuple(desk.attachments()),
        agent_costs=tuple(desk.agent_costs()),
    )


class _Office:
    def __init__(self, truth: Truth, seed: int, start: date) -> None:
        self._truth, self._start = truth, start
        self._rng = Random(f"{seed}:office")
        self._decks = {name: Deck(self._rng, cards) for name, cards in CARDS.items()}
        self._invoice_ids, self._line_ids = count(FIRST_INVOICE), count(FIRST_INVOICE_LINE)

    def invoices(self) -> Iterator[Invoice]:
        for order in self._truth.orders:
            card = self._decks["order_bill"].draw()
            if card != "none":
                yield self._order_bill(order, is_posted=card == "posted")
        homes = project_of(self._truth)
        currencies = {quote.deal_id: quote.currency for quote in self._truth.quotes if quote.accepted_at is not None}
        for change in self._truth.changes:
            card = self._decks["change_bill"].draw() if change.outcome == "approved" else "none"
            if card != "none":
                home = homes.get(change.parent_id or change.related_project_id or change.created_from_id or 0)
                currency = currencies.get(home.deal_id or 0, self._truth.base_currency) if home else self._truth.base_currency
                yield self._change_bill(change, currency, card)

    def _order_bill(self, order: Order, *, is_posted: bool) -> Invoice:
        made = after(self._rng, order.created_at, 1, 10)
        lines = tuple(
            InvoiceLine(next(self._line_ids), None, line.name, line.quantity, line.unit_price, line.seq)
            for line in order.lines
            if not line.is_group_heading and line.billing_period == 0
        )
        posted = after(self._rng, made, 1, 4)
        return Invoice(next(self._invoice_ids), order.client_id, made, order.currency, lines, posted if is_posted else None, order.order_id)

    def _change_bill(self, change: ChangeRequest, currency: str, card: str) -> Invoice:
        made = after(self._rng, change.decided_at or change.raised_at, 5, 20)
        posted = after(self._rng, made, 1, 3)
        price = change.price if change.price is not None else Decimal(self._rng.randint(300, 2000))
        lines = [InvoiceLine(next(self._line_ids), change.change_id, change.title, ONE, price)]
        if card == "with_travel":
            lines.append(InvoiceLine(next(self._line_ids), None, "Travel", ONE, TRAVEL))
        return Invoice(next(self._invoice_ids), change.client_id, made, currency, tuple(lines), None if card == "draft" else posted)

    def contracts(self) -> Iterator[Contract]:
        numbers = count(FIRST_CONTRACT)
        for client in self._truth.clients:
            card = self._decks["contract"].draw()
            if card == "none":
                continue
            number, begun = next(numbers), self._start - timedelta(days=self._rng.randint(20, 300))
            ends = None if card == "runs_on" else begun + TERM
            yield Contract(number, client.client_id, f"AGR-{number}", begun, ends)
            if card == "renewed" and ends is not None:
                number = next(numbers)
                yield Contract(number, client.client_id, f"AGR-{number}", ends + timedelta(days=1), ends + TERM)

    def attachments(self) -> Iterator[Attachment]:
        numbers = count(FIRST_FILE)
        for deal in self._truth.deals:
            win = next((since for since, status in deal.status.steps if status == "won"), None)
            card = self._decks["files"].draw() if win is not None else "none"
            if win is None or card == "none":
                continue
            since = deal.signed_scope_link.steps[0][0] if deal.signed_scope_link.steps else win
            yield Attachment(next(numbers), deal.deal_id, None, f"scope-{deal.deal_id}.pdf", since)
            if card == "scope_and_mail":
                yield Attachment(next(numbers), deal.deal_id, None, f"mail-{deal.deal_id}.pdf", after(self._rng, win, 0, 5))
        for quote in self._truth.quotes:
            if quote.accepted_at is None:
                continue
            name = f"quotation-{quote.quote_id}"
            yield Attachment(next(numbers), None, quote.quote_id, f"{name}.pdf", quote.created_at + timedelta(minutes=2))
            if self._decks["signed"].draw() == "signed":
                yield Attachment(next(numbers), None, quote.quote_id, f"{name}-signed.pdf", quote.accepted_at, is_signed_quotation=True)

    def agent_costs(self) -> Iterator[AgentCost]:
        """Give each costed agent's history; the newest entry is the agent's present cost."""
        costed = [agent for agent in self._truth.agents if agent.cost_price is not None]
        for at, agent in enumerate(costed):
            price, rise = agent.cost_price or Decimal(0), RISES[at % len(RISES)]
            if rise is None:
                yield AgentCost(agent.agent_id, self._start - LONG_AGO, price)
                continue
            yield AgentCost(agent.agent_id, self._start - LONG_AGO, (price * BEFORE_RISE).quantize(CENT))
            yield AgentCost(agent.agent_id, self._start + timedelta(days=rise), price)
