"""Details and attachments: one request per record that has changed, none for another, and every answer kept by itself."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from handoff_pipeline.halo.report import PullPlan, PullReport
from tests.halo.fake import NOW, FakeHalo, answer, landed_ids, plan, pull_from
from tests.halo.store import records, row

PROJECT, TASK, CHANGE = 30, 31, 24
MAY, JUNE = "2026-05-01T00:00:00", "2026-06-01T00:00:00"


def _single(request: httpx.Request) -> httpx.Response:
    return answer({"id": int(request.url.path.rpartition("/")[2]), "budgets": []})


def _halo(**handlers: Any) -> FakeHalo:
    """Projects 1 to 3, task 4, change requests 8 and 9."""
    types = [{"id": PROJECT, "name": "Project"}, {"id": TASK, "name": "Project Task"}, {"id": CHANGE, "name": "Project Change Request"}]
    projects = [*records(1, 3, tickettype_id=PROJECT), row(4, tickettype_id=TASK)]
    halo = FakeHalo(lists={"/api/Projects": ("tickets", projects), "/api/Tickets": ("tickets", records(8, 9, tickettype_id=CHANGE))})
    halo.handlers = {"/api/TicketType": lambda _: answer(types)} | {f"/api/Tickets/{number}": _single for number in range(1, 10)} | handlers
    return halo


def _plan(**values: Any) -> PullPlan:
    return plan(project_type_names=frozenset({"Project"}), **values)


OLD_TEXT = str(row(1)["last_update"])


def test_projects_and_change_requests_are_read_singly_and_tasks_are_not(tmp_path: Path) -> None:
    report = pull_from(_halo(), tmp_path, a_plan=_plan())
    detail = report.entities["ticket_detail"]
    assert landed_ids(report, "ticket_detail") == [1, 2, 3, 8, 9]
    assert {file.shape for file in detail.files} == {"object"}
    assert (detail.state, detail.is_full, detail.requests, detail.requests_minimum) == ("complete", False, 5, 5)
    assert detail.asked == dict.fromkeys(["1", "2", "3", "8", "9"], OLD_TEXT)


def test_a_change_request_that_hangs_on_a_project_needs_no_details(tmp_path: Path) -> None:
    changes = [row(8, tickettype_id=CHANGE, parent_id=2), row(9, tickettype_id=CHANGE, parent_id=77), row(10, tickettype_id=CHANGE)]
    halo = _halo(**{"/api/Tickets/10": _single})
    halo.lists["/api/Tickets"] = ("tickets", changes)
    assert landed_ids(pull_from(halo, tmp_path, a_plan=_plan()), "ticket_detail") == [1, 2, 3, 9, 10]
    known = _plan(project_ids=frozenset({77}))
    assert landed_ids(pull_from(halo, tmp_path / "second", a_plan=known), "ticket_detail") == [1, 2, 3, 10]


def test_only_records_that_changed_since_they_were_read_are_read_again(tmp_path: Path) -> None:
    asked = {"ticket_detail": {"1": OLD_TEXT, "2": "2020-01-01T00:00:00", "8": OLD_TEXT, "9": OLD_TEXT}}
    report = pull_from(_halo(), tmp_path, a_plan=_plan(asked=asked))
    assert landed_ids(report, "ticket_detail") == [2, 3]


def test_a_record_that_is_gone_between_list_and_detail_is_no_fault(tmp_path: Path) -> None:
    detail = pull_from(_halo(**{"/api/Tickets/2": lambda _: httpx.Response(404)}), tmp_path, a_plan=_plan()).entities["ticket_detail"]
    assert (detail.state, detail.rows_seen, detail.rows_expected) == ("complete", 4, 4)
    assert "1 of them are gone" in str(detail.detail)


def test_a_record_that_is_gone_is_read_when_it_is_listed_again_unchanged(tmp_path: Path) -> None:
    gone = pull_from(_halo(**{"/api/Tickets/2": lambda _: httpx.Response(404)}), tmp_path, a_plan=_plan()).entities["ticket_detail"]
    assert landed_ids(pull_from(_halo(), tmp_path, a_plan=_plan(asked={"ticket_detail": gone.asked})), "ticket_detail") == [2]


@pytest.mark.parametrize("reply", [lambda _: httpx.Response(400), lambda _: answer({"id": 77}), lambda _: answer([])])
def test_one_detail_that_cannot_be_read_costs_only_itself_and_is_not_remembered(tmp_path: Path, reply: Any) -> None:
    detail = pull_from(_halo(**{"/api/Tickets/2": reply}), tmp_path, a_plan=_plan(cursors={"ticket_detail": NOW})).entities["ticket_detail"]
    assert (detail.state, detail.may_land, len(detail.files), detail.cursor_utc) == ("incomplete", True, 4, NOW)
    assert set(detail.asked) == {"1", "3", "8", "9"}
    assert "1 of 5 are still to be read" in str(detail.detail)


def test_details_that_are_refused_are_not_permitted_and_name_no_record(tmp_path: Path) -> None:
    refused = {f"/api/Tickets/{number}": lambda _: httpx.Response(403) for number in range(1, 10)}
    detail = pull_from(_halo(**refused), tmp_path, a_plan=_plan()).entities["ticket_detail"]
    assert (detail.state, detail.files, detail.may_land) == ("not_permitted", (), False)


def test_a_list_is_read_from_the_last_complete_reading_of_its_details_where_that_lags(tmp_path: Path) -> None:
    halo = _halo()
    cursors = {"project": NOW, "change_request": NOW, "ticket_detail": NOW - timedelta(days=3)}
    pull_from(halo, tmp_path, a_plan=_plan(cursors=cursors, asked={"ticket_detail": {"1": OLD_TEXT}}), overlap_minutes=0)
    assert halo.to("/api/Projects")[0].url.params["lastupdatefromdate"].startswith("2026-10-30T02:00:00")


def test_without_anything_asked_before_the_lists_keep_their_own_cursors(tmp_path: Path) -> None:
    halo = _halo()
    pull_from(halo, tmp_path, a_plan=_plan(cursors={"project": NOW}), overlap_minutes=0)
    assert halo.to("/api/Projects")[0].url.params["lastupdatefromdate"].startswith("2026-11-02T02:00:00")


def test_an_incomplete_list_leaves_its_details_for_the_next_run(tmp_path: Path) -> None:
    detail = pull_from(_halo(**{"/api/Projects": lambda _: httpx.Response(500)}), tmp_path, a_plan=_plan()).entities["ticket_detail"]
    assert (detail.state, detail.rows_seen) == ("complete", 2)
    assert "project is incomplete: its records come with the next run" in str(detail.detail)


def _deals(attachments: Any) -> FakeHalo:
    deals = [row(1, status_id=5), row(2, status_id=1), row(3, status_id=5)]
    quotations = [{"id": 70, "status": 1, "last_update_time": MAY}, {"id": 71, "status": 0, "last_update_time": MAY}]
    halo = FakeHalo(lists={"/api/Opportunities": ("tickets", deals), "/api/Quotation": ("quotes", quotations)})
    halo.handlers["/api/Status"] = lambda _: answer([{"id": 1, "name": "Open"}, {"id": 5, "name": "Won"}])
    halo.handlers["/api/Attachment"] = attachments
    return halo


def _attached(request: httpx.Request) -> httpx.Response:
    query = request.url.params
    return answer([{"id": int(query["unique_id"]) if "type" in query else 100 + int(query["ticket_id"])}])


def _pulled(tmp_path: Path, halo: FakeHalo, **values: Any) -> PullReport:
    return pull_from(halo, tmp_path, a_plan=plan(won_status_names=frozenset({"won"}), accepted_quotation_statuses=frozenset({1}), **values))


@pytest.mark.fact("H055")
def test_documents_of_historic_deals_are_not_asked_for(tmp_path: Path) -> None:
    moments = ["2026-03-31T09:00:00", "2026-04-01T00:30:00", "1900-01-01T00:00:00"]
    deals = [row(number, status_id=22, oppconverteddate=moment) for number, moment in enumerate(moments, start=1)]
    quotations = [{"id": 70 + number, "status": 1, "approvaldatetime": moment} for number, moment in enumerate(moments)]
    halo = FakeHalo(lists={"/api/Opportunities": ("tickets", deals), "/api/Quotation": ("quotes", quotations)})
    halo.handlers = {"/api/Status": lambda _: answer([{"id": 22, "name": "won"}]), "/api/Attachment": lambda _: answer([])}
    wanted = plan(won_status_names=frozenset({"won"}), accepted_quotation_statuses=frozenset({1}), documents_since=date(2026, 4, 2))
    attachment = pull_from(halo, tmp_path, a_plan=wanted).entities["attachment"]
    assert set(attachment.asked) == {"opportunity:2", "opportunity:3", "quotation:71", "quotation:72"}


def test_attachments_of_won_deals_and_accepted_quotations_are_asked_for(tmp_path: Path) -> None:
    report = _pulled(tmp_path, _deals(_attached))
    attachment = report.entities["attachment"]
    assert landed_ids(report, "attachment") == [70, 101, 103]
    assert attachment.asked == {"opportunity:1": OLD_TEXT, "opportunity:3": OLD_TEXT, "quotation:70": MAY}
    assert (attachment.requests, attachment.requests_minimum) == (3, 3)


def test_attachments_are_asked_for_again_only_after_a_change(tmp_path: Path) -> None:
    asked = {"attachment": {"opportunity:1": OLD_TEXT, "opportunity:3": "older", "quotation:70": JUNE}}
    assert landed_ids(_pulled(tmp_path, _deals(_attached), asked=asked), "attachment") == [70, 103]


def test_an_endpoint_that_is_not_there_is_not_taken_for_deals_without_documents(tmp_path: Path) -> None:
    attachment = _pulled(tmp_path, _deals(lambda _: httpx.Response(404))).entities["attachment"]
    assert (attachment.state, attachment.asked) == ("not_permitted", {})
    assert "this HaloPSA does not offer it: /Attachment answered 404 for every one of 3 records" in str(attachment.detail)


def test_a_deal_without_documents_is_remembered_as_asked(tmp_path: Path) -> None:
    attachment = _pulled(tmp_path, _deals(lambda _: answer([]))).entities["attachment"]
    assert (attachment.state, attachment.files, len(attachment.asked)) == ("complete", (), 3)
