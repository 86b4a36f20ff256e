"""Invoices, agreements, timesheets and dated costs as HaloPSA rows.

Files are in `file_rows`. The one thing to know: every timesheet row has id 0, so only agent and date tell them apart
(H: section 2.4, Servosity #264), and an invoice names the ticket that it bills on its lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.shaping import EMPTY_OTHER_DATE, day, latest, stamp, stamp_or
from handoff_pipeline.simulator.truth import Contract, Invoice, InvoiceLine, TimeEntry

TAX: Final = Decimal("0.20")
PAYMENT_TERM: Final = timedelta(days=30)
NO_CONTRACT: Final = -1
# H: status 3 is live, 4 expired (section 2.4, conduit).
CONTRACT_LIVE, CONTRACT_EXPIRED = 3, 4
TARGET_HOURS: Final = 7.5


def invoice_rows(index: Index, now: datetime) -> Iterator[Row]:
    """Give every invoice made up to `now`, drafts included, with its lines."""
    for invoice in index.truth.invoices:
        if invoice.created_at <= now:
            yield _invoice(index, invoice, now)


def _invoice(index: Index, invoice: Invoice, now: datetime) -> Row:
    posted = invoice.posted_at if invoice.posted_at and invoice.posted_at <= now else None
    net = sum((line.quantity * line.unit_price for line in invoice.lines), Decimal(0))
    tickets = {line.ticket_id for line in invoice.lines}
    code, symbol = cfg.CURRENCIES[invoice.currency]
    return {
        "id": invoice.invoice_id,
        "use": "invoice",
        "invoicenumber": f"INV-{invoice.invoice_id}" if posted else "",
        "client_id": invoice.client_id,
        "client_name": index.client_name(invoice.client_id),
        "sitenumber": invoice.client_id,
        "invoice_date": stamp(invoice.created_at),
        "date_created": stamp(invoice.created_at),
        "last_modified": stamp(latest([invoice.created_at, posted], now)),
        "posted": posted is not None,
        "dateposted": stamp_or(posted, EMPTY_OTHER_DATE),
        "duedate": day((invoice.created_at + PAYMENT_TERM).date()),
        "datepaid": EMPTY_OTHER_DATE,
        "paymentstatus": 0,
        "ticket_id": (next(iter(tickets)) or 0) if len(tickets) == 1 else 0,
        "salesorder_id": invoice.order_id or 0,
        "contract_id": NO_CONTRACT,
        "recurring_invoice_id": 0,
        "is_recurring_invoice": False,
        "voided": False,
        "currency": symbol,
        "currency_code": code,
        "currency_code_name": invoice.currency,
        "currency_conversion_rate": 1.0,
        "revenue": float(net),
        "tax_total": float(net * TAX),
        "total": float(net * (1 + TAX)),
        "lines": [_invoice_line(invoice, line) for line in invoice.lines],
    }


def _invoice_line(invoice: Invoice, line: InvoiceLine) -> Row:
    net = line.quantity * line.unit_price
    return {
        "id": line.line_id,
        "ihid": invoice.invoice_id,
        "item_shortdescription": line.description,
        "qty_order": float(line.quantity),
        "unit_price": float(line.unit_price),
        "net_amount": float(net),
        "tax_amount": float(net * TAX),
        "tax_rate": float(TAX * 100),
        # H: a line names the order's line by (order, seq), as the database does (section 4: IDolid, IDolseq).
        "salesorder_line_id": (invoice.order_id or 0) if line.order_seq is not None else 0,
        "salesorder_line": line.order_seq or 0,
        "ticket_id": line.ticket_id or 0,
        "contract_id": NO_CONTRACT,
        "isgroupdesc": False,
        "isinactive": False,
        "billingperiod": 0,
    }


def contract_rows(index: Index, now: datetime) -> Iterator[Row]:
    """Give every agreement that has begun by `now`, expired ones included."""
    for contract in index.truth.contracts:
        if contract.starts <= now.date():
            yield _contract(index, contract, now.date())


def _contract(index: Index, contract: Contract, today: date) -> Row:
    is_over = contract.ends is not None and contract.ends < today
    changed = contract.ends + timedelta(days=1) if is_over and contract.ends is not None else contract.starts
    return {
        "id": contract.contract_id,
        "use": "contract",
        "ref": contract.reference,
        "client_id": contract.client_id,
        "client_name": index.client_name(contract.client_id),
        "site_id": contract.client_id,
        "user_id": 0,
        "sla_id": -1,
        "start_date": day(contract.starts),
        "end_date": day(contract.ends) or EMPTY_OTHER_DATE,
        "started": True,
        "expired": is_over,
        "active": not is_over,
        "status": CONTRACT_EXPIRED if is_over else CONTRACT_LIVE,
        "contract_status": "Expired" if is_over else "Live",
        "billingperiod": 2,
        "numberofunitsfree": 0.0,
        "periodchargeamount": 0.0,
        "next_invoice_date": EMPTY_OTHER_DATE,
        "last_modified": stamp(datetime.combine(changed, time(), tzinfo=UTC)),
    }


def timesheet_rows(index: Index, now: datetime) -> list[Row]:
    """Give a row per agent and day on which work logged by `now` was done, by date and agent."""
    days: defaultdict[tuple[date, int], list[TimeEntry]] = defaultdict(list)
    for entry in index.all_entries():
        if entry.logged_at <= now:
            days[entry.worked_at.date(), entry.agent_id].append(entry)
    return [_timesheet(index, agent_id, on, entries) for (on, agent_id), entries in sorted(days.items(), key=lambda each: each[0])]


def _timesheet(index: Index, agent_id: int, on: date, entries: list[TimeEntry]) -> Row:
    hours = float(sum((entry.hours for entry in entries), Decimal(0)))
    last = max(entry.worked_at + timedelta(seconds=round(float(entry.hours) * 3600)) for entry in entries)
    return {
        "id": 0,
        "agent_id": agent_id,
        "agent_name": index.agent_name(agent_id),
        "date": day(on),
        "start_time": stamp(min(entry.worked_at for entry in entries)),
        "end_time": stamp(last),
        "target_hours": TARGET_HOURS,
        "actual_hours": hours,
        "work_hours": hours,
        "chargeable_hours": hours,
        "break_hours": 0.0,
        "unlogged_hours": max(0.0, TARGET_HOURS - hours),
        "percentage": round(100 * hours / TARGET_HOURS, 2),
    }


def agent_cost_rows(index: Index, now: datetime) -> list[Row]:
    """Give what each agent's hour costs from when on, up to `now`; only SQL reaches them (H: section 4, UnameCostTracking)."""
    return [
        {"id": number, "agent_id": cost.agent_id, "start_date": day(cost.since), "costprice": float(cost.cost_price)}
        for number, cost in enumerate(index.truth.agent_costs, start=1)
        if cost.since <= now.date()
    ]
