"""Edits on top of the truth: what they set, what they move, and how they carry on."""

from __future__ import annotations

import pytest

from handoff_pipeline.simulator import Quirks
from handoff_pipeline.simulator import configuration as cfg
from tests.simulator.tenant import Tenant, demo_world


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(Quirks(appointment_update_gives_new_id=True))


def _deal() -> int:
    return demo_world().deals[0].deal_id


def test_a_made_ticket_has_halopsa_s_defaults_and_its_logging_action(tenant: Tenant) -> None:
    made = tenant.sim.edits.create("tickets", {"summary": "New deal", "tickettype_id": cfg.OPPORTUNITY, "client_id": 11})
    row = tenant.get(f"/Tickets/{made}", includedetails="true")
    assert (row["status_name"], row["dateclosed"], row["itil_requesttype_id"]) == ("Proposal Sent", "1900-01-01T00:00:00", 21)
    assert [action["id"] for action in tenant.get("/Actions", ticket_id=made)["actions"]] == [1]
    assert made in {each["id"] for each in tenant.rows("/Opportunities")}


def test_a_change_moves_the_last_update_of_a_ticket_and_brings_names_with_ids(tenant: Tenant) -> None:
    before = tenant.get(f"/Tickets/{_deal()}")
    tenant.sim.advance(days=0, hours=1)
    tenant.sim.edits.change("tickets", _deal(), {"status_id": cfg.STATUS_LOST})
    after = tenant.get(f"/Tickets/{_deal()}", includedetails="true")
    assert (after["status_id"], after["status_name"]) == (cfg.STATUS_LOST, "Closed Lost")
    assert after["last_update"] > before["last_update"]


def test_a_change_holds_from_its_moment_on(tenant: Tenant) -> None:
    tenant.sim.edits.change("tickets", _deal(), {"summary": "Renamed"})
    tenant.sim.advance(days=30)
    assert tenant.get(f"/Tickets/{_deal()}")["summary"] == "Renamed"
    tenant.sim.advance(days=-31)
    assert tenant.get(f"/Tickets/{_deal()}")["summary"] != "Renamed"


def test_custom_fields_are_merged_by_id_or_name(tenant: Tenant) -> None:
    before = {field["name"]: field.get("value") for field in tenant.get(f"/Tickets/{_deal()}")["customfields"]}
    changes = [{"id": 110, "value": "Large"}, {"name": "CFDependencies", "value": "A new switch"}, {"id": 999, "value": "nowhere"}]
    tenant.sim.edits.change("tickets", _deal(), {"customfields": changes})
    after = {field["name"]: field.get("value") for field in tenant.get(f"/Tickets/{_deal()}")["customfields"]}
    assert after == {**before, "CFOppSize": 3, "CFDependencies": "A new switch"}


def test_a_deleted_ticket_is_gone_with_everything_that_hangs_on_it(tenant: Tenant) -> None:
    project = demo_world().signoffs[0].project_id
    tenant.sim.edits.delete("tickets", project)
    assert tenant.ask(f"/Tickets/{project}").status_code == 404
    assert project not in {row["id"] for row in tenant.rows("/Projects")}
    assert project not in {row["ticket_id"] for row in tenant.get("/TicketApproval")}
    assert tenant.get("/Actions", ticket_id=project)["actions"] == []


def test_a_restored_ticket_is_as_it_was(tenant: Tenant) -> None:
    before = tenant.get(f"/Tickets/{_deal()}")
    tenant.sim.edits.delete("tickets", _deal())
    tenant.sim.edits.restore("tickets", _deal())
    assert tenant.get(f"/Tickets/{_deal()}") == before


def test_an_id_that_is_used_again_is_another_ticket(tenant: Tenant) -> None:
    ticket_id = demo_world().time_entries[0].ticket_id
    tenant.sim.edits.create("actions", {"ticket_id": ticket_id, "timetaken": 2.0})
    tenant.sim.edits.delete("tickets", ticket_id)
    tenant.sim.advance(days=0, hours=1)
    tenant.sim.edits.create("tickets", {"id": ticket_id, "summary": "Another", "tickettype_id": cfg.TASK})
    row = tenant.get(f"/Tickets/{ticket_id}")
    assert (row["summary"], row["timetaken"], row["dateoccurred"]) == ("Another", 0.0, "2026-09-28T02:30:00")
    assert [action["id"] for action in tenant.get("/Actions", ticket_id=ticket_id)["actions"]] == [1]


def test_time_logged_through_an_edit_counts_on_its_ticket(tenant: Tenant) -> None:
    before = tenant.get(f"/Tickets/{_deal()}")
    action = tenant.sim.edits.create("actions", {"ticket_id": _deal(), "timetaken": 1.5, "who_agentid": 6})
    tenant.sim.edits.change("actions", (_deal(), action), {"timetaken": 1.0})
    after = tenant.get(f"/Tickets/{_deal()}")
    assert after["timetaken"] == before["timetaken"] + 1.0
    assert after["last_update"] > before["last_update"]


def test_an_updated_appointment_has_another_id(tenant: Tenant) -> None:
    old = tenant.rows("/Appointment")[0]
    fresh = tenant.sim.edits.change("appointments", old["id"], {"agent_id": 6})
    rows = {row["id"]: row for row in tenant.rows("/Appointment")}
    assert old["id"] not in rows
    assert rows[fresh]["ticket_id"] == old["ticket_id"]


def test_with_the_switch_off_an_updated_appointment_keeps_its_id() -> None:
    tenant = Tenant(Quirks(appointment_update_gives_new_id=False))
    old = tenant.rows("/Appointment")[0]["id"]
    assert tenant.sim.edits.change("appointments", old, {"agent_id": 6}) == old


def test_a_renamed_field_has_its_new_name_on_every_ticket_and_no_ticket_is_updated(tenant: Tenant) -> None:
    before = tenant.get(f"/Tickets/{_deal()}")
    tenant.sim.advance(days=0, hours=1)
    tenant.sim.edits.change("fields", 105, {"name": "CFAssumptions"})
    after = tenant.get(f"/Tickets/{_deal()}")
    assert "CFAssumptions" in {field["name"] for field in after["customfields"]}
    assert after["last_update"] == before["last_update"]


def test_a_removed_field_is_on_no_ticket(tenant: Tenant) -> None:
    tenant.sim.edits.delete("fields", 105)
    assert 105 not in {field["id"] for field in tenant.get(f"/Tickets/{_deal()}")["customfields"]}


def test_a_renamed_status_is_renamed_on_tickets(tenant: Tenant) -> None:
    tenant.sim.edits.change("statuses", cfg.STATUS_WON, {"name": "Won"})
    won = [row for row in tenant.rows("/Opportunities", includestatus="true") if row["status_id"] == cfg.STATUS_WON]
    assert {row["status_name"] for row in won} == {"Won"}


@pytest.mark.parametrize("act", ["change", "delete", "restore"])
def test_what_does_not_exist_cannot_be_edited(tenant: Tenant, act: str) -> None:
    arguments: tuple[object, ...] = ("tickets", 999_999_999, *([{}] if act == "change" else []))
    with pytest.raises(KeyError, match="tickets"):
        getattr(tenant.sim.edits, act)(*arguments)


def test_a_living_key_is_not_made_twice(tenant: Tenant) -> None:
    with pytest.raises(ValueError, match="exists already"):
        tenant.sim.edits.create("tickets", {"id": _deal()})
