"""What rows carry: lists stripped, names and custom fields on request, nulls, sentinels and ids, each quirk on and off."""

from __future__ import annotations

from typing import Any

import pytest

from handoff_pipeline.simulator import Quirks
from tests.simulator.tenant import Tenant, demo_world

TYPES = {"opportunity": 30, "project": 31, "task": 32, "change": 24, "incident": 1}


def _first(quirks: Quirks | None = None, path: str = "/Opportunities", **params: str | float) -> dict[str, Any]:
    row: dict[str, Any] = Tenant(quirks).rows(path, **params)[0]
    return row


def test_list_rows_lack_what_only_the_single_record_has() -> None:
    tenant = Tenant()
    row = tenant.rows("/Projects")[0]
    single = tenant.get(f"/Projects/{row['id']}")
    assert {"datecreated", "createdfrom_id", "budgets", "milestones"} <= single.keys() - row.keys()


def test_with_stripping_off_list_rows_are_whole() -> None:
    assert {"datecreated", "createdfrom_id", "budgets"} <= _first(Quirks(strip_list_rows=False)).keys()


@pytest.mark.fact("H032")
def test_keys_without_a_value_are_left_out() -> None:
    assert "parent_id" not in _first()
    assert _first(Quirks(omit_null_keys=False))["parent_id"] is None


@pytest.mark.fact("H047")
def test_custom_fields_of_a_list_come_on_request_only() -> None:
    assert "customfields" not in _first()
    asked = _first(include_custom_fields="101, 108")
    assert [field["name"] for field in asked["customfields"]] == ["CFDealType", "CFKickoffCommitted"]
    assert len(_first(Quirks(custom_fields_on_request_only=False))["customfields"]) == 10


def test_the_single_record_has_all_its_custom_fields() -> None:
    tenant = Tenant()
    single = tenant.get(f"/Tickets/{demo_world().deals[0].deal_id}")
    assert len(single["customfields"]) == 10


def test_a_single_select_has_its_number_as_value_and_its_text_as_display() -> None:
    tenant = Tenant()
    options = {f["name"]: f for f in tenant.get("/FieldInfo", typeid=1)}["CFDealType"]["values"]
    for row in tenant.rows("/Opportunities", include_custom_fields="101"):
        field = row["customfields"][0]
        if "value" in field:
            assert {"id": field["value"], "name": field["display"]} in options


def test_an_empty_custom_field_has_no_value() -> None:
    rows = Tenant().rows("/Opportunities", include_custom_fields="103")
    assert any("value" not in row["customfields"][0] for row in rows)


@pytest.mark.fact("H048")
def test_names_of_a_list_come_with_include_flags_only() -> None:
    assert not {"agent_name", "status_name", "tickettype_name"} & _first().keys()
    named = _first(includeagent="true", includestatus="true", includetickettype="true")
    assert named["tickettype_name"] == "Opportunity"
    assert {"agent_name", "status_name"} <= named.keys()
    assert "agent_name" in _first(Quirks(names_on_request_only=False))


@pytest.mark.fact("H097")
def test_empty_dates_are_sentinels_of_1899_or_1900() -> None:
    opened = next(row for row in Tenant().rows("/Opportunities") if row["status_id"] == 20 and not row["hasbeenclosed"])
    assert opened["dateclosed"] == "1900-01-01T00:00:00"
    assert any(row["dateapproved"].startswith("1899") for row in Tenant().get("/TicketApproval"))


def test_with_sentinels_off_empty_dates_are_left_out() -> None:
    rows = Tenant(Quirks(sentinel_dates=False)).rows("/Opportunities")
    assert any("dateclosed" not in row for row in rows)
    assert not any(row.get("dateclosed", "").startswith("1900") for row in rows)


@pytest.mark.fact("H100")
def test_ids_can_come_as_decimals() -> None:
    tidy, odd = Tenant().ask("/SalesOrder", count=1).text, Tenant(Quirks(ids_as_decimals=True)).ask("/SalesOrder", count=1).text
    assert '"client_id":' in tidy
    assert ".0" not in tidy.split('"client_id":')[1].split(",")[0]
    assert odd.split('"client_id":')[1].split(",")[0].endswith(".0")


@pytest.mark.fact("H056")
def test_the_client_of_a_site_is_always_a_decimal() -> None:
    assert ".0" in Tenant().ask("/Site", count=1).text.split('"client_id":')[1].split(",")[0]


@pytest.mark.fact("H101")
def test_some_text_carries_a_nul_byte() -> None:
    assert "\\u0000" in Tenant().ask("/Opportunities", count=500).text
    assert "\\u0000" not in Tenant(Quirks(nul_in_text=False)).ask("/Opportunities", count=500).text


