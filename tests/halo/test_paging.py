"""Lists that page: nothing is lost whatever the server cuts to, and a short read is never taken for a whole one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff_pipeline.halo.report import EntityReport
from tests.halo.fake import FakeHalo, answer, landed_ids, pull_from, tickets

OPPORTUNITIES = "/api/Opportunities"


def _halo(rows: int, cap: int = 100, handler: Callable[[httpx.Request], Any] | None = None) -> FakeHalo:
    halo = FakeHalo(cap=cap, lists={OPPORTUNITIES: ("tickets", tickets(1, rows))})
    if handler is not None:
        halo.handlers[OPPORTUNITIES] = handler
    return halo


def _opportunities(halo: FakeHalo, tmp_path: Path, **overrides: Any) -> EntityReport:
    return pull_from(halo, tmp_path, **overrides).entities["opportunity"]


@pytest.mark.fact("H034")
@pytest.mark.parametrize("cap", [100, 50, 30, 7])
def test_no_row_is_lost_when_the_server_cuts_the_page(tmp_path: Path, cap: int) -> None:
    halo = _halo(717, cap)
    report = pull_from(halo, tmp_path)
    opportunity = report.entities["opportunity"]
    assert (opportunity.state, opportunity.rows_seen, opportunity.rows_expected) == ("complete", 717, 717)
    assert landed_ids(report, "opportunity") == list(range(1, 718))
    assert opportunity.requests == -(-717 // cap)
    assert all(file.shape == "tickets" for file in opportunity.files)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(0, 260), cap=st.integers(1, 120), asked=st.integers(1, 100), by_asked=st.booleans())
def test_every_row_comes_once_for_any_size_whichever_way_the_server_counts_its_offsets(
    tmp_path: Path, rows: int, cap: int, asked: int, by_asked: bool
) -> None:
    everything = tickets(1, rows)

    def page(request: httpx.Request) -> httpx.Response:
        size = int(request.url.params["page_size"])
        start = (int(request.url.params["page_no"]) - 1) * (size if by_asked else min(cap, size))
        return answer({"record_count": rows, "tickets": everything[start : start + min(cap, size)]})

    report = pull_from(_halo(0, handler=page), tmp_path, page_size=asked)
    assert report.entities["opportunity"].state == "complete"
    assert landed_ids(report, "opportunity") == list(range(1, rows + 1))


@pytest.mark.fact("H033")
def test_pages_are_asked_for_by_number_and_in_the_order_of_ids(tmp_path: Path) -> None:
    halo = _halo(150)
    pull_from(halo, tmp_path)
    first, second = halo.to(OPPORTUNITIES)
    for number, request in (("1", first), ("2", second)):
        assert request.url.params["pageinate"] == "true"
        assert request.url.params["page_no"] == number
        assert request.url.params["order"] == "id"


def test_the_bytes_are_the_servers_own(tmp_path: Path) -> None:
    body = b'{ "record_count" : 1, "tickets":[{"id":1,"oppvalue":12345678901234567890.10,"summary":"\\u0000"} ] }'
    reply = httpx.Response(200, content=body, headers={"content-type": "application/json"})
    (file,) = _opportunities(_halo(0, handler=lambda _: reply), tmp_path).files
    assert file.path.read_bytes() == body
    assert file.path == tmp_path / "inbox" / "opportunity" / "00001.json"


def test_an_empty_list_is_complete_and_leaves_no_file(tmp_path: Path) -> None:
    report = _opportunities(_halo(0), tmp_path)
    assert (report.state, report.rows_seen, report.rows_expected, report.files, report.requests) == ("complete", 0, 0, (), 1)


def _shifting(totals: list[int], rows: list[list[dict[str, Any]]]) -> Callable[[httpx.Request], httpx.Response]:
    """Pages of two: the n-th request sees the n-th state of the list (the last for ever)."""
    asked = 0

    def page(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        state = min(asked, len(rows) - 1)
        asked += 1
        start = (int(request.url.params["page_no"]) - 1) * 2
        return answer({"record_count": totals[min(state, len(totals) - 1)], "tickets": rows[state][start : start + 2]})

    return page


def test_a_list_that_grows_while_it_is_read_is_read_to_its_new_end(tmp_path: Path) -> None:
    handler = _shifting([4, 5], [tickets(1, 4), tickets(1, 5)])
    report = pull_from(_halo(0, handler=handler), tmp_path)
    assert report.entities["opportunity"].rows_expected == 5
    assert landed_ids(report, "opportunity") == [1, 2, 3, 4, 5]
    assert report.entities["opportunity"].requests == 3


def test_a_list_that_shrinks_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    # Row 1 goes after page 1, row 3 slides onto page 1: the count alone would balance with row 3 lost and row 1 still there.
    shrunk = tickets(2, 4)
    report = pull_from(_halo(0, handler=_shifting([4, 3], [tickets(1, 4), shrunk])), tmp_path)
    assert report.entities["opportunity"].state == "complete"
    assert landed_ids(report, "opportunity") == [2, 3, 4]


def test_rows_that_come_twice_are_counted_once(tmp_path: Path) -> None:
    pages = {"1": tickets(1, 2), "2": tickets(2, 3)}
    handler = lambda request: answer({"record_count": 3, "tickets": pages[request.url.params["page_no"]]})  # noqa: E731
    report = _opportunities(_halo(0, handler=handler), tmp_path)
    assert (report.state, report.rows_seen) == ("complete", 3)


def test_a_count_that_never_balances_leaves_nothing_in_the_inbox(tmp_path: Path) -> None:
    halo = _halo(0)
    halo.handlers[OPPORTUNITIES] = lambda request: halo.page(request, "tickets", tickets(1, 150), total=170)
    report = pull_from(halo, tmp_path)
    opportunity = report.entities["opportunity"]
    assert (opportunity.state, opportunity.files, opportunity.rows_seen, opportunity.cursor_utc) == ("incomplete", (), 0, None)
    assert opportunity.detail is not None
    assert "150 distinct rows came, 170 are announced" in opportunity.detail
    assert len(halo.to(OPPORTUNITIES)) == 6
    assert list((tmp_path / "inbox" / "opportunity").iterdir()) == []
    assert report.lacking == ("opportunity",)


def test_an_empty_page_before_the_total_is_no_end(tmp_path: Path) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        is_empty = request.url.params["page_no"] == "2"
        start = (int(request.url.params["page_no"]) - 1) * 50
        return answer({"record_count": 150, "tickets": [] if is_empty else tickets(start + 1, start + 50)})

    report = _opportunities(_halo(0, handler=page), tmp_path)
    assert report.state == "incomplete"
    assert "a page before the last of 3 is empty" in str(report.detail)


@pytest.mark.parametrize("empty", ["1", "2"])
def test_the_end_of_a_list_without_a_count_is_believed_the_second_time(tmp_path: Path, empty: str) -> None:
    """One page that came empty by mistake would end the list without a word: half the tenant's projects were lost so."""
    asked: list[str] = []

    def page(request: httpx.Request) -> httpx.Response:
        number = request.url.params["page_no"]
        asked.append(number)
        start = (int(number) - 1) * 50
        is_spoilt = number == empty and asked.count(number) == 1
        return answer({"tickets": [] if is_spoilt else tickets(start + 1, min(start + 50, 120))})

    report = _opportunities(_halo(0, handler=page), tmp_path)
    assert (report.state, report.rows_seen) == ("complete", 120)


