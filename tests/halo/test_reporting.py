"""What only SQL brings in bulk: read behind the last id, checked by COUNT(*), in every shape that an answer was seen in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from handoff_pipeline.halo.errors import HaloError, NotOffered
from handoff_pipeline.halo.report import PullReport
from handoff_pipeline.halo.report_call import Select
from handoff_pipeline.halo.reporting import REPORTS, report_rows
from tests.halo.fake import NOW, FakeHalo, answer, landed_ids, plan, pull_from

ENTITIES = ("budget", "agent_cost", "audit")


class Database:
    """Answers the statements by their form alone: COUNT(*), or TOP n behind an id. `cut` is HaloPSA's own limit of rows."""

    def __init__(self, rows: int, cut: int = 10**9) -> None:
        self.ids = list(range(1, rows + 1))
        self.cut = cut
        self.statements: list[str] = []
        self.edit: Callable[[int], None] = lambda _number: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        (asked,) = orjson.loads(request.content)
        self.statements.append(asked["sql"])
        self.edit(len(self.statements))
        return answer({"report": {"loaded": True, "rows": self.rows(asked["sql"])}}, 201)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        if "count(*)" in sql:
            return [{"n": len(self.ids)}]
        top = re.search(r"top (\d+)", sql)
        last = re.search(r" > (\d+) order", sql)
        behind = [number for number in self.ids if number > (int(last[1]) if last else 0)]
        return [{"id": number, "ticket_id": 5, "agent_id": number} for number in behind[: min(self.cut, int(top[1]) if top else 0)]]


def _pulled(database: Any, tmp_path: Path, **overrides: Any) -> PullReport:
    return pull_from(FakeHalo(handlers={"/api/Report": database}), tmp_path, **({"reporting": True, "reporting_rows": 100} | overrides))


def test_without_the_setting_nothing_is_asked_by_sql_and_nothing_is_reported_of_it(tmp_path: Path) -> None:
    halo = FakeHalo()
    report = pull_from(halo, tmp_path)
    assert halo.to("/api/Report") == []
    assert not set(ENTITIES) & set(report.entities)


def test_a_report_is_read_in_pages_behind_the_last_id_and_counted_before_and_after(tmp_path: Path) -> None:
    report = _pulled(Database(250), tmp_path)
    budget = report.entities["budget"]
    assert landed_ids(report, "budget") == list(range(1, 251))
    assert (budget.state, budget.rows_seen, budget.rows_expected, budget.is_full, budget.requests) == ("complete", 250, 250, True, 5)
    assert budget.requests_minimum == 3


@pytest.mark.parametrize("cut", [100, 99, 37, 1])
def test_a_report_that_is_cut_short_without_a_word_is_read_on(tmp_path: Path, cut: int) -> None:
    assert landed_ids(_pulled(Database(110, cut), tmp_path), "budget") == list(range(1, 111))


def test_an_empty_table_is_complete(tmp_path: Path) -> None:
    budget = _pulled(Database(0), tmp_path).entities["budget"]
    assert (budget.state, budget.rows_seen, budget.files, budget.requests) == ("complete", 0, (), 2)


def test_rows_that_come_during_the_reading_are_read_behind_the_last_id(tmp_path: Path) -> None:
    database = Database(250)
    halo = FakeHalo(handlers={"/api/Report": lambda request: answer([]) if b"FaultBudget" not in request.content else database(request)})
    # Statements: count, three pages, count.
    database.edit = lambda number: database.ids.append(251) if number == 5 else None
    report = pull_from(halo, tmp_path, reporting=True, reporting_rows=100)
    assert landed_ids(report, "budget") == list(range(1, 252))


