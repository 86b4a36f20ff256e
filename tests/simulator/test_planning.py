"""Budgets, milestones and links of tickets as the simulated HaloPSA serves them, and the lists of its set-up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from handoff_pipeline.simulator import Quirks
from tests.simulator.tenant import DEMO_MOMENT, Tenant, demo_world


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenant(Quirks(rate_limit=False))


def _budgeted() -> int:
    return next(p.project_id for p in demo_world().projects if p.budgets and p.created_at < DEMO_MOMENT - timedelta(days=30))


def _planned() -> int:
    return next(p.project_id for p in demo_world().projects if p.milestones and p.created_at < DEMO_MOMENT - timedelta(days=30))


@pytest.mark.fact("H049")
def test_budgets_milestones_and_assets_come_with_the_single_record_without_a_flag(tenant: Tenant) -> None:
    budgeted, planned = tenant.get(f"/Tickets/{_budgeted()}"), tenant.get(f"/Projects/{_planned()}")
    assert {"budgets", "milestones", "assets"} <= budgeted.keys()
    assert budgeted["budgets"]
    assert planned["milestones"]


@pytest.mark.parametrize("path", ["/Tickets", "/Projects", "/Opportunities"])
def test_lists_have_none_of_what_the_single_record_adds(tenant: Tenant, path: str) -> None:
    alone = {"budgets", "milestones", "approvers", "attachments", "related_tickets", "createdfrom_id", "audit_log", "assets"}
    assert not any(alone & row.keys() for row in tenant.rows(path))


@pytest.mark.fact("H080")
def test_hours_that_nobody_scheduled_are_minus_9999() -> None:
    path = f"/Tickets/{_budgeted()}"
    assert {row["scheduled_hours"] for row in Tenant().get(path)["budgets"]} == {-9999.0}
    assert {row["scheduled_hours"] for row in Tenant(Quirks(unscheduled_sentinel=False)).get(path)["budgets"]} == {0.0}


@pytest.mark.fact("H079")
def test_a_project_without_budgets_has_an_empty_array(tenant: Tenant) -> None:
    bare = next(p.project_id for p in demo_world().projects if not p.budgets and p.created_at < DEMO_MOMENT)
    assert tenant.get(f"/Tickets/{bare}")["budgets"] == []


def test_a_budget_that_is_added_later_moves_the_projects_last_update() -> None:
    project = next(p for p in demo_world().projects if len({b.created_at for b in p.budgets}) > 1)
    added = max(budget.created_at for budget in project.budgets)

    def record(now: Any) -> dict[str, Any]:
        answer: dict[str, Any] = Tenant(now=now).get(f"/Tickets/{project.project_id}")
        return answer

    before, after = record(added - timedelta(seconds=1)), record(added)
    assert len(after["budgets"]) == len(before["budgets"]) + 1
    assert after["last_update"] > before["last_update"]


@pytest.mark.fact("H039", "H059")
def test_milestones_page_under_data_and_know_no_filter(tenant: Tenant) -> None:
    answer = tenant.get("/Milestone", pageinate="true", page_no=1, page_size=10)
    assert len(answer["data"]) == 10 < answer["record_count"]
    assert tenant.rows("/Milestone", ticket_id=_planned(), client_id=11) == tenant.rows("/Milestone")


@pytest.mark.fact("H060")
def test_milestones_of_templates_have_negative_ticket_ids() -> None:
    templates = {row["ticket_id"] for row in Tenant().rows("/Milestone") if row["ticket_id"] < 0}
    assert templates == {-1, -2}
    assert not any(row["ticket_id"] < 0 for row in Tenant(Quirks(template_milestones=False)).rows("/Milestone"))


@pytest.mark.fact("H058")
def test_nothing_but_get_works_on_milestones(tenant: Tenant) -> None:
    tenant.get("/Milestone")
    refused = tenant.http.post("/api/Milestone", json=[{}], headers={"Authorization": f"Bearer {tenant.token}"})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_the_list_and_the_project_tell_the_same_of_a_milestone(tenant: Tenant) -> None:
    listed = [row for row in tenant.rows("/Milestone") if row["ticket_id"] == _planned()]
    assert sorted(tenant.get(f"/Tickets/{_planned()}")["milestones"], key=lambda row: row["id"]) == listed


@pytest.mark.fact("H083")
def test_a_task_sits_in_several_milestones_of_its_project(tenant: Tenant) -> None:
    stones = tenant.get(f"/Tickets/{_planned()}")["milestones"]
    task = stones[-1]["tickets_list"][0]["id"]
    assert sum(task in {each["ticket_id"] for each in stone["tickets"]} for stone in stones) == 2


def test_a_hidden_project_hides_its_milestones() -> None:
    rows = Tenant(Quirks(hidden_ticket_ids=frozenset({_planned()}))).rows("/Milestone")
    assert _planned() not in {row["ticket_id"] for row in rows}


def test_a_milestone_is_done_when_it_was_done() -> None:
    stone = next(s for p in demo_world().projects for s in p.milestones if s.completed_at)
    assert stone.completed_at is not None
    states = [
        next(row["_complete"] for row in Tenant(now=now).rows("/Milestone") if row["id"] == stone.milestone_id)
        for now in (stone.completed_at - timedelta(seconds=1), stone.completed_at)
    ]
    assert states == [False, True]


def test_a_related_change_and_its_project_name_each_other(tenant: Tenant) -> None:
    change = next(c for c in demo_world().changes if c.related_project_id and c.raised_at <= DEMO_MOMENT)
    of_change, of_project = (
        {row["id"] for row in tenant.get(f"/Tickets/{number}")["related_tickets"]}
        for number in (change.change_id, change.related_project_id)
    )
    assert of_change == {change.related_project_id}
    assert change.change_id in of_project


def test_related_tickets_are_found_by_a_filter(tenant: Tenant) -> None:
    change = next(c for c in demo_world().changes if c.related_project_id and c.raised_at <= DEMO_MOMENT)
    assert change.change_id in {row["id"] for row in tenant.rows("/Tickets", related_id=change.related_project_id or 0)}
    assert tenant.rows("/Opportunities", related_id=change.related_project_id or 0) == []


def test_a_change_tells_what_it_was_created_from(tenant: Tenant) -> None:
    change = next(c for c in demo_world().changes if c.created_from_id and c.raised_at <= DEMO_MOMENT)
    assert tenant.get(f"/Tickets/{change.change_id}")["createdfrom_id"] == change.created_from_id


def test_the_single_record_has_its_approvers(tenant: Tenant) -> None:
    project = demo_world().signoffs[0].project_id
    assert tenant.get(f"/Tickets/{project}")["approvers"] == tenant.get("/TicketApproval", ticket_id=project)


def test_the_single_record_has_its_files(tenant: Tenant) -> None:
    deal = next(each.deal_id for each in demo_world().attachments if each.deal_id and each.added_at <= DEMO_MOMENT)
    assert tenant.get(f"/Tickets/{deal}")["attachments"] == tenant.get("/Attachment", ticket_id=deal or 0)


@pytest.mark.fact("H089")
def test_a_projects_main_project_is_itself_and_a_tasks_is_its_project(tenant: Tenant) -> None:
    for row in tenant.rows("/Projects"):
        assert row["main_project_id"] == (row["id"] if row["itil_requesttype_id"] == 22 else row["parent_id"])


@pytest.mark.fact("H078")
def test_two_keys_may_be_spelt_in_another_way() -> None:
    row = Tenant(Quirks(short_category_keys=True)).rows("/Opportunities")[0]
    assert {"category1", "tickettags"} <= row.keys()
    assert {"category_1", "ticket_tags"} <= Tenant().rows("/Opportunities")[0].keys()


def test_details_may_hold_html() -> None:
    def details(quirks: Quirks) -> set[bool]:
        return {row["details"].startswith("<p>") for row in Tenant(quirks).rows("/Projects")}

    assert details(Quirks()) == {False}
    assert details(Quirks(html_in_details=True)) == {True, False}


@pytest.mark.fact("H102")
def test_what_is_unset_has_numbers_of_its_own(tenant: Tenant) -> None:
    ticket = tenant.get(f"/Tickets/{demo_world().deals[0].deal_id}")
    assert (ticket["user_id"], ticket["createdfrom_id"]) == (0, 0)
    assert {ticket[name] for name in ("sla_id", "priority_id", "workflow_id", "contract_id")} == {-1}
    assert tenant.get("/Template/1")["user_id"] == -99
    assert tenant.get("/Agent/1")["name"] == "Unassigned"
    assert tenant.get("/Client/1")["name"] == "Unknown"


@pytest.mark.fact("H066")
def test_a_priority_is_known_by_another_number_than_its_id(tenant: Tenant) -> None:
    rows = tenant.get("/Priority")
    assert all(len(row["id"]) == 36 for row in rows)
    assert [row["priorityid"] for row in rows] == [1, 2, 3, 4]


def test_hidden_outcomes_come_on_request(tenant: Tenant) -> None:
    assert not any(row["hidden"] for row in tenant.get("/Outcome"))
    assert any(row["hidden"] for row in tenant.get("/Outcome", showhidden="true"))


def test_a_template_alone_tells_what_it_plans(tenant: Tenant) -> None:
    assert not any("budgets" in row for row in tenant.get("/Template"))
    alone = tenant.get("/Template/1")
    assert {row["ticket_id"] for row in alone["milestones"]} == {-1}
    assert {row["template_id"] for row in alone["budgets"]} == {1}


def test_kinds_of_budget_are_those_that_budgets_name(tenant: Tenant) -> None:
    known = {row["id"]: row["name"] for row in tenant.get("/BudgetType")}
    rows = [row for p in demo_world().projects[:12] for row in tenant.get(f"/Tickets/{p.project_id}")["budgets"]]
    assert rows
    assert all(known[row["budgettype_id"]] == row["budgettype_name"] for row in rows)


def test_the_instance_tells_its_version(tenant: Tenant) -> None:
    assert {"app_version", "database_version", "auth_url"} <= tenant.get("/InstanceInfo").keys()


@pytest.mark.fact("H036")
@pytest.mark.parametrize("path", ["/BudgetType", "/Template", "/Outcome", "/Priority", "/Timesheet", "/Attachment"])
def test_what_does_not_page_repeats_itself_for_page_2(tenant: Tenant, path: str) -> None:
    first, second = (tenant.get(path, pageinate="true", page_no=page, page_size=5) for page in (1, 2))
    assert first == second != []