def test_an_empty_first_page_before_the_total_is_incomplete(tmp_path: Path) -> None:
    report = _opportunities(_halo(0, handler=lambda _: answer({"record_count": 9, "tickets": []})), tmp_path)
    assert "page 1 is empty, 9 rows are announced" in str(report.detail)


def test_a_server_that_repeats_a_page_is_found_out_at_once(tmp_path: Path) -> None:
    halo = _halo(0, handler=lambda _: answer({"record_count": 250, "tickets": tickets(1, 100)}))
    report = _opportunities(halo, tmp_path)
    assert report.state == "incomplete"
    assert "pagination not honoured, page 2 repeats" in str(report.detail)
    assert len(halo.to(OPPORTUNITIES)) <= 3


def test_a_list_without_a_count_is_read_until_nothing_new_comes(tmp_path: Path) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        start = (int(request.url.params["page_no"]) - 1) * 40
        return answer({"appointments": tickets(1, 100)[start : start + 40]})

    halo = FakeHalo(handlers={"/api/Appointment": page})
    report = pull_from(halo, tmp_path)
    assert landed_ids(report, "appointment") == list(range(1, 101))
    assert report.entities["appointment"].rows_expected is None


@pytest.mark.fact("H036")
def test_a_list_that_does_not_page_is_taken_once(tmp_path: Path) -> None:
    halo = FakeHalo(handlers={"/api/Appointment": lambda _: answer(tickets(1, 120))})
    report = pull_from(halo, tmp_path)
    assert landed_ids(report, "appointment") == list(range(1, 121))
    assert [file.shape for file in report.entities["appointment"].files] == ["array"]
    assert len(halo.to("/api/Appointment")) == 2


