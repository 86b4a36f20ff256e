"""What work is worth to the client: projects by the hour, charges of hours, their invoices, credits, declared hours of changes.

Made after the world, from a source of chance of its own, so that nothing the world holds already is drawn again. The one
thing to know: a project by the hour is billed a month at a time, one line for each of its tickets; some of these invoices
stay drafts and the newest months are not billed yet, and a credit stands on an invoice of its own, below nought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Final

from handoff_pipeline.simulator.configuration import LOOKUPS
from handoff_pipeline.simulator.deck import Deck, after, office_moment
from handoff_pipeline.simulator.plans import project_of
from handoff_pipeline.simulator.pricing import LABOUR
from handoff_pipeline.simulator.truth import ChangeRequest, Charge, Invoice, InvoiceLine, Order, Project, Quote, TimeEntry, Truth

FIXED: Final = "Fixed Price"
BY_THE_HOUR: Final = "Time and Materials"
CARDS: Final = {
    "billing": {FIXED: 4, "": 3, BY_THE_HOUR: 2},
    "charge": {"usual": 20, "out_of_hours": 2, "part": 2, "none": 2, "no_amount": 1},
    "month": {"posted": 6, "draft": 1, "none": 1},
    "credit": {"none": 7, "credit": 1, "two_credits": 1},
    "bought": {"as_sold": 2, "dearer": 1, "cheaper": 1},
    "unapproved": {"none": 3, "billed": 2},
    "declared": {"none": 3, "less": 2, "more": 1, "round": 2},
}
USUAL, OUT_OF_HOURS = 1, 2
RATES: Final = {row["id"]: Decimal(row["value2"]) for row in LOOKUPS[17] if "value2" in row}
FIRST_INVOICE, FIRST_LINE = 30_001, 70_001
ONE = Decimal(1)
CENT = Decimal("0.01")
PRICES: Final = {"as_sold": ONE, "dearer": Decimal("1.06"), "cheaper": Decimal("0.97")}
LABOUR_ITEMS: Final = frozenset(item for item, _, _ in LABOUR)
HALF = Decimal("0.5")
QUARTER = Decimal("0.25")
CREDITS: Final = (Decimal(120), Decimal(250), Decimal(475), Decimal(900))
SIGNERS: Final = ("Alex Client", "Kim Buyer", "Robin Owner", "Jo Finance")
# Every so many quotations were accepted by telephone: the record names nobody.
UNSIGNED_EVERY: Final = 6


def charge(truth: Truth, seed: int) -> Truth:
    """Give the truth with billing types, charges, declared hours, bills by the month, credits, and what products were bought for."""
    desk = _Desk(truth, Random(f"{seed}:charging"))
    projects = tuple(desk.billed(project) for project in truth.projects)
    by_hour = {project.project_id: project for project in projects if project.billing_type == BY_THE_HOUR}
    changes = tuple(desk.declared(change) for change in truth.changes)
    entries = [desk.charged(entry) for entry in truth.time_entries]
    invoices = [*desk.monthly(by_hour, entries), *(bill for project in projects for bill in desk.credits(project))]
    invoices += [bill for change in changes for bill in desk.anyway(change)]
    return replace(
        truth,
        orders=tuple(desk.bought(order) for order in truth.orders),
        projects=projects,
        changes=changes,
        time_entries=tuple(entries),
        invoices=(*truth.invoices, *invoices),
        quotes=tuple(_signed(quote) for quote in truth.quotes),
    )


class _Desk:
    """The decks, the counters and what is asked of the truth again and again."""

    def __init__(self, truth: Truth, rng: Random) -> None:
        self._rng = rng
        self._decks = {name: Deck(rng, cards) for name, cards in CARDS.items()}
        self._invoice_ids, self._line_ids = count(FIRST_INVOICE), count(FIRST_LINE)
        self._homes = project_of(truth)
        self._currencies = {quote.deal_id: quote.currency for quote in truth.quotes if quote.accepted_at is not None}
        self._currencies |= {order.deal_id: order.currency for order in truth.orders if order.deal_id not in self._currencies}
        self._base = truth.base_currency
        self._logged: defaultdict[int, Decimal] = defaultdict(Decimal)
        for entry in truth.time_entries:
            self._logged[entry.ticket_id] += entry.hours

    def billed(self, project: Project) -> Project:
        """Give the project with its billing type; many name none."""
        return replace(project, billing_type=self._decks["billing"].draw() or None)

    def bought(self, order: Order) -> Order:
        """Give the order as its products were bought: some dearer, some cheaper than they were sold for."""
        card = self._decks["bought"].draw() if order.quote_id is not None else "as_sold"
        lines = tuple(
            line if line.item_id in LABOUR_ITEMS else replace(line, unit_cost=(line.unit_cost * PRICES[card]).quantize(CENT))
            for line in order.lines
        )
        return replace(order, lines=lines)

    def declared(self, change: ChangeRequest) -> ChangeRequest:
        """Give the change with the hours that somebody thought it would take, more or less than were worked."""
        card = self._decks["declared"].draw()
        worked = self._logged[change.change_id]
        if card == "none":
            return change
        hours = {"less": worked * HALF, "more": worked * 2 + 2, "round": Decimal(4)}[card]
        return replace(change, declared_hours=(hours / QUARTER).to_integral_value() * QUARTER)

    def charged(self, entry: TimeEntry) -> TimeEntry:
        """Give the entry with its charge: the usual rate for all its hours, or one of the exceptions."""
        card = self._decks["charge"].draw()
        rate = OUT_OF_HOURS if card == "out_of_hours" else USUAL
        hours = {"part": min(entry.hours, HALF), "none": Decimal(0)}.get(card, entry.hours)
        return replace(entry, charge=Charge(hours, None if card == "no_amount" else hours * RATES[rate], rate))

    def monthly(self, by_hour: dict[int, Project], entries: list[TimeEntry]) -> Iterator[Invoice]:
        """Bill each project by the hour for the months in which time was logged, and note on the entries where they went."""
        months: defaultdict[tuple[int, date], list[int]] = defaultdict(list)
        for at, entry in enumerate(entries):
            home = self._homes.get(entry.ticket_id)
            if home is not None and home.project_id in by_hour:
                months[home.project_id, entry.logged_at.date().replace(day=1)].append(at)
        for (project_id, month), chosen in sorted(months.items()):
            card = self._decks["month"].draw()
            bill = self._month(by_hour[project_id], month, [entries[at] for at in chosen], is_posted=card == "posted")
            if card != "none" and bill.lines:
                for at in chosen:
                    entries[at] = _on(bill, entries[at])
                yield bill

    def _month(self, project: Project, month: date, worked: list[TimeEntry], *, is_posted: bool) -> Invoice:
        made = office_moment(self._rng, (month + timedelta(days=32)).replace(day=2))
        by_ticket: defaultdict[int, Decimal] = defaultdict(Decimal)
        for entry in worked:
            if entry.charge is not None and entry.charge.hours:
                by_ticket[entry.ticket_id] += RATES[entry.charge.rate] * entry.charge.hours
        lines = tuple(
            InvoiceLine(next(self._line_ids), ticket_id, f"Work in {month:%B %Y}", ONE, amount) for ticket_id, amount in by_ticket.items()
        )
        posted = after(self._rng, made, 1, 4) if is_posted else None
        return Invoice(next(self._invoice_ids), project.client_id, made, self._currency(project), lines, posted)

    def credits(self, project: Project) -> Iterator[Invoice]:
        """Give the credits of a fixed price: for a late hand-over, usually after the close."""
        card = self._decks["credit"].draw() if project.billing_type != BY_THE_HOUR else "none"
        begun = project.closed_at or project.created_at + timedelta(days=40)
        for _ in range({"none": 0, "credit": 1, "two_credits": 2}[card]):
            made = after(self._rng, begun, 1, 25)
            line = InvoiceLine(next(self._line_ids), project.project_id, "Credit", ONE, -self._rng.choice(CREDITS))
            posted = after(self._rng, made, 1, 3)
            yield Invoice(next(self._invoice_ids), project.client_id, made, self._currency(project), (line,), posted)

    def anyway(self, change: ChangeRequest) -> Iterator[Invoice]:
        """Bill some of the work that was done on changes that nobody approved."""
        home = self._homes.get(change.parent_id or 0)
        worked = self._logged[change.change_id]
        if change.outcome == "approved" or home is None or not worked or self._decks["unapproved"].draw() == "none":
            return
        made = after(self._rng, change.decided_at or change.raised_at, 10, 25)
        line = InvoiceLine(next(self._line_ids), change.change_id, change.title, worked, RATES[USUAL])
        posted = after(self._rng, made, 1, 3)
        yield Invoice(next(self._invoice_ids), change.client_id, made, self._currency(home), (line,), posted)

    def _currency(self, project: Project) -> str:
        return self._currencies.get(project.deal_id or 0, self._base)


def _on(bill: Invoice, entry: TimeEntry) -> TimeEntry:
    """Note the bill on an entry that brings something."""
    if entry.charge is None or not entry.charge.hours:
        return entry
    return replace(entry, charge=replace(entry.charge, invoice_id=bill.invoice_id))


def _signed(quote: Quote) -> Quote:
    if quote.accepted_at is None or quote.quote_id % UNSIGNED_EVERY == 0:
        return quote
    return replace(quote, accepted_by=SIGNERS[quote.quote_id % len(SIGNERS)])
