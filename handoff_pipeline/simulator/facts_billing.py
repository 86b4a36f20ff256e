"""Facts of the office: invoices, agreements, files, and what an hour of an agent costs from when on.

Part of `truth`, which names them all. The one thing to know: an invoice bills a change request by the ticket that its line
names; nothing on the change itself says that it was billed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class InvoiceLine:
    """One line; `ticket_id` is the ticket whose work it bills, a change request's for instance, `order_seq` the order's line."""

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
