"""How the product acts: a policy without these sections only watches, and what cannot be meant is refused with its key, value and fix."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from handoff_pipeline.errors import PolicyError
from handoff_pipeline.policy import Policy, parse_policy
from handoff_pipeline.policy.actions import ACTION_CLASSES, ACTIONS, DEFAULTS, LOWEST
from handoff_pipeline.policy.frames import policy_frames
from handoff_pipeline.policy.people import ROLES, people_of, roles_of
from handoff_pipeline.policy.rollout import PHASES
from handoff_pipeline.tables import TABLES

SECTIONS = ("rollout", "actions", "approvals", "remediation", "escalation", "teams", "write_back")
MOVED = {"moved_by": "Laura Svensson", "moved_on": "2026-11-02"}
PILOT = {"phase": "pilot", "pilot": {"teams": ["Sales North"]}, **MOVED}


@pytest.fixture(scope="module")
def example(checkout: Path) -> dict[str, Any]:
    """The example policy's data."""
    data: dict[str, Any] = yaml.safe_load((checkout / "handoff.yaml").read_text("utf-8"))
    return data


def read(example: dict[str, Any], **changed: Any) -> Policy:
    """The example with keys of whole sections changed; a section that is None is left out."""
    data = {**example}
    for name, value in changed.items():
        data[name] = {**data.get(name, {}), **value} if value is not None else None
    return parse_policy(yaml.safe_dump({name: value for name, value in data.items() if value is not None}))


def refused(example: dict[str, Any], **changed: Any) -> str:
    with pytest.raises(PolicyError) as error:
        read(example, **changed)
    assert error.value.fix
    return error.value.message


def test_a_policy_without_these_sections_is_valid_and_in_shadow(example):
    policy = read(example, **dict.fromkeys(SECTIONS))
    assert policy.rollout.phase == "shadow"
    assert not policy.rollout.is_acting
    assert policy.rollout.pilot.is_empty
    assert policy.actions.classes == DEFAULTS
    assert policy.actions.command_line_approval is False
    assert policy.write_back.fields.named == {}
    assert policy.write_back.blocking_status is None


def test_the_example_is_in_shadow_and_could_be_moved_to_every_phase(example):
    for phase in ("freeze", "pilot", "expand", "operate"):
        assert read(example, rollout={"phase": phase, **MOVED}).rollout.phase == phase


def test_phases_and_classes_are_those_of_the_contract():
    columns = {table: {column.name: column.values for column in TABLES[table].columns} for table in ("meta_run", "fact_delivery")}
    assert columns["meta_run"]["rollout_phase"] == PHASES
    assert columns["fact_delivery"]["action_class"] == ACTION_CLASSES


def test_a_class_that_is_named_replaces_one_and_leaves_the_others(example):
    classes = read(example, actions={"classes": {"halo_note": "one_approver"}}).actions.classes
    assert classes == {**DEFAULTS, "halo_note": "one_approver"}
    assert set(classes) == set(ACTIONS)


@pytest.mark.parametrize(
    ("action", "lowered"),
    [
        (action, lowered)
        for action, lowest in LOWEST.items()
        for lowered in ACTION_CLASSES
        if ACTION_CLASSES.index(lowered) < ACTION_CLASSES.index(lowest)
    ],
)
def test_no_policy_brings_an_action_below_its_lowest_class(example, action, lowered):
    said = refused(example, actions={"classes": {action: lowered}})
    assert f"{action} cannot be {lowered}: it is at least {LOWEST[action]}" in said


def test_a_payment_is_never_made_and_what_a_client_sees_is_never_automatic():
    assert LOWEST == {"payment": "never", "project_create": "one_approver", "client_visible": "one_approver"}


