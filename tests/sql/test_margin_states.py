"""Whether a project's percentages can be trusted, and what its row still says where they cannot; shares of a deal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sql.margin_tenant import BRIDGE, CLOSING, MARGIN, bill, bridge, change, order, row, sold
from tests.sql.tenant import FIRST_NIGHT, OPEN, Tenant, at, later

ONLY_COMPLETE = ("forecast_margin_pct", "erosion_pp", "erosion_amount_base", "erosion_rebased_pp", *BRIDGE)
LABOUR = {"item_id": 100, "price": 140, "costprice": 80, "billingperiod": 0}


def stranger(tenant: Tenant, ticket: int, hours: float, key: int = 9) -> None:
    """Time of somebody whose cost nobody knows."""
    tenant.put("action", id=key, ticket_id=ticket, who_agentid=77, actionarrivaldate=at(8, 4), actiondatecreated=at(8, 4), timetaken=hours)


def in_currency(tenant: Tenant, entity: str, currency: str) -> None:
    tenant.conn.execute(f"update raw.{entity} set payload = replace(payload, 'GBP', ?)", [currency])  # noqa: S608 - a test's own names


def nothing_claimed(found: dict[str, Any]) -> bool:
    return {found[name] for name in ONLY_COMPLETE} == {None}


@pytest.mark.parametrize("ticket", [2, 4, 6], ids=["base", "approved_change", "change_that_nobody_approved"])
def test_one_hour_without_a_cost_is_uncosted(tenant: Tenant, ticket: int) -> None:
    sold(tenant)
    change(tenant, 4, price=100)
    change(tenant, 6, decided=None)
    tenant.hours(2, 300)
    stranger(tenant, ticket, 0.25)
    found = row(tenant)

    assert (found["margin_state"], found["uncosted_hours"], nothing_claimed(found)) == ("uncosted", Decimal("0.25"), True)
    assert (found["actual_cost_base"], found["forecast_cost_base"], found["forecast_revenue_base"]) == (None, None, 50_100)
    assert (found["rebased_cost_base"] is None) == (ticket == 4)


def test_an_open_project_with_an_uncosted_hour_still_earns_by_its_hours(tenant: Tenant) -> None:
    sold(tenant, is_open=True)
    stranger(tenant, 2, 75)
    found = row(tenant)

    assert (found["margin_state"], found["actual_revenue_base"], found["forecast_revenue_base"]) == ("uncosted", 8_000 + 10_500, 50_000)


@pytest.mark.parametrize("entity", ["quotation", "sales_order"])
def test_a_sale_or_an_order_without_a_rate_is_no_rate(tenant: Tenant, entity: str) -> None:
    sold(tenant)
    order(tenant, 6_000)
    in_currency(tenant, entity, "CHF")
    stranger(tenant, 2, 1)
    found = row(tenant)

    assert (found["margin_state"], found["forecast_revenue_base"], nothing_claimed(found)) == ("no_rate", None, True)
    assert (found["sold_revenue_base"] is None) == (entity == "quotation")


def test_a_credit_without_a_rate_is_no_rate_from_its_posting_on(tenant: Tenant) -> None:
    sold(tenant)
    bill(tenant, 2, -100, currency_code_name="CHF", on=at(8, 10))

    assert row(tenant, date(2026, 8, 9))["margin_state"] == "complete"
    assert (row(tenant)["margin_state"], row(tenant)["forecast_cost_base"]) == ("no_rate", 6_000)


def test_a_deal_that_sold_nothing_known_is_no_baseline(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.night(later(40))
    tenant.project()
    tenant.hours(2, 10)
    found = row(tenant)

    assert (found["margin_state"], found["actual_cost_base"], found["forecast_revenue_base"]) == ("no_baseline", 850, None)
    assert nothing_claimed(found)


@pytest.mark.parametrize("credit", [-50_000, -60_000])
def test_a_revenue_of_nothing_or_less_is_undefined(tenant: Tenant, credit: int) -> None:
    sold(tenant)
    bill(tenant, 2, credit)
    found = row(tenant)

    assert (found["margin_state"], found["forecast_revenue_base"], nothing_claimed(found)) == ("undefined", 50_000 + credit, True)


def test_a_sale_below_nothing_is_undefined(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale(lines=[{**LABOUR, "id": 1, "quantity": 10, "price": -140}])
    tenant.night(later(40))
    tenant.project()
    change(tenant, price=9_000)
    found = row(tenant)

    assert (found["margin_state"], found["sold_revenue_base"], found["sold_margin_pct"]) == ("undefined", -1_400, None)


def test_a_deal_in_another_currency_is_bridged_at_the_rate_of_its_win(tenant: Tenant) -> None:
    sold(tenant)
    in_currency(tenant, "quotation", "EUR")
    change(tenant, price=1_000)
    bill(tenant, 2, -200, currency_code_name="EUR")
    bill(tenant, 2, -100, key=902)
    tenant.hours(2, 300)
    found = row(tenant)

    # 0.855 to the euro: sold labour 20,520, an hour 68.40; third party comes out of the quotation itself
    assert bridge(found) == {"rate": 24_000 - 20_520, "discount": 171 + 100, "approved_change": -855}


def test_accepted_quotations_in_two_currencies_are_one_sale_in_base_currency(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale(lines=[{**LABOUR, "id": 1, "quantity": 100}])
    line = {**LABOUR, "id": 1, "quantity": 50}
    tenant.put("quotation", id=502, ticket_id=1, status=1, currency_code_name="EUR", lines=[line])
    tenant.night(later(40))
    tenant.project()
    tenant.hours(2, 150)
    found = row(tenant)

    assert found["sold_cost_base"] == 8_000 + Decimal(3420)
    assert bridge(found) == {"rate": 150 * 85 - 11_420}


def test_projects_that_order_lines_name_have_their_own_bridge_and_the_rest_stands_beside(tenant: Tenant) -> None:
    sold(tenant)
    tenant.project(5, dateclosed=at(8, 12))
    tenant.project(7, status_id=OPEN, dateclosed=None)
    lines = [
        {**LABOUR, "id": 1, "quantity": 100, "project_id": 2},
        {**LABOUR, "id": 2, "quantity": 50, "project_id": 5},
        {"id": 3, "item_id": 200, "quantity": 1, "price": 900, "costprice": 700, "project_id": 5},
        {"id": 4, "item_id": 200, "quantity": 1, "price": 50, "costprice": 40},
    ]
    tenant.put("sales_order", id=301, ticket_id=1, quotation_id=501, currency_code_name="GBP", lines=lines)
    tenant.hours(2, 110)
    tenant.hours(5, 45, key=2)
    tenant.hours(7, 3, key=3)
    found = {each["project_key"]: each for each in tenant.built(MARGIN).rows(MARGIN, f"as_of_date = '{CLOSING}'")}
    first, second, third, rest = (found[key] for key in (*(tenant.key("project", number) for number in (2, 5, 7)), 0))

    assert bridge(first) == {"hours": 800}
    assert bridge(second) == {"hours": -400}
    assert (third["margin_state"], third["actual_cost_base"], third["sold_revenue_base"]) == ("no_baseline", 240, None)
    assert (rest["margin_state"], rest["is_delivered"], rest["is_active"]) == ("undefined", False, False)
    assert (rest["sold_revenue_base"], rest["sold_cost_base"]) == (50_000 - 14_000 - 7_900, 30_000 - 8_000 - 4_700)


def test_a_share_without_a_rate_leaves_the_rest_unknown(tenant: Tenant) -> None:
    sold(tenant)
    lines = [{**LABOUR, "id": 1, "quantity": 100, "project_id": 2}]
    tenant.put("sales_order", id=301, ticket_id=1, quotation_id=501, currency_code_name="CHF", lines=lines)

    assert row(tenant)["margin_state"] == "no_rate"
    assert tenant.rows(MARGIN, f"project_key = 0 and as_of_date = '{CLOSING}'")[0]["sold_revenue_base"] is None


def test_a_second_project_without_a_share_is_no_baseline(tenant: Tenant) -> None:
    sold(tenant)
    order(tenant, 6_400)
    tenant.project(5)
    tenant.hours(5, 10)
    found = row(tenant, project=5)

    assert (found["margin_state"], found["actual_cost_base"], nothing_claimed(found)) == ("no_baseline", 800, True)
