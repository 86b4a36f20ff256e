"""Margin of every project with a deal, week by week, against what was sold: open ones by their forecast, closed ones as delivered.

One rule carries this module: a row is the project as of a Sunday (work done, decisions made, invoices posted up to that day), told
with what the last night knows. Its amounts are worked out in `forecast`; summing projects into a KPI is in `kpis_margin`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from handoff_pipeline.simulator.truth import Project
from tests.oracle.changes import Change
from tests.oracle.days import ONE_DAY, ONE_WEEK, monday, sunday
from tests.oracle.forecast import NOTHING, Forecast, forecast_of, minus, plus, rounded, until
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import UNKNOWN, date_key, margin_pct, money, number, total
from tests.oracle.kickoff import kickoff_of
from tests.oracle.observation import Seen
from tests.oracle.projects import cancelled_day, closed_day, time_on
from tests.oracle.share import named, share_of

WEEKS_AFTER_CLOSE = 13
BRIDGE = ("hours", "rate", "third_party", "discount", "unapproved_change", "approved_change", "unexplained")


@dataclass(frozen=True, eq=False)
class MarginRow:
    """A project as of a Sunday; `project` is None for the rest of the deal, which has no forecast."""

    handoff: Handoff
    project: Project | None
    as_of: date
    state: str
    is_delivered: bool
    sold_revenue: Decimal | None
    sold_cost: Decimal | None
    hours_in_week: Decimal = NOTHING
    is_active: bool = False
    forecast: Forecast | None = None

    @property
    def revenue(self) -> Decimal | None:
        """Forecast revenue, of a delivered project what it brought."""
        return money(self.forecast.revenue) if self.forecast and self.state != "no_rate" else None

    @property
    def cost(self) -> Decimal | None:
        """Forecast cost, of a delivered project what it cost."""
        return money(self.forecast.cost) if self.forecast else None

    @property
    def actual_revenue(self) -> Decimal | None:
        """Revenue of what was done so far."""
        return money(self.forecast.actual_revenue) if self.forecast and self.state != "no_rate" else None

    @property
    def actual_cost(self) -> Decimal | None:
        """Cost of what was done so far."""
        return money(self.forecast.actual_cost) if self.forecast else None

    @property
    def rebased_revenue(self) -> Decimal | None:
        """Sold revenue and the prices of approved changes."""
        return plus(self.sold_revenue, self.forecast.prices) if self.forecast else None

    @property
    def rebased_cost(self) -> Decimal | None:
        """Sold cost and what approved changes were to cost."""
        return plus(self.sold_cost, self.forecast.rebased_work) if self.forecast else None

    @property
    def forecast_margin_pct(self) -> Decimal | None:
        """Forecast margin in per cent; only of a complete row."""
        return margin_pct(self.revenue, self.cost) if self.state == "complete" else None

    @property
    def erosion_amount(self) -> Decimal | None:
        """Sold margin less forecast margin, + is loss; only of a complete row."""
        if self.state != "complete":
            return None
        return minus(minus(self.sold_revenue, self.sold_cost), minus(self.revenue, self.cost))

    @property
    def erosion_pp(self) -> Decimal | None:
        """Percentage points lost against what was sold."""
        return minus(margin_pct(self.sold_revenue, self.sold_cost), self.forecast_margin_pct)

    @property
    def erosion_rebased_pp(self) -> Decimal | None:
        """Percentage points lost against what was sold and approved."""
        return minus(margin_pct(self.rebased_revenue, self.rebased_cost), self.forecast_margin_pct)


def margin_rows(seen: Seen, handoffs: list[Handoff], changes: list[Change]) -> list[MarginRow]:
    """Every row: project rows, and the rest of the deal beside them where order lines name projects."""
    return [row for each in handoffs for row in _of_handoff(seen, each, changes)]


def _of_handoff(seen: Seen, handoff: Handoff, changes: list[Change]) -> Iterator[MarginRow]:
    rows = []
    for project in handoff.projects:
        mine = [change for change in changes if change.project is project]
        rows += [_row(seen, handoff, project, mine, day) for day in _sundays(seen, project)]
    yield from rows
    shares = [share_of(seen, handoff, project) for project in named(seen, handoff)]
    if shares:
        revenue = minus(handoff.sold.revenue_base, plus(*(share.revenue for share in shares)))
        cost = minus(handoff.sold.cost_base, plus(*(share.cost for share in shares)))
        for day in sorted({row.as_of for row in rows}):
            is_delivered = all(row.is_delivered for row in rows if row.as_of == day)
            yield MarginRow(handoff, None, day, "undefined", is_delivered, revenue, cost)


def _row(seen: Seen, handoff: Handoff, project: Project, changes: list[Change], day: date) -> MarginRow:
    forecast = forecast_of(seen, handoff, project, changes, day)
    work = until(seen, time_on(seen, project), day)
    closed, kickoff = closed_day(seen, project), seen.days.local_or_none(kickoff_of(seen, project).actual_at)
    begun = kickoff or seen.days.local(project.created_at)
    return MarginRow(
        handoff=handoff,
        project=project,
        as_of=day,
        state=_state(forecast),
        is_delivered=forecast.is_delivered,
        sold_revenue=forecast.share.revenue,
        sold_cost=forecast.share.cost,
        hours_in_week=total(entry.hours for entry in work if seen.days.local(entry.worked_at) >= monday(day)),
        is_active=begun <= day and (closed is None or closed >= monday(day)),
        forecast=forecast,
    )


def _state(forecast: Forecast) -> str:
    share = forecast.share
    if not forecast.has_rates:
        return "no_rate"
    if not forecast.is_costed:
        return "uncosted"
    if share.revenue is None or share.cost is None:
        return "no_baseline"
    return "undefined" if forecast.revenue is None or share.revenue <= 0 or forecast.revenue <= 0 else "complete"


def _sundays(seen: Seen, project: Project) -> Iterator[date]:
    """Sundays from the week of creation to 13 weeks after the close, the running week's too; none from a cancellation on."""
    created, closed, cancelled = seen.days.local(project.created_at), closed_day(seen, project), cancelled_day(seen, project)
    day = sunday(min(created, closed or created))
    last = sunday(seen.today)
    if closed is not None:
        last = min(last, sunday(closed) + WEEKS_AFTER_CLOSE * ONE_WEEK)
    if cancelled is not None:
        last = min(last, cancelled - ONE_DAY)
    while day <= last:
        yield day
        day += timedelta(days=7)