@pytest.mark.parametrize("stricter", ["two_approvers", "never"])
def test_every_action_may_be_made_stricter(example, stricter):
    strict = {action: stricter for action in ACTIONS if action != "payment"}
    assert read(example, actions={"classes": strict}).actions.classes == strict | {"payment": "never"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rollout": {"phase": "live"}}, ["rollout.phase", "live"]),
        ({"rollout": {"phase": "freeze"}}, ["rollout", "phase freeze needs moved_by and moved_on"]),
        ({"rollout": {"phase": "pilot", "pilot": {}, **MOVED}}, ["rollout", "empty pilot", "name at least one of"]),
        ({"rollout": {"pilot": {"team": ["x"]}}}, ["rollout.pilot.team"]),
        ({"rollout": {"pilot": {"agents": ["Ivy Chen", "ivy chen"]}}}, ["rollout.pilot.agents", "twice"]),
        ({"rollout": {"pilot": {"agents": [True]}}}, ["rollout.pilot.agents"]),
        ({"actions": {"classes": {"halo_notes": "automatic"}}}, ["actions.classes", "halo_notes", "look alike: halo_note"]),
        ({"actions": {"classes": {"halo_note": "two"}}}, ["actions.classes.halo_note", "two"]),
        ({"actions": {"materiality_amount": -1}}, ["actions.materiality_amount", "-1"]),
        ({"actions": {"caps": {"objects_per_run": 0}}}, ["actions.caps.objects_per_run", "0"]),
        ({"actions": {"intent_expires_hours": 0}}, ["actions.intent_expires_hours", "0"]),
        ({"approvals": {"step": "delivery sign-off"}}, ["approvals.step", "delivery sign-off", "sign the handoff off"]),
        ({"approvals": {"roles": {"boss": {}}}}, ["approvals.roles.boss"]),
        ({"approvals": {"first": {"halo_notes": "finance"}}}, ["approvals.first", "halo_notes"]),
        ({"remediation": {"owners": {"signed_scop": "delivery"}}}, ["remediation.owners", "signed_scop", "signed_scope"]),
        ({"remediation": {"sla_hours": {"hard": 0}}}, ["remediation.sla_hours.hard", "0"]),
        ({"remediation": {"snooze": {"maximum_days": 365}}}, ["remediation.snooze.maximum_days", "365"]),
        (
            {"remediation": {"snooze": {"note_word": "Ack later"}}},
            ["remediation", 'snooze.note_word "ack later"', 'acknowledge.note_word "ack"', "another word"],
        ),
        (
            {"remediation": {"acknowledge": {"statuses": ["In Progress"]}}},
            ["remediation.acknowledge.statuses", "In Progress", "won.statuses"],
        ),
        ({"escalation": {"levels": [{"after_hours": 1, "to": []}]}}, ["escalation.levels.0.to"]),
        (
            {"escalation": {"levels": [{"after_hours": 4, "to": ["finance"]}, {"after_hours": 4, "to": [12]}]}},
            ["escalation", "level 2 comes after 4 hours", "more hours"],
        ),
        ({"teams": {"channels": {"a": ["digest"], "b": ["digest", "alerts"]}}}, ["teams", "a, b all get digest", "one of them"]),
        ({"teams": {"channels": {"a": ["gossip"]}}}, ["teams.channels.a.0", "gossip"]),
        ({"teams": {"people": {"Ivy Chen": "ivy"}}}, ["teams.people.Ivy Chen", "ivy"]),
        ({"teams": {"people": {"Ivy Chen": "i@a.example", "Ben": "I@a.example"}}}, ["teams", "i@a.example is there twice"]),
        ({"teams": {"digest": {"hour": 24}}}, ["teams.digest.hour", "24"]),
        ({"teams": {"heartbeat_days": 90}}, ["teams.heartbeat_days", "90"]),
        (
            {"write_back": {"blocking_status": "Blocked"}},
            ["write_back.blocking_status", "Blocked", "no longer count as won", "add it"],
        ),
        ({"write_back": {"fields": {"score": "cfdependencies"}}}, ["write_back.fields.score", "fields.opportunity.dependencies"]),
        ({"write_back": {"fields": {"score": "CFa", "gap_count": "CFA"}}}, ["write_back.fields.gap_count", "write_back.fields.score"]),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key_and_the_way_out(example, changed, words):
    said = refused(example, **changed)
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"approvals": {"roles": {}}}, ["approvals.roles.finance: nobody holds it", "phase pilot"]),
        ({"approvals": {"roles": {}}}, ["approvals.roles.sales_manager: nobody holds it"]),
        ({"remediation": {"last_resort": None}}, ["remediation.last_resort", "phase pilot", "name an agent"]),
    ],
)
def test_a_phase_that_acts_needs_people_and_shadow_needs_none(example, changed, words):
    assert read(example, **changed).rollout.phase == "shadow"
    said = refused(example, rollout=PILOT, **changed)
    assert [word for word in words if word not in said] == []


def test_the_owner_of_an_item_that_only_an_overlay_has_is_no_mistake(example):
    assert read(example, remediation={"owners": {"source_documents": "Ivy Chen"}}).remediation.owners == {"source_documents": "Ivy Chen"}


def test_a_blocking_status_that_means_won_is_taken(example):
    won = {**example["won"], "statuses": ["Closed Won", "Won - Blocked"]}
    assert read(example, won=won, write_back={"blocking_status": "won - blocked"}).write_back.blocking_status == "won - blocked"


def test_fields_in_which_people_answer_are_pulled_and_fields_of_the_products_own_are_not(example):
    asked = read(
        example,
        remediation={"acknowledge": {"field": "CFAck"}, "appeal": {"note_word": "NO GAP", "field": "CFAppeal"}},
        write_back={"fields": {"score": "CFScore"}},
    ).custom_field_names
    assert {"CFAck", "CFAppeal"} <= asked
    assert "CFScore" not in asked


def test_people_are_named_by_name_or_number_and_roles_by_their_words():
    named: list[int | str] = ["finance", "Ivy Chen", 33, "sales_manager"]
    assert roles_of(named) == ["sales_manager", "finance"]
    assert people_of(named) == ["Ivy Chen", 33]
    assert roles_of(ROLES) == list(ROLES)


def test_two_approvers_are_two_roles_and_an_automatic_action_asks_nobody(example):
    approvals = read(example, approvals={"second": "sales_manager", "otherwise": "finance"}).approvals
    assert approvals.roles_for("halo_note", "automatic") == ()
    assert approvals.roles_for("payment", "never") == ()
    assert approvals.roles_for("halo_status", "one_approver") == ("project_manager",)
    assert approvals.roles_for("halo_note", "two_approvers") == ("finance", "sales_manager")


def test_a_purpose_without_a_channel_goes_to_the_default(example):
    teams = read(example, teams={"channels": {"managers": ["escalations"]}}).teams
    assert (teams.channel_for("escalations"), teams.channel_for("alerts")) == ("managers", "default")


def test_amounts_keep_their_digits(example):
    assert read(example, actions={"materiality_amount": "12000.01"}).actions.materiality_amount == Decimal("12000.01")


def test_the_pilots_lists_reach_sql_folded_and_numbers_as_numbers(example):
    pilot = {"teams": [" Sales North"], "clients": ["Acme", 12], "deal_types": [], "agents": [10]}
    frames = policy_frames(read(example, rollout={"pilot": pilot}), "acme", "https://acme.example")
    names = [row for row in frames["name_list"].iter_rows() if row[0].startswith("pilot_")]
    numbers = [row for row in frames["id_list"].iter_rows() if row[0].startswith("pilot_")]
    assert names == [("pilot_team", "sales north"), ("pilot_client", "acme")]
    assert numbers == [("pilot_client", 12), ("pilot_agent", 10)]
