"""What a pull is asked for, and what one step hands to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assets.known import Known
from assets.plan import (
    TENANT,
    TICKETS,
    Pulled,
    decide,
    forget_pulled,
    read_plan,
    read_pulled,
    refuse_other_tenant,
    scope_of,
    scope_rows,
    write_plan,
    write_pulled,
)
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.halo import EntityReport, InboxFile, PullReport
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.settings import Settings

NIGHT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
LAST = datetime(2026, 9, 27, 1, 30, tzinfo=UTC)
SETTINGS = Settings(_env_file=None)


@pytest.fixture(scope="module")
def policy(checkout) -> Policy:
    return load_policy(checkout / "handoff.yaml")


def known(policy: Policy, scope: dict[str, frozenset[str]] | None = None) -> Known:
    cursors = dict.fromkeys((*TICKETS, "client"), LAST)
    held = scope_of(policy) if scope is None else scope
    return Known(cursors, {7: "2026-09-01"}, frozenset({3}), held, full_reads=dict.fromkeys(cursors, LAST))


def report(inbox, **states: str) -> PullReport:
    def entity(name: str) -> EntityReport:
        files = (InboxFile(inbox / name / "00001.json", "tickets"),)
        return EntityReport(name, states.get(name, "complete"), files, 2, None, 1, NIGHT, "a detail", is_full=False)  # type: ignore[arg-type]

    return PullReport({name: entity(name) for name in TICKETS}, 3, {"/Opportunities": 3}, NIGHT)


def test_a_night_continues_where_the_last_one_ended(policy):
    plan = decide(policy, SETTINGS, NIGHT, known(policy))
    assert plan.cursors == dict.fromkeys((*TICKETS, "client"), LAST)
    assert (plan.as_of, plan.known_orders, plan.project_ids) == (NIGHT, {7: "2026-09-01"}, frozenset({3}))
    assert plan.change_type_names == {"Project Change Request"}


def test_the_first_night_has_no_cursor(policy):
    assert decide(policy, SETTINGS, NIGHT, Known()).cursors == {}


def test_a_list_is_read_whole_again_after_the_interval(policy):
    reads = dict.fromkeys((*TICKETS, "client"), LAST) | {"client": NIGHT - timedelta(days=28)}
    plan = decide(policy, SETTINGS, NIGHT, replace(known(policy), full_reads=reads))
    assert set(plan.cursors) == set(TICKETS)
    early = reads | {"client": NIGHT - timedelta(days=27)}
    assert set(decide(policy, SETTINGS, NIGHT, replace(known(policy), full_reads=early)).cursors) == {*TICKETS, "client"}


def test_time_is_read_whole_at_the_interval_and_once_more_where_something_was_missed(policy):
    held = replace(known(policy), cursors={"action": LAST}, full_reads={"action": LAST})
    assert decide(policy, SETTINGS, NIGHT, held).cursors == {"action": LAST}
    assert decide(policy, SETTINGS, NIGHT, replace(held, full_reads={"action": NIGHT - timedelta(days=28)})).cursors == {}
    assert decide(policy, SETTINGS, NIGHT, replace(held, unsettled=frozenset({"action"}))).cursors == {}


def test_ids_are_swept_at_the_interval_and_only_where_some_are_known(policy):
    ids = {"opportunity": frozenset({1, 2}), "project": frozenset({3}), "site": frozenset[int]()}
    held = replace(known(policy), living=ids, doubtful={"opportunity": frozenset({2, 9})}, sweeps={"project": LAST})
    weekly = decide(policy, Settings(_env_file=None, sweep_days=7), NIGHT, held)
    assert weekly.sweep == {"opportunity"}
    assert weekly.known_ids == {"opportunity": {1, 2}}
    assert weekly.doubtful_ids == {"opportunity": {2, 9}}
    # A night that begins a few minutes early is a night all the same.
    soon = replace(held, sweeps=dict.fromkeys(("project", "opportunity"), LAST + timedelta(minutes=20)))
    assert decide(policy, SETTINGS, NIGHT, soon).sweep == {"opportunity", "project"}


def test_the_names_of_the_policy_that_the_details_need_are_handed_over(policy):
    plan = decide(policy, SETTINGS, NIGHT, replace(known(policy), asked={"ticket_detail": {"3": "2026-09-01"}}))
    assert (plan.project_type_names, plan.won_status_names) == (frozenset({"Project"}), frozenset({"Closed Won"}))
    assert (plan.accepted_quotation_statuses, plan.asked) == (frozenset({1}), {"ticket_detail": {"3": "2026-09-01"}})


def test_a_plan_for_a_hundred_thousand_tickets_stays_small(policy, tmp_path):
    ids = frozenset(range(1, 100_001))
    asked = {"ticket_detail": {str(number): "2026-09-01T10:00:00.123" for number in ids}}
    plan = decide(policy, SETTINGS, NIGHT, replace(known(policy), living={"opportunity": ids}, asked=asked))
    write_plan(tmp_path, plan)
    assert (tmp_path / "plan.json").stat().st_size < 6_000_000
    assert read_plan(tmp_path) == plan


def test_a_custom_field_that_is_new_in_the_policy_makes_tickets_be_pulled_whole(policy):
    """Rows that did not change keep the fields of their last pull: a cursor would leave the new field empty for ever."""
    older = {entity: names - {"CFDealType"} for entity, names in scope_of(policy).items()}
    assert set(decide(policy, SETTINGS, NIGHT, known(policy, older)).cursors) == {"client"}


def test_a_change_type_that_is_new_in_the_policy_makes_change_requests_be_pulled_whole(policy):
    older = scope_of(policy) | {"change_request": policy.custom_field_names}
    assert set(decide(policy, SETTINGS, NIGHT, known(policy, older)).cursors) == {"opportunity", "project", "client"}


@pytest.mark.parametrize(("entity", "names"), [("project", "ticket_types.project"), ("opportunity", "won.statuses")])
def test_a_type_or_status_whose_records_are_read_singly_makes_its_list_be_pulled_whole(policy, entity, names):
    """The details of an old project, and the documents of an old win, are asked for when a list shows them; without a change none does."""
    section, field = names.split(".")
    before = scope_of(policy)
    grown = getattr(policy, section).model_copy(update={field: (*getattr(getattr(policy, section), field), "Another")})
    plan = decide(policy.model_copy(update={section: grown}), SETTINGS, NIGHT, known(policy, before))
    assert set(plan.cursors) == {*TICKETS, "client"} - {entity}


def test_a_field_that_left_the_policy_changes_nothing(policy):
    wider = {entity: names | {"CFOld"} for entity, names in scope_of(policy).items()}
    assert set(decide(policy, SETTINGS, NIGHT, known(policy, wider)).cursors) == {*TICKETS, "client"}


def test_the_scope_of_an_entity_that_was_not_landed_stays_what_it_was(policy):
    states = dict.fromkeys(TICKETS, "complete") | {"project": "quarantined"}
    rows = scope_rows(policy, states, {"project": frozenset({"CFOld"})}, "acme").rows()
    assert [name for entity, name in rows if entity == "project"] == ["CFOld"]
    assert {name for entity, name in rows if entity == "opportunity"} == policy.custom_field_names | set(policy.won.statuses)


def test_a_warehouse_refuses_another_tenant(policy):
    rows = scope_rows(policy, dict.fromkeys(TICKETS, "complete"), {}, "acme").rows()
    held = known(policy, {TENANT: frozenset(name for entity, name in rows if entity == TENANT)})
    refuse_other_tenant(held, "acme")
    with pytest.raises(WarehouseError, match=r"holds the tenant acme, and the settings name umbrella.*HANDOFF_HOME"):
        refuse_other_tenant(held, "umbrella")


def test_an_empty_warehouse_takes_any_tenant():
    refuse_other_tenant(Known(), "acme")


def test_what_one_step_hands_over_the_next_one_reads(policy, tmp_path):
    plan = decide(policy, SETTINGS, NIGHT, known(policy))
    write_plan(tmp_path, plan)
    assert read_plan(tmp_path) == plan
    pulled = Pulled("run-1", NIGHT, report(tmp_path))
    write_pulled(tmp_path, pulled)
    assert read_pulled(tmp_path) == pulled


def test_a_pull_is_landed_once(tmp_path):
    write_pulled(tmp_path, Pulled("run-1", NIGHT, report(tmp_path)))
    forget_pulled(tmp_path)
    with pytest.raises(WarehouseError, match=r"report\.json is missing.*raw/halo_pull"):
        read_pulled(tmp_path)


def test_a_torn_handover_is_no_plan(tmp_path):
    (tmp_path / "plan.json").write_text('{"as_of": "2026-', "utf-8")
    with pytest.raises(WarehouseError, match=r"plan\.json cannot be read.*raw/pull_plan"):
        read_plan(tmp_path)
