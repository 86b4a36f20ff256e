"""What the agent may not see: left out of lists, counts and single records without an error (section 1 of the reference)."""

from __future__ import annotations

import pytest

from handoff_pipeline.simulator import Quirks
from tests.simulator.tenant import Tenant, demo_world

PROJECT = demo_world().signoffs[0].project_id
CLIENT = next(project.client_id for project in demo_world().projects if project.project_id == PROJECT)


@pytest.mark.fact("H017")
def test_a_hidden_ticket_is_in_no_list_and_no_count() -> None:
    seen, hidden = Tenant(), Tenant(Quirks(hidden_ticket_ids=frozenset({PROJECT})))
    counts = [tenant.get("/Projects", pageinate="true", page_no=1)["record_count"] for tenant in (seen, hidden)]
    assert counts[0] - counts[1] == 1
    assert PROJECT not in {row["id"] for row in hidden.rows("/Projects")}


def test_what_hangs_on_a_hidden_ticket_is_hidden() -> None:
    hidden = Tenant(Quirks(hidden_ticket_ids=frozenset({PROJECT})))
    assert hidden.get("/Actions", ticket_id=PROJECT)["actions"] == []
    assert PROJECT not in {row["ticket_id"] for row in hidden.get("/TicketApproval")}
    assert PROJECT not in {row["ticket_id"] for row in hidden.rows("/Appointment")}


@pytest.mark.fact("H017")
@pytest.mark.parametrize("path", ["/Tickets", "/Quotation", "/SalesOrder", "/Site"])
def test_everything_of_a_hidden_client_is_hidden(path: str) -> None:
    hidden = Tenant(Quirks(hidden_client_ids=frozenset({CLIENT})))
    assert CLIENT in {row["client_id"] for row in Tenant().rows(path, includeinactive="true")}
    assert CLIENT not in {row["client_id"] for row in hidden.rows(path, includeinactive="true")}


def test_a_hidden_client_is_hidden_itself() -> None:
    hidden = Tenant(Quirks(hidden_client_ids=frozenset({CLIENT})))
    assert CLIENT not in {row["id"] for row in hidden.rows("/Client", includeinactive="true")}
    assert hidden.ask(f"/Client/{CLIENT}").status_code == 404


@pytest.mark.fact("H017")
def test_tickets_of_a_hidden_team_are_hidden() -> None:
    hidden = Tenant(Quirks(hidden_teams=frozenset({"Projects"})))
    assert "Projects" not in {row["team"] for row in hidden.rows("/Tickets")}
    assert "Projects" not in {row["name"] for row in hidden.get("/Team")}
    assert hidden.get("/TicketApproval") == []


@pytest.mark.parametrize("status", [404, 403])
def test_the_single_record_of_a_hidden_ticket_answers_as_the_switch_says(status: int) -> None:
    hidden = Tenant(Quirks(hidden_ticket_ids=frozenset({PROJECT}), hidden_record_status=status))  # type: ignore[arg-type]
    assert hidden.ask(f"/Tickets/{PROJECT}").status_code == status
    assert hidden.ask("/Tickets/99999999").status_code == 404


def test_hiding_begins_and_ends_with_the_switch() -> None:
    tenant = Tenant()
    before = tenant.rows("/Projects")
    tenant.sim.quirks = Quirks(hidden_ticket_ids=frozenset({PROJECT}))
    assert len(tenant.rows("/Projects")) == len(before) - 1
    tenant.sim.quirks = Quirks()
    assert tenant.rows("/Projects") == before


def test_who_may_not_see_cost_gets_no_cost_of_sales() -> None:
    number = demo_world().quotes[0].quote_id
    seen, unseen = Tenant().get(f"/Quotation/{number}"), Tenant(Quirks(sale_costs_visible=False)).get(f"/Quotation/{number}")
    gone = (seen.keys() - unseen.keys()) | (seen["lines"][0].keys() - unseen["lines"][0].keys())
    assert gone == {"cost", "profit", "costprice", "total_costprice", "total_profit"}


def test_a_hidden_ticket_that_was_deleted_is_not_listed_as_deleted() -> None:
    hidden = Tenant(Quirks(hidden_ticket_ids=frozenset({PROJECT})))
    hidden.sim.edits.delete("tickets", PROJECT)
    assert hidden.get("/Tickets", deleted="true")["tickets"] == []
