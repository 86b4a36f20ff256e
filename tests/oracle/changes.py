"""Change requests that hang on a project, with their hours and prices. What they do to a margin is in `margin`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from handoff_pipeline.simulator.truth import ChangeRequest, Project, TimeEntry
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import UNKNOWN, date_key, money, total, utc
from tests.oracle.observation import Seen, earliest
from tests.oracle.projects import deal_of, handoff_key, hours, project_key, project_of_change


@dataclass(frozen=True)
class Billed:
    """A line of a posted invoice that names the change; `net_base` is None where the policy has no rate."""

    at: datetime
    day: date
    net_base: Decimal | None
    is_credit: bool = False


@dataclass(frozen=True, eq=False)
class Change:
    """One linked change; `handoff` is None where its project has none."""

    change: ChangeRequest
    project: Project
    handoff: Handoff | None
    state: str
    decided_at: datetime | None
    decided_day: date | None
    entries: list[TimeEntry]
    price: Decimal | None
    price_base: Decimal | None
    currency: str
    link_kind: str
    billed: list[Billed]

    def declared_hours(self, seen: Seen) -> Decimal | None:
        """Hours that the change was said to take; None where the policy names no field for them or the field is empty."""
        return self.change.declared_hours if seen.rules.raw["change_request"].get("hours_field") else None

    def is_approved_by(self, day: date) -> bool:
        """Whether it was approved on or before a local day."""
        return self.state == "approved" and self.decided_day is not None and self.decided_day <= day


def linked_changes(seen: Seen, handoffs: Mapping[int, Handoff]) -> list[Change]:
    """Every change that hangs on a project; `handoffs` by deal id."""
    found = [(change, project_of_change(seen, change)) for change in seen.changes]
    return [_change(seen, change, *link, handoffs) for change, link in found if link is not None]


def cost_of(seen: Seen, entries: list[TimeEntry]) -> Decimal | None:
    """What time costs; None where somebody's hours have no known cost."""
    costs = [(entry.hours, seen.cost_of_hour(entry)) for entry in entries]
    if any(cost is None for _, cost in costs):
        return None
    return total(worked * (cost or 0) for worked, cost in costs)


def uncosted_hours(seen: Seen, entries: list[TimeEntry]) -> Decimal:
    """Hours whose cost is not known."""
    return hours([entry for entry in entries if seen.cost_of_hour(entry) is None])


def _change(seen: Seen, change: ChangeRequest, project: Project, link_kind: str, handoffs: Mapping[int, Handoff]) -> Change:
    deal = deal_of(seen, project)
    handoff = handoffs[deal.deal_id] if deal else None
    is_decided = change.outcome != "raised" and (change.decided_at is None or change.decided_at <= seen.as_of)
    decided_at = (change.decided_at or seen.first_night(change.raised_at)) if is_decided else None
    currency = handoff.sold.currency if handoff else seen.rules.base_currency
    rate = seen.rules.rate(currency, handoff.win.day) if handoff else Decimal(1)
    price = change.price if is_decided else None
    return Change(
        change=change,
        project=project,
        handoff=handoff,
        state=change.outcome if is_decided else "raised",
        decided_at=decided_at,
        decided_day=seen.days.local_or_none(decided_at),
        entries=seen.entries_by_ticket.get(change.change_id, []),
        price=money(price),
        price_base=None if price is None or rate is None else money(price * rate),
        currency=currency,
        link_kind=link_kind,
        billed=list(_billed(seen, change, handoff)),
    )


def _billed(seen: Seen, change: ChangeRequest, handoff: Handoff | None) -> Iterator[Billed]:
    """What posted invoices bill for the change, at the rate of its deal's win."""
    for invoice in seen.posted_invoices:
        for line in invoice.lines:
            if line.ticket_id == change.change_id and invoice.posted_at is not None:
                day = seen.days.local(invoice.posted_at)
                rate = seen.rules.rate(invoice.currency, handoff.win.day if handoff else day)
                net = line.quantity * line.unit_price
                yield Billed(invoice.posted_at, day, None if rate is None else money(net * rate), is_credit=net < 0)


def fact_change_request(seen: Seen, each: Change) -> dict[str, Any]:
    """The fact's row."""
    change, bills = each.change, [line for line in each.billed if not line.is_credit]
    return {
        "change_key": seen.key("change", change.change_id),
        "change_id": change.change_id,
        "project_key": project_key(seen, each.project),
        "handoff_key": handoff_key(seen, each.handoff.deal if each.handoff else None),
        "client_key": seen.client_key(change.client_id),
        "raised_at_utc": utc(change.raised_at),
        "decided_at_utc": utc(each.decided_at),
        "decided_date_key": date_key(each.decided_day),
        "decision_key": UNKNOWN,
        "state": each.state,
        "origin": seen.rules.origin(change.origin),
        "link_kind": each.link_kind,
        "logged_hours": money(hours(each.entries)),
        "cost_base": money(cost_of(seen, each.entries)),
        "price": each.price,
        "price_base": each.price_base,
        "currency": each.currency,
        "is_billed": bool(bills),
        "billed_at_utc": utc(earliest(line.at for line in bills)),
        "source_url": seen.url(change.change_id),
    }
