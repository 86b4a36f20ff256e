"""What work is worth to the client in the seeded world, and how HaloPSA's rows show it: charges, bills by the month, credits."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from handoff_pipeline.simulator import build_world
from handoff_pipeline.simulator.charging import BY_THE_HOUR, FIXED, RATES
from handoff_pipeline.simulator.plans import project_of
from handoff_pipeline.simulator.truth import Invoice, Project
from tests.simulator.tenant import DEMO_MOMENT, Tenant, demo_world


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenant()


def _by_hour() -> dict[int, Project]:
    return {project.project_id: project for project in demo_world().projects if project.billing_type == BY_THE_HOUR}


def _bills(kind: str) -> list[Invoice]:
    """Invoices of the charging: "credit" below nought, "month" for work of projects by the hour."""
    homes = project_of(demo_world())
    mine = [bill for bill in demo_world().invoices if any(line.ticket_id in homes for line in bill.lines)]
    return [bill for bill in mine if (kind == "credit") == any(line.unit_price < 0 for line in bill.lines)]


def test_projects_are_billed_at_a_fixed_price_by_the_hour_or_name_nothing() -> None:
    projects = build_world(deals=400).projects
    shares = {kind: sum(project.billing_type == kind for project in projects) / len(projects) for kind in (FIXED, BY_THE_HOUR, None)}
    assert 0.15 <= shares[BY_THE_HOUR] <= 0.3
    assert shares[FIXED] > 0.3
    assert shares[None] > 0.2


def test_a_month_of_work_by_the_hour_is_one_invoice_of_the_amounts_of_its_entries() -> None:
    entries = defaultdict(list)
    for entry in demo_world().time_entries:
        if entry.charge is not None and entry.charge.invoice_id is not None:
            entries[entry.charge.invoice_id].append(entry)
    bills = _bills("month")
    assert {bill.invoice_id for bill in bills} == entries.keys()
    for bill in bills:
        worked = entries[bill.invoice_id]
        assert sum(line.unit_price for line in bill.lines) == sum(RATES[e.charge.rate] * e.charge.hours for e in worked if e.charge)
        assert len({entry.logged_at.date().replace(day=1) for entry in worked}) == 1
        assert max(entry.logged_at for entry in worked) < bill.created_at
    assert {bill.posted_at is None for bill in bills} == {True, False}


def test_some_months_of_work_by_the_hour_are_not_billed_at_all() -> None:
    homes, mine = project_of(demo_world()), _by_hour()
    entries = [e for e in demo_world().time_entries if (home := homes.get(e.ticket_id)) is not None and home.project_id in mine]
    assert any(e.charge and e.charge.hours and e.charge.invoice_id is None for e in entries)


def test_hours_are_charged_in_full_in_part_or_not_at_the_usual_rate_or_another() -> None:
    charged = [(entry.hours, entry.charge) for entry in demo_world().time_entries if entry.charge is not None]
    assert len(charged) == len(demo_world().time_entries)
    assert {charge.amount for _, charge in charged} >= {None, Decimal(0)}
    assert all(charge.amount == charge.hours * RATES[charge.rate] for _, charge in charged if charge.amount is not None)
    assert {charge.rate for _, charge in charged} == {1, 2}
    assert {(charge.hours == hours, charge.hours == 0) for hours, charge in charged} == {(True, False), (False, False), (False, True)}
    assert all(0 <= charge.hours <= hours for hours, charge in charged)


def test_products_are_bought_dearer_or_cheaper_than_they_were_quoted_and_work_never_is() -> None:
    quoted = {line.line_id: line.unit_cost for quote in demo_world().quotes for line in quote.lines}
    lines = [(line, quoted[line.quote_line_id]) for order in demo_world().orders for line in order.lines if line.quote_line_id]
    signs = {line.unit_cost.compare(cost) for line, cost in lines if line.item_id not in {100, 101}}
    assert signs == {-1, 0, 1}
    assert all(line.unit_cost == cost for line, cost in lines if line.item_id in {100, 101})


def test_credits_stand_on_projects_that_are_not_billed_by_the_hour() -> None:
    bills = _bills("credit")
    assert len(bills) >= 5
    assert not {line.ticket_id for bill in bills for line in bill.lines} & _by_hour().keys()


def test_some_work_on_changes_that_nobody_approved_is_billed() -> None:
    others = {change.change_id for change in demo_world().changes if change.outcome != "approved"}
    billed = {line.ticket_id for bill in demo_world().invoices if bill.posted_at for line in bill.lines} & others
    worked = {entry.ticket_id for entry in demo_world().time_entries} & others
    assert billed
    assert worked - billed


def test_declared_hours_differ_from_those_worked_both_ways() -> None:
    worked: defaultdict[int, Decimal] = defaultdict(Decimal)
    for entry in demo_world().time_entries:
        worked[entry.ticket_id] += entry.hours
    declared = {each.change_id: each.declared_hours for each in demo_world().changes if each.outcome == "approved"}
    differences = [hours - worked[change] for change, hours in declared.items() if hours is not None and worked[change]]
    assert min(differences) < 0 < max(differences)
    assert None in declared.values()


def test_an_action_shows_the_hours_the_amount_and_the_rate_that_it_charges(tenant: Tenant) -> None:
    entry = next(e for e in demo_world().time_entries if e.charge and e.charge.rate == 2 and e.logged_at <= DEMO_MOMENT)
    row = _action(tenant, entry.ticket_id, entry.action_id)
    assert (row["chargerate"], row["actisbillable"]) == (2, True)
    assert (row["actionchargehours"], row["actionchargeamount"]) == (float(entry.hours), float(entry.hours * 140))


def test_an_action_that_charges_nothing_is_not_billable(tenant: Tenant) -> None:
    entry = next(e for e in demo_world().time_entries if e.charge and e.charge.hours == 0 and e.logged_at <= DEMO_MOMENT)
    row = _action(tenant, entry.ticket_id, entry.action_id)
    assert (row["actisbillable"], row["actionchargehours"], row["actionnonchargehours"]) == (False, 0.0, float(entry.hours))


def test_an_action_names_its_invoice_from_the_day_on_which_that_was_made() -> None:
    bill = next(bill for bill in _bills("month") if bill.created_at <= DEMO_MOMENT)
    entry = next(e for e in demo_world().time_entries if e.charge and e.charge.invoice_id == bill.invoice_id)
    before, after = (
        _action(Tenant(now=now), entry.ticket_id, entry.action_id) for now in (bill.created_at - timedelta(seconds=1), bill.created_at)
    )
    assert (before["actioninvoicenumber"], before["invoice_id"]) == ("", 0)
    assert (after["actioninvoicenumber"], after["invoice_id"]) == (f"INV-{bill.invoice_id}", bill.invoice_id)


def test_a_project_shows_how_it_is_billed_in_a_field(tenant: Tenant) -> None:
    project = next(each for each in _by_hour().values() if each.created_at <= DEMO_MOMENT)
    fields = {field["name"]: field.get("display") for field in tenant.get(f"/Projects/{project.project_id}")["customfields"]}
    assert fields["CFBillingType"] == "Time and Materials"


def test_a_change_shows_its_declared_hours_in_a_field(tenant: Tenant) -> None:
    change = next(each for each in demo_world().changes if each.declared_hours is not None and each.raised_at <= DEMO_MOMENT)
    fields = {field["name"]: field.get("value") for field in tenant.get(f"/Tickets/{change.change_id}")["customfields"]}
    assert Decimal(fields["CFChangeHours"]) == change.declared_hours


def test_an_accepted_quotation_says_when_and_by_whom(tenant: Tenant) -> None:
    quote = next(each for each in demo_world().quotes if each.accepted_by and each.accepted_at and each.accepted_at <= DEMO_MOMENT)
    row = tenant.get(f"/Quotation/{quote.quote_id}")
    assert quote.accepted_at is not None
    assert (row["approvalname"], row["approvaldatetime"][:10]) == (quote.accepted_by, f"{quote.accepted_at:%Y-%m-%d}")
    assert any(each.accepted_at and each.accepted_by is None for each in demo_world().quotes)


def _action(tenant: Tenant, ticket_id: int, action_id: int) -> dict[str, Any]:
    rows: list[dict[str, Any]] = tenant.get("/Actions", ticket_id=ticket_id)["actions"]
    return next(row for row in rows if row["id"] == action_id)