def bridge_of(row: MarginRow) -> dict[str, Decimal | None]:
    """The seven parts of the erosion, + is loss; all None but for a complete row."""
    forecast, erosion = row.forecast, row.erosion_amount
    if forecast is None or erosion is None:
        return dict.fromkeys(BRIDGE)
    share = forecast.share
    parts = {
        "third_party": minus(share.third_party, share.sold_third_party),
        "discount": minus(share.revenue, forecast.base_revenue),
        "unapproved_change": minus(forecast.unapproved_cost, forecast.billed_unapproved),
        "approved_change": minus(forecast.approved_cost, forecast.prices),
    }
    if share.hours and share.labour_cost is not None:
        parts["hours"] = rounded(share.labour_cost * (forecast.base_hours - share.hours) / share.hours)
        parts["rate"] = minus(minus(forecast.base_cost, share.labour_cost), parts["hours"])
    rest = erosion - total(part for part in parts.values() if part is not None)
    return {name: rest if name == "unexplained" else money(parts.get(name)) for name in BRIDGE}


def fact_project_margin(seen: Seen, row: MarginRow) -> dict[str, Any]:
    """The fact's row."""
    client = row.project.client_id if row.project else row.handoff.deal.client_id
    return {
        "project_key": seen.key("project", row.project.project_id) if row.project else UNKNOWN,
        "handoff_key": seen.key("handoff", row.handoff.deal.deal_id),
        "client_key": seen.client_key(client),
        "as_of_date": row.as_of,
        "as_of_date_key": date_key(row.as_of),
        "is_delivered": row.is_delivered,
        "is_active": row.is_active,
        "logged_hours_week": money(row.hours_in_week),
        "margin_state": row.state,
        "sold_revenue_base": row.sold_revenue,
        "sold_cost_base": row.sold_cost,
        "sold_margin_pct": number(margin_pct(row.sold_revenue, row.sold_cost)),
        "rebased_revenue_base": row.rebased_revenue,
        "rebased_cost_base": row.rebased_cost,
        "rebased_margin_pct": number(margin_pct(row.rebased_revenue, row.rebased_cost)),
        "actual_revenue_base": row.actual_revenue,
        "actual_cost_base": row.actual_cost,
        "forecast_revenue_base": row.revenue,
        "forecast_cost_base": row.cost,
        "forecast_margin_pct": number(row.forecast_margin_pct),
        "forecast_method": "delivered" if row.is_delivered else "budget_or_logged",
        "erosion_pp": number(row.erosion_pp),
        "erosion_amount_base": row.erosion_amount,
        "erosion_rebased_pp": number(row.erosion_rebased_pp),
        "uncosted_hours": money(row.forecast.uncosted if row.forecast else NOTHING),
        **{f"bridge_{name}": part for name, part in bridge_of(row).items()},
    }
