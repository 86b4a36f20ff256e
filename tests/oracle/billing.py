"""What was billed and what could be: credits, bills for work by the hour, the charge of an hour, and the day on which it was billed.

Amounts are base currency at the rate of the deal's win. The one thing to know: only posted invoices bill; where the policy does
not say that a time entry's invoice can be believed, an invoice bills all hours up to its posting. Margins are in `margin`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from handoff_pipeline.simulator.truth import Charge, Invoice, InvoiceLine, Project, TimeEntry
from tests.oracle.changes import Change
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import money
from tests.oracle.observation import Seen
from tests.oracle.projects import named_projects

PROJECT_TYPE = "Project"
"""The ticket type of every project of the simulated tenant."""
DAYS_UNTIL_NORMAL = 30


@dataclass(frozen=True)
class Bill:
    """A line of a posted invoice that counts for a project; `net` is None where the policy has no rate for its currency."""

    day: date
    net: Decimal | None


@dataclass(frozen=True)
class ChangeHour:
    """A time entry on a linked change: from which day it is late, and the day on which it was billed (None: not billed)."""

    change: Change
    entry: TimeEntry
    late_from: date
    billed_day: date | None

    def is_unbilled_on(self, day: date) -> bool:
        """Whether it was late and not billed, as of a local day."""
        return self.late_from <= day and (self.billed_day is None or self.billed_day > day)


def is_by_the_hour(seen: Seen, project: Project) -> bool:
    """Whether the policy takes the project for time and material; what it does not name is a fixed price."""
    rules = _rules(seen)
    shown = (project.billing_type or "") if rules.get("type_field") else ""
    wanted = {_plain(each) for each in rules.get("time_and_material") or ()}
    types = {_plain(each) for each in rules.get("time_and_material_types") or ()}
    return _plain(shown) in wanted or _plain(PROJECT_TYPE) in types


def credits_of(seen: Seen, handoff: Handoff, project: Project) -> list[Bill]:
    """Lines below nought that belong to the project: by a ticket, else by the sales order of its deal."""
    return [
        _bill(seen, handoff, invoice, line)
        for invoice, line in _lines(seen)
        if _net(line) < 0 and _belongs(seen, handoff, project, invoice, line)
    ]


def base_bills(seen: Seen, handoff: Handoff, project: Project) -> list[Bill]:
    """Lines that bill base work: they name the project or a task of it, are no credits, and bill no order line."""
    return [
        _bill(seen, handoff, invoice, line)
        for invoice, line in _lines(seen)
        if _net(line) >= 0 and line.ticket_id in _tickets(project) and line.order_seq is None
    ]


def charge_of(seen: Seen, handoff: Handoff, entry: TimeEntry) -> Decimal | None:
    """What an hour's entry is charged; None where that is not known."""
    charge, rules = entry.charge or Charge(entry.hours), _rules(seen)
    if charge.hours == 0:
        return Decimal(0)
    if charge.amount is not None and charge.amount > 0 and rules.get("charge_amounts", True):
        rate = seen.rules.rate(handoff.sold.currency, handoff.win.day)
        return None if rate is None else money(charge.amount * rate)
    price = (rules.get("charge_rates") or {}).get(charge.rate)
    return None if price is None else money(charge.hours * Decimal(str(price)))


def billed_day(seen: Seen, entry: TimeEntry, postings: list[date]) -> date | None:
    """The day on which an entry was billed; `postings` are those of invoices that bill work of its kind."""
    worked = seen.days.local(entry.worked_at)
    number = entry.charge.invoice_id if entry.charge is not None and _rules(seen).get("entry_invoice_field") else None
    own = next((each for each in seen.truth.invoices if each.invoice_id == number and each.created_at <= seen.as_of), None)
    if own is not None:
        return seen.days.local(own.posted_at) if own in seen.posted_invoices and own.posted_at is not None else None
    return min((day for day in postings if day >= worked), default=None)


def change_hours(seen: Seen, changes: list[Change]) -> Iterator[ChangeHour]:
    """Every time entry on a linked change, of whatever state, with the day from which it is late and the day it was billed."""
    lag = int(_rules(seen).get("lag_days", DAYS_UNTIL_NORMAL))
    for change in changes:
        postings = [line.day for line in change.billed if not line.is_credit]
        for entry in change.entries:
            late_from = seen.days.local(entry.worked_at) + timedelta(days=lag + 1)
            yield ChangeHour(change, entry, late_from, billed_day(seen, entry, postings))


def _rules(seen: Seen) -> Mapping[str, Any]:
    return seen.rules.raw.get("billing") or {}


def _plain(shown: str) -> str:
    return shown.strip().casefold()


def _tickets(project: Project) -> set[int]:
    return {project.project_id, *(task.task_id for task in project.tasks)}


def _lines(seen: Seen) -> Iterator[tuple[Invoice, InvoiceLine]]:
    return ((invoice, line) for invoice in seen.posted_invoices for line in invoice.lines)


def _net(line: InvoiceLine) -> Decimal:
    return line.quantity * line.unit_price


def _bill(seen: Seen, handoff: Handoff, invoice: Invoice, line: InvoiceLine) -> Bill:
    rate = seen.rules.rate(invoice.currency, handoff.win.day)
    return Bill(seen.days.local(invoice.posted_at or seen.as_of), None if rate is None else money(_net(line) * rate))


def _belongs(seen: Seen, handoff: Handoff, project: Project, invoice: Invoice, line: InvoiceLine) -> bool:
    """Whether a credit is the project's."""
    if line.ticket_id is not None:
        return line.ticket_id in _tickets(project)
    order = next((each for each in seen.orders if each.order_id == invoice.order_id), None)
    if order is None or order.deal_id != handoff.deal.deal_id or named_projects(seen, order.deal_id):
        return False
    return handoff.first is project
