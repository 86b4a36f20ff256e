"""Facts of reading that no other test shows: sign-in, filters, set-up lists, links (sections 1, 2.3, 2.4 and 4 of the reference)."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

from handoff_pipeline.simulator import Quirks
from handoff_pipeline.simulator.access import KNOWN_SCOPES
from handoff_pipeline.simulator.report_sql import Asker, ReportDesk
from tests.simulator.tenant import DEMO_MOMENT, Tenant, demo_world


@pytest.mark.fact("H005")
def test_the_sign_in_server_describes_itself_as_openid_connect() -> None:
    answer = Tenant().http.get("/auth/.well-known/openid-configuration").json()
    assert answer["token_endpoint"] == "http://simulated.test/auth/token"
    assert "client_credentials" in answer["grant_types_supported"]


@pytest.mark.fact("H006", "H007")
@pytest.mark.parametrize(("tenant", "status"), [("demo", 200), ("other", 500)])
def test_the_tenants_name_may_come_in_the_form(tenant: str, status: int) -> None:
    form = {"grant_type": "client_credentials", "client_id": "demo-reader", "scope": "all", "tenant": tenant}
    form["client_secret"] = "demo-secret-of-a-simulated-tenant"
    assert Tenant().http.post("/auth/token", data=form).status_code == status


@pytest.mark.fact("H008")
def test_client_credentials_have_no_refresh_token() -> None:
    tenant = Tenant()
    assert {"access_token", "token_type", "expires_in"} <= tenant.sign_in().json().keys()
    assert not {"refresh_token", "id_token"} & tenant.sign_in().json().keys()
    assert tenant.sign_in(grant_type="refresh_token").json()["error"] == "unsupported_grant_type"


@pytest.mark.fact("H014")
def test_scopes_come_in_pairs_and_there_are_none_for_users_and_agents() -> None:
    pairs = {scope.removeprefix("read:") for scope in KNOWN_SCOPES if scope.startswith("read:")}
    assert all(f"edit:{name}" in KNOWN_SCOPES for name in pairs)
    assert {"tickets", "projects", "quotes", "sos", "invoices", "reporting"} <= pairs
    assert not {"users", "agents"} & pairs


@pytest.mark.fact("H035")
def test_an_advanced_search_is_a_json_array_of_name_type_and_value() -> None:
    tenant = Tenant()
    after = json.dumps([{"filter_name": "dateoccurred", "filter_type": 7, "filter_value": "2026-06-01T00:00:00"}])
    found, everything = tenant.get("/Opportunities", count=500, advanced_search=after), tenant.get("/Opportunities", count=500)
    assert {row["id"] for row in found["tickets"]} == {row["id"] for row in everything["tickets"] if row["dateoccurred"] > "2026-06-01"}
    assert 0 < found["record_count"] < everything["record_count"]


@pytest.mark.fact("H041")
def test_a_parent_is_asked_for_one_at_a_time() -> None:
    tenant = Tenant()
    one, two = sorted({row["parent_id"] for row in tenant.rows("/Projects") if row["itil_requesttype_id"] == 23})[:2]
    children = {number: {row["id"] for row in tenant.rows("/Tickets", parent_id=number)} for number in (one, two)}
    both = {row["id"] for row in tenant.rows("/Tickets", parent_id=f"{one},{two}")}
    assert both != children[one] | children[two]


@pytest.mark.fact("H042")
@pytest.mark.parametrize(
    ("name", "field"), [("dateoccured", "dateoccurred"), ("dateoccurred", "dateoccurred"), ("datecleared", "dateclosed")]
)
def test_datesearch_names_the_date_that_is_limited(name: str, field: str) -> None:
    tenant = Tenant()
    limits = {"startdate": "2026-05-01T00:00:00", "enddate": "2026-07-01T00:00:00"}
    found = {row["id"] for row in tenant.rows("/Opportunities", datesearch=name, **limits)}
    assert found == {row["id"] for row in tenant.rows("/Opportunities") if "2026-05-01" <= row[field] <= "2026-07-01T00:00:00"}
    assert found


@pytest.mark.fact("H050", "H051")
def test_projects_and_their_tasks_are_one_list_and_two_types() -> None:
    tenant = Tenant()
    types = {row["id"]: row for row in tenant.get("/TicketType") if row["use"] == "projects"}
    assert {row["project_type"]: row["itilrequesttype"] for row in types.values()} == {1: 22, 0: 23}
    assert {row["tickettype_id"] for row in tenant.rows("/Projects")} == types.keys()


@pytest.mark.fact("H051", "H088")
def test_a_task_is_the_child_of_a_project() -> None:
    rows = Tenant().rows("/Projects")
    projects = {row["id"] for row in rows if row["itil_requesttype_id"] == 22}
    assert {row["parent_id"] for row in rows if row["itil_requesttype_id"] == 23} <= projects


@pytest.mark.fact("H052")
def test_every_ticket_type_has_its_itil_number() -> None:
    numbers = {row["name"]: row["itilrequesttype"] for row in Tenant().get("/TicketType")}
    assert (numbers["Incident"], numbers["Project Change Request"], numbers["Service Request"], numbers["Opportunity"]) == (1, 2, 3, 21)


@pytest.mark.fact("H057")
def test_a_numeric_type_of_statuses_filters_nothing() -> None:
    tenant = Tenant()
    assert tenant.get("/Status", type=1) == tenant.get("/Status", type=0) == tenant.get("/Status", type="ticket") == tenant.get("/Status")
    assert {row["type"] for row in tenant.get("/Status", type="ticket")} == {0}


@pytest.mark.fact("H061")
def test_custom_fields_of_tickets_have_known_types() -> None:
    tenant = Tenant()
    assert {row["type"] for row in tenant.get("/FieldInfo", typeid=1)} <= {0, 1, 2, 3, 4, 5, 6, 10}
    assert tenant.get("/FieldInfo", typeid=2) == []


@pytest.mark.fact("H065")
@pytest.mark.parametrize("is_reissued", [True, False])
def test_a_changed_appointment_may_get_a_new_id(is_reissued: bool) -> None:
    tenant = Tenant(Quirks(appointment_update_gives_new_id=is_reissued))
    number = tenant.rows("/Appointment")[0]["id"]
    kept = tenant.sim.edits.change("appointments", number, {"subject": "Moved to another agent"})
    assert (kept != number) is is_reissued
    assert (tenant.ask(f"/Appointment/{number}").status_code == 404) is is_reissued


@pytest.mark.fact("H085")
def test_time_taken_is_in_hours() -> None:
    for row in Tenant().get("/Actions", count=200, timeentriesonly="true")["actions"]:
        worked = datetime.fromisoformat(row["actioncompletiondate"]) - datetime.fromisoformat(row["datetime"])
        assert worked.total_seconds() == pytest.approx(row["timetaken"] * 3600, abs=1)


@pytest.mark.fact("H086")
def test_no_field_of_an_opportunity_says_won() -> None:
    tenant = Tenant()
    row = tenant.rows("/Opportunities")[0]
    assert not [name for name in {**row, **tenant.get(f"/Tickets/{row['id']}")} if "won" in name or "lost" in name]


@pytest.mark.fact("H090")
def test_labour_cost_is_hours_times_the_agents_cost_price() -> None:
    prices = {agent.agent_id: agent.cost_price for agent in demo_world().agents}
    logged = [entry for entry in demo_world().time_entries if entry.logged_at <= DEMO_MOMENT]
    expected = sum((entry.hours * (prices[entry.agent_id] or Decimal(0)) for entry in logged), Decimal(0))
    incidents = "SELECT Faultid FROM FAULTS JOIN REQUESTTYPE ON RTid = RequestTypeNew WHERE RTRequestType = 1"
    sql = "SELECT SUM(timetaken * ucostPrice) AS cost FROM ACTIONS JOIN UNAME ON Unum = whoagentid WHERE Faultid NOT IN (" + incidents + ")"  # noqa: S608
    rows = ReportDesk().run(Tenant().sim.snapshot(), sql, Asker(12, DEMO_MOMENT, Quirks())).rows
    assert rows[0]["cost"] == pytest.approx(float(expected))


@pytest.mark.fact("H091")
def test_time_is_charged_not_charged_or_prepaid() -> None:
    for row in Tenant().get("/Actions", count=200, timeentriesonly="true")["actions"]:
        parts = [row.get(name, 0.0) for name in ("actionchargehours", "actionnonchargehours", "actionprepayhours")]
        assert sum(parts) == pytest.approx(row["timetaken"])
