"""A run whose budget of requests is spent: what was read is kept, the next run goes on, and together they hold the whole tenant."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from handoff_pipeline.halo.inbox import RESUME
from handoff_pipeline.halo.report import EntityReport, PullReport
from handoff_pipeline.halo.resume import Note
from tests.halo.fake import NOW, FakeHalo, InstantClock, answer, landed_ids, plan, pull_from, tickets
from tests.halo.store import Store, records, row
from tests.halo.test_singly import _halo, _plan

OPPORTUNITIES = "/api/Opportunities"
TOMORROW = NOW + timedelta(days=1)
FIRST_BUDGET = 30
"""Enough for everything but the list in question, which is read last."""


def _pull(store: Store, tmp_path: Path, budget: int = 0, later: bool = False, **overrides: Any) -> PullReport:
    halo = FakeHalo(handlers={OPPORTUNITIES: store}, date=TOMORROW if later else NOW)
    return pull_from(halo, tmp_path, InstantClock(TOMORROW if later else NOW), request_budget=budget, concurrency=2, **overrides)


def _note(tmp_path: Path) -> Path:
    return tmp_path / "inbox" / "opportunity" / RESUME


def _first(store: Store, tmp_path: Path) -> EntityReport:
    opportunity = _pull(store, tmp_path, FIRST_BUDGET).entities["opportunity"]
    assert opportunity.state == "incomplete"
    assert "request budget spent" in str(opportunity.detail)
    assert 1 < len(store.asked) < 12
    return opportunity


def test_a_spent_budget_lands_nothing_of_a_list_and_keeps_its_pages(tmp_path: Path) -> None:
    opportunity = _first(Store(records(1, 1200)), tmp_path)
    assert (opportunity.files, opportunity.may_land, opportunity.cursor_utc) == ((), False, None)
    note = Note.from_bytes(_note(tmp_path).read_bytes())
    assert note is not None
    assert all((_note(tmp_path).parent / f"{number:05d}.json").is_file() for number in note.pages)


def test_the_next_run_reads_the_rest_and_no_page_twice(tmp_path: Path) -> None:
    store = Store(records(1, 1200))
    _first(store, tmp_path)
    before = len(store.asked)
    report = _pull(store, tmp_path, later=True)
    opportunity = report.entities["opportunity"]
    assert (opportunity.state, opportunity.rows_seen) == ("complete", 1200)
    assert landed_ids(report, "opportunity") == list(range(1, 1201))
    read = [
        query["page_no"] for query in store.asked if "page_no" in query and "lastupdatefromdate" not in query and query["page_size"] != "1"
    ]
    # The request that the budget refused was never sent.
    assert sorted(map(int, read)) == list(range(1, 13))
    assert len(store.asked) - before == 12 - before + 3
    assert opportunity.present is not None
    assert not _note(tmp_path).exists()


def test_what_changed_between_the_two_runs_is_read_as_it_is_now(tmp_path: Path) -> None:
    store = Store(records(1, 1200))
    _first(store, tmp_path)
    store.rows = [each if each["id"] != 5 else row(5, NOW + timedelta(hours=3), summary="changed") for each in store.rows]
    store.delete(*range(20, 60))
    store.add([row(1201, NOW + timedelta(hours=4)), row(1202, NOW - timedelta(days=90))])
    report = _pull(store, tmp_path, later=True)
    opportunity = report.entities["opportunity"]
    assert opportunity.state == "complete"
    landed = set(landed_ids(report, "opportunity"))
    living = {each["id"] for each in store.rows}
    assert living <= landed
    assert opportunity.present is not None
    assert set(orjson.loads(opportunity.present.read_bytes())) == living
    last = {each["id"]: each for file in opportunity.files for each in orjson.loads(file.path.read_bytes())["tickets"]}
    assert last[5]["summary"] == "changed"
    singly = [file for file in opportunity.files if file.path.name.startswith("reread-")]
    assert 1201 not in {each["id"] for file in singly for each in orjson.loads(file.path.read_bytes())["tickets"]}


def test_a_load_that_needs_three_runs_comes_to_its_end(tmp_path: Path) -> None:
    store = Store(records(1, 2500))
    states = [_pull(store, tmp_path, FIRST_BUDGET, later=bool(run)).entities["opportunity"].state for run in range(5)]
    assert states[0] == "incomplete"
    assert "complete" in states
    assert len(store.asked) < 60


@pytest.mark.parametrize("spoil", ["another parameter", "a missing page", "an old note", "no note"])
def test_a_note_that_cannot_be_gone_on_from_begins_anew(tmp_path: Path, spoil: str) -> None:
    store = Store(records(1, 1200))
    _first(store, tmp_path)
    overrides: dict[str, Any] = {}
    found = orjson.loads(_note(tmp_path).read_bytes())
    if spoil == "another parameter":
        overrides["a_plan"] = plan(custom_field_names=frozenset({"CFDealType"}))
    elif spoil == "a missing page":
        next(_note(tmp_path).parent.glob("0*.json")).unlink()
    elif spoil == "an old note":
        _note(tmp_path).write_bytes(orjson.dumps(found | {"started": (NOW - timedelta(days=30)).isoformat()}))
    else:
        _note(tmp_path).write_bytes(b"[]")
    report = _pull(store, tmp_path, later=True, **overrides)
    assert landed_ids(report, "opportunity") == list(range(1, 1201))
    assert report.entities["opportunity"].is_full


def test_a_list_without_a_count_that_repeats_its_last_page_comes_to_its_end_in_the_second_run_too(tmp_path: Path) -> None:
    rows, asked = records(1, 1200), []

    def clamped(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        asked.append(query)
        if "lastupdatefromdate" in query:
            return answer({"tickets": []})
        if "idonly" in query or query["page_size"] == "1":
            return answer({"record_count": 1200, "tickets": [{"id": each["id"]} for each in rows][: int(query.get("count", 1))]})
        start = (min(int(query["page_no"]), 12) - 1) * 100
        return answer({"tickets": rows[start : start + 100]})

    pull_from(FakeHalo(handlers={OPPORTUNITIES: clamped}), tmp_path, request_budget=FIRST_BUDGET)
    assert _note(tmp_path).exists()
    report = pull_from(FakeHalo(handlers={OPPORTUNITIES: clamped}), tmp_path, request_budget=150)
    assert (report.entities["opportunity"].state, len(asked) < 40) == ("complete", True)
    assert landed_ids(report, "opportunity") == list(range(1, 1201))


@pytest.mark.parametrize("left", [b"", b'{"tickets":[{"id":1', b"[]", b"{}", b"[3]"])
def test_a_page_that_a_power_cut_has_torn_begins_anew(tmp_path: Path, left: bytes) -> None:
    store = Store(records(1, 1200))
    _first(store, tmp_path)
    next(_note(tmp_path).parent.glob("0*.json")).write_bytes(left)
    report = _pull(store, tmp_path, later=True)
    assert landed_ids(report, "opportunity") == list(range(1, 1201))


def test_a_load_that_was_gone_on_from_is_a_full_read_so_that_the_next_night_asks_for_changes(tmp_path: Path) -> None:
    store = Store(records(1, 1200))
    _first(store, tmp_path)
    opportunity = _pull(store, tmp_path, later=True).entities["opportunity"]
    assert (opportunity.is_full, opportunity.present is not None) == (True, True)


def test_a_change_that_slides_past_the_second_run_is_not_left_as_the_first_one_saw_it(tmp_path: Path) -> None:
    store = Store(records(1, 1200))
    _first(store, tmp_path)
    changed = range(100, 400)
    store.rows = [row(each["id"], TOMORROW, summary="changed") if each["id"] in changed else each for each in store.rows]
    hidden = iter([True])

    def edit(_number: int) -> None:
        # Between the first and the second page of the changes one is deleted and one created: the count says nothing of it.
        if store.asked[-1].get("page_no") == "2" and "lastupdatefromdate" in store.asked[-1] and next(hidden, False):
            store.delete(150)
            store.add([row(1201, TOMORROW)])

    store.edit = edit
    opportunity = _pull(store, tmp_path, later=True).entities["opportunity"]
    assert opportunity.state == "complete"
    last = {each["id"]: each for file in opportunity.files for each in orjson.loads(file.path.read_bytes())["tickets"]}
    assert {last[number]["summary"] for number in changed if number != 150} == {"changed"}


def test_what_cannot_go_on_tomorrow_is_read_first(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={OPPORTUNITIES: Store(records(1, 5000))}, lists={"/api/Quotation": ("quotes", tickets(1, 900))})
    report = pull_from(halo, tmp_path, request_budget=40)
    assert report.entities["quotation"].state == "complete"
    assert {name for name, entity in report.entities.items() if entity.state != "complete"} <= {"opportunity", "project", "change_request"}


def test_details_that_were_read_within_the_budget_are_landed_and_remembered(tmp_path: Path) -> None:
    halo = _halo()
    spent = pull_from(_halo(), tmp_path / "unbounded", a_plan=_plan()).requests
    detail = pull_from(halo, tmp_path, a_plan=_plan(), request_budget=spent - 4, concurrency=1).entities["ticket_detail"]
    assert (detail.state, detail.may_land, len(detail.files), len(detail.asked)) == ("incomplete", True, 1, 1)
    again = pull_from(_halo(), tmp_path, a_plan=_plan(asked={"ticket_detail": detail.asked})).entities["ticket_detail"]
    assert (again.state, again.rows_seen) == ("complete", 4)


def test_orders_that_were_read_within_the_budget_are_landed(tmp_path: Path) -> None:
    listed = [{"id": number, "last_update_time": "2026-10-01T10:00:00"} for number in range(1, 101)]
    halo = FakeHalo(lists={"/api/SalesOrder": ("salesorders", listed)})
    halo.handlers = {
        f"/api/SalesOrder/{number}": lambda request: answer({"id": int(request.url.path.rpartition("/")[2])}) for number in range(1, 101)
    }
    order = pull_from(halo, tmp_path, request_budget=60).entities["sales_order"]
    assert (order.state, order.may_land, order.is_full) == ("incomplete", True, False)
    assert 0 < order.rows_seen == len(order.files) < 100
    assert "are still to be read" in str(order.detail)
