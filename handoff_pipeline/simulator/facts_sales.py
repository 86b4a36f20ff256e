"""Facts of what was sold: quotations and sales orders with their lines.

Part of `truth`, which names them all; deals are there. The one thing to know: a line's price is before discount and tax on
a quotation, and net of discount on an order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class QuoteLine:
    """One line. Prices per unit in the quotation's currency, before discount and tax.

    `billing_period` as HaloPSA numbers it (0 = one-off).
    """

    line_id: int
    name: str
    item_id: int
    quantity: Decimal
    unit_price: Decimal
    unit_cost: Decimal
    discount_pct: Decimal = Decimal(0)
    billing_period: int = 0
    is_optional: bool = False
    is_option_accepted: bool = False
    is_group_heading: bool = False
    budget_hours: Decimal | None = None


@dataclass(frozen=True)
class Quote:
    """A quotation of a deal. Accepted at `accepted_at`; `revised_from` names the quotation that it supersedes.

    `accepted_by` is who accepted it for the client; None where nobody wrote that down.
    """

    quote_id: int
    deal_id: int
    title: str
    created_at: datetime
    currency: str
    lines: tuple[QuoteLine, ...]
    accepted_at: datetime | None = None
    revised_from: int | None = None
    accepted_by: str | None = None


@dataclass(frozen=True)
class OrderLine:
    """One line of a sales order, net of discount already; `project_id` where the line was turned into a project."""

    seq: int
    name: str
    item_id: int
    quantity: Decimal
    unit_price: Decimal
    unit_cost: Decimal
    quote_line_id: int | None = None
    project_id: int | None = None
    is_group_heading: bool = False
    billing_period: int = 0


@dataclass(frozen=True)
class Order:
    """A sales order, made when the quotation was accepted."""

    order_id: int
    deal_id: int
    client_id: int
    quote_id: int | None
    created_at: datetime
    currency: str
    lines: tuple[OrderLine, ...]
