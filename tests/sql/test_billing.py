"""Whether a change was billed, and what its hours do to a margin: never "not billed" in ignorance."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.sql.tenant import APPROVED, FIRST_NIGHT, Tenant, at, later

CHANGE = "marts.fact_change_request"
MARGIN = "marts.fact_project_margin"


@pytest.fixture
def unapproved(tenant: Tenant) -> Tenant:
    """A delivered project with 340 base hours and 10 on a change that nobody decided, on the Sunday of its closing week."""
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    tenant.night(later(40))
    tenant.project()
    tenant.change()
    tenant.hours(2, 340)
    tenant.hours(4, 10)
    return tenant


def bill(tenant: Tenant, amount: float, **fields: Any) -> None:
    """An invoice that names the change, posted on 12 August unless told otherwise."""
    line = {"id": 1, "ticket_id": 4, "qty_order": 1, "unit_price": amount, "net_amount": amount}
    whole = {"posted": True, "dateposted": at(8, 12), "currency_code_name": "GBP", "lines": [line], **fields}
    tenant.put("invoice", **{"id": 901, "client_id": 11, **whole})


def billed(tenant: Tenant) -> tuple[bool | None, datetime | None]:
    row = tenant.built(CHANGE).row(CHANGE)
    return row["is_billed"], row["billed_at_utc"]


def test_a_posted_line_that_names_the_change_bills_it(unapproved: Tenant) -> None:
    bill(unapproved, 500)

    assert billed(unapproved) == (True, datetime(2026, 8, 12, 10))


def test_an_invoice_that_names_the_change_bills_it_with_lines_that_name_nothing(unapproved: Tenant) -> None:
    bill(unapproved, 500, ticket_id=4.0, lines=[{"id": 1, "ticket_id": 0, "net_amount": 500}])

    assert billed(unapproved)[0] is True


@pytest.mark.parametrize(
    "fields",
    [
        {"posted": False, "dateposted": "1900-01-01T00:00:00"},
        {"voided": True},
        {"id": -901},
        {"lines": [{"id": 1, "ticket_id": 2, "net_amount": 1}]},
    ],
    ids=["a_draft", "a_voided_one", "a_template", "another_tickets"],
)
def test_what_is_no_posted_line_of_the_change_does_not_bill_it(unapproved: Tenant, fields: dict[str, Any]) -> None:
    bill(unapproved, 500, **fields)

    assert billed(unapproved) == (False, None)


def test_a_deleted_invoice_bills_nothing_any_more(unapproved: Tenant) -> None:
    bill(unapproved, 500)
    unapproved.night(later(41))
    unapproved.remove("invoice", 901)

    assert billed(unapproved) == (False, None)


def test_an_invoice_without_a_date_of_posting_counts_from_its_own_date(unapproved: Tenant) -> None:
    bill(unapproved, 500, dateposted="1899-12-30T00:00:00", invoice_date=at(8, 11, 0))

    assert billed(unapproved) == (True, datetime(2026, 8, 11))


def test_without_a_complete_night_of_invoices_billing_is_not_known(unapproved: Tenant) -> None:
    unapproved.conn.execute("update raw.load_batch set state = 'not_permitted' where entity = 'invoice'")

    assert billed(unapproved) == (None, None)


def test_a_posted_invoice_without_its_lines_leaves_billing_unknown(unapproved: Tenant) -> None:
    bill(unapproved, 500)
    unapproved.put("invoice", id=902, posted=True, dateposted=at(8, 1))
    unapproved.change(6)
    rows = unapproved.built(CHANGE).rows(CHANGE)

    assert {row["change_id"]: row["is_billed"] for row in rows} == {4: True, 6: None}


def test_work_on_an_unapproved_change_costs_and_brings_what_was_billed(unapproved: Tenant) -> None:
    bill(unapproved, 500)
    row = unapproved.built(MARGIN).row(MARGIN, "is_delivered")

    # 350 h at 85 and third party of 6,000; 50,000 sold and 500 billed
    assert (row["actual_cost_base"], row["actual_revenue_base"], row["margin_state"]) == (Decimal(35_750), Decimal(50_500), "complete")
    assert row["erosion_amount_base"] == Decimal(5_250)


def test_what_is_billed_after_the_sunday_is_not_yet_revenue(unapproved: Tenant) -> None:
    bill(unapproved, 500, dateposted=at(8, 17))

    assert unapproved.built(MARGIN).row(MARGIN, "is_delivered")["actual_revenue_base"] == Decimal(50_000)


def test_what_is_billed_for_an_approved_change_is_its_price_already(unapproved: Tenant) -> None:
    decided = {"id": 131, "name": "CFChangeDecided", "value": at(8, 5)}
    price = {"id": 132, "name": "CFChangePrice", "value": "900.00"}
    unapproved.change(4, status_id=APPROVED, customfields=[decided, price])
    bill(unapproved, 500)

    assert unapproved.built(MARGIN).row(MARGIN, "is_delivered")["actual_revenue_base"] == Decimal(50_900)


def test_where_billing_is_not_known_the_row_has_a_cost_and_no_revenue(unapproved: Tenant) -> None:
    unapproved.conn.execute("delete from raw.load_batch where entity = 'invoice'")
    row = unapproved.built(MARGIN).row(MARGIN, "is_delivered")

    assert (row["actual_cost_base"], row["actual_revenue_base"], row["margin_state"]) == (Decimal(35_750), None, "undefined")
    assert (row["sold_margin_pct"], row["forecast_margin_pct"], row["erosion_pp"]) == (40.0, None, None)


def test_a_bill_in_a_currency_without_a_rate_is_no_rate(unapproved: Tenant) -> None:
    bill(unapproved, 500, currency_code_name="CHF")
    row = unapproved.built(MARGIN).row(MARGIN, "is_delivered")

    assert (row["margin_state"], row["actual_revenue_base"], row["erosion_amount_base"]) == ("no_rate", None, None)


def test_a_bill_in_another_currency_has_the_rate_of_the_win(unapproved: Tenant) -> None:
    bill(unapproved, 1_000, currency_code_name="EUR")

    assert unapproved.built(MARGIN).row(MARGIN, "is_delivered")["actual_revenue_base"] == Decimal(50_855)
