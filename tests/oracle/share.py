"""What of a deal is a project's: the whole of it, its own order lines, or nothing.

Amounts are base currency. The one thing to know: where an order line of the deal names any project, only named projects have a
share; else the first project takes the whole deal. What it was delivered for is in `margin`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handoff_pipeline.simulator.truth import Project
from tests.oracle.handoffs import Handoff
from tests.oracle.keys import money, total
from tests.oracle.observation import Seen
from tests.oracle.projects import named_projects
from tests.oracle.sold import Line, in_base, orders_of


@dataclass(frozen=True)
class Share:
    """A project's part of the deal; None where it is unknown or the project has none.

    `third_party` is what is bought now, by the order; `sold_third_party` what was sold of it. `products` is what these bring.
    """

    revenue: Decimal | None = None
    cost: Decimal | None = None
    sold_third_party: Decimal | None = None
    products: Decimal | None = None
    third_party: Decimal | None = Decimal(0)
    hours: Decimal | None = None

    @property
    def labour_cost(self) -> Decimal | None:
        """What the sold hours were to cost."""
        return None if self.cost is None or self.sold_third_party is None else self.cost - self.sold_third_party

    @property
    def labour_net(self) -> Decimal | None:
        """What the sold hours were to bring."""
        return None if self.revenue is None or self.products is None else self.revenue - self.products


def named(seen: Seen, handoff: Handoff) -> list[Project]:
    """Projects of the deal that its order lines name."""
    ids = named_projects(seen, handoff.deal.deal_id)
    return [project for project in handoff.projects if project.project_id in ids]


def share_of(seen: Seen, handoff: Handoff, project: Project) -> Share:
    """What of the deal is the project's."""
    lines = [(order.currency, line) for order in orders_of(seen, handoff.deal.deal_id) for line in order.lines if line.is_one_off]

    def base(chosen: list[tuple[str, Line]], part: str) -> Decimal | None:
        return money(in_base(seen.rules, handoff.win.day, ((currency, getattr(line, part)) for currency, line in chosen)))

    bought = [(currency, line) for currency, line in lines if not line.is_labour]
    if named(seen, handoff):
        if project not in named(seen, handoff):
            return Share()
        own = [(currency, line) for currency, line in lines if line.project_id == project.project_id]
        own_bought = [each for each in own if each in bought]
        labour = [line.quantity for _, line in own if line.is_labour]
        third_party = base(own_bought, "cost")
        return Share(
            base(own, "net"), base(own, "cost"), third_party, base(own_bought, "net"), third_party, money(total(labour)) if labour else None
        )
    if project is not handoff.first:
        return Share()
    sold = handoff.sold
    third_party = sold.third_party_base if sold.basis != "none" else Decimal(0)
    if orders_of(seen, handoff.deal.deal_id):
        third_party = base(bought, "cost")
    return Share(sold.revenue_base, sold.cost_base, sold.third_party_base, sold.products_base, third_party, sold.hours)
