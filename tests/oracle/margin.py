"""Delivered margin of closed projects, week by week, against what was sold.

One rule carries this module: a row is the project as of a Sunday (work done and changes decided up to that day), told with
what the last night knows. Summing projects into a KPI is in `kpis`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from handoff_pipeline.simulator.truth import Project, TimeEntry
from tests.oracle.changes import Change, cost_of, uncosted_hours
from tests.oracle.days import ONE_WEEK, monday, sunday
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import UNKNOWN, date_key, margin_pct, money, number, total
from tests.oracle.observation import Seen
from tests.oracle.projects import closed_day, named_projects, time_on
from tests.oracle.sold import Line, in_base, orders_of

WEEKS_AFTER_CLOSE = 13


@dataclass(frozen=True)
class Share:
    """A project's part of the deal in base currency; None where it is unknown or the project has none."""

    revenue: Decimal | None
    cost: Decimal | None
    third_party: Decimal | None
    hours: Decimal | None = None


@dataclass(frozen=True, eq=False)
class MarginRow:
    """A closed project as of a Sunday; `project` is None for the rest of the deal."""

    handoff: Handoff
    project: Project | None
    as_of: date
    state: str
    sold_revenue: Decimal | None
    sold_cost: Decimal | None
    revenue: Decimal | None = None
    cost: Decimal | None = None
    uncosted: Decimal = Decimal(0)
    hours_in_week: Decimal = Decimal(0)
    is_active: bool = False

    @property
    def sold_margin_pct(self) -> Decimal | None:
        """Sold margin in per cent."""
        return margin_pct(self.sold_revenue, self.sold_cost)

    @property
    def delivered_margin_pct(self) -> Decimal | None:
        """Delivered margin in per cent."""
        return margin_pct(self.revenue, self.cost)

    @property
    def erosion_amount(self) -> Decimal | None:
        """Sold margin less delivered margin; + is loss."""
        if self.sold_revenue is None or self.sold_cost is None or self.revenue is None or self.cost is None:
            return None
        return (self.sold_revenue - self.sold_cost) - (self.revenue - self.cost)

    @property
    def erosion_pp(self) -> Decimal | None:
        """Percentage points lost; only of a complete row."""
        if self.state != "complete" or self.sold_margin_pct is None or self.delivered_margin_pct is None:
            return None
        return self.sold_margin_pct - self.delivered_margin_pct


def margin_rows(seen: Seen, handoffs: list[Handoff], changes: list[Change]) -> list[MarginRow]:
    """Every row: project rows, and the rest of the deal beside them where order lines name projects."""
    return [row for each in handoffs for row in _of_handoff(seen, each, changes)]


def _of_handoff(seen: Seen, handoff: Handoff, changes: list[Change]) -> Iterator[MarginRow]:
    rows = []
    for project in handoff.projects:
        mine = [change for change in changes if change.project is project]
        rows += [_row(seen, handoff, project, mine, day) for day in _sundays(seen, project)]
    yield from rows
    named = _named(seen, handoff)
    if named:
        shares = [share_of(seen, handoff, project) for project in named]
        revenue = _rest(handoff.sold.revenue_base, [share.revenue for share in shares])
        cost = _rest(handoff.sold.cost_base, [share.cost for share in shares])
        for day in sorted({row.as_of for row in rows}):
            yield MarginRow(handoff, None, day, "undefined", revenue, cost)


def share_of(seen: Seen, handoff: Handoff, project: Project) -> Share:
    """What of the deal is the project's."""
    documents = orders_of(seen, handoff.deal.deal_id)
    named, is_first = _named(seen, handoff), project is handoff.first
    lines = [(order.currency, line) for order in documents for line in order.lines if line.is_one_off]

    def base(chosen: list[tuple[str, Line]], part: str) -> Decimal | None:
        return money(in_base(seen.rules, handoff.win.day, ((currency, getattr(line, part)) for currency, line in chosen)))

    if named:
        own = [(currency, line) for currency, line in lines if line.project_id == project.project_id]
        bought = base([(currency, line) for currency, line in own if not line.is_labour], "cost")
        labour = [line.quantity for _, line in own if line.is_labour]
        sold_hours = money(total(labour)) if labour else None
        return Share(base(own, "net"), base(own, "cost"), bought, sold_hours) if project in named else Share(None, None, bought)
    if not is_first:
        return Share(None, None, Decimal(0))
    third_party: Decimal | None = Decimal(0)
    if documents:
        third_party = base([(currency, line) for currency, line in lines if not line.is_labour], "cost")
    elif handoff.sold.basis != "none":
        third_party = handoff.sold.third_party_base
    return Share(handoff.sold.revenue_base, handoff.sold.cost_base, third_party, handoff.sold.hours)


