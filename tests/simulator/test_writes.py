"""POST and DELETE as HaloPSA does them: upserts, replies, what is ignored, what is refused (section 2.1 of the reference)."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from handoff_pipeline.simulator import Fault, Quirks
from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.access import WRITER_CLIENT_ID, WRITER_CLIENT_SECRET
from tests.simulator.tenant import Tenant, demo_world

DEAL = demo_world().deals[0].deal_id
PROJECT = next(project.project_id for project in demo_world().projects if len(project.milestones) > 1)


class Writer(Tenant):
    """The tenant, asked by the writer's application."""

    def __init__(self, quirks: Quirks | None = None, scope: str = "edit:tickets edit:projects edit:quotes read:sos admin") -> None:
        super().__init__(quirks or Quirks(rate_limit=False), scope)

    def send(self, path: str, body: Any, method: str = "POST", **params: str) -> httpx.Response:
        """Write and give the response as it is."""
        if not self.token:
            self.token = self.sign_in(client_id=WRITER_CLIENT_ID, client_secret=WRITER_CLIENT_SECRET).json()["access_token"]
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.request(method, f"/api{path}", params=params, content=orjson.dumps(body), headers=headers)


@pytest.mark.fact("H019", "H021", "H027")
@pytest.mark.parametrize("ids", [{}, {"id": 0}])
def test_an_object_without_an_id_is_made_each_time_it_is_sent(ids: dict[str, int]) -> None:
    writer = Writer()
    answers = [writer.send("/Tickets", [{"summary": "Twice", **ids}]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 2


@pytest.mark.fact("H020", "H027")
def test_an_object_with_an_id_changes_the_fields_that_were_sent_alone() -> None:
    writer = Writer()
    before = writer.get(f"/Tickets/{DEAL}")
    assert writer.send("/Opportunities", [{"id": DEAL, "summary": "Another name"}]).status_code == 201
    after = writer.get(f"/Tickets/{DEAL}")
    changed = {key for key in before if before[key] != after.get(key)}
    assert changed == {"summary", "last_update", "lastactiondate"}


@pytest.mark.fact("H022")
def test_a_bare_object_is_tolerated() -> None:
    assert Writer().send("/Tickets", {"summary": "Bare"}).status_code == 201


def test_with_the_switch_off_a_bare_object_is_refused() -> None:
    assert Writer(Quirks(bare_object_post=False)).send("/Tickets", {"summary": "Bare"}).status_code == 400


@pytest.mark.fact("H023")
def test_of_several_objects_the_last_one_comes_back() -> None:
    assert Writer().send("/Tickets", [{"summary": "First"}, {"summary": "Last"}]).json()["summary"] == "Last"


@pytest.mark.fact("H024")
def test_with_returnall_every_object_comes_back() -> None:
    answer = Writer().send("/Tickets", [{"summary": "First"}, {"summary": "Last"}], returnall="true")
    assert [row["summary"] for row in answer.json()] == ["First", "Last"]


@pytest.mark.fact("H026")
def test_the_reply_has_the_shape_of_the_switch() -> None:
    one = [{"summary": "One"}]
    answers = {shape: Writer(Quirks(post_reply=shape)).send("/Tickets", one).json() for shape in ("object", "array", "envelope")}
    assert answers["object"]["summary"] == answers["array"][0]["summary"] == answers["envelope"]["tickets"][0]["summary"] == "One"


@pytest.mark.fact("H077", "H078")
def test_the_reply_spells_some_fields_otherwise() -> None:
    row = Writer().send("/Tickets", [{"summary": "Spelt", "category_1": "Sales"}]).json()
    assert {"lastupdate", "category1"} <= row.keys()
    assert not {"last_update", "category_1"} & row.keys()


def test_with_the_switch_off_the_reply_is_spelt_as_get_spells_it() -> None:
    assert "last_update" in Writer(Quirks(post_reply_spelling=False)).send("/Tickets", [{"summary": "Spelt"}]).json()


@pytest.mark.fact("H029")
def test_a_milestone_id_is_taken_with_201_and_ignored() -> None:
    writer = Writer()
    before = writer.get(f"/Tickets/{PROJECT}")
    assert writer.send("/Projects", [{"id": PROJECT, "milestone_id": 5001}]).status_code == 201
    assert writer.get(f"/Tickets/{PROJECT}").get("milestone_id") == before.get("milestone_id")


def test_an_unknown_field_is_ignored() -> None:
    writer = Writer()
    assert writer.send("/Tickets", [{"id": DEAL, "sumary": "Misspelt"}]).status_code == 201
    assert "sumary" not in writer.get(f"/Tickets/{DEAL}")


def test_with_the_switch_off_an_unknown_field_is_refused() -> None:
    assert Writer(Quirks(unknown_fields_ignored=False)).send("/Tickets", [{"id": DEAL, "sumary": "x"}]).status_code == 400


@pytest.mark.fact("H030")
def test_milestones_that_are_left_out_are_deleted() -> None:
    writer = Writer()
    kept = writer.get(f"/Tickets/{PROJECT}")["milestones"][0]
    writer.send("/Projects", [{"id": PROJECT, "milestones": [kept]}])
    assert [stone["id"] for stone in writer.get(f"/Tickets/{PROJECT}")["milestones"]] == [kept["id"]]
    assert [stone["id"] for stone in writer.rows("/Milestone") if stone["ticket_id"] == PROJECT] == [kept["id"]]


@pytest.mark.fact("H031")
def test_a_field_left_off_a_milestone_is_blanked() -> None:
    writer = Writer()
    kept = writer.get(f"/Tickets/{PROJECT}")["milestones"][0]
    writer.send("/Projects", [{"id": PROJECT, "milestones": [{"id": kept["id"], "name": "Only a name"}]}])
    stone = writer.get(f"/Tickets/{PROJECT}")["milestones"][0]
    assert "target_date" in kept
    assert "target_date" not in stone


@pytest.mark.parametrize(("replaced", "left"), [(True, 1), (False, 2)])
def test_budgets_are_replaced_or_joined_as_the_switch_says(replaced: bool, left: int) -> None:
    writer = Writer(Quirks(budgets_replaced_whole=replaced))
    made = writer.send("/Projects", [{"summary": "P", "budgets": [{"hours": 8.0}]}]).json()["id"]
    writer.send("/Projects", [{"id": made, "budgets": [{"hours": 4.0}]}])
    assert len(writer.get(f"/Tickets/{made}")["budgets"]) == left


@pytest.mark.fact("H054")
def test_an_action_without_an_outcome_is_refused() -> None:
    answer = Writer().send("/Actions", [{"ticket_id": DEAL, "note": "Done"}])
    assert answer.status_code == 400
    assert "outcome must be entered" in answer.json()["error"]


@pytest.mark.fact("H053")
def test_a_made_action_has_a_number_within_its_ticket() -> None:
    writer = Writer()
    made = [writer.send("/Actions", [{"ticket_id": t, "outcome": "Note", "note": "x"}]).json() for t in (DEAL, PROJECT)]
    assert made[0]["id"] == made[1]["id"]


def test_an_action_can_move_the_ticket_s_status() -> None:
    writer = Writer()
    writer.send("/Actions", [{"ticket_id": DEAL, "outcome": "Lost", "new_status": cfg.STATUS_LOST}])
    assert writer.get(f"/Tickets/{DEAL}")["status_id"] == cfg.STATUS_LOST


@pytest.mark.fact("H063")
def test_a_quick_time_entry_is_an_action_on_its_ticket() -> None:
    writer = Writer(scope="edit:timesheets read:tickets")
    entry = {"ticket_id": DEAL, "agent_id": 6, "start_date": "2026-09-27T09:00:00", "end_date": "2026-09-27T10:30:00", "note": "On site"}
    assert writer.send("/TimesheetEvent", [entry]).status_code == 201
    actions = writer.get("/Actions", ticket_id=DEAL, timeentriesonly="true")["actions"]
    assert ("On site", 1.5) in {(action["note"], action["timetaken"]) for action in actions}


@pytest.mark.fact("H095")
@pytest.mark.parametrize("shape", ["error", "message", "dotnet", "result", "one_key", "string", "text", "empty"])
def test_a_missing_mandatory_field_is_refused_in_every_shape(shape: str) -> None:
    answer = Writer(Quirks(validation_body=shape)).send("/Tickets", [{"details": "No summary"}])  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert ("Please enter a value for summary" in answer.text) == (shape != "empty")


@pytest.mark.parametrize(("does", "status"), [("not_found", 404), ("bad_request", 400), ("creates", 201)])
def test_an_unknown_id_is_refused_or_made_as_the_switch_says(does: str, status: int) -> None:
    writer = Writer(Quirks(unknown_id_write=does))  # type: ignore[arg-type]
    assert writer.send("/Tickets", [{"id": 77_000_001, "summary": "Unknown"}]).status_code == status


def test_a_refused_array_changes_nothing() -> None:
    writer = Writer()
    assert writer.send("/Tickets", [{"summary": "Good"}, {"details": "bad"}]).status_code == 400
    assert writer.sim.writes == []


@pytest.mark.parametrize("body", [[], "text", [1], None])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    assert Writer().send("/Tickets", body).status_code == 400


@pytest.mark.parametrize("scope", ["read:tickets", "edit:projects", "read:tickets admin"])
def test_without_the_scope_to_edit_nothing_is_written(scope: str) -> None:
    writer = Writer(scope=scope)
    answer = writer.send("/Tickets", [{"summary": "Not mine"}])
    assert (answer.status_code, answer.content, writer.sim.writes) == (403, b"", [])


def test_the_scope_to_edit_reads_as_well() -> None:
    assert Writer(scope="edit:tickets").get(f"/Tickets/{DEAL}")["id"] == DEAL


def test_a_custom_field_is_made_once() -> None:
    writer = Writer()
    field = {"name": "CFHandoffOwner", "label": "Handoff owner", "type": 0}
    assert [writer.send("/FieldInfo", [field]).status_code for _ in range(2)] == [201, 400]
    assert [row["label"] for row in writer.get("/FieldInfo", typeid=1) if row["name"] == "CFHandoffOwner"] == ["Handoff owner"]


def test_a_custom_field_needs_the_scope_of_the_switch() -> None:
    quirks = Quirks(field_setup_scope="edit:items")
    field = [{"name": "CFX", "label": "X"}]
    assert Writer(quirks, "admin").send("/FieldInfo", field).status_code == 403
    assert Writer(quirks, "edit:items").send("/FieldInfo", field).status_code == 201


@pytest.mark.parametrize(("shape", "status", "empty"), [("object_200", 200, False), ("empty_200", 200, True), ("empty_204", 204, True)])
def test_a_deletion_answers_as_the_switch_says(shape: str, status: int, empty: bool) -> None:
    writer = Writer(Quirks(delete_reply=shape))  # type: ignore[arg-type]
    answer = writer.send(f"/Tickets/{DEAL}", None, "DELETE", reason="duplicate")
    assert (answer.status_code, answer.content == b"") == (status, empty)
    assert writer.ask(f"/Tickets/{DEAL}").status_code == 404


def test_an_approval_is_deleted_by_ticket_and_number() -> None:
    writer = Writer()
    first = writer.get("/TicketApproval")[0]
    assert writer.send(f"/TicketApproval/{first['ticket_id']}&{first['seq']}", None, "DELETE").status_code == 200
    assert first not in writer.get("/TicketApproval", ticket_id=first["ticket_id"])


def test_what_does_not_exist_cannot_be_deleted() -> None:
    assert Writer().send("/Tickets/99999999", None, "DELETE").status_code == 404


def _open_quotation(writer: Writer) -> dict[str, Any]:
    rows: list[dict[str, Any]] = writer.rows("/Quotation")
    return next(row for row in rows if row["status"] == cfg.QUOTE_SENT)


def test_an_accepted_quotation_has_its_status_and_moment_and_nothing_else_follows() -> None:
    writer = Writer()
    quotation = _open_quotation(writer)
    assert writer.send("/Quotation/Approval", {"id": quotation["id"], "result": True}).status_code == 201
    after = writer.get(f"/Quotation/{quotation['id']}")
    assert (after["status"], after["approvaldatetime"]) == (cfg.QUOTE_ACCEPTED, "2026-09-28T01:30:00")
    assert {edit.resource for edit in writer.sim.writes} == {"quotations"}


def test_an_acceptance_makes_the_order_and_moves_the_opportunity_where_the_tenant_says_so() -> None:
    writer = Writer(Quirks(acceptance_creates_order=True, acceptance_status_id=cfg.STATUS_WON))
    quotation = _open_quotation(writer)
    writer.send("/Quotation/Approval", {"id": quotation["id"], "result": True})
    order_id = writer.get(f"/Quotation/{quotation['id']}")["salesorder_id"]
    order = writer.get(f"/SalesOrder/{order_id}")
    assert (order["quotation_id"], order["ticket_id"]) == (quotation["id"], quotation["ticket_id"])
    assert writer.get(f"/Tickets/{quotation['ticket_id']}")["oppconverteddate"] == "2026-09-28T01:30:00"


def test_a_create_that_answers_500_may_have_been_applied() -> None:
    writer = Writer(Quirks(faults=(Fault("POST /Tickets", 1, "applied_500"),)))
    assert writer.send("/Tickets", [{"summary": "Made after all"}]).status_code == 500
    assert "Made after all" in {row["summary"] for row in writer.rows("/Tickets")}


def test_a_create_that_answers_500_may_not_have_been_applied() -> None:
    writer = Writer(Quirks(faults=(Fault("POST /Tickets", 1, "server_error_500"),)))
    assert writer.send("/Tickets", [{"summary": "Never made"}]).status_code == 500
    assert writer.sim.writes == []


def test_a_201_with_a_warning_did_nothing() -> None:
    writer = Writer(Quirks(faults=(Fault("POST /Tickets", 1, "warning_201"),)))
    answer = writer.send("/Tickets", [{"id": DEAL, "summary": "Needs a word"}])
    assert (answer.status_code, "_warning" in answer.json(), writer.sim.writes) == (201, True, [])


@pytest.mark.fact("H103")
def test_two_tickets_made_at_the_same_moment_collide() -> None:
    writer = Writer(Quirks(creates_collide_seconds=1))
    assert [writer.send("/Tickets", [{"summary": "Me first"}]).status_code for _ in range(2)] == [201, 500]
    writer.seconds.at += 2
    assert writer.send("/Tickets", [{"summary": "Later"}]).status_code == 201


def test_the_log_has_the_method_and_what_was_sent() -> None:
    writer = Writer()
    writer.send("/Tickets", [{"summary": "Logged"}])
    last = writer.sim.requests[-1]
    assert (last.method, last.endpoint, last.body) == ("POST", "/Tickets", [{"summary": "Logged"}])
    assert last.body_bytes == len(orjson.dumps(last.body))


def test_the_log_of_writes_says_what_changed() -> None:
    writer = Writer()
    writer.sim.edits.change("tickets", DEAL, {"summary": "By hand"})
    writer.send("/Tickets", [{"id": DEAL, "summary": "By HTTP"}])
    assert [(edit.resource, edit.key, edit.kind, edit.fields["summary"]) for edit in writer.sim.writes] == [
        ("tickets", (DEAL,), "change", "By HTTP")
    ]


def test_the_sign_in_s_form_is_not_in_the_log() -> None:
    writer = Writer()
    writer.send("/Tickets", [{"summary": "x"}])
    assert WRITER_CLIENT_SECRET not in repr(writer.sim.requests)