@pytest.mark.fact("H037", "H040")
def test_one_store_is_behind_the_three_paths() -> None:
    tenant = Tenant()
    by_type = {name: {row["id"] for row in tenant.rows("/Tickets", requesttype=str(number))} for name, number in TYPES.items()}
    assert {row["id"] for row in tenant.rows("/Opportunities")} == by_type["opportunity"]
    assert {row["id"] for row in tenant.rows("/Projects")} == by_type["project"] | by_type["task"]
    assert {row["id"] for row in tenant.rows("/Tickets")} == set().union(*by_type.values())
    assert tenant.get(f"/Tickets/{min(by_type['project'])}") == tenant.get(f"/Projects/{min(by_type['project'])}")


def test_incidents_hang_on_projects_and_carry_time_without_being_changes() -> None:
    tenant = Tenant()
    projects = {row["id"] for row in tenant.rows("/Projects") if row["tickettype_id"] == TYPES["project"]}
    incidents = tenant.rows("/Tickets", requesttype="1")
    assert any(row.get("parent_id") in projects for row in incidents)
    assert tenant.get("/Actions", ticket_id=incidents[0]["id"], timeentriesonly="true")["actions"]


@pytest.mark.fact("H017")
def test_hidden_tickets_are_absent_everywhere_without_an_error() -> None:
    deal = demo_world().deals[0].deal_id
    project = demo_world().signoffs[0].project_id
    tenant = Tenant(Quirks(hidden_ticket_ids=frozenset({deal, project})))
    assert deal not in {row["id"] for row in tenant.rows("/Opportunities")}
    assert tenant.ask(f"/Opportunities/{deal}").status_code == 404
    assert tenant.get("/TicketApproval", ticket_id=project) == []
    assert tenant.get("/Actions", ticket_id=project)["actions"] == []
    assert deal in {row["id"] for row in Tenant().rows("/Opportunities")}


@pytest.mark.fact("H018")
def test_cost_prices_come_with_details_and_permission_only() -> None:
    assert not any("costprice" in row for row in Tenant().get("/Agent"))
    assert any("costprice" in row for row in Tenant().get("/Agent", includedetails="true"))
    assert not any("costprice" in row for row in Tenant(Quirks(agent_cost_visible=False)).get("/Agent", includedetails="true"))


def test_two_delivery_people_have_no_cost_price() -> None:
    agents = Tenant().get("/Agent", includedetails="true")
    assert [row["name"] for row in agents if row["team"] == "Projects" and "costprice" not in row] == ["Oscar Diaz", "Priya Patel"]


@pytest.mark.fact("H038")
def test_agents_come_bare_unless_paged_and_disabled_or_unassigned_on_request() -> None:
    tenant = Tenant()
    assert isinstance(tenant.get("/Agent"), list)
    assert "results" in tenant.get("/Agent", pageinate="true", page_no=1)
    assert isinstance(Tenant(Quirks(agent_envelope="bare")).get("/Agent", pageinate="true", page_no=1), list)
    everyone = tenant.get("/Agent", includedisabled="true", includeunassigned="true")
    assert {row["name"] for row in everyone} - {row["name"] for row in tenant.get("/Agent")} == {"Unassigned", "Harold Finch"}


def test_inactive_clients_come_on_request_only() -> None:
    assert not any(row["inactive"] for row in Tenant().rows("/Client"))
    assert [row["name"] for row in Tenant().rows("/Client", includeinactive="true") if row["inactive"]] == ["Fenwick Textiles"]


def test_quotation_lines_come_on_request_or_alone() -> None:
    tenant = Tenant()
    row = tenant.rows("/Quotation")[0]
    assert "lines" not in row
    lines = tenant.rows("/Quotation", includelines="true")[0]["lines"]
    assert lines == tenant.get(f"/Quotation/{row['id']}")["lines"]


def test_sales_order_lines_come_alone_only() -> None:
    tenant = Tenant()
    row = tenant.rows("/SalesOrder", includelines="true")[0]
    assert "lines" not in row
    assert tenant.get(f"/SalesOrder/{row['id']}")["lines"]


def test_approvals_may_need_a_ticket() -> None:
    project = demo_world().signoffs[0].project_id
    needy = Tenant(Quirks(approvals_need_ticket=True))
    assert needy.get("/TicketApproval") == []
    assert needy.get("/TicketApproval", ticket_id=project) == [
        row for row in Tenant().get("/TicketApproval") if row["ticket_id"] == project
    ]


def test_lookup_ids_repeat_across_lookups() -> None:
    tenant = Tenant()
    ids = [{row["id"] for row in tenant.get("/Lookup", lookupid=number)} for number in (17, 33, 34, 39, 57)]
    assert all(1 in found for found in ids)
    assert tenant.get("/Lookup", lookupid=4711) == []