def _row(seen: Seen, handoff: Handoff, project: Project, changes: list[Change], day: date) -> MarginRow:
    share = share_of(seen, handoff, project)
    approved = [change for change in changes if change.is_approved_by(day)]
    work = _until(seen, time_on(seen, project), day)
    every_hour = [*work, *(entry for change in changes for entry in _until(seen, change.entries, day))]
    # Work on a change that nobody approved costs as well, and brings what was billed for it.
    extra = [line.net_base for change in changes if change not in approved for line in change.billed if line.day <= day]
    billed = total(net for net in extra if net is not None)
    uncosted = uncosted_hours(seen, every_hour)
    has_rate = handoff.sold.currency_state != "no_rate" and share.third_party is not None
    revenue = cost = None
    if has_rate and share.revenue is not None and None not in extra:
        revenue = share.revenue + billed + total(change.price_base for change in approved if change.price_base is not None)
    labour = cost_of(seen, every_hour)
    if has_rate and labour is not None:
        cost = labour + (share.third_party or 0)
    closed = closed_day(seen, project)
    return MarginRow(
        handoff=handoff,
        project=project,
        as_of=day,
        state=_state(has_rate and None not in extra, uncosted, share, revenue),
        sold_revenue=share.revenue,
        sold_cost=share.cost,
        revenue=money(revenue),
        cost=money(cost),
        uncosted=uncosted,
        hours_in_week=total(entry.hours for entry in work if seen.days.local(entry.worked_at) >= monday(day)),
        is_active=closed is not None and closed >= monday(day),
    )


def _state(has_rate: bool, uncosted: Decimal, share: Share, revenue: Decimal | None) -> str:
    if not has_rate:
        return "no_rate"
    if uncosted:
        return "uncosted"
    if share.revenue is None or share.cost is None or revenue is None:
        return "no_baseline"
    return "undefined" if share.revenue <= 0 or revenue <= 0 else "complete"


def _named(seen: Seen, handoff: Handoff) -> list[Project]:
    """Projects of the deal that its order lines name."""
    ids = named_projects(seen, handoff.deal.deal_id)
    return [project for project in handoff.projects if project.project_id in ids]


def _rest(whole: Decimal | None, parts: list[Decimal | None]) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return None if whole is None or len(known) < len(parts) else whole - total(known)


def _sundays(seen: Seen, project: Project) -> Iterator[date]:
    """Sundays from the week of closing to 13 weeks after, the running week's too."""
    closed = closed_day(seen, project)
    if closed is None:
        return
    for week in range(WEEKS_AFTER_CLOSE + 1):
        day = sunday(closed) + week * ONE_WEEK
        if day - timedelta(days=6) <= seen.today:
            yield day


def _until(seen: Seen, entries: list[TimeEntry], day: date) -> list[TimeEntry]:
    return [entry for entry in entries if seen.days.local(entry.worked_at) <= day]


def fact_project_margin(seen: Seen, row: MarginRow) -> dict[str, Any]:
    """The fact's row; re-based figures and the bridge are not filled in this release."""
    client = row.project.client_id if row.project else row.handoff.deal.client_id
    unfilled = (
        "rebased_revenue_base", "rebased_cost_base", "rebased_margin_pct", "erosion_rebased_pp", "bridge_hours", "bridge_rate",
        "bridge_third_party", "bridge_discount", "bridge_unapproved_change", "bridge_approved_change", "bridge_unexplained",
    )  # fmt: skip
    return {
        "project_key": seen.key("project", row.project.project_id) if row.project else UNKNOWN,
        "handoff_key": seen.key("handoff", row.handoff.deal.deal_id),
        "client_key": seen.client_key(client),
        "as_of_date": row.as_of,
        "as_of_date_key": date_key(row.as_of),
        "is_delivered": True,
        "is_active": row.is_active,
        "logged_hours_week": money(row.hours_in_week),
        "margin_state": row.state,
        "sold_revenue_base": row.sold_revenue,
        "sold_cost_base": row.sold_cost,
        "sold_margin_pct": number(row.sold_margin_pct),
        "actual_revenue_base": row.revenue,
        "actual_cost_base": row.cost,
        "forecast_revenue_base": row.revenue,
        "forecast_cost_base": row.cost,
        "forecast_margin_pct": number(row.delivered_margin_pct),
        "forecast_method": "delivered",
        "erosion_pp": number(row.erosion_pp),
        "erosion_amount_base": row.erosion_amount,
        "uncosted_hours": money(row.uncosted),
        **dict.fromkeys(unfilled),
    }
