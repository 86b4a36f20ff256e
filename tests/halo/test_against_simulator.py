"""The client against the simulated tenant over real HTTP on loopback: what a first load and a second night cost, and what quirks do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from handoff_pipeline.clock import HeldClock
from handoff_pipeline.halo import PullPlan, PullReport, pull
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Fault, Quirks, SimulatedHalo, Truth, build_world, running

NIGHT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
FULL_LOAD_REQUESTS = 250
"""What the demo's first night may cost, against a limit of 300 in five minutes."""


@pytest.fixture(scope="module")
def truth() -> Truth:
    return build_world(seed=7, deals=120)


@pytest.fixture(scope="module")
def small() -> Truth:
    return build_world(seed=11, deals=24)


def _pull(url: str, inbox: Path, sim: SimulatedHalo, plan: PullPlan | None = None, **overrides: Any) -> PullReport:
    values: dict[str, Any] = {"halo_url": url, "halo_client_id": DEMO_CLIENT_ID, "halo_client_secret": SecretStr(DEMO_CLIENT_SECRET)}
    plan = plan or PullPlan(as_of=sim.now)
    plan = replace(plan, change_type_names=frozenset({"Project Change Request"}))
    return pull(Settings(_env_file=None, **(values | overrides)), plan, inbox, HeldClock(sim.now))


def _rows(report: PullReport, entity: str) -> Iterator[dict[str, Any]]:
    for file in report.entities[entity].files:
        document = orjson.loads(file.path.read_bytes())
        yield from document if file.shape == "array" else [document] if file.shape == "object" else document[file.shape]


def _show(title: str, report: PullReport) -> None:
    lines = [f"{title}: {report.requests} requests", *(f"  {number:4d}  {name}" for name, number in report.requests_by_endpoint.items())]
    print("\n".join(lines))  # noqa: T201


def test_a_first_load_and_a_second_night_stay_within_their_requests(truth: Truth, tmp_path: Path) -> None:
    sim = SimulatedHalo(truth, NIGHT)
    with running(sim) as url:
        first = _pull(url, tmp_path / "first", sim)
        _show("first load", first)
        assert {name: report.detail for name, report in first.entities.items() if report.state != "complete"} == {}
        assert first.requests < FULL_LOAD_REQUESTS
        assert first.requests == sim.count()
        assert first.server_time_utc == NIGHT

        known = {int(row["id"]): row["last_update_time"] for row in _rows(first, "sales_order")}
        cursors = {name: report.cursor_utc for name, report in first.entities.items()}
        sim.advance(days=1)
        second = _pull(url, tmp_path / "second", sim, PullPlan(as_of=sim.now, cursors=cursors, known_orders=known))
        _show("second night", second)
        assert all(report.state == "complete" for report in second.entities.values())
        assert second.requests < 40


def test_of_a_pull_of_some_entities_the_others_are_neither_asked_for_nor_reported(small: Truth, tmp_path: Path) -> None:
    sim, only = (
        SimulatedHalo(small, NIGHT),
        frozenset({"ticket_type", "status", "field_info", "opportunity", "project", "ticket_detail", "attachment"}),
    )
    with running(sim) as url:
        report = _pull(url, tmp_path, sim, PullPlan(as_of=sim.now, only=only, won_status_names=frozenset({"Closed Won"})))
    assert {name: each.state for name, each in report.entities.items()} == dict.fromkeys(only, "complete")
    assert not set(report.requests_by_endpoint) & {"/Quotation", "/TicketApproval", "/Agent"}


def test_what_is_landed_is_what_the_world_holds(truth: Truth, tmp_path: Path) -> None:
    sim = SimulatedHalo(truth, NIGHT)
    with running(sim) as url:
        report = _pull(url, tmp_path, sim)
    deals = {deal.deal_id for deal in truth.deals if deal.created_at <= NIGHT and not (deal.merged_at and deal.merged_at <= NIGHT)}
    assert deals <= {int(row["id"]) for row in _rows(report, "opportunity")}
    assert {int(row["id"]) for row in _rows(report, "sales_order")} == {
        order.order_id for order in truth.orders if order.created_at <= NIGHT
    }
    logged = {(entry.ticket_id, entry.action_id) for entry in truth.time_entries if max(entry.logged_at, entry.worked_at) <= NIGHT}
    assert logged <= {(int(row["ticket_id"]), int(row["id"])) for row in _rows(report, "action")}
    assert all("customfields" in row for row in _rows(report, "opportunity"))


def _own(row: dict[str, Any]) -> dict[str, Any]:
    """The row without what other records make of it: a new quotation or child need not touch a ticket's `last_update` (reference 10)."""
    return {name: value for name, value in row.items() if not name.startswith("oppvalue") and name not in {"oppprofit", "child_count"}}


def test_a_second_night_brings_exactly_what_changed(small: Truth, tmp_path: Path) -> None:
    sim = SimulatedHalo(small, NIGHT)
    with running(sim) as url:
        first = _pull(url, tmp_path / "first", sim)
        sim.advance(days=20)
        cursors = {name: report.cursor_utc for name, report in first.entities.items()}
        changed = _pull(url, tmp_path / "changed", sim, PullPlan(as_of=sim.now, cursors=cursors))
        whole = _pull(url, tmp_path / "whole", sim)
    for entity in ("opportunity", "project", "change_request", "client"):
        before, now, told = ({int(row["id"]): _own(row) for row in _rows(report, entity)} for report in (first, whole, changed))
        assert before | told == now
        assert before | told == now
        assert not changed.entities[entity].is_full


