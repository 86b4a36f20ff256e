"""Edits of invoices, agreements, files, milestones and budgets, and what they change on the records beside them."""

from __future__ import annotations

from datetime import timedelta

from handoff_pipeline.simulator import Quirks
from tests.simulator.tenant import DEMO_MOMENT, Tenant, demo_world


def _tenant() -> Tenant:
    return Tenant(Quirks(rate_limit=False))


def _planned() -> int:
    return next(
        p.project_id for p in demo_world().projects if p.milestones and p.budgets and p.created_at < DEMO_MOMENT - timedelta(days=30)
    )


def test_an_invoice_that_is_made_is_a_draft_until_it_is_posted() -> None:
    tenant = _tenant()
    number = tenant.sim.edits.create("invoices", {"client_id": 12, "lines": [{"id": 1, "ticket_id": 1453, "net_amount": 300.0}]})
    assert number in {row["id"] for row in tenant.rows("/Invoice", ticket_id=1453, notpostedonly="true")}
    tenant.sim.edits.change("invoices", number, {"posted": True})
    assert number in {row["id"] for row in tenant.rows("/Invoice", client_id=12, postedonly="true")}


def test_an_invoice_that_is_deleted_is_gone() -> None:
    tenant = _tenant()
    number = tenant.rows("/Invoice")[0]["id"]
    tenant.sim.edits.delete("invoices", number)
    assert number not in {row["id"] for row in tenant.rows("/Invoice")}
    assert tenant.ask(f"/Invoice/{number}").status_code == 404


def test_milestones_that_are_replaced_on_the_project_are_replaced_in_the_list() -> None:
    tenant, project = _tenant(), _planned()
    stone = {**tenant.get(f"/Tickets/{project}")["milestones"][0], "name": "Renamed"}
    tenant.sim.edits.change("tickets", project, {"milestones": [stone]})
    assert [row["name"] for row in tenant.rows("/Milestone") if row["ticket_id"] == project] == ["Renamed"]


def test_a_milestone_that_is_deleted_is_gone_from_its_project() -> None:
    tenant, project = _tenant(), _planned()
    before = tenant.get(f"/Tickets/{project}")["milestones"]
    tenant.sim.edits.delete("milestones", before[0]["id"])
    assert tenant.get(f"/Tickets/{project}")["milestones"] == before[1:]


def test_a_budget_of_a_deleted_project_is_gone_with_it() -> None:
    tenant, project = _tenant(), _planned()
    tenant.sim.edits.delete("tickets", project)
    assert project not in {row["ticket_id"] for row in tenant.sim.snapshot().budgets}
    assert project not in {row["ticket_id"] for row in tenant.rows("/Milestone")}


def test_a_milestone_that_is_made_on_a_hidden_project_is_hidden() -> None:
    project = _planned()
    tenant = Tenant(Quirks(hidden_ticket_ids=frozenset({project})))
    tenant.sim.edits.create("milestones", {"ticket_id": project, "name": "Late idea"})
    assert "Late idea" not in {row["name"] for row in tenant.rows("/Milestone")}


def test_an_invoice_whose_head_names_a_ticket_is_found_by_it() -> None:
    tenant = _tenant()
    number = tenant.sim.edits.create("invoices", {"client_id": 12, "ticket_id": 1453})
    assert number in {row["id"] for row in tenant.rows("/Invoice", ticket_id=1453)}


def test_a_file_that_is_added_is_on_its_ticket() -> None:
    tenant, deal = _tenant(), demo_world().deals[0].deal_id
    number = tenant.sim.edits.create("attachments", {"ticket_id": deal, "unique_id": deal, "type": 0, "filename": "scope.pdf"})
    assert number in {row["id"] for row in tenant.get(f"/Tickets/{deal}")["attachments"]}
    assert number in {row["id"] for row in tenant.get("/Attachment", ticket_id=deal)}


def test_an_agreement_that_is_made_is_live() -> None:
    tenant = _tenant()
    number = tenant.sim.edits.create("contracts", {"client_id": 12, "ref": "AGR-NEW"})
    assert number in {row["id"] for row in tenant.rows("/ClientContract")}


def test_a_relation_that_is_made_is_told_from_both_sides() -> None:
    tenant = _tenant()
    change = next(c for c in demo_world().changes if c.raised_at < DEMO_MOMENT and not c.related_project_id)
    project = _planned()
    tenant.sim.edits.change("tickets", change.change_id, {"related_tickets": [{"id": project}]})
    assert change.change_id in {row["id"] for row in tenant.get(f"/Tickets/{project}")["related_tickets"]}
