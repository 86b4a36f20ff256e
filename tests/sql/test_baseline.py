"""Baseline hours: the project's budget rows at the win or first sight, else what was sold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sql.tenant import FIRST_NIGHT, OPEN, Tenant, at, later


def baseline(tenant: Tenant) -> Decimal | None:
    hours = tenant.built("marts.dim_project").row("marts.dim_project", "project_id = 2")["baseline_hours"]
    assert hours is None or isinstance(hours, Decimal)
    return hours


def details(tenant: Tenant, *rows: tuple[int, Any]) -> None:
    """The project's single record with these budget rows: id and hours."""
    tenant.put("ticket_detail", id=2, budgets=[{"id": key, "hours": hours, "budgettype_name": "Labour"} for key, hours in rows])


@pytest.fixture
def sold(tenant: Tenant) -> Tenant:
    """A deal won on the first night, 300 hours sold, with its project."""
    tenant.night(FIRST_NIGHT)
    tenant.deal()
    tenant.sale()
    tenant.project()
    return tenant


@pytest.mark.fact("H079")
def test_a_project_without_budget_rows_has_the_hours_that_were_sold(sold: Tenant) -> None:
    sold.put("ticket_detail", id=2, budgets=[])

    assert baseline(sold) == Decimal(300)


@pytest.mark.fact("H080")
def test_kinds_of_work_are_summed_and_unset_hours_are_left_out(sold: Tenant) -> None:
    details(sold, (1, 200.5), (2, "60"), (3, -9999.0), (4, 0))

    assert baseline(sold) == Decimal("260.5")


def test_a_budget_of_nothing_but_unset_hours_is_none(sold: Tenant) -> None:
    details(sold, (1, -9999.0))

    assert baseline(sold) == Decimal(300)


def test_the_first_budget_that_is_seen_stands(sold: Tenant) -> None:
    sold.night(later(1))
    details(sold, (1, 250))
    sold.night(later(2))
    details(sold, (1, 400), (2, 10))

    assert baseline(sold) == Decimal(250)


def test_a_budget_from_before_the_win_counts_as_it_was_at_the_win(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.deal(status_id=OPEN, oppconverteddate=None)
    tenant.project()
    details(tenant, (1, 100))
    tenant.night(later(1))
    details(tenant, (1, 120), (2, 30))
    tenant.night(later(2))
    tenant.deal(oppconverteddate=at(7, 8, 12))
    tenant.night(later(3))
    details(tenant, (1, 500))

    assert baseline(tenant) == Decimal(150)


def test_rows_read_in_bulk_and_the_same_rows_of_the_details_count_once(sold: Tenant) -> None:
    details(sold, (1, 200))
    sold.put("budget", ticket_id=2, id=1, hours=200)
    sold.put("budget", ticket_id=2, id=2, hours=50)

    assert baseline(sold) == Decimal(250)


def test_a_named_project_has_the_labour_of_its_own_order_lines(sold: Tenant) -> None:
    sold.project(5, parent_id=1)
    lines = [{"id": 1, "item_id": 100, "quantity": 80, "price": 140, "costprice": 80, "project_id": 5}]
    sold.put("sales_order", id=301, ticket_id=1, quotation_id=501, currency_code_name="GBP", lines=lines)
    rows = sold.built("marts.dim_project").rows("marts.dim_project")

    assert {row["project_id"]: row["baseline_hours"] for row in rows} == {2: None, 5: Decimal(80)}


def test_a_project_without_a_deal_has_its_first_budget_or_none(tenant: Tenant) -> None:
    tenant.night(FIRST_NIGHT)
    tenant.project(parent_id=None)
    without = baseline(tenant)
    tenant.night(later(1))
    details(tenant, (1, 12))

    assert (without, baseline(tenant)) == (None, Decimal(12))