@pytest.mark.fact("H034", "H038", "H100", "H101")
@pytest.mark.parametrize(
    "habit",
    [
        {"page_cap": 30},
        {"agent_envelope": "bare", "ids_as_decimals": True, "nul_in_text": True},
        {"token_life_seconds": 1},
        {
            "faults": (
                Fault("/Opportunities", 1, "server_error_500"),
                Fault("/Projects", 1, "html_502"),
                Fault("/Quotation", 1, "truncated_json"),
            )
        },
        {"faults": (Fault("/Projects", 1, "unauthorized_once"), Fault("/Opportunities", 1, "record_count_wrong"))},
    ],
    ids=["cap", "shapes", "short token", "faults", "refusals"],
)
def test_no_habit_of_the_server_changes_what_is_landed(small: Truth, tmp_path: Path, habit: dict[str, Any]) -> None:
    keys = ("opportunity", "project", "change_request", "quotation", "sales_order", "client", "agent", "appointment")
    landed = []
    for name, quirks in (("plain", Quirks()), ("habit", Quirks(**habit))):
        sim = SimulatedHalo(small, NIGHT, quirks)
        with running(sim) as url:
            report = _pull(url, tmp_path / name, sim, history_start=datetime(2026, 9, 1, tzinfo=UTC).date())
        assert {entity.entity: entity.detail for entity in report.entities.values() if entity.state != "complete"} == {}
        landed.append({entity: {int(row["id"]) for row in _rows(report, entity)} for entity in keys})
    assert landed[0] == landed[1]


@pytest.mark.parametrize("kind", ["html_200", "error_body_200", "repeat_page", "empty_page"])
def test_a_page_that_is_broken_for_good_leaves_nothing_and_stops_nobody(small: Truth, tmp_path: Path, kind: Any) -> None:
    faults = tuple(Fault("/Projects", nth, kind) for nth in range(1, 60))
    sim = SimulatedHalo(small, NIGHT, Quirks(faults=faults, page_cap=20))
    with running(sim) as url:
        report = _pull(url, tmp_path, sim, history_start=NIGHT.date())
    assert {name for name, entity in report.entities.items() if entity.state != "complete"} == {"project"}
    assert list((tmp_path / "project").iterdir()) == []


@pytest.mark.fact("H015", "H016")
def test_a_missing_permission_is_named(small: Truth, tmp_path: Path) -> None:
    sim = SimulatedHalo(small, NIGHT, Quirks(denied_scopes=frozenset({"quotes"})))
    with running(sim) as url:
        report = _pull(url, tmp_path, sim, history_start=NIGHT.date())
    assert report.entities["quotation"].state == "not_permitted"
    assert "read:quotes" in str(report.entities["quotation"].detail)
    assert {name for name, entity in report.entities.items() if entity.state != "complete"} == {"quotation"}


@pytest.mark.fact("H092", "H093")
def test_the_servers_limit_is_waited_out(small: Truth, tmp_path: Path) -> None:
    sim = SimulatedHalo(small, NIGHT, Quirks(rate_limit_requests=15, rate_limit_seconds=2, retry_after=True))
    with running(sim) as url:
        report = _pull(url, tmp_path, sim, history_start=NIGHT.date(), requests_per_window=15, window_seconds=2)
    assert all(entity.state == "complete" for entity in report.entities.values())


SWEPT = frozenset({"opportunity", "project", "change_request", "client", "site"})


def test_a_swept_night_finds_what_was_deleted_and_what_came_back(small: Truth, tmp_path: Path) -> None:
    sim = SimulatedHalo(small, NIGHT)
    with running(sim) as url:
        first = _pull(url, tmp_path / "first", sim)
        ids = {entity: frozenset(int(row["id"]) for row in _rows(first, entity)) for entity in SWEPT}
        gone, back = sorted(ids["opportunity"])[:2]
        sim.advance(days=1)
        sim.edits.delete("tickets", gone)
        known = ids | {"opportunity": ids["opportunity"] - {back}}
        cursors = {name: report.cursor_utc for name, report in first.entities.items()}
        plan = PullPlan(as_of=sim.now, cursors=cursors, sweep=SWEPT, known_ids=known, doubtful_ids={"opportunity": frozenset({back})})
        second = _pull(url, tmp_path / "second", sim, plan)
        whole = _pull(url, tmp_path / "whole", sim)
    opportunity = second.entities["opportunity"]
    assert {name: report.detail for name, report in second.entities.items() if report.state != "complete"} == {}
    assert opportunity.listed_deleted == {gone}
    assert back in {int(row["id"]) for row in _rows(second, "opportunity")}
    for entity in SWEPT:
        present = second.entities[entity].present
        assert present is not None
        assert set(orjson.loads(present.read_bytes())) == {int(row["id"]) for row in _rows(whole, entity)}


def test_budgets_by_sql_are_those_of_the_projects_details(small: Truth, tmp_path: Path) -> None:
    sim = SimulatedHalo(small, NIGHT)
    scopes = f"{Settings(_env_file=None).halo_scope} read:reporting"
    with running(sim) as url:
        plan = PullPlan(as_of=NIGHT, project_type_names=frozenset({"Project"}))
        report = _pull(url, tmp_path, sim, plan, reporting=True, reporting_rows=10, halo_scope=scopes)
    assert {name: report.entities[name].detail for name in report.entities if report.entities[name].state != "complete"} == {}
    singly = {(int(row["id"]), int(each["id"])) for row in _rows(report, "ticket_detail") for each in row.get("budgets", ())}
    assert singly == {(int(row["ticket_id"]), int(row["id"])) for row in _rows(report, "budget")}
    assert report.entities["audit"].rows_seen > 0
