"""Facts of the office: invoices, agreements, files, what an hour is charged at and what an hour of an agent costs from when on.

Part of `truth`, which names them all. The one thing to know: an invoice bills a change request by the ticket that its line
names; nothing on the change itself says that it was billed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Charge:
    """What hours of work are worth to the client: so many of them, at the tenant's rate of that number.

    `amount` is in the currency of the deal; None where the tenant's rate was never worked out into money. `invoice_id` where the
    hours were put on an invoice, which may still be a draft.
    """

    hours: Decimal
    amount: Decimal | None = None
    rate: int = 1
    invoice_id: int | None = None


@dataclass(frozen=True)
class InvoiceLine:
    """One line; `ticket_id` is the ticket whose work it bills, a change request's for instance, `order_seq` the order's line.

    A credit is a line with a price below nought.
    """

    line_id: int
    ticket_id: int | None
    description: str
    quantity: Decimal
    unit_price: Decimal
    order_seq: int | None = None


@dataclass(frozen=True)
class Invoice:
    """An invoice to a client; a draft has no `posted_at`. `order_id` where it bills a sales order."""

    invoice_id: int
    client_id: int
    created_at: datetime
    currency: str
    lines: tuple[InvoiceLine, ...]
    posted_at: datetime | None = None
    order_id: int | None = None


@dataclass(frozen=True)
class Contract:
    """An agreement with a client; None for `ends` runs on."""

    contract_id: int
    client_id: int
    reference: str
    starts: date
    ends: date | None = None


@dataclass(frozen=True)
class Attachment:
    """A file on an opportunity or a quotation; `is_signed_quotation` where a client signed it."""

    attachment_id: int
    deal_id: int | None
    quote_id: int | None
    file_name: str
    added_at: datetime
    is_signed_quotation: bool = False


@dataclass(frozen=True)
class AgentCost:
    """What an hour of an agent costs from a day on, base currency."""

    agent_id: int
    since: date
    cost_price: Decimal
