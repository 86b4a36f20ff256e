"""A project as of a Sunday: the hours that it will take, what they cost, and what they bring. States and columns are in `margin`.

Three disjoint sets of hours carry everything: base work, approved changes, changes not approved. A product of hours and a rate
is rounded once; an amount that cannot be known is None, and so is every sum with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from handoff_pipeline.simulator.truth import Project, TimeEntry
from tests.oracle.baseline import baseline_hours
from tests.oracle.billing import Bill, base_bills, billed_day, charge_of, credits_of, is_by_the_hour
from tests.oracle.changes import Change, cost_of, uncosted_hours
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import money, total
from tests.oracle.observation import Seen
from tests.oracle.projects import closed_day, hours, time_on
from tests.oracle.share import Share, share_of

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Rate:
    """Money for an hour, kept as the amount and the hours that it is made of, so that nothing is rounded before its product."""

    amount: Decimal
    hours: Decimal

    def of(self, wanted: Decimal) -> Decimal:
        """What so many hours come to."""
        return rounded(wanted * self.amount / self.hours)


@dataclass(frozen=True)
class Forecast:
    """What a project will take, cost and bring, by what was so on a Sunday; amounts are None where they are not known."""

    share: Share
    is_delivered: bool
    has_rates: bool
    uncosted: Decimal
    is_costed: bool
    base_hours: Decimal
    base_cost: Decimal | None
    approved_cost: Decimal | None
    unapproved_cost: Decimal | None
    worked_cost: Decimal | None
    base_revenue: Decimal | None
    earned_base_revenue: Decimal | None
    prices: Decimal | None
    billed_unapproved: Decimal | None
    rebased_work: Decimal | None

    @property
    def cost(self) -> Decimal | None:
        """Forecast cost."""
        return plus(self.base_cost, self.approved_cost, self.unapproved_cost, self.share.third_party)

    @property
    def revenue(self) -> Decimal | None:
        """Forecast revenue."""
        return plus(self.base_revenue, self.prices, self.billed_unapproved)

    @property
    def actual_cost(self) -> Decimal | None:
        """Cost of what was done so far, and of what was bought."""
        return plus(self.worked_cost, self.share.third_party)

    @property
    def actual_revenue(self) -> Decimal | None:
        """Revenue of what was done so far."""
        return plus(self.earned_base_revenue, self.prices, self.billed_unapproved)


def plus(*amounts: Decimal | None) -> Decimal | None:
    """The sum; None where a part is not known."""
    known = [amount for amount in amounts if amount is not None]
    return total(known) if len(known) == len(amounts) else None


def minus(amount: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The difference; None where a part is not known."""
    return None if amount is None or other is None else amount - other


def rounded(amount: Decimal) -> Decimal:
    """An amount with four places."""
    result = money(amount)
    return NOTHING if result is None else result


def until(seen: Seen, entries: list[TimeEntry], day: date) -> list[TimeEntry]:
    """Time that was worked by a local day."""
    return [entry for entry in entries if seen.days.local(entry.worked_at) <= day]


def forecast_of(seen: Seen, handoff: Handoff, project: Project, changes: list[Change], day: date) -> Forecast:
    """The project as of the Sunday `day`; `changes` are its own."""
    share, closed = share_of(seen, handoff, project), closed_day(seen, project)
    is_delivered = closed is not None and closed <= day
    base = until(seen, time_on(seen, project), day)
    logged, logged_cost = hours(base), cost_of(seen, base)
    baseline = baseline_hours(seen, handoff, project)
    ahead = NOTHING if is_delivered or baseline is None else max(baseline - logged, NOTHING)
    rate = _current_rate(share, logged, logged_cost)
    approved = [change for change in changes if change.is_approved_by(day)]
    others = [change for change in changes if change not in approved]
    approved_work = [entry for change in approved for entry in until(seen, change.entries, day)]
    other_work = [entry for change in others for entry in until(seen, change.entries, day)]
    to_come = NOTHING if is_delivered else _declared_ahead(seen, approved, day)
    approved_ahead = NOTHING if not to_come else None if rate is None else rate.of(to_come)
    base_cost = logged_cost if is_delivered else _open_base_cost(share, logged, logged_cost, baseline, ahead, rate)
    work = _BaseRevenue(seen, handoff, project, share, base, day)
    base_revenue = work.by_the_hour(ahead) if is_by_the_hour(seen, project) else work.fixed()
    bills = [line for change in others for line in change.billed if line.day <= day]
    prices = [change.price_base if change.price is not None else NOTHING for change in approved]
    uncosted = uncosted_hours(seen, [*base, *approved_work, *other_work])
    has_rates = handoff.sold.currency_state != "no_rate" and share.third_party is not None and None not in [line.net_base for line in bills]
    return Forecast(
        share=share,
        is_delivered=is_delivered,
        has_rates=has_rates and work.has_rates,
        uncosted=uncosted,
        is_costed=not uncosted and approved_ahead is not None and base_cost is not None,
        base_hours=logged + ahead,
        base_cost=base_cost,
        approved_cost=plus(_cost(seen, approved_work), approved_ahead),
        unapproved_cost=_cost(seen, other_work),
        worked_cost=_cost(seen, [*base, *approved_work, *other_work]),
        base_revenue=base_revenue,
        earned_base_revenue=_earned(seen, project, work, share, (is_delivered, logged, ahead, baseline), logged_cost, base_cost),
        prices=plus(*prices),
        billed_unapproved=plus(*(line.net_base for line in bills)),
        rebased_work=_rebased_work(seen, share, approved, day),
    )