@pytest.mark.parametrize(
    "reply",
    [
        lambda: answer({"error": "something broke"}),
        lambda: answer({"record_count": 5, "rows": []}),
        lambda: httpx.Response(200, content=b"<html>Log in</html>", headers={"content-type": "text/html"}),
        lambda: httpx.Response(200, content=b'{"tickets":[{"id":1', headers={"content-type": "application/json"}),
        lambda: httpx.Response(500, json={"ClassName": "System.Exception", "Message": "boom"}),
        lambda: httpx.Response(302, headers={"location": "https://evil.example"}),
    ],
)
def test_a_broken_page_is_never_zero_rows_and_does_not_stop_the_others(tmp_path: Path, reply: Callable[[], httpx.Response]) -> None:
    halo = _halo(
        250, handler=lambda request: reply() if request.url.params["page_no"] == "2" else halo.page(request, "tickets", tickets(1, 250))
    )
    report = pull_from(halo, tmp_path)
    assert report.entities["opportunity"].state == "incomplete"
    assert report.entities["opportunity"].files == ()
    assert list((tmp_path / "inbox" / "opportunity").iterdir()) == []
    assert {name for name, entity in report.entities.items() if entity.state != "complete"} == {"opportunity"}


def test_a_row_without_an_id_may_be_any_records_change_where_figures_rest_on_the_list(tmp_path: Path) -> None:
    rows = [{"id": 1}, {"summary": "no id"}, {"id": None}]
    report = _opportunities(_halo(0, handler=lambda _: answer({"record_count": 3, "tickets": rows})), tmp_path)
    assert report.state == "incomplete"
    assert "2 of 3 rows (the first is row 2) lack id" in str(report.detail)


def test_a_row_without_an_id_is_counted_and_kept_for_landing_to_judge_in_an_optional_list(tmp_path: Path) -> None:
    rows = [{"id": 1}, {"note": "no id"}, {"id": None}]
    halo = FakeHalo(handlers={"/api/Invoice": lambda _: answer({"record_count": 3, "invoices": rows})})
    invoice = pull_from(halo, tmp_path).entities["invoice"]
    assert (invoice.state, invoice.rows_seen, invoice.is_full) == ("complete", 3, False)


def test_a_list_in_which_no_row_has_its_key_is_not_landed(tmp_path: Path) -> None:
    rows = [{"ticketid": 1}, {"ticketid": 2}]
    report = _opportunities(_halo(0, handler=lambda _: answer({"record_count": 2, "tickets": rows})), tmp_path)
    assert report.state == "incomplete"
    assert "2 of 2 rows (the first is row 1) lack id" in str(report.detail)
