"""Whatever happens to a project, the seven terms sum to the erosion, and nothing is left unexplained where hours and rate were sold."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.margin_tenant import BRIDGE, CLOSING, MARGIN, bill, change, order
from tests.sql.tenant import CLOSED, FIRST_NIGHT, OPEN, Tenant, at, later, opened

HOURS = st.decimals(min_value="0.25", max_value=400, places=2)
MONEY = st.decimals(min_value="0.01", max_value=90_000, places=4)
MAYBE_HOURS, MAYBE_MONEY = st.none() | HOURS, st.none() | MONEY
STORY = st.fixed_dictionaries(
    {
        "sold_hours": MAYBE_HOURS,
        "hour_cost": MONEY,
        "products": MAYBE_MONEY,
        "order": MAYBE_MONEY,
        "budget": MAYBE_HOURS,
        "base": MAYBE_HOURS,
        "credit": MAYBE_MONEY,
        "price": MAYBE_MONEY,
        "declared": MAYBE_HOURS,
        "approved": MAYBE_HOURS,
        "unapproved": MAYBE_HOURS,
        "billed": MAYBE_MONEY,
        "is_open": st.booleans(),
    }
)


def planted(tenant: Tenant, stories: list[dict[str, Any]]) -> None:
    """Each story with a deal of its own: deal n, project 1000 + n, changes 2000 + n and 3000 + n."""
    tenant.night(FIRST_NIGHT)
    tenant.put("agent", id=30, name="Dee Livery", team="Projects", costprice="83.3333")
    for number, story in enumerate(stories, start=1):
        tenant.deal(number)
        lines = [{"id": 1, "item_id": 100, "quantity": str(story["sold_hours"]), "price": 140, "costprice": str(story["hour_cost"])}]
        lines = lines if story["sold_hours"] else []
        lines.append({"id": 2, "item_id": 200, "quantity": 1, "price": 100_000, "costprice": str(story["products"] or 0)})
        tenant.sale(number, 500 + number, lines)
    tenant.night(later(40))
    for number, story in enumerate(stories, start=1):
        _delivered(tenant, number, story)


def _delivered(tenant: Tenant, number: int, story: dict[str, Any]) -> None:
    project, approved, unapproved = 1_000 + number, 2_000 + number, 3_000 + number
    state = {"status_id": OPEN, "dateclosed": None} if story["is_open"] else {"status_id": CLOSED}
    tenant.project(project, parent_id=number, **state)
    if story["order"]:
        order(tenant, float(story["order"]), 300 + number, number)
    if story["budget"]:
        tenant.put("ticket_detail", id=project, budgets=[{"id": 1, "hours": str(story["budget"])}])
    change(tenant, approved, project, price=story["price"], hours=story["declared"])
    change(tenant, unapproved, project, decided=None)
    for ticket, part in ((project, "base"), (approved, "approved"), (unapproved, "unapproved")):
        if story[part]:
            tenant.hours(ticket, str(story[part]))  # type: ignore[arg-type]  # HaloPSA's numbers may be text
    if story["credit"]:
        bill(tenant, project, -float(story["credit"]), 10_000 + number)
    if story["billed"]:
        bill(tenant, unapproved, float(story["billed"]), 20_000 + number, on=at(8, 13))


@settings(max_examples=6, deadline=timedelta(minutes=1), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(stories=st.lists(STORY, min_size=12, max_size=25))
def test_any_mix_of_causes_sums_to_the_erosion(checkout: Path, stories: list[dict[str, Any]]) -> None:
    tenant = opened(checkout)
    planted(tenant, stories)
    rows = tenant.built(MARGIN).rows(MARGIN, f"as_of_date <= '{CLOSING}'")
    known = {tenant.key("project", 1_000 + number) for number, story in enumerate(stories, start=1) if story["sold_hours"]}
    complete = [row for row in rows if row["margin_state"] == "complete"]

    assert len({row["project_key"] for row in rows}) == len(stories)
    assert {row["margin_state"] for row in rows} <= {"complete", "undefined", "uncosted"}
    for row in complete:
        lost = (row["sold_revenue_base"] - row["sold_cost_base"]) - (row["forecast_revenue_base"] - row["forecast_cost_base"])
        assert sum((row[name] or Decimal(0) for name in BRIDGE), Decimal(0)) == row["erosion_amount_base"] == lost
        assert (row["bridge_hours"] is None) == (row["bridge_rate"] is None) == (row["project_key"] not in known)
        assert row["bridge_unexplained"] == 0 or row["project_key"] not in known