def test_rows_that_go_during_the_reading_make_it_begin_anew(tmp_path: Path) -> None:
    database = Database(250)
    halo = FakeHalo(handlers={"/api/Report": lambda request: answer([]) if b"FaultBudget" not in request.content else database(request)})
    database.edit = lambda number: database.ids.remove(7) if number == 5 else None
    report = pull_from(halo, tmp_path, reporting=True, reporting_rows=100)
    assert landed_ids(report, "budget") == [number for number in range(1, 251) if number != 7]


def test_a_count_that_never_balances_is_incomplete_and_lands_nothing(tmp_path: Path) -> None:
    database = Database(20)
    rows = database.rows
    database.rows = lambda sql: [{"n": 21}] if "count(*)" in sql else rows(sql)  # type: ignore[method-assign]
    budget = _pulled(database, tmp_path).entities["budget"]
    assert (budget.state, budget.files) == ("incomplete", ())
    assert "20 rows came, COUNT(*) says 21" in str(budget.detail)


@pytest.mark.fact("H070")
def test_a_statement_that_did_not_run_is_an_error_though_it_is_answered_with_200(tmp_path: Path) -> None:
    budget = _pulled(lambda _: answer({"report": {"loaded": False, "load_error": "Incorrect syntax near 'x'"}}), tmp_path).entities[
        "budget"
    ]
    assert (budget.state, budget.files) == ("incomplete", ())
    assert "Incorrect syntax" in str(budget.detail)


def test_a_table_that_this_version_lacks_degrades_the_entity(tmp_path: Path) -> None:
    reply = {"report": {"loaded": False, "load_error": "Invalid object name 'UnameCostTracking'."}}
    cost = _pulled(lambda _: answer(reply), tmp_path).entities["agent_cost"]
    assert cost.state == "not_permitted"
    assert "does not offer it" in str(cost.detail)


def test_audit_asks_since_its_cursor_and_for_sales_and_projects_only(tmp_path: Path) -> None:
    database = Database(3)
    report = _pulled(database, tmp_path, a_plan=plan(cursors={"audit": NOW - timedelta(days=1)}))
    (asked,) = {sql for sql in database.statements if "AUDIT" in sql and "top" in sql}
    assert "ADate >= '2026-11-01T01:50:00'" in asked
    assert "or RTid in (24)" in asked
    assert (report.entities["audit"].is_full, report.entities["budget"].is_full) == (False, True)


@pytest.mark.parametrize("name", ENTITIES)
@pytest.mark.fact("H072")
@pytest.mark.fact("H073")
@pytest.mark.fact("H074")
def test_every_statement_is_one_that_may_be_sent(name: str, tmp_path: Path) -> None:
    database = Database(1)
    _pulled(database, tmp_path)
    assert [Select(sql).sql for sql in database.statements] == database.statements
    assert any(REPORTS[name].counted in sql for sql in database.statements)


@pytest.mark.parametrize(
    "document",
    [
        {"report": {"loaded": True, "rows": [{"id": 1}]}},
        [{"report": {"loaded": True, "rows": [{"id": 1}]}}],
        {"loaded": True, "rows": [{"id": 1}]},
        [{"rows": [{"id": 1}]}],
    ],
)
@pytest.mark.fact("H068")
@pytest.mark.fact("H069")
def test_rows_are_found_in_every_shape_of_the_answer(document: object) -> None:
    assert report_rows(document) == [{"id": 1}]


def test_a_report_without_rows_may_leave_them_out() -> None:
    assert report_rows({"report": {"loaded": True}}) == []


@pytest.mark.parametrize(
    "document", [{}, [], "text", None, {"report": {}}, {"rows": "x"}, {"rows": [1]}, {"report": {"loaded": False}}, {"load_error": "no"}]
)
def test_an_answer_that_is_no_report_is_never_no_rows(document: object) -> None:
    with pytest.raises(HaloError):
        report_rows(document)


def test_a_missing_column_is_told_from_a_wrong_statement() -> None:
    with pytest.raises(NotOffered):
        report_rows({"load_error": "Invalid column name 'fbtqdid'."})
