"""`handoff policy check --live`: what the tenant says to each name, number and type of the policy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from handoff_pipeline.commands.live_check import live_findings
from handoff_pipeline.governance.drafting.meanings import mapped
from handoff_pipeline.halo.sample import Discovery
from handoff_pipeline.policy import load_policy

POLICY = load_policy(Path(__file__).resolve().parents[2] / "handoff.yaml")
TYPES = {"Opportunity": 30, "Project": 31, "Project Task": 32, "Project Change Request": 24}
SALES_TEAMS = ("Sales North", "Sales South", "Sales Enterprise")
PEOPLE = ("Alice Archer", "Ben Okafor", "Elena Rossi", "Grace Lee", "Ivy Chen", "Laura Svensson", "Oscar Diaz", "Quentin Blake")
STATUSES = {
    "Closed Won": 22,
    "Closed Lost": 23,
    "Cancelled": 28,
    "On Hold - Client": 29,
    "Change Approved": 25,
    "Change Rejected": 26,
    "Change Withdrawn": 27,
}


def carrying(kind: str) -> list[dict[str, str]]:
    return [{"name": name, "value": "x"} for meaning, name in mapped(POLICY) if meaning.kind == kind]


def fitting() -> dict[str, list[dict]]:
    """A tenant that has and uses everything that the example policy names."""
    options: dict[str, Iterable[str]] = {"CFChangeOrigin": POLICY.change_request.origins, "CFDealType": POLICY.margin_floors.by_deal_type}
    return {
        "ticket_type": [{"id": number, "name": name} for name, number in TYPES.items()],
        "status": [{"id": number, "name": name} for name, number in STATUSES.items()],
        "field_info": [
            {"id": number, "name": name, "type": meaning.make, "values": [{"name": one} for one in options.get(name, ())]}
            for number, (meaning, name) in enumerate(mapped(POLICY))
        ],
        "team": [{"id": 2, "name": "Projects"}, *({"name": name} for name in SALES_TEAMS)],
        "agent": [{"id": number, "name": name, "team": "Projects"} for number, name in enumerate(PEOPLE, start=30)],
        "quotation_status": [{"id": 1, "name": "Accepted"}, {"id": 2, "name": "Rejected"}],
        "opportunity": [{"id": 1, "status_id": number, "customfields": carrying("opportunity")} for number in (22, 23)],
        "project": [{"id": 2, "status_id": number, "customfields": carrying("project")} for number in (28, 29)],
        "change_request": [{"id": 3, "status_id": number, "customfields": carrying("change_request")} for number in (25, 26, 27)],
        "quotation": [{"id": 4, "status": 1, "lines": [{"item_id": 100}, {"item_id": 101}]}],
        "appointment": [{"appointment_type_name": "Kickoff"}],
        "approval": [{"step_name": "Delivery sign-off", "result": 1}],
    }


def found(lists: dict[str, list[dict]], refused: dict[str, str] | None = None) -> Discovery:
    return Discovery({name: tuple(rows) for name, rows in lists.items()}, refused or {})


def said(lists: dict[str, list[dict]]) -> list[tuple[str, str]]:
    return [(finding.check, finding.level) for finding in live_findings(POLICY, found(lists))]


def test_a_tenant_that_fits_is_one_good_finding():
    assert said(fitting()) == [("tenant", "ok")]


@pytest.mark.parametrize(
    ("entity", "field", "old", "new", "finding"),
    [
        ("ticket_type", "name", "Project Task", "Task of project", ("ticket_types.task", "failure")),
        ("ticket_type", "name", "Project Task", "PROJECT TASK", ("ticket_types.task", "warning")),
        ("status", "name", "Closed Won", "Won", ("won.statuses", "failure")),
        ("field_info", "name", "CFSignedScopeLink", "CFScopeSignedLink", ("fields.opportunity.signed_scope_link", "failure")),
        ("field_info", "name", "CFSignedScopeLink", "cfsignedscopelink", ("fields.opportunity.signed_scope_link", "warning")),
        ("opportunity", "status_id", 23, 22, ("lost.statuses", "warning")),
        ("project", "status_id", 28, 29, ("project.cancelled_statuses", "warning")),
        ("quotation_status", "id", 1, 7, ("quotation.accepted_statuses", "failure")),
        ("quotation", "status", 1, 2, ("quotation.accepted_statuses", "warning")),
        ("appointment", "appointment_type_name", "Kickoff", "Kick-off", ("kickoff.appointment_types", "warning")),
        ("approval", "step_name", "Delivery sign-off", "Delivery signoff", ("signoff.steps", "warning")),
        ("approval", "result", 1, 9, ("signoff.results", "warning")),
    ],
)
def test_one_difference_is_one_finding_under_its_key(entity, field, old, new, finding):
    lists = fitting()
    lists[entity] = [{**row, field: new} if row[field] == old else row for row in lists[entity]]
    assert said(lists) == [finding]


def test_a_date_that_is_kept_as_text_is_a_failure_and_prose_in_a_select_only_a_warning():
    lists = fitting()
    types = {"CFSignedScopeDate": 0, "CFDependencies": 6}
    lists["field_info"] = [{**row, "type": types.get(row["name"], row["type"])} for row in lists["field_info"]]
    assert said(lists) == [("fields.opportunity.signed_scope_date", "failure"), ("fields.opportunity.dependencies", "warning")]


def test_a_type_that_nobody_has_documented_is_not_complained_about():
    lists = fitting()
    lists["field_info"] = [{**row, "type": 77} for row in lists["field_info"]]
    assert said(lists) == [("tenant", "ok")]


def test_a_field_that_is_on_no_record_of_its_kind_is_a_warning():
    lists = fitting()
    lists["project"] = [
        {**row, "customfields": [one for one in row["customfields"] if one["name"] != "CFFeasibility"]} for row in lists["project"]
    ]
    assert said(lists) == [("fields.project.feasibility", "warning")]


def test_an_option_that_the_field_does_not_offer_is_a_warning():
    lists = fitting()
    for row in lists["field_info"]:
        row["values"] = [one for one in row["values"] if one["name"] != "Discovery"]
    assert said(lists) == [("change_request.origins", "warning")]


def test_an_item_that_is_on_no_quotation_names_the_items_that_look_like_labour():
    lists = fitting()
    lists["quotation"] = [{"id": 4, "status": 1, "lines": [{"item_id": 100}, {"item_id": 105, "budgets": [{"hours": 8}]}]}]
    (finding,) = live_findings(POLICY, found(lists))
    assert (finding.check, finding.level) == ("quotation.labour_items", "warning")
    assert "105" in finding.fix


def test_a_team_that_does_not_exist_is_a_failure():
    lists = fitting()
    lists["team"] = [{"name": name} for name in ("Project team", *SALES_TEAMS)]
    lists["agent"] = [{**row, "team": "Project team"} for row in lists["agent"]]
    assert said(lists) == [("signoff.delivery_teams", "failure"), ("remediation.managers", "failure")]


def test_a_person_who_is_no_agent_is_a_failure_wherever_the_policy_names_them():
    lists = fitting()
    lists["agent"] = [row for row in lists["agent"] if row["name"] != "Grace Lee"]
    keys = ["approvals.roles.sales_manager.agents", "remediation.managers.Sales Enterprise", "remediation.fallback"]
    assert said(lists) == [(key, "failure") for key in (*keys, "escalation.levels.1.to", "teams.people")]


def test_a_name_that_two_agents_bear_is_a_failure_that_asks_for_the_number():
    lists = fitting()
    lists["agent"].append({"id": 77, "name": "oscar diaz", "team": "Projects"})
    (finding,) = live_findings(POLICY, found(lists))
    assert (finding.check, finding.level) == ("approvals.roles.project_manager.agents", "failure")
    assert "36, 77" in finding.message
    assert "number" in finding.fix


def test_a_person_who_is_disabled_is_a_warning():
    lists = fitting()
    lists["agent"] = [{**row, "isdisabled": row["name"] == "Ben Okafor"} for row in lists["agent"]]
    assert said(lists) == [("teams.people", "warning")]


def test_a_number_stands_for_a_person_and_an_unknown_one_is_a_failure():
    named = POLICY.remediation.model_copy(update={"fallback": [33], "last_resort": 99})
    findings = live_findings(POLICY.model_copy(update={"remediation": named}), found(fitting()))
    assert [(finding.check, finding.level) for finding in findings] == [("remediation.last_resort", "failure")]


def test_a_field_that_the_product_would_write_is_looked_up_like_any_other():
    fields = POLICY.write_back.fields.model_copy(update={"score": "CFHandoffScore"})
    policy = POLICY.model_copy(update={"write_back": POLICY.write_back.model_copy(update={"fields": fields})})
    (finding,) = live_findings(policy, found(fitting()))
    assert (finding.check, finding.level) == ("write_back.fields.score", "failure")


def test_lists_without_a_row_prove_nothing():
    lists = fitting() | {
        name: [] for name in ("opportunity", "project", "change_request", "quotation", "appointment", "approval", "team", "agent")
    }
    assert said(lists) == [("tenant", "ok")]


def test_what_could_not_be_read_is_named():
    (finding,) = live_findings(POLICY, found(fitting(), {"quotation": "403", "instance": "404"}))
    assert (finding.check, finding.level) == ("read.quotation", "warning")


def test_near_misses_stand_in_the_fix():
    lists = fitting()
    lists["status"] = [{**row, "name": "Closed - Won"} if row["name"] == "Closed Won" else row for row in lists["status"]]
    assert "Closed - Won" in live_findings(POLICY, found(lists))[0].fix