def _cost(seen: Seen, entries: list[TimeEntry]) -> Decimal | None:
    return money(cost_of(seen, entries))


def _current_rate(share: Share, logged: Decimal, logged_cost: Decimal | None) -> Rate | None:
    """Cost of base work so far for each hour of it; before any hour the rate that was sold."""
    if logged:
        return None if logged_cost is None else Rate(logged_cost, logged)
    return sold_rate(share)


def sold_rate(share: Share) -> Rate | None:
    """What an hour was to cost when it was sold; None where that or the hours are not known."""
    return Rate(share.labour_cost, share.hours) if share.hours and share.labour_cost is not None else None


def _declared_ahead(seen: Seen, approved: list[Change], day: date) -> Decimal:
    """Declared hours of approved changes that are still to come."""
    declared = [(change.declared_hours(seen), hours(until(seen, change.entries, day))) for change in approved]
    return total(max(wanted - worked, NOTHING) for wanted, worked in declared if wanted is not None)


def _open_base_cost(
    share: Share, logged: Decimal, logged_cost: Decimal | None, baseline: Decimal | None, ahead: Decimal, rate: Rate | None
) -> Decimal | None:
    if logged_cost is None:
        return None
    if baseline is None:
        # Nobody wrote down hours: what the labour was sold for is the least that it will cost.
        return money(max(share.labour_cost or NOTHING, logged_cost))
    if rate is None:
        return share.labour_cost or None
    return money(logged_cost + rate.of(ahead))


def _rebased_work(seen: Seen, share: Share, approved: list[Change], day: date) -> Decimal | None:
    """What approved changes add to the sold cost: declared hours at the sold rate, and the cost of those that declared none."""
    rate = sold_rate(share)
    declared = [change for change in approved if rate is not None and change.declared_hours(seen) is not None]
    others = [entry for change in approved if change not in declared for entry in until(seen, change.entries, day)]
    promised = total(change.declared_hours(seen) or NOTHING for change in declared)
    return plus(rate.of(promised) if rate is not None else NOTHING, _cost(seen, others))


class _BaseRevenue:
    """What base work brings, at a fixed price or by the hour."""

    def __init__(self, seen: Seen, handoff: Handoff, project: Project, share: Share, base: list[TimeEntry], day: date) -> None:
        self._share, self._base = share, base
        self._credits = [bill for bill in credits_of(seen, handoff, project) if bill.day <= day]
        is_hourly = is_by_the_hour(seen, project)
        every = base_bills(seen, handoff, project) if is_hourly else []
        self._bills = [bill for bill in every if bill.day <= day]
        postings = [bill.day for bill in every]
        self._charges = [(charge_of(seen, handoff, entry), billed_day(seen, entry, postings)) for entry in base] if is_hourly else []
        self._day = day

    @property
    def has_rates(self) -> bool:
        """Whether every bill and credit that counts has a rate."""
        return all(bill.net is not None for bill in [*self._bills, *self._credits])

    def fixed(self) -> Decimal | None:
        """Sold revenue less credits."""
        return plus(self._share.revenue, _sum(self._credits))

    def by_the_hour(self, ahead: Decimal) -> Decimal | None:
        """Products as sold, what was billed, what could be, and so many hours to come."""
        unbilled = [charge for charge, billed in self._charges if billed is None or billed > self._day]
        return plus(self._share.products, _sum(self._bills), _sum(self._credits), plus(*unbilled), self._charge_ahead(ahead))

    def _charge_ahead(self, ahead: Decimal) -> Decimal | None:
        if not ahead:
            return NOTHING
        logged = hours(self._base)
        if logged:
            charged = plus(*(charge for charge, _ in self._charges))
            return None if charged is None else Rate(charged, logged).of(ahead)
        net = self._share.labour_net
        return Rate(net, self._share.hours).of(ahead) if net is not None and self._share.hours else None


def _sum(bills: list[Bill]) -> Decimal | None:
    return plus(*(bill.net for bill in bills))


def _earned(
    seen: Seen,
    project: Project,
    work: _BaseRevenue,
    share: Share,
    so_far: tuple[bool, Decimal, Decimal, Decimal | None],
    logged_cost: Decimal | None,
    base_cost: Decimal | None,
) -> Decimal | None:
    """Revenue of base work that was earned so far: by the hour as it is, of a fixed price the part that is done."""
    is_delivered, logged, ahead, baseline = so_far
    if is_by_the_hour(seen, project):
        return work.by_the_hour(NOTHING)
    revenue, products = work.fixed(), share.products
    if is_delivered or revenue is None or products is None:
        return revenue if is_delivered else None
    done, whole = (logged, logged + ahead) if baseline is not None else (logged_cost, base_cost)
    if done is None or whole is None:
        return None
    return rounded(products + ((revenue - products) * done / whole if whole else NOTHING))
