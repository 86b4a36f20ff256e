"""Facts of writing: upserts of arrays, what is ignored, what is replaced, and in which words it is answered (sections 2.1, 2.4, 3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from handoff_pipeline.simulator import Quirks
from tests.simulator.tenant import Tenant


def _post(tenant: Tenant, path: str, body: Any, **params: str) -> httpx.Response:
    tenant.ask("/Status")
    return tenant.http.post(f"/api{path}", json=body, params=params, headers={"Authorization": f"Bearer {tenant.token}"})


def _opportunity(tenant: Tenant) -> dict[str, Any]:
    number = tenant.rows("/Opportunities")[0]["id"]
    found: dict[str, Any] = tenant.get(f"/Tickets/{number}")
    return found


def _project_with_milestones(tenant: Tenant) -> tuple[int, list[dict[str, Any]]]:
    number = next(row["ticket_id"] for row in tenant.rows("/Milestone") if row["ticket_id"] > 0 and row["sequence"] == 2)
    return number, tenant.get(f"/Tickets/{number}")["milestones"]


@pytest.mark.fact("H019", "H020")
def test_an_object_with_an_id_changes_what_was_sent_and_nothing_else() -> None:
    tenant = Tenant()
    before = _opportunity(tenant)
    _post(tenant, "/Tickets", [{"id": before["id"], "summary": "Another title"}])
    after = tenant.get(f"/Tickets/{before['id']}")
    assert {name for name in before if before[name] != after[name]} == {"summary", "last_update", "lastactiondate"}


@pytest.mark.fact("H021")
@pytest.mark.parametrize("absent", [{}, {"id": 0}])
def test_an_object_without_an_id_is_made_again_each_time(absent: dict[str, int]) -> None:
    tenant = Tenant()
    made = [_post(tenant, "/Opportunities", [{**absent, "summary": "Twice"}]).json()["id"] for _ in range(2)]
    assert len(set(made)) == 2


@pytest.mark.fact("H103")
def test_two_creates_at_the_same_moment_may_collide() -> None:
    tenant = Tenant(Quirks(creates_collide_seconds=2))
    first, second = (_post(tenant, "/Opportunities", [{"summary": "x"}]).status_code for _ in range(2))
    tenant.seconds.at = 2.0
    assert (first, second, _post(tenant, "/Opportunities", [{"summary": "x"}]).status_code) == (201, 500, 201)


@pytest.mark.fact("H022")
def test_a_bare_object_is_taken_as_well() -> None:
    assert _post(Tenant(), "/Opportunities", {"summary": "Bare"}).status_code == 201


@pytest.mark.fact("H023", "H024")
def test_the_last_object_is_answered_unless_all_are_asked_for() -> None:
    tenant, objects = Tenant(), [{"summary": "First"}, {"summary": "Last"}]
    assert _post(tenant, "/Opportunities", objects).json()["summary"] == "Last"
    assert [row["summary"] for row in _post(tenant, "/Opportunities", objects, returnall="true").json()] == ["First", "Last"]


@pytest.mark.fact("H026")
def test_a_post_is_answered_in_three_shapes() -> None:
    bare, array, wrapped = (
        _post(Tenant(Quirks(post_reply=shape)), "/Opportunities", [{"summary": "x"}]).json() for shape in ("object", "array", "envelope")
    )
    assert bare["summary"] == array[0]["summary"] == wrapped["tickets"][0]["summary"] == "x"


@pytest.mark.fact("H027")
def test_a_change_is_answered_201_like_a_create() -> None:
    tenant = Tenant()
    number = _post(tenant, "/Opportunities", [{"summary": "x"}]).json()["id"]
    assert _post(tenant, "/Opportunities", [{"id": number, "summary": "y"}]).status_code == 201


@pytest.mark.fact("H029")
def test_a_milestone_on_a_ticket_is_ignored_in_silence() -> None:
    tenant = Tenant()
    before = _opportunity(tenant)
    assert _post(tenant, "/Tickets", [{"id": before["id"], "milestone_id": 3}]).status_code == 201
    assert tenant.get(f"/Tickets/{before['id']}").get("milestone_id") == before.get("milestone_id")


@pytest.mark.fact("H030")
def test_a_milestone_that_is_left_out_is_deleted() -> None:
    tenant = Tenant()
    number, stones = _project_with_milestones(tenant)
    _post(tenant, "/Projects", [{"id": number, "milestones": stones[:1]}])
    assert [stone["id"] for stone in tenant.get(f"/Tickets/{number}")["milestones"]] == [stones[0]["id"]]
    assert stones[1]["id"] not in {row["id"] for row in tenant.rows("/Milestone")}


@pytest.mark.fact("H031")
def test_a_field_that_is_left_off_a_milestone_is_blanked() -> None:
    tenant = Tenant()
    number, stones = _project_with_milestones(tenant)
    _post(tenant, "/Projects", [{"id": number, "milestones": [{"id": stones[0]["id"], "name": "Only a name"}]}])
    stone = tenant.get(f"/Tickets/{number}")["milestones"][0]
    assert (stone["name"], stone.get("target_date")) == ("Only a name", None)
    assert stones[0]["target_date"]


@pytest.mark.fact("H081", "H082")
def test_only_the_writable_half_of_a_milestones_links_is_taken() -> None:
    tenant = Tenant()
    number, stones = _project_with_milestones(tenant)
    ignored = {"tickets": [{"ticket_id": 4711}], "dependencies": [{"parent": 4711}]}
    written = {"tickets_list": [{"id": number}], "milestone_dependencies": [{"id": stones[1]["id"]}]}
    _post(tenant, "/Projects", [{"id": number, "milestones": [{**stones[0], **ignored, **written}, stones[1]]}])
    stone = tenant.get(f"/Tickets/{number}")["milestones"][0]
    assert [row["ticket_id"] for row in stone["tickets"]] == [number]
    assert [row["parent"] for row in stone["dependencies"]] == [stones[1]["id"]]


@pytest.mark.fact("H083", "H084")
def test_any_ticket_may_sit_in_any_number_of_milestones() -> None:
    tenant = Tenant()
    number, stones = _project_with_milestones(tenant)
    stranger = tenant.rows("/Opportunities")[0]["id"]
    _post(tenant, "/Projects", [{"id": number, "milestones": [{**stone, "tickets_list": [{"id": stranger}]} for stone in stones]}])
    listed = [row for row in tenant.rows("/Milestone") if row["ticket_id"] == number]
    assert [[ticket["ticket_id"] for ticket in row["tickets"]] for row in listed] == [[stranger]] * len(stones)


@pytest.mark.fact("H040")
def test_a_project_can_be_written_through_tickets() -> None:
    tenant = Tenant()
    number = next(row["id"] for row in tenant.rows("/Projects") if row["itil_requesttype_id"] == 22)
    _post(tenant, "/Tickets", [{"id": number, "summary": "Renamed"}])
    assert tenant.get(f"/Projects/{number}")["summary"] == "Renamed"


@pytest.mark.fact("H054")
def test_an_action_needs_an_outcome() -> None:
    tenant = Tenant()
    number = tenant.rows("/Opportunities")[0]["id"]
    refused = _post(tenant, "/Actions", [{"ticket_id": number, "note": "Called"}])
    assert (refused.status_code, "outcome must be entered" in refused.text) == (400, True)
    assert _post(tenant, "/Actions", [{"ticket_id": number, "note": "Called", "outcome": "Call"}]).status_code == 201


@pytest.mark.fact("H063")
def test_a_quick_time_entry_makes_an_action() -> None:
    tenant = Tenant()
    number = tenant.rows("/Opportunities")[0]["id"]
    entry = {"ticket_id": number, "agent_id": 12, "start_date": "2026-09-25T09:00:00", "end_date": "2026-09-25T10:30:00", "note": "Call"}
    assert _post(tenant, "/TimesheetEvent", [entry]).status_code == 201
    actions = tenant.get("/Actions", ticket_id=number, timeentriesonly="true")["actions"]
    assert (1.5, 12) in {(row["timetaken"], row["who_agentid"]) for row in actions}


def test_a_quick_time_entry_without_a_ticket_is_refused() -> None:
    entry = {"start_date": "2026-09-25T09:00:00", "end_date": "2026-09-25T10:30:00"}
    assert _post(Tenant(), "/TimesheetEvent", [entry]).status_code == 400


@pytest.mark.fact("H077", "H078")
def test_the_reply_to_a_post_spells_fields_in_its_own_way() -> None:
    tenant = Tenant()
    made = _post(tenant, "/Opportunities", [{"summary": "x"}]).json()
    assert {"lastupdate", "category1"} <= made.keys()
    assert {"last_update", "category_1"} <= tenant.get(f"/Tickets/{made['id']}").keys()
