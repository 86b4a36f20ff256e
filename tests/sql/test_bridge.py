"""The bridge from sold to delivered margin: each cause comes out in its own term, and the terms sum to the erosion."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sql.margin_tenant import BRIDGE, bill, bridge, change, order, row, sold
from tests.sql.tenant import FIRST_NIGHT, Tenant, later


def hours_as_sold(tenant: Tenant, rate: float = 80) -> Tenant:
    """Delivered in the hours and with the third party that were sold."""
    sold(tenant, rate=rate)
    tenant.hours(2, 300)
    return tenant


def test_the_contracts_example(tenant: Tenant) -> None:
    sold(tenant, rate=85)
    order(tenant, 6_400)
    tenant.hours(2, 340)
    change(tenant, 4, price=5_500)
    tenant.hours(4, 40)
    change(tenant, 6, decided=None)
    tenant.hours(6, 10)
    bill(tenant, 2, -1_500)
    found = row(tenant)

    assert {name: found[name] for name in BRIDGE} == {
        "bridge_hours": 3_200,
        "bridge_rate": 1_700,
        "bridge_third_party": 400,
        "bridge_discount": 1_500,
        "bridge_unapproved_change": 850,
        "bridge_approved_change": -2_100,
        "bridge_unexplained": 0,
    }
    assert (found["forecast_revenue_base"], found["forecast_cost_base"], found["erosion_amount_base"]) == (54_000, 39_550, 5_550)
    assert (found["margin_state"], found["forecast_method"], found["sold_margin_pct"]) == ("complete", "delivered", 40.0)
    assert (round(found["forecast_margin_pct"], 2), round(found["erosion_pp"], 2)) == (26.76, 13.24)


def test_a_project_delivered_as_sold_has_a_bridge_of_zeros(tenant: Tenant) -> None:
    found = row(hours_as_sold(tenant))

    assert [found[name] for name in BRIDGE] == [0] * 7
    assert (found["erosion_amount_base"], found["erosion_pp"]) == (0, 0.0)


def test_more_hours_are_hours(tenant: Tenant) -> None:
    sold(tenant)
    tenant.hours(2, 310)

    assert bridge(row(tenant)) == {"hours": 800}


def test_dearer_hours_are_the_rate(tenant: Tenant) -> None:
    assert bridge(row(hours_as_sold(tenant, rate=90))) == {"rate": 3_000}


def test_a_dearer_order_is_third_party(tenant: Tenant) -> None:
    hours_as_sold(tenant)
    order(tenant, 7_250.5)

    assert bridge(row(tenant)) == {"third_party": Decimal("1250.5")}


def test_a_credit_is_a_discount(tenant: Tenant) -> None:
    hours_as_sold(tenant)
    bill(tenant, 2, -475)

    assert bridge(row(tenant)) == {"discount": 475}


def test_work_on_a_change_that_nobody_approved_is_its_own_term(tenant: Tenant) -> None:
    hours_as_sold(tenant)
    change(tenant, decided=None, price=9_000)
    tenant.hours(4, 10)
    bill(tenant, 4, 300)

    assert bridge(row(tenant)) == {"unapproved_change": 500}


def test_an_approved_change_is_its_cost_less_its_price(tenant: Tenant) -> None:
    hours_as_sold(tenant)
    change(tenant, price=2_000)
    tenant.hours(4, 10)
    bill(tenant, 4, 300)

    assert bridge(row(tenant)) == {"approved_change": -1_200}


def test_unknown_sold_hours_leave_their_amount_unexplained(tenant: Tenant) -> None:
    sold(tenant)
    tenant.conn.execute("delete from policy.id_list where meaning = 'labour_item'")
    tenant.hours(2, 10)
    found = row(tenant)

    # Every line is third party then: 30,000 of it, and 800 of work that nobody sold.
    assert (found["margin_state"], found["bridge_hours"], found["bridge_rate"]) == ("complete", None, None)
    assert (found["bridge_unexplained"], found["erosion_amount_base"]) == (800, 800)


@pytest.mark.parametrize(("sold_hours", "hours", "effect"), [(3, 7, "106.6667"), (3, 2, "-26.6667"), (7, 8, "11.4286")])
def test_the_hours_effect_is_rounded_once_and_the_rate_takes_the_rest(tenant: Tenant, sold_hours: int, hours: int, effect: str) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale(lines=[{"id": 1, "quantity": 1, "price": 500, "costprice": 80, "budgets": [{"hours": sold_hours}]}])
    tenant.night(later(40))
    tenant.project()
    tenant.hours(2, hours)
    found = row(tenant)

    # Sold labour of 80 in all; an hour of delivery costs 85.
    assert found["bridge_hours"] == Decimal(effect)
    assert (found["bridge_rate"], found["bridge_unexplained"]) == (hours * 85 - 80 - Decimal(effect), 0)
