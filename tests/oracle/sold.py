"""What was sold: accepted quotations, else the sales order, frozen on the first night from the win night on that sees either.

Amounts stay in the quotation's currency and are converted at the policy's rate of the win's local day. What a project gets
of the deal is in `margin`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from handoff_pipeline.simulator.truth import Deal, Order, OrderLine, Quote, QuoteLine
from tests.oracle.keys import margin_pct, money, total
from tests.oracle.observation import Seen
from tests.oracle.rules import Rules
from tests.oracle.wins import win_of

YEARLY = {
    1: Decimal(52),  # weekly
    2: Decimal(12),  # monthly
    3: Decimal(1),  # yearly
    4: Decimal(4),  # quarterly
    5: Decimal(2),  # six-monthly
    6: 1 / Decimal(5),  # five-yearly
    7: 1 / Decimal(3),  # three-yearly
    8: 1 / Decimal(2),  # two-yearly
    9: 1 / Decimal(4),  # four-yearly
}
"""How often a recurring line is charged a year, by HaloPSA's number of the billing period."""


@dataclass(frozen=True)
class Line:
    """A line that counts: net and cost in the currency of its quotation or order."""

    net: Decimal
    cost: Decimal
    quantity: Decimal
    period: int
    is_labour_item: bool
    budget: Decimal | None
    project_id: int | None = None

    @property
    def is_one_off(self) -> bool:
        """Whether the line is charged once."""
        return self.period == 0

    @property
    def is_labour(self) -> bool:
        """Whether the line is work by the hour: its item is, or hours were promised for it."""
        return self.is_labour_item or self.budget is not None


@dataclass(frozen=True)
class Document:
    """A quotation or an order with its lines that count."""

    currency: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Sold:
    """What a deal was sold for. Amounts are None where they are not known; `basis` "none" means that nothing was seen."""

    basis: str
    currency: str
    currency_state: str
    revenue: Decimal | None = None
    cost: Decimal | None = None
    recurring: Decimal | None = None
    hours: Decimal | None = None
    revenue_base: Decimal | None = None
    cost_base: Decimal | None = None
    third_party_base: Decimal | None = None
    products_base: Decimal | None = None

    @property
    def margin_pct(self) -> Decimal | None:
        """Sold margin in per cent, of the amounts as published, in the currency of the sale."""
        return margin_pct(self.revenue, self.cost)


def sold_of(seen: Seen, deal: Deal) -> Sold:
    """What the deal is known to be sold for."""
    nothing = Sold("none", seen.rules.base_currency, "same")
    win = win_of(seen, deal)
    if win is None:
        return nothing
    for night in (each for each in seen.nights if each >= win.night):
        kind, documents = papers(seen.by(night), deal)
        if documents:
            plain = win.is_observed and night == win.night
            return _summed(seen.rules, win.day, kind if plain else f"{kind}_first_seen", documents)
    return nothing


def papers(seen: Seen, deal: Deal) -> tuple[str, list[Document]]:
    """What a night sees of the sale: accepted quotations that none of them revises, else the orders, else nothing."""
    quotes = seen.accepted_quotes(deal)
    revised = {quote.revised_from for quote in quotes}
    if quotes:
        return "quotation", [quoted(seen.rules, quote) for quote in quotes if quote.quote_id not in revised]
    return "order", [ordered(seen, order) for order in seen.orders if order.deal_id == deal.deal_id]


def quoted(rules: Rules, quote: Quote) -> Document:
    """A quotation's lines that count."""
    counting = (line for line in quote.lines if not line.is_group_heading and (not line.is_optional or line.is_option_accepted))
    return Document(quote.currency or rules.base_currency, tuple(_quote_line(rules, line) for line in counting))


def ordered(seen: Seen, order: Order) -> Document:
    """An order's lines that count; a line names a project once the project is there."""
    existing = {project.project_id for project in seen.projects}
    lines = tuple(_order_line(seen.rules, line, existing) for line in order.lines if not line.is_group_heading)
    return Document(order.currency or seen.rules.base_currency, lines)


def orders_of(seen: Seen, deal_id: int) -> list[Document]:
    """Every sales order of a deal."""
    return [ordered(seen, order) for order in seen.orders if order.deal_id == deal_id]


def in_base(rules: Rules, day: date, amounts: Iterable[tuple[str, Decimal]]) -> Decimal | None:
    """Amounts by currency, converted and summed; None where one lacks a rate."""
    result = Decimal(0)
    for currency, amount in amounts:
        rate = rules.rate(currency, day)
        if rate is None:
            return None
        result += amount * rate
    return result


def _quote_line(rules: Rules, line: QuoteLine) -> Line:
    net = line.unit_price * line.quantity * (1 - line.discount_pct / 100)
    cost = line.unit_cost * line.quantity
    return Line(net, cost, line.quantity, line.billing_period, line.item_id in rules.labour_items, line.budget_hours)


def _order_line(rules: Rules, line: OrderLine, existing: set[int]) -> Line:
    named = line.project_id if line.project_id in existing else None
    cost = line.unit_cost * line.quantity
    labour = line.item_id in rules.labour_items
    return Line(line.unit_price * line.quantity, cost, line.quantity, line.billing_period, labour, None, named)


def _summed(rules: Rules, day: date, basis: str, documents: list[Document]) -> Sold:
    currencies = {document.currency for document in documents}
    is_single = len(currencies) == 1

    def base(part: str) -> Decimal | None:
        return money(in_base(rules, day, ((document.currency, _part(document.lines, part)) for document in documents)))

    def own(part: str) -> Decimal | None:
        # Accepted quotations in several currencies have no currency of their own: they are converted first.
        return money(total(_part(document.lines, part) for document in documents)) if is_single else base(part)

    currency = min(currencies) if is_single else rules.base_currency
    known = "same" if is_single and currency == rules.base_currency else "converted"
    return Sold(
        basis=basis,
        currency=currency,
        currency_state="no_rate" if base("net") is None else known,
        revenue=own("net"),
        cost=own("cost"),
        recurring=own("recurring"),
        hours=money(_hours([line for document in documents for line in document.lines if line.is_one_off])),
        revenue_base=base("net"),
        cost_base=base("cost"),
        third_party_base=base("third_party"),
        products_base=base("products"),
    )


def _part(lines: tuple[Line, ...], part: str) -> Decimal:
    one_off = [line for line in lines if line.is_one_off]
    if part == "net":
        return total(line.net for line in one_off)
    if part == "cost":
        return total(line.cost for line in one_off)
    if part == "products":
        return total(line.net for line in one_off if not line.is_labour)
    if part == "third_party":
        return total(line.cost for line in one_off if not line.is_labour)
    return total(line.net * YEARLY[line.period] for line in lines if not line.is_one_off)


def _hours(lines: list[Line]) -> Decimal | None:
    budgets = [line.budget for line in lines if line.budget is not None]
    if budgets:
        return total(budgets)
    labour = [line.quantity for line in lines if line.is_labour_item]
    return total(labour) if labour else None
