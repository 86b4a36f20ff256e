"""Quotations and sales orders as HaloPSA rows, lines included; the server drops the lines where a list leaves them out.

The rows follow sections 3.3 and 3.4 of the reference. `net_total` is per unit and `total_net_total` per line, by analogy
with `costprice` and `total_costprice` (a guess: no capture of a real line is public).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.shaping import EMPTY_OTHER_DATE, fraction, latest, number, stamp, stamp_or
from handoff_pipeline.simulator.truth import Deal, Order, OrderLine, Quote, QuoteLine

TAX = Decimal("0.20")
OPTION_ACCEPTED = 1


def quotation_rows(index: Index, now: datetime) -> Iterator[Row]:
    """Give every quotation that exists at `now`, with its lines."""
    deals = {deal.deal_id: deal for deal in index.truth.deals}
    orders = {order.quote_id: order for order in index.truth.orders if order.created_at <= now}
    for quote in index.truth.quotes:
        if quote.created_at <= now:
            yield _quotation(index, quote, deals[quote.deal_id], orders.get(quote.quote_id), now)


def _quotation(index: Index, quote: Quote, deal: Deal, order: Order | None, now: datetime) -> Row:
    accepted = quote.accepted_at if quote.accepted_at and quote.accepted_at <= now else None
    lost = next((at for at, status in deal.status.steps if status == "lost" and at <= now), None)
    status = cfg.QUOTE_ACCEPTED if accepted else cfg.QUOTE_REJECTED if lost and deal.won_at(now) is None else cfg.QUOTE_SENT
    counted = [line for line in quote.lines if not line.is_group_heading and (not line.is_optional or line.is_option_accepted)]
    revenue = sum((_net(line) for line in counted), Decimal(0))
    cost = sum((line.unit_cost * line.quantity for line in counted), Decimal(0))
    changed = latest([quote.created_at, accepted, lost, order.created_at if order else None], now)
    return {
        "id": quote.quote_id,
        "title": quote.title,
        "use": "quotation",
        "ticket_id": quote.deal_id,
        "status": status,
        "status_name": next(row["name"] for row in cfg.LOOKUPS[39] if row["id"] == status),
        "date": stamp(quote.created_at),
        "expiry_date": EMPTY_OTHER_DATE,
        "approvaldatetime": stamp_or(accepted, EMPTY_OTHER_DATE),
        "approvalstate": 1 if accepted else 0,
        "approvalname": quote.accepted_by if accepted else None,
        "approvalemailaddress": _address(quote.accepted_by) if accepted else None,
        "last_update_time": fraction(changed),
        **_money(revenue, cost),
        **_parties(index, deal.client_id, quote.currency),
        "agent_id": deal.agent_id,
        "assigned_agent": deal.agent_id,
        "original_revised_from_id": quote.revised_from or 0,
        "salesorder_id": order.order_id if order else 0,
        "is_leased": False,
        "lines": [_quotation_line(quote.quote_id, seq, line, is_accepted=accepted is not None) for seq, line in enumerate(quote.lines, 1)],
    }


def _address(name: str | None) -> str | None:
    return None if name is None else f"{name.lower().replace(' ', '.')}@client.example"


def _net(line: QuoteLine) -> Decimal:
    return line.quantity * line.unit_price * (100 - line.discount_pct) / 100


def _quotation_line(quote_id: int, seq: int, line: QuoteLine, *, is_accepted: bool) -> Row:
    unit_net = line.unit_price * (100 - line.discount_pct) / 100
    net, cost = _net(line), line.unit_cost * line.quantity
    budget = {"id": 0, "budgettype_id": 1, "budgettype_name": "Labour", "hours": number(line.budget_hours), "rate": float(line.unit_price)}
    return {
        "id": line.line_id,
        "qhid": quote_id,
        "sort_seq": seq,
        "name": line.name,
        "item_id": line.item_id,
        "quantity": float(line.quantity),
        "price": float(line.unit_price),
        "baseprice": float(line.unit_price),
        "costprice": float(line.unit_cost),
        "discount_perc": float(line.discount_pct),
        "discount": float(line.unit_price - unit_net),
        "net_total": float(unit_net),
        "profit": float(unit_net - line.unit_cost),
        "tax": float(unit_net * TAX),
        "total_price": float(line.unit_price * line.quantity),
        "total_discount": float((line.unit_price - unit_net) * line.quantity),
        "total_net_total": float(net),
        "total_costprice": float(cost),
        "total_profit": float(net - cost),
        "total_tax": float(net * TAX),
        "billingperiod": line.billing_period,
        "item_recurring": line.billing_period > 0,
        "optional": line.is_optional,
        "approval_status": OPTION_ACCEPTED if line.is_option_accepted and is_accepted else 0,
        "isgroupdesc": line.is_group_heading,
        "budgets": [budget] if line.budget_hours is not None else [],
    }


def order_rows(index: Index, now: datetime) -> Iterator[Row]:
    """Give every sales order that exists at `now`, with its lines."""
    for order in index.truth.orders:
        if order.created_at <= now:
            yield _order(index, order, now)


def _order(index: Index, order: Order, now: datetime) -> Row:
    born = {line.project_id: index.project_born[line.project_id] for line in order.lines if line.project_id is not None}
    counted = [line for line in order.lines if not line.is_group_heading]
    revenue = sum((line.quantity * line.unit_price for line in counted), Decimal(0))
    cost = sum((line.quantity * line.unit_cost for line in counted), Decimal(0))
    projects = [project_id for project_id, at in born.items() if at <= now]
    return {
        "id": order.order_id,
        "title": f"Sales order {order.order_id}",
        "use": "salesorder",
        "ticket_id": order.deal_id,
        "quotation_id": order.quote_id or 0,
        "status": 1,
        "open_status": 0,
        "date": stamp(order.created_at),
        "ship_date": EMPTY_OTHER_DATE,
        # A line learns its project when the project is made, and the order is changed by it.
        "last_update_time": fraction(latest([order.created_at, *born.values()], now)),
        **_money(revenue, cost),
        **_parties(index, order.client_id, order.currency),
        "linked_to_opportunity": True,
        "linked_to_ticket": False,
        "linked_to_project": bool(projects),
        "invoice_count": 0,
        "purchaseorder_count": 0,
        "percentage_invoiced": 0.0,
        "lines": [_order_line(order, line, born, now) for line in order.lines],
    }


def _order_line(order: Order, line: OrderLine, born: dict[int, datetime], now: datetime) -> Row:
    named = line.project_id if line.project_id is not None and born[line.project_id] <= now else 0
    net, cost = line.quantity * line.unit_price, line.quantity * line.unit_cost
    return {
        # H: order lines are known by (order, seq); their id is no key. `user_id` is a string here (section 3.4).
        "id": line.seq,
        "salesorder_id": order.order_id,
        "sort_seq": line.seq,
        "name": line.name,
        "item_id": line.item_id,
        "quantity": float(line.quantity),
        "price": float(line.unit_price),
        "baseprice": float(line.unit_price),
        "costprice": float(line.unit_cost),
        "net_total": float(line.unit_price),
        "profit": float(line.unit_price - line.unit_cost),
        "total_price": float(net),
        "total_net_total": float(net),
        "total_costprice": float(cost),
        "total_profit": float(net - cost),
        "billingperiod": line.billing_period,
        "item_recurring": line.billing_period > 0,
        "quotation_line_id": line.quote_line_id or 0,
        "project_id": named,
        "isgroupdesc": line.is_group_heading,
        "user_id": "0",
        "sales_order_ticket_id": str(order.deal_id),
    }


def _money(revenue: Decimal, cost: Decimal) -> Row:
    return {
        "revenue": float(revenue),
        "tax_total": float(revenue * TAX),
        "total": float(revenue * (1 + TAX)),
        "cost": float(cost),
        "profit": float(revenue - cost),
    }


def _parties(index: Index, client_id: int, currency: str) -> Row:
    code, symbol = cfg.CURRENCIES[currency]
    return {
        "client_id": client_id,
        "client_name": index.client_name(client_id),
        "site_id": client_id,
        "user_id": 0,
        "currency": symbol,
        "currency_code": code,
        "currency_code_name": currency,
        "currency_conversion_rate": 1.0,
    }
