"""Amounts of a million and more: an order, an invoice, a price or hours of them stop no night and lose no digit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sql.tenant import APPROVED, FIRST_NIGHT, Tenant, at

PRODUCT = 200
MARGIN, HANDOFF, CHANGES = "marts.fact_project_margin", "marts.fact_handoff", "marts.fact_change_request"


@pytest.fixture
def large(tenant: Tenant) -> Tenant:
    """A deal that was sold for 15 billion (rupiah have such prices), with its project."""
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    line = {"id": 1, "item_id": PRODUCT, "quantity": 10, "price": "1500000000.01", "costprice": 1_000_000_000}
    tenant.sale(lines=[line | {"billingperiod": 0}])
    tenant.project()
    return tenant


def test_a_sale_of_billions_is_whole(large: Tenant) -> None:
    row = large.built(HANDOFF).row(HANDOFF)

    assert (row["sold_revenue_base"], row["sold_cost_base"]) == (Decimal("15000000000.1000"), 10_000_000_000)


@pytest.mark.parametrize(("currency", "third_party"), [("GBP", "2000000.5000"), ("EUR", "1710000.4275")])
def test_an_order_line_of_two_million_is_shared(large: Tenant, currency: str, third_party: str) -> None:
    line = {"id": 1, "item_id": PRODUCT, "quantity": 1, "price": 3_000_000, "costprice": "2000000.50", "total_net_total": 3_000_000}
    large.put("sales_order", id=9, ticket_id=1, currency_code_name=currency, lines=[line | {"billingperiod": 0}])
    share = large.built(MARGIN).row("core.project_share")

    assert share["third_party_base"] == Decimal(third_party)
    assert {row["margin_state"] for row in large.rows(MARGIN)} == {"complete"}


def test_a_change_at_two_million_is_priced(large: Tenant) -> None:
    large.change(status_id=APPROVED, customfields=[{"name": "CFChangePrice", "value": "2000000.25"}])
    large.built(MARGIN, CHANGES)

    assert large.row(CHANGES)["price_base"] == Decimal("2000000.2500")
    assert max(row["rebased_revenue_base"] for row in large.rows(MARGIN)) == Decimal("15002000000.3500")


def test_a_mistyped_price_of_fourteen_digits_is_none_and_stops_no_night(large: Tenant) -> None:
    for key in (4, 5):
        large.change(key, status_id=APPROVED, customfields=[{"name": "CFChangePrice", "value": "99999999999999"}])

    assert {row["price"] for row in large.built(MARGIN, CHANGES).rows(CHANGES)} == {None}


def test_an_invoice_of_two_million_bills(large: Tenant) -> None:
    line = {"id": 1, "unit_price": "2000000.25", "qty_order": 100_000}
    large.put("invoice", id=7, ticket_id=2, posted=True, dateposted=at(8, 1), invoice_date=at(8, 1), lines=[line])

    assert large.built("core.billed_line").row("core.billed_line")["net_base"] == Decimal("200000025000.0000")


def test_hours_that_cost_millions_are_costed(large: Tenant) -> None:
    large.put("agent", id=30, name="Dee Livery", team="Projects", costprice=2_000_000)
    large.hours(2, 9_999)

    assert large.built("core.time_entry").row("core.time_entry")["cost"] == 19_998_000_000
