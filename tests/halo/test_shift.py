"""Lists that move while they are read: rows are created, deleted and changed between two pages, and none that lives is lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.halo.fake import NOW, FakeHalo, Handler, answer, landed_ids, plan, pull_from, tickets
from tests.halo.store import Store, records, row

QUOTATIONS, OPPORTUNITIES = "/api/Quotation", "/api/Opportunities"


def test_a_deletion_and_a_creation_that_hide_each_other_from_the_count_are_noticed(tmp_path: Path) -> None:
    # Row 101 slides onto page 1, which has been read, and row 301 fills the gap at the end: 300 rows are announced all the while.
    store = Store(records(1, 300), key="quotes")

    def edit(number: int) -> None:
        if number == 2:
            store.delete(50)
            store.add([row(301, NOW)])

    store.edit = edit
    report = pull_from(FakeHalo(handlers={QUOTATIONS: store}), tmp_path)
    assert report.entities["quotation"].state == "complete"
    assert landed_ids(report, "quotation") == [number for number in range(1, 302) if number != 50]


def test_the_same_in_the_middle_is_noticed_by_the_growth_of_the_count(tmp_path: Path) -> None:
    # Row 301 slides onto page 3, which has been read; two new rows hide that from the count, and page 1 does not show it.
    store = Store(records(1, 650), key="quotes")

    def edit(number: int) -> None:
        # Requests: page 1, page 2, page 7, then 3 to 6.
        if number == 5:
            store.delete(250)
            store.add([row(651, NOW), row(652, NOW)])

    store.edit = edit
    report = pull_from(FakeHalo(handlers={QUOTATIONS: store}), tmp_path, concurrency=1)
    assert landed_ids(report, "quotation") == [number for number in range(1, 653) if number != 250]


def test_a_row_that_is_created_on_the_last_page_after_it_was_read_costs_one_request_and_no_new_read(tmp_path: Path) -> None:
    store = Store(records(1, 450), key="quotes")
    store.edit = lambda number: store.add([row(451, NOW)]) if number == 4 else None
    report = pull_from(FakeHalo(handlers={QUOTATIONS: store}), tmp_path, concurrency=1)
    assert landed_ids(report, "quotation") == list(range(1, 452))
    # Five pages, the last once more, and the first for the comparison, since a row was changed during the read.
    assert len(store.asked) == 7


def test_a_quiet_list_costs_its_pages_and_nothing_else(tmp_path: Path) -> None:
    store = Store(records(1, 450), key="quotes")
    pull_from(FakeHalo(handlers={QUOTATIONS: store}), tmp_path)
    assert len(store.asked) == 5


def test_what_a_list_of_changes_loses_by_a_shift_is_found_by_its_ids(tmp_path: Path) -> None:
    store = Store(records(1, 300, NOW))

    def edit(number: int) -> None:
        if number == 2:
            store.delete(50)
            store.add([row(301, NOW)])

    store.edit = edit
    a_plan = plan(cursors={"opportunity": NOW - timedelta(days=1)})
    report = pull_from(FakeHalo(handlers={OPPORTUNITIES: store}), tmp_path, a_plan=a_plan)
    assert set(landed_ids(report, "opportunity")) >= {number for number in range(1, 302) if number != 50}


def test_where_changes_move_and_ids_do_not_come_alone_the_list_is_read_whole(tmp_path: Path) -> None:
    store = Store(records(1, 150, NOW), ignored=frozenset({"idonly"}))
    a_plan = plan(cursors={"opportunity": NOW - timedelta(days=1)})
    opportunity = pull_from(FakeHalo(handlers={OPPORTUNITIES: store}), tmp_path, a_plan=a_plan).entities["opportunity"]
    assert (opportunity.state, opportunity.is_full) == ("complete", True)
    assert "read whole" in str(opportunity.detail)


def test_a_list_that_moves_and_says_no_count_is_looked_through_by_its_ids(tmp_path: Path) -> None:
    rows = records(1, 250, NOW + timedelta(seconds=1))

    def uncounted(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if "idonly" in query:
            return answer([each["id"] for each in rows])
        start = (int(query["page_no"]) - 1) * 100
        return answer({"tickets": rows[start : start + 100]})

    report = pull_from(FakeHalo(handlers={OPPORTUNITIES: uncounted}), tmp_path)
    assert report.entities["opportunity"].state == "complete"
    assert landed_ids(report, "opportunity") == list(range(1, 251))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 40),
    cap=st.integers(3, 12),
    edits=st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["create", "delete", "change"]), st.integers(0, 40)), max_size=6),
    since=st.booleans(),
)
def test_every_row_that_lives_through_the_pull_is_in_it_once_or_the_entity_says_incomplete(
    tmp_path: Path, size: int, cap: int, edits: list[tuple[int, str, int]], since: bool
) -> None:
    store = Store(records(1, size, NOW if since else NOW - timedelta(days=40)), cap=cap)
    through = set(range(1, size + 1))

    def edit(number: int) -> None:
        for at, kind, position in edits:
            if at != number or (kind != "create" and not store.rows):
                continue
            chosen = store.rows[position % len(store.rows)]["id"] if store.rows else 0
            if kind == "create":
                store.add([row(max((each["id"] for each in [*store.rows, *store.gone]), default=0) + 1, NOW)])
            elif kind == "delete":
                store.delete(chosen)
                through.discard(chosen)
            else:
                store.rows = [each if each["id"] != chosen else row(chosen, NOW + timedelta(minutes=1)) for each in store.rows]

    store.edit = edit
    a_plan = plan(cursors={"opportunity": NOW - timedelta(days=1)} if since else {})
    report = pull_from(FakeHalo(cap=cap, handlers={OPPORTUNITIES: store}), tmp_path, a_plan=a_plan)
    if report.entities["opportunity"].state == "complete":
        assert set(landed_ids(report, "opportunity")) >= through


def _twice_on_a_page(_request: httpx.Request) -> httpx.Response:
    return answer({"record_count": 100, "quotes": [*tickets(1, 50), *tickets(50, 99)]})


def _twice_on_two_pages(request: httpx.Request) -> httpx.Response:
    pages = {"1": tickets(1, 100), "2": tickets(100, 150)}
    return answer({"record_count": 151, "quotes": pages[request.url.params["page_no"]]})


@pytest.mark.parametrize(
    ("reply", "seen", "requests"), [(_twice_on_a_page, 99, 1), (_twice_on_two_pages, 150, 4)], ids=["on a page", "on two"]
)
def test_a_row_that_is_listed_twice_may_stand_in_the_place_of_one_that_is_missing(
    tmp_path: Path, reply: Handler, seen: int, requests: int
) -> None:
    halo = FakeHalo(handlers={QUOTATIONS: reply})
    doubted = pull_from(halo, tmp_path).entities["quotation"]
    assert doubted.state == "incomplete"
    assert reply is _twice_on_a_page or "150 distinct rows came, 151 are announced; 1 came twice" in str(doubted.detail)
    taken = pull_from(halo, tmp_path, listed_twice="accept").entities["quotation"]
    assert (taken.state, taken.rows_seen, taken.requests) == ("complete", seen, requests)
    assert "1 rows came twice" in str(taken.detail)


def test_a_row_that_is_listed_twice_in_a_list_without_a_count_is_doubted_as_well(tmp_path: Path) -> None:
    pages = {"1": tickets(1, 100), "2": tickets(100, 150), "3": []}
    halo = FakeHalo(handlers={QUOTATIONS: lambda request: answer({"quotes": pages[request.url.params["page_no"]]})})
    assert pull_from(halo, tmp_path).entities["quotation"].state == "incomplete"
    assert pull_from(halo, tmp_path, listed_twice="accept").entities["quotation"].rows_seen == 150


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"record_count": -4, "quotes": []}, "record_count is -4"),
        ({"record_count": 10**12, "quotes": tickets(1, 100)}, "record_count is 1000000000000"),
        ({"record_count": 5000, "quotes": tickets(1, 1200)}, "page 1 holds 1200 of 5000 rows, 100 were asked for"),
    ],
)
def test_numbers_that_no_list_has_are_refused_before_they_cost_requests(tmp_path: Path, document: Any, said: str) -> None:
    halo = FakeHalo(handlers={QUOTATIONS: lambda _: answer(document)})
    quotation = pull_from(halo, tmp_path).entities["quotation"]
    assert (quotation.state, quotation.requests) == ("incomplete", 1)
    assert said in str(quotation.detail)


def test_a_count_that_is_far_too_large_is_found_out_at_the_end_of_the_list(tmp_path: Path) -> None:
    store = FakeHalo()
    store.handlers[QUOTATIONS] = lambda request: store.page(request, "quotes", tickets(1, 250), total=90_000)
    quotation = pull_from(store, tmp_path).entities["quotation"]
    assert (quotation.state, quotation.requests) == ("incomplete", 9)
