"""A whole pull: what is asked for, what comes back, and how one entity's trouble stays its own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import orjson
import pytest

from handoff_pipeline.halo import ENTITIES
from tests.halo.fake import NOW, FakeHalo, InstantClock, answer, landed_ids, plan, pull_from, tickets


def test_every_entity_is_reported(tmp_path: Path) -> None:
    report = pull_from(FakeHalo(), tmp_path)
    assert tuple(report.entities) == tuple(name for name, entity in ENTITIES.items() if entity.reading != "report")
    assert {entity.state for entity in report.entities.values()} == {"complete"}
    assert report.requests == sum(report.requests_by_endpoint.values())
    assert report.requests_by_endpoint["/auth/token"] == 1
    assert all(entity.cursor_utc == NOW for entity in report.entities.values())


@pytest.mark.fact("H015")
def test_an_entity_that_is_not_permitted_names_the_scope_and_stops_nobody(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Quotation": lambda _: httpx.Response(403)})
    report = pull_from(halo, tmp_path, a_plan=plan(cursors={"quotation": NOW - timedelta(days=9)}))
    quotation = report.entities["quotation"]
    assert (quotation.state, quotation.files) == ("not_permitted", ())
    assert "read:quotes" in str(quotation.detail)
    assert quotation.cursor_utc == NOW - timedelta(days=9)
    assert {name for name, entity in report.entities.items() if entity.state != "complete"} == {"quotation"}
    assert len(halo.to("/api/Quotation")) == 1


def test_an_endpoint_that_this_version_lacks_degrades_an_optional_entity_and_not_a_required_one(tmp_path: Path) -> None:
    lacking = {path: lambda _: httpx.Response(404) for path in ("/api/Milestone", "/api/Quotation")}
    report = pull_from(FakeHalo(handlers=lacking), tmp_path)
    assert report.entities["milestone"].state == "not_permitted"
    assert "this HaloPSA does not offer it: /Milestone answered 404" in str(report.entities["milestone"].detail)
    assert report.entities["quotation"].state == "incomplete"
    assert report.lacking == ("quotation",)


@pytest.mark.fact("H064")
def test_new_lists_are_asked_for_with_what_they_hide_by_default(tmp_path: Path) -> None:
    halo = FakeHalo()
    pull_from(halo, tmp_path)
    assert halo.to("/api/ClientContract")[0].url.params["includeinactive"] == "true"
    assert halo.to("/api/Invoice")[0].url.params["includelines"] == "true"
    assert halo.to("/api/Site")[0].url.params["includeinactive"] == "true"


@pytest.mark.fact("H062")
def test_timesheets_are_told_apart_by_agent_and_day_and_never_taken_for_deleted(tmp_path: Path) -> None:
    rows = [{"id": 0, "agent_id": agent, "date": f"2026-10-0{day}T00:00:00"} for agent in (4, 5) for day in (1, 2, 3)]
    timesheet = pull_from(FakeHalo(handlers={"/api/Timesheet": lambda _: answer(rows)}), tmp_path).entities["timesheet"]
    assert (timesheet.state, timesheet.rows_seen, timesheet.is_full) == ("complete", 6, False)


@pytest.mark.fact("H039")
@pytest.mark.fact("H060")
def test_milestones_of_templates_with_negative_tickets_are_kept(tmp_path: Path) -> None:
    rows = [{"id": 1, "ticket_id": 5}, {"id": 2, "ticket_id": -7}]
    milestone = pull_from(FakeHalo(handlers={"/api/Milestone": lambda _: answer({"data": rows})}), tmp_path).entities["milestone"]
    assert (milestone.state, milestone.rows_seen, milestone.rows_expected) == ("complete", 2, None)


def test_the_fewest_possible_requests_are_told_of_every_entity(tmp_path: Path) -> None:
    halo = _orders(FakeHalo(cap=30, lists={"/api/Projects": ("tickets", tickets(1, 250))}))
    report = pull_from(halo, tmp_path)
    least = {name: entity.requests_minimum for name, entity in report.entities.items()}
    assert (least["project"], least["sales_order"], least["lookup"], least["action"], least["ticket_detail"]) == (3, 5, 4, 1, 0)
    assert all(number is not None and number <= report.entities[name].requests for name, number in least.items())


def test_an_earlier_runs_leftovers_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "opportunity"
    folder.mkdir(parents=True)
    (folder / "00009.json").write_text("[]")
    (folder / "00010.tmp").write_text("[")
    pull_from(FakeHalo(), tmp_path)
    assert list(folder.iterdir()) == []


def test_the_checkpoint_is_reached_after_each_file(tmp_path: Path) -> None:
    reached: list[str] = []
    report = pull_from(FakeHalo(lists={"/api/Projects": ("tickets", tickets(1, 250))}), tmp_path, checkpoint=reached.append)
    files = sum(len(entity.files) for entity in report.entities.values())
    assert reached == ["pull.page"] * files
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.fact("H043", "H044")
def test_only_changes_are_asked_for_where_the_endpoint_can(tmp_path: Path) -> None:
    halo = FakeHalo()
    cursors = dict.fromkeys(ENTITIES, NOW - timedelta(days=1))
    report = pull_from(halo, tmp_path, a_plan=plan(cursors=cursors), overlap_minutes=10)
    for path, entity in (
        ("/api/Opportunities", "opportunity"),
        ("/api/Projects", "project"),
        ("/api/Tickets", "change_request"),
        ("/api/Client", "client"),
    ):
        (request,) = halo.to(path)
        assert request.url.params["lastupdatefromdate"] == "2026-11-01T01:50:00.000000Z"
        assert not report.entities[entity].is_full
    for path, entity in (("/api/Quotation", "quotation"), ("/api/Agent", "agent"), ("/api/Appointment", "appointment")):
        assert all("lastupdatefromdate" not in request.url.params for request in halo.to(path))
        assert report.entities[entity].is_full


def test_a_cursor_in_the_future_is_not_trusted(tmp_path: Path) -> None:
    halo = FakeHalo()
    pull_from(halo, tmp_path, a_plan=plan(cursors={"client": NOW + timedelta(days=400)}), overlap_minutes=0)
    assert halo.to("/api/Client")[0].url.params["lastupdatefromdate"] == "2026-11-02T02:00:00.000000Z"


@pytest.mark.fact("H047")
def test_custom_fields_are_asked_for_by_id(tmp_path: Path) -> None:
    halo = FakeHalo()
    pull_from(halo, tmp_path, a_plan=plan(custom_field_names=frozenset({"CFDealType"})))
    everything = FakeHalo()
    pull_from(everything, tmp_path)
    for path in ("/api/Opportunities", "/api/Projects", "/api/Tickets"):
        assert halo.to(path)[0].url.params["include_custom_fields"] == "7"
        assert everything.to(path)[0].url.params["include_custom_fields"] == "7,9"
    assert "include_custom_fields" not in halo.to("/api/Quotation")[0].url.params


def test_a_custom_field_that_the_tenant_lacks_is_named(tmp_path: Path) -> None:
    report = pull_from(FakeHalo(), tmp_path, a_plan=plan(custom_field_names=frozenset({"CFDealType", "CFGone"})))
    assert report.entities["project"].state == "complete"
    assert report.entities["project"].detail == "no custom field named 'CFGone'"


def test_without_the_field_definitions_no_ticket_list_is_read(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/FieldInfo": lambda _: httpx.Response(403)})
    report = pull_from(halo, tmp_path)
    assert report.entities["field_info"].state == "not_permitted"
    for name in ("opportunity", "project", "change_request"):
        assert report.entities[name].state == "incomplete"
        assert "depends on field_info" in str(report.entities[name].detail)
    assert halo.to("/api/Opportunities") == []


def test_change_requests_are_asked_for_by_the_types_that_the_policy_names(tmp_path: Path) -> None:
    halo = FakeHalo()
    pull_from(halo, tmp_path, a_plan=plan(change_type_names=frozenset({"project change request "})))
    assert halo.to("/api/Tickets")[0].url.params["requesttype"] == "24"


def test_a_change_type_that_the_tenant_lacks_is_incomplete_and_not_empty(tmp_path: Path) -> None:
    halo = FakeHalo()
    report = pull_from(halo, tmp_path, a_plan=plan(change_type_names=frozenset({"Variation"})))
    assert report.entities["change_request"].state == "incomplete"
    assert "'Variation'" in str(report.entities["change_request"].detail)
    assert halo.to("/api/Tickets") == []


def test_no_change_type_in_the_policy_asks_for_no_ticket_and_deletes_none(tmp_path: Path) -> None:
    halo = FakeHalo()
    change = pull_from(halo, tmp_path, a_plan=plan(change_type_names=frozenset())).entities["change_request"]
    assert (change.state, change.rows_seen, change.is_full) == ("complete", 0, False)
    assert halo.to("/api/Tickets") == []


def _orders(halo: FakeHalo) -> FakeHalo:
    listed = [{"id": number, "last_update_time": f"2026-10-0{number}T10:00:00"} for number in (1, 2, 3)]
    halo.lists["/api/SalesOrder"] = ("salesorders", [*listed, {"id": 4}])
    for number in (1, 2, 3, 4):
        halo.handlers[f"/api/SalesOrder/{number}"] = lambda request: answer({"id": int(request.url.path.rpartition("/")[2]), "lines": []})
    return halo


def test_each_sales_order_is_read_singly_the_first_time(tmp_path: Path) -> None:
    report = pull_from(_orders(FakeHalo()), tmp_path)
    order = report.entities["sales_order"]
    assert (order.rows_seen, order.rows_expected, order.is_full, order.requests) == (4, 4, True, 5)
    assert [(file.path.name, file.shape) for file in order.files] == [(f"0000{number}.json", "object") for number in (1, 2, 3, 4)]
    assert report.requests_by_endpoint["/SalesOrder/{id}"] == 4


def test_only_new_and_changed_sales_orders_are_read_again(tmp_path: Path) -> None:
    known = {1: "2026-10-01T10:00:00", 2: "2026-09-01T10:00:00", 4: "2026-10-04T10:00:00"}
    report = pull_from(_orders(FakeHalo()), tmp_path, a_plan=plan(known_orders=known))
    order = report.entities["sales_order"]
    assert landed_ids(report, "sales_order") == [2, 3, 4]
    assert (order.rows_seen, order.rows_expected, order.is_full) == (3, 3, False)


def test_the_list_of_sales_orders_tells_every_night_which_are_there(tmp_path: Path) -> None:
    """A deleted order would live on for ever: on most nights no order is read singly, so that the rows alone tell nothing of absence."""
    known = {1: "2026-01-01T00:00:00", 2: "2026-01-01T00:00:00", 3: "2026-01-01T00:00:00", 5: "gone"}
    order = pull_from(_orders(FakeHalo()), tmp_path, a_plan=plan(known_orders=known)).entities["sales_order"]
    assert order.present is not None
    assert orjson.loads(order.present.read_bytes()) == [1, 2, 3, 4]


@pytest.mark.parametrize("reply", [httpx.Response(404), answer({"id": 77}), answer([])])
def test_a_listed_order_that_cannot_be_read_makes_the_orders_incomplete(tmp_path: Path, reply: httpx.Response) -> None:
    halo = _orders(FakeHalo())
    halo.handlers["/api/SalesOrder/3"] = lambda _: httpx.Response(reply.status_code, content=reply.content, headers=reply.headers)
    order = pull_from(halo, tmp_path).entities["sales_order"]
    assert (order.state, order.files) == ("incomplete", ())
    assert "3" in str(order.detail)


def test_lookups_are_kept_apart_by_their_lookupid(tmp_path: Path) -> None:
    report = pull_from(FakeHalo(), tmp_path)
    assert [file.path.name for file in report.entities["lookup"].files] == [f"{number}-00001.json" for number in (17, 34, 39, 57)]
    assert report.entities["lookup"].rows_seen == 4


def _cut_at(rows: list[dict[str, object]], cut: int, *, counted: bool):
    """A list that is cut when it is not paged, and says that it is whole (H: conduit)."""

    def reply(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        start = (int(query["page_no"]) - 1) * int(query["page_size"]) if "page_no" in query else 0
        page = rows[start : start + cut]
        return answer({"approvals": page, "record_count": cut} if counted else page)

    return reply


@pytest.mark.fact("H033")
@pytest.mark.parametrize("counted", [True, False])
def test_a_bare_list_that_was_cut_at_a_known_size_is_read_on(tmp_path: Path, counted: bool) -> None:
    rows: list[dict[str, object]] = [{"id": number, "ticket_id": number, "seq": 1} for number in range(1, 131)]
    halo = FakeHalo(handlers={"/api/TicketApproval": _cut_at(rows, 50, counted=counted)})
    report = pull_from(halo, tmp_path)
    assert landed_ids(report, "approval") == list(range(1, 131))
    assert report.entities["approval"].rows_seen == 130


def test_a_bare_list_of_exactly_50_is_told_from_a_cut_one(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Status": lambda _: answer(tickets(1, 50, name="status"))})
    report = pull_from(halo, tmp_path)
    assert landed_ids(report, "status") == list(range(1, 51))
    assert len(halo.to("/api/Status")) == 2


def test_a_bare_list_that_says_there_is_more_is_paged(tmp_path: Path) -> None:
    rows = [{"id": number, "ticket_id": number, "seq": 1} for number in range(1, 131)]

    def reply(request: httpx.Request) -> httpx.Response:
        if "page_no" in request.url.params:
            return halo.page(request, "approvals", rows)
        return answer({"approvals": rows[:60], "record_count": 130})

    halo = FakeHalo(handlers={"/api/TicketApproval": reply})
    report = pull_from(halo, tmp_path)
    assert landed_ids(report, "approval") == list(range(1, 131))


def test_approvals_can_be_asked_for_project_by_project(tmp_path: Path) -> None:
    """Also for a project that came only tonight: its sign-off must not be a night late."""
    halo = FakeHalo(handlers={"/api/TicketApproval": lambda request: answer([{"ticket_id": request.url.params["ticket_id"], "seq": 1}])})
    halo.lists["/api/Projects"] = ("tickets", tickets(8, 8))
    a_plan = plan(project_ids=frozenset({3, 7}))
    approval = pull_from(halo, tmp_path, a_plan=a_plan, approvals_mode="per_handoff").entities["approval"]
    assert (approval.rows_seen, approval.is_full, approval.requests) == (3, False, 3)
    assert [file.path.name for file in approval.files] == ["00003-00001.json", "00007-00001.json", "00008-00001.json"]


def test_no_approval_at_all_says_what_it_may_mean(tmp_path: Path) -> None:
    """Landing asks a person where approvals were known (test_that_nothing_at_all_is_left_is_always_a_question)."""
    approval = pull_from(FakeHalo(handlers={"/api/TicketApproval": lambda _: answer([])}), tmp_path).entities["approval"]
    assert approval.is_full
    assert "HANDOFF_APPROVALS_MODE=per_handoff" in str(approval.detail)


@pytest.mark.fact("H038")
@pytest.mark.parametrize("key", ["results", "agents", None])
def test_agents_come_in_any_of_three_envelopes(tmp_path: Path, key: str | None) -> None:
    rows = tickets(1, 3)
    halo = FakeHalo(handlers={"/api/Agent": lambda _: answer(rows if key is None else {key: rows})})
    report = pull_from(halo, tmp_path)
    assert landed_ids(report, "agent") == [1, 2, 3]
    (request,) = halo.to("/api/Agent")
    assert request.url.params["includedetails"] == "true"


def test_a_pull_under_a_small_limit_takes_its_time_and_is_whole(tmp_path: Path) -> None:
    clock = InstantClock()
    halo = FakeHalo(cap=10, lists={"/api/Projects": ("tickets", tickets(1, 300))})
    report = pull_from(halo, tmp_path, clock, requests_per_window=10, window_seconds=60)
    assert landed_ids(report, "project") == list(range(1, 301))
    assert sum(clock.slept) >= (report.requests // 10 - 1) * 60


def test_the_client_sends_nothing_but_gets_and_the_token_request(tmp_path: Path) -> None:
    halo = _orders(FakeHalo())
    pull_from(halo, tmp_path)
    assert {request.method for request in halo.seen if request.url.path != "/auth/token"} == {"GET"}
