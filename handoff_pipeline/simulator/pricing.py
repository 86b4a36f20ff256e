"""Quotations and sales orders of the deals, with the lines that a careless sum gets wrong.

Group headings carry their group's price, options may or may not be taken, recurring lines stand beside one-off ones,
discounts are in per cent, and revisions stay accepted beside the quotation that superseded them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from handoff_pipeline.simulator import names
from handoff_pipeline.simulator.deck import after
from handoff_pipeline.simulator.draft import DealDraft, Draft
from handoff_pipeline.simulator.truth import Order, OrderLine, Quote, QuoteLine

LABOUR = ((100, "Project engineering", 95), (101, "Project management", 110))
FIRST_PRODUCT_ITEM = 200
FIRST_RECURRING_ITEM = 300
CENT = Decimal("0.01")


def price_open_deal(draft: Draft, deal: DealDraft) -> None:
    """Give a deal that is open or lost one quotation that nobody accepted."""
    created = after(draft.rng, deal.created_at, 1, 8)
    draft.quotes.append(_quote(draft, deal, created, _lines(draft, "one_off", thin=False)))


def price_won_deal(draft: Draft, deal: DealDraft, *, needs_order: bool) -> Order | None:
    """Give a won deal its quotations and, where it has one, the order; orders come out last in `draft.orders`."""
    card, rng, win = draft.draw("quote"), draft.rng, deal.first_won_at
    careless = deal.seller.name in names.CARELESS_SELLERS
    thin = draft.draw("careless_margin" if careless else "margin") == "thin"
    wants_order = draft.draw("order") == "yes" or card == "order_only" or needs_order
    if needs_order and card == "neither":
        card = "one_off"
    if card == "neither":
        return None
    lines = _lines(draft, card, thin=thin)
    deal.sold_hours = _labour_hours(lines)
    currency = {"eur": "EUR", "usd": "USD"}.get(card, "GBP")
    quote = None
    if card != "order_only":
        created = max(deal.created_at + timedelta(minutes=30), win - timedelta(days=rng.randint(2, 12), minutes=rng.randint(0, 90)))
        accepted = win - timedelta(minutes=rng.randint(1, 9))
        if card == "revision":
            first = _quote(draft, deal, created, _lines(draft, "one_off", thin=thin), currency, created + (accepted - created) / 3)
            draft.quotes.append(first)
            created = created + (accepted - created) / 2
            quote = _quote(draft, deal, created, lines, currency, accepted, first.quote_id)
        else:
            quote = _quote(draft, deal, created, lines, currency, accepted)
        draft.quotes.append(quote)
        if card == "second_after_win":
            extra = _lines(draft, "products_only", thin=False)
            draft.quotes.append(_quote(draft, deal, win + timedelta(days=1), extra, currency, after(rng, win, 3, 8)))
    if not wants_order:
        return None
    order = Order(
        next(draft.order_ids),
        deal.deal_id,
        deal.client_id,
        quote.quote_id if quote else None,
        win + timedelta(minutes=rng.randint(1, 30)),
        currency,
        _order_lines(lines, from_quote=quote is not None),
    )
    draft.orders.append(order)
    return order


def _quote(
    draft: Draft,
    deal: DealDraft,
    created: datetime,
    lines: tuple[QuoteLine, ...],
    currency: str = "GBP",
    accepted: datetime | None = None,
    revised_from: int | None = None,
) -> Quote:
    whole = created.replace(microsecond=0)
    settled = accepted.replace(microsecond=0) if accepted else None
    return Quote(next(draft.quote_ids), deal.deal_id, deal.title, whole, currency, lines, settled, revised_from)


def _lines(draft: Draft, card: str, *, thin: bool) -> tuple[QuoteLine, ...]:
    rng = draft.rng
    discount = Decimal(rng.choice((5, 10, 15))) if card == "discount" else Decimal(0)
    products = rng.sample(names.THIRD_PARTY, rng.randint(1, 2))
    result: list[QuoteLine] = []

    def add(
        name: str,
        item: int,
        quantity: Decimal,
        price: int,
        share: Decimal,
        *,
        period: int = 0,
        optional: bool = False,
        taken: bool = False,
        heading: bool = False,
        budget: Decimal | None = None,
    ) -> None:
        cost = (Decimal(price) * share).quantize(CENT)
        result.append(
            QuoteLine(
                next(draft.line_ids),
                name,
                item,
                quantity,
                Decimal(price),
                cost,
                Decimal(0) if heading else discount,
                period,
                optional,
                taken,
                heading,
                budget,
            )
        )

    labour_share = Decimal("0.88") if thin else Decimal("0.52")
    product_share = Decimal("0.93") if thin else Decimal("0.62")
    group = sum(price * usual for _, price, usual in products)
    add("Supply", 0, Decimal(1), group, Decimal(0), heading=True)
    for name, price, usual in products:
        add(name, FIRST_PRODUCT_ITEM + _position(name), Decimal(usual), price, product_share)
    if card != "products_only":
        engineering, managing = Decimal(rng.randint(16, 120)), Decimal(rng.randint(8, 48)) / 2
        budgeted = rng.random() < 0.75
        for (item, name, price), hours in zip(LABOUR, (engineering, managing), strict=True):
            # A budget may differ from the quantity: the budget is what was promised to delivery.
            add(name, item, hours, price, labour_share, budget=hours + 2 if budgeted else None)
    if card in {"recurring", "eur"}:
        for name, price, period in rng.sample(names.RECURRING, 2):
            add(name, FIRST_RECURRING_ITEM + period, Decimal(rng.randint(1, 40)), price, Decimal("0.40"), period=period)
    if card == "optional":
        add("Extra training day", 102, Decimal(2), 650, Decimal("0.50"), optional=True, taken=True)
        add("Spare switch", FIRST_PRODUCT_ITEM + 1, Decimal(1), 890, product_share, optional=True)
    return tuple(result)


def _position(name: str) -> int:
    return next(at for at, product in enumerate(names.THIRD_PARTY) if product[0] == name)


def _labour_hours(lines: tuple[QuoteLine, ...]) -> Decimal:
    labour = {item for item, _, _ in LABOUR}
    return sum((line.budget_hours or line.quantity for line in lines if line.item_id in labour), Decimal(0))


def _order_lines(lines: tuple[QuoteLine, ...], *, from_quote: bool) -> tuple[OrderLine, ...]:
    sold = [line for line in lines if not line.is_optional or line.is_option_accepted]
    return tuple(
        OrderLine(
            seq,
            line.name,
            line.item_id,
            line.quantity,
            (line.unit_price * (100 - line.discount_pct) / 100).quantize(CENT),
            line.unit_cost,
            line.line_id if from_quote else None,
            None,
            line.is_group_heading,
            line.billing_period,
        )
        for seq, line in enumerate(sold, start=1)
    )
