"""Time entries: windows of worked dates, split where they are full, proved where the server might cut."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff_pipeline.halo.report import PullReport
from tests.halo.fake import NOW, FakeHalo, answer, landed_ids, plan, pull_from

Entry = tuple[datetime, int]


def _server(entries: list[Entry], cut: int = 10**9) -> FakeHalo:
    """`/Actions` as HaloPSA is taken to give it: what was worked between the dates, at most `count` and at most `cut` of it."""

    def actions(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        start, end = (datetime.fromisoformat(query[name]).replace(tzinfo=UTC) for name in ("startdate", "enddate"))
        rows = [{"id": number, "ticket_id": 5, "timetaken": 1} for worked, number in entries if start <= worked <= end]
        return answer({"actions": rows[: min(int(query["count"]), cut)]})

    return FakeHalo(handlers={"/api/Actions": actions})


def _hourly(number: int, step: timedelta = timedelta(hours=1)) -> list[Entry]:
    return [(NOW - step * position, position + 1) for position in range(number)]


def _ids(report: PullReport) -> set[int]:
    return set(landed_ids(report, "action"))


def test_a_window_that_reaches_the_count_is_split_until_none_does(tmp_path: Path) -> None:
    halo = _server(_hourly(14 * 24))
    report = pull_from(halo, tmp_path, actions_count=40)
    assert _ids(report) == set(range(1, 14 * 24 + 1))
    assert report.entities["action"].rows_seen == 14 * 24
    assert report.entities["action"].state == "complete"


def test_a_server_that_cuts_below_the_count_is_found_out(tmp_path: Path) -> None:
    halo = _server(_hourly(14 * 24), cut=60)
    report = pull_from(halo, tmp_path, actions_count=1000)
    assert _ids(report) == set(range(1, 14 * 24 + 1))
    assert "cuts at 60" in str(report.entities["action"].detail)


def test_a_busy_window_that_is_whole_costs_two_requests_of_proof(tmp_path: Path) -> None:
    few, many = (_server(_hourly(number, timedelta(hours=5))) for number in (40, 60))
    assert pull_from(few, tmp_path).entities["action"].requests == 1
    assert pull_from(many, tmp_path).entities["action"].requests == 3


def test_an_hour_that_holds_more_than_one_answer_is_incomplete(tmp_path: Path) -> None:
    halo = _server([(NOW - timedelta(days=3), number) for number in range(1, 51)])
    action = pull_from(halo, tmp_path, actions_count=50).entities["action"]
    assert (action.state, action.files) == ("incomplete", ())
    assert "Raise HANDOFF_ACTIONS_COUNT" in str(action.detail)


def test_an_hour_that_is_cut_below_the_count_is_found_out_and_not_landed(tmp_path: Path) -> None:
    crowded = [(NOW - timedelta(days=3, seconds=20 * number), number) for number in range(1, 71)]
    action = pull_from(_server(crowded, cut=60), tmp_path, actions_count=1000).entities["action"]
    assert (action.state, action.files) == ("incomplete", ())
    assert "60 time entries" in str(action.detail)


@pytest.mark.parametrize(("entries", "state"), [(100, "incomplete"), (101, "complete")])
def test_entries_of_one_minute_are_doubted_only_at_a_known_cut(tmp_path: Path, entries: int, state: str) -> None:
    minute = [(NOW - timedelta(days=3), number) for number in range(1, entries + 1)]
    assert pull_from(_server(minute), tmp_path).entities["action"].state == state


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    minutes=st.lists(st.integers(0, 14 * 24 * 60), max_size=160, unique=True),
    count=st.integers(70, 200),
    cut=st.integers(50, 400),
    days=st.integers(1, 9),
)
def test_no_time_entry_is_lost_whatever_the_server_cuts(tmp_path: Path, minutes: list[int], count: int, cut: int, days: int) -> None:
    halo = _server([(NOW - timedelta(minutes=minute), number) for number, minute in enumerate(minutes, start=1)], cut)
    report = pull_from(halo, tmp_path, actions_count=count, actions_window_days=days)
    if report.entities["action"].state == "complete":
        assert _ids(report) == set(range(1, len(minutes) + 1))
        assert report.entities["action"].rows_seen == len(minutes)


@pytest.mark.fact("H053")
def test_actions_of_two_tickets_with_the_same_number_are_two_rows(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": 1, "ticket_id": 5}, {"id": 1, "ticket_id": 6.0}]
    halo = FakeHalo(handlers={"/api/Actions": lambda _: answer({"actions": rows})})
    assert pull_from(halo, tmp_path).entities["action"].rows_seen == 2


def _asked(halo: FakeHalo) -> list[tuple[str, str]]:
    return sorted((request.url.params["startdate"], request.url.params["enddate"]) for request in halo.to("/api/Actions"))


def test_after_the_first_load_the_overlap_is_read_again(tmp_path: Path) -> None:
    halo = _server([])
    report = pull_from(halo, tmp_path, a_plan=plan(cursors={"action": NOW - timedelta(days=1)}), actions_overlap_days=14)
    assert _asked(halo) == [
        ("2026-10-17T00:00:00", "2026-10-24T00:00:00"),
        ("2026-10-24T00:00:00", "2026-10-31T00:00:00"),
        ("2026-10-31T00:00:00", "2026-11-03T02:00:00"),
    ]
    assert report.entities["action"].cursor_utc == NOW
    assert not report.entities["action"].is_full


def test_a_whole_reading_says_between_which_dates_it_holds_everything(tmp_path: Path) -> None:
    action = pull_from(_server([]), tmp_path).entities["action"]
    assert (action.is_full, action.covered) == (True, (NOW.replace(hour=0) - timedelta(days=14), NOW))


def test_a_time_entry_without_a_key_may_be_any_other(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": 1, "ticket_id": 5}, {"id": 2}]
    halo = FakeHalo(handlers={"/api/Actions": lambda _: answer({"actions": rows})})
    assert pull_from(halo, tmp_path).entities["action"].state == "incomplete"


@pytest.mark.fact("H104", "H042")
def test_only_time_entries_are_asked_for_without_a_zone(tmp_path: Path) -> None:
    halo = _server([])
    pull_from(halo, tmp_path, actions_count=777)
    (request,) = halo.to("/api/Actions")
    assert request.url.params["timeentriesonly"] == "true"
    assert request.url.params["count"] == "777"


def test_a_first_load_starts_at_the_historys_first_day_in_wider_windows(tmp_path: Path) -> None:
    halo = _server([])
    pull_from(halo, tmp_path, history_start=date(2026, 9, 1))
    asked = _asked(halo)
    assert asked[0] == ("2026-08-31T00:00:00", "2026-09-28T00:00:00")
    assert len(asked) == 3
    assert all(one[1] == other[0] for one, other in pairwise(asked))
