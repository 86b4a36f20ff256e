"""What a deal sold is known as a whole or not at all: one line without a cost is no smaller cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sql.tenant import FIRST_NIGHT, Tenant, later

MARGIN, HANDOFF = "marts.fact_project_margin", "marts.fact_handoff"
LABOUR = {"id": 1, "item_id": 100, "quantity": 300, "price": 140, "costprice": 80, "total_net_total": 42_000, "billingperiod": 0}
PRODUCT = {"id": 2, "item_id": 200, "quantity": 2, "price": 4_000, "costprice": 3_000, "total_net_total": 8_000, "billingperiod": 0}


def sold(tenant: Tenant, *lines: dict[str, Any]) -> Tenant:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale(lines=list(lines))
    tenant.project()
    return tenant


def without(line: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in fields}


def test_a_line_without_a_cost_makes_the_cost_unknown(tenant: Tenant) -> None:
    sold(tenant, LABOUR, without(PRODUCT, "costprice")).night(later(45))
    built = tenant.built(HANDOFF, MARGIN)
    row = built.row(HANDOFF)

    assert (row["sold_revenue"], row["sold_cost"], row["sold_margin_pct"]) == (50_000, None, None)
    # While the project is open, hours to come have no rate either, which is told first.
    assert {(each["is_delivered"], each["margin_state"]) for each in built.rows(MARGIN)} == {(False, "uncosted"), (True, "no_baseline")}


def test_a_line_without_a_price_makes_the_revenue_unknown(tenant: Tenant) -> None:
    row = sold(tenant, LABOUR, without(PRODUCT, "price", "total_net_total")).built(HANDOFF).row(HANDOFF)

    assert (row["sold_revenue"], row["sold_cost"], row["sold_margin_pct"]) == (None, 30_000, None)


@pytest.mark.parametrize("quantity", [0, None])
def test_a_line_of_nothing_is_a_note_and_costs_nothing(tenant: Tenant, quantity: int | None) -> None:
    note = {"id": 3, "quantity": quantity, "billingperiod": 0}
    row = sold(tenant, LABOUR, PRODUCT, note).built(HANDOFF).row(HANDOFF)

    assert (row["sold_revenue"], row["sold_cost"]) == (50_000, 30_000)


def test_an_order_line_without_a_cost_makes_its_projects_share_unknown(tenant: Tenant) -> None:
    sold(tenant, LABOUR, PRODUCT)
    lines = [LABOUR | {"project_id": 2}, without(PRODUCT, "costprice") | {"project_id": 2}]
    tenant.put("sales_order", id=9, ticket_id=1, currency_code_name="GBP", lines=lines)
    shares = {row["project_id"]: row for row in tenant.built("core.project_share").rows("core.project_share")}

    assert (shares[2]["revenue_base"], shares[2]["cost_base"], shares[2]["third_party_base"]) == (50_000, None, None)
    assert (shares[None]["revenue_base"], shares[None]["cost_base"]) == (0, None)


def test_an_order_whose_products_cost_nobody_knows_what_is_no_baseline(tenant: Tenant) -> None:
    sold(tenant, LABOUR, PRODUCT)
    tenant.put("sales_order", id=9, ticket_id=1, currency_code_name="GBP", lines=[LABOUR, without(PRODUCT, "costprice")])

    assert {each["margin_state"] for each in tenant.built(MARGIN).rows(MARGIN)} == {"no_baseline"}


def test_a_line_too_large_for_the_contract_is_unknown_and_stops_no_night(tenant: Tenant) -> None:
    huge = PRODUCT | {"quantity": 99_999_999, "price": 99_999_999, "costprice": 99_999_999, "total_net_total": None}
    row = sold(tenant, LABOUR, huge).built(HANDOFF).row(HANDOFF)

    assert (row["sold_revenue"], row["sold_cost"]) == (None, None)
    assert row["sold_hours"] == Decimal(300)
