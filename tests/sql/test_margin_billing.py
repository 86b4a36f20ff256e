"""Time and material: what was billed, what is worth billing, and what is still to come; credits of either kind of project."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sql.margin_tenant import bill, billed, bridge, change, order, row, sold
from tests.sql.tenant import OPEN, Tenant, at, later

BY_FIELD = ("type_field: CFBillingType", "time_and_material: [Time and Materials, T&M]", 'charge_rates: {2: "110.00"}')
ENTRIES = "core.unbilled_change_hour"


def work(tenant: Tenant, hours: float, key: int = 1, ticket: int = 2, worked: str = at(8, 4), **fields: Any) -> None:
    """Time of the project manager with what it is charged."""
    whole = {"who_agentid": 30, "actionarrivaldate": worked, "actiondatecreated": worked, "timetaken": hours, **fields}
    tenant.put("action", id=key, ticket_id=ticket, **whole)


def by_hour(tenant: Tenant, *, is_open: bool = False, shown: str = "time and materials ") -> Tenant:
    """The project is time and material: its products sold at 8,000 and 300 hours at 140, an hour of delivery at 80."""
    sold(tenant, is_open=is_open)
    field = {"id": 125, "name": "CFBillingType", "value": "2", "display": shown}
    state: dict[str, Any] = {"status_id": OPEN, "dateclosed": None} if is_open else {}
    tenant.project(customfields=[field], **state)
    return tenant


@pytest.fixture
def hourly(checkout: Path) -> Tenant:
    return billed(checkout, *BY_FIELD)


def test_unbilled_work_is_revenue_at_its_charge(hourly: Tenant) -> None:
    by_hour(hourly)
    work(hourly, 300, actionchargehours=290, actionchargeamount=36_000)
    found = row(hourly)

    assert (found["forecast_revenue_base"], found["actual_revenue_base"]) == (44_000, 44_000)
    assert bridge(found) == {"discount": 6_000}


def test_what_was_billed_counts_instead_of_the_charge_of_its_hours(hourly: Tenant) -> None:
    by_hour(hourly)
    work(hourly, 200, actionchargeamount=28_000)
    work(hourly, 100, key=2, worked=at(8, 13), actionchargeamount=14_000)
    bill(hourly, 2, 27_000)

    # products, the bill of the 12th, and the hours of the 13th
    assert row(hourly)["forecast_revenue_base"] == 8_000 + 27_000 + 14_000


def test_an_order_line_on_an_invoice_bills_what_was_sold_and_no_hours(hourly: Tenant) -> None:
    by_hour(hourly)
    work(hourly, 300, actionchargeamount=42_000)
    bill(hourly, 2, 8_000, line={"salesorder_line_id": 301})

    assert row(hourly)["forecast_revenue_base"] == 50_000


def test_an_open_project_has_the_charge_of_its_hours_to_come(hourly: Tenant) -> None:
    by_hour(hourly, is_open=True)
    before = row(hourly)
    work(hourly, 80, actionchargeamount=10_000)
    work(hourly, 20, key=2, actisbillable=False)
    found = row(hourly)

    # without an hour the sold ones: 42,000 / 300; then 10,000 for 100 hours, 200 to come
    assert (before["forecast_revenue_base"], before["actual_revenue_base"]) == (50_000, 8_000)
    assert (found["forecast_revenue_base"], found["actual_revenue_base"]) == (8_000 + 30_000, 8_000 + 10_000)
    assert bridge(found) == {"discount": 12_000}


@pytest.mark.parametrize(
    ("fields", "charge"),
    [
        ({"actionchargeamount": 1_500, "chargerate": 2}, 1_500),
        ({"actionchargeamount": 0, "chargerate": 2}, 1_100),
        ({"actionchargehours": 4, "chargerate": 2}, 440),
        ({"actionchargehours": 0, "chargerate": 9}, 0),
        ({"actisbillable": False, "actionchargeamount": 1_500}, 0),
        ({"chargerate": 9}, None),
    ],
    ids=["its_amount", "by_its_rate", "part_of_its_hours", "no_hours", "not_billable", "a_rate_that_the_policy_lacks"],
)
def test_what_ten_hours_are_charged(hourly: Tenant, fields: dict[str, Any], charge: int | None) -> None:
    by_hour(hourly)
    work(hourly, 10, **fields)
    found = row(hourly)

    assert found["forecast_revenue_base"] == (None if charge is None else 8_000 + charge)
    assert found["margin_state"] == ("undefined" if charge is None else "complete")


def test_charges_are_in_the_currency_of_the_deal(hourly: Tenant) -> None:
    by_hour(hourly)
    hourly.conn.execute("update raw.quotation set payload = replace(payload, 'GBP', 'EUR')")
    work(hourly, 10, actionchargeamount=1_000)

    assert row(hourly)["forecast_revenue_base"] == Decimal(9000) * Decimal("0.855")


def test_time_and_material_is_not_known_where_billing_is_not(hourly: Tenant) -> None:
    by_hour(hourly)
    work(hourly, 300, actionchargeamount=42_000)
    hourly.conn.execute("delete from raw.load_batch where entity = 'invoice'")
    found = row(hourly)

    assert (found["margin_state"], found["forecast_revenue_base"], found["forecast_cost_base"]) == ("undefined", None, 30_000)


@pytest.mark.parametrize("shown", ["Fixed Price", ""])
def test_what_the_policy_does_not_map_is_a_fixed_price(hourly: Tenant, shown: str) -> None:
    by_hour(hourly, shown=shown)
    work(hourly, 300, actionchargeamount=9_000)
    bill(hourly, 2, 7_000)

    assert row(hourly)["forecast_revenue_base"] == 50_000


def test_a_ticket_type_may_say_that_a_project_is_billed_by_the_hour(checkout: Path) -> None:
    tenant = billed(checkout, "time_and_material_types: [PROJECT]")
    sold(tenant)
    work(tenant, 10, actionchargeamount=1_000)

    assert row(tenant)["forecast_revenue_base"] == 9_000


def test_an_entry_that_names_its_invoice_is_billed_by_that_one_alone(checkout: Path) -> None:
    tenant = billed(checkout, *BY_FIELD, "entry_invoice_field: actioninvoicenumber")
    by_hour(tenant)
    work(tenant, 100, actionchargeamount=14_000, actioninvoicenumber="INV-7")
    work(tenant, 100, key=2, actionchargeamount=14_000, actioninvoicenumber="INV-8")
    work(tenant, 100, key=3, actionchargeamount=14_000, actioninvoicenumber="902")
    bill(tenant, 2, 13_000, invoicenumber="INV-7")
    bill(tenant, None, 12_500, key=902, ticket_id=2)
    bill(tenant, 2, 1, key=903, posted=False, invoicenumber="INV-8")

    assert row(tenant)["forecast_revenue_base"] == 8_000 + 13_000 + 14_000 + 12_500


@pytest.mark.parametrize(
    ("ticket", "net", "fields", "credited"),
    [
        (2, -500, {}, 500),
        (3, -500, {}, 500),
        (2, 500, {"creditlinkedtoinvoiceid": 77}, 500),
        (None, 500, {"creditlinkedtoinvoiceid": 902}, 500),
        (None, -500, {"salesorder_id": 301}, 500),
        (None, -500, {"line": {"salesorder_line_id": 301}}, 500),
        (1, -500, {"salesorder_id": 301}, 0),
        (None, -500, {}, 0),
        (2, -500, {"posted": False, "dateposted": None}, 0),
        (2, -500, {"dateposted": at(8, 17)}, 0),
    ],
    ids=["project", "task", "note", "of_its_invoice", "of_the_order", "of_an_order_line", "the_deals", "nobodys", "draft", "later"],
)
def test_which_credit_lowers_the_price_of_a_fixed_project(
    tenant: Tenant, ticket: int | None, net: float, fields: dict[str, Any], credited: int
) -> None:
    sold(tenant)
    order(tenant, 6_000)
    tenant.hours(2, 300)
    tenant.put("project", id=3, summary="Build", tickettype_id=32, status_id=OPEN, parent_id=2, dateoccurred=at(7, 9))
    bill(tenant, None, 10_000, key=902, ticket_id=2)
    bill(tenant, ticket, net, **fields)

    assert row(tenant)["bridge_discount"] == credited


def test_a_credit_on_a_change_lowers_what_was_billed_for_it_and_bills_nothing(tenant: Tenant) -> None:
    sold(tenant)
    change(tenant, decided=None)
    tenant.hours(4, 10)
    bill(tenant, 4, -200)
    found = row(tenant.built("marts.fact_change_request", ENTRIES))

    assert found["bridge_unapproved_change"] == 1_000
    assert tenant.row("marts.fact_change_request")["is_billed"] is False
    assert tenant.row(ENTRIES)["billed_day"] is None


def test_an_invoice_bills_the_hours_on_a_change_up_to_its_posting(tenant: Tenant) -> None:
    sold(tenant)
    change(tenant, decided=None)
    for key, day in enumerate((4, 12, 13), start=1):
        tenant.hours(4, key, key=key, worked=at(8, day))
    bill(tenant, 4, 200)
    bill(tenant, 4, 200, key=902, on=at(8, 11))
    found = {each["action_id"]: each for each in tenant.built(ENTRIES).rows(ENTRIES)}

    assert {key: each["billed_day"] for key, each in found.items()} == {1: date(2026, 8, 11), 2: date(2026, 8, 12), 3: None}
    # The lag is 30 days: on the 31st day the hour is late.
    assert (found[3]["unbilled_from_day"], found[3]["hours"]) == (date(2026, 9, 13), 3)
    assert (found[3]["change_id"], found[3]["project_id"], found[3]["is_billing_known"]) == (4, 2, True)


def test_hours_of_a_deleted_change_stay_until_they_are_deleted(tenant: Tenant) -> None:
    sold(tenant)
    change(tenant, decided=None)
    tenant.hours(4, 3)
    tenant.night(later(45))
    tenant.remove("change_request", 4)
    tenant.remove("action", "4:1")

    assert tenant.built(ENTRIES).row(ENTRIES)["removed_day"] == date(2026, 8, 21)
