"""Mapped custom fields: what was renamed, removed or retyped breaks a figure aloud, never as a NULL."""

from __future__ import annotations

import pytest

from handoff_pipeline.policy import load_policy
from handoff_pipeline.tables.metrics import METRICS
from handoff_pipeline.warehouse.rules import KPIS, MappedField, Rules, mapped_fields
from tests.warehouse.sweeping import Nights, deals

SCOPE = MappedField("opportunity", "signed_scope_date", "CFSignedScopeDate", ("handoff_completeness",), ("signed_scope",))
HELD = MappedField("project", "kickoff_recorded", "CFKickoffHeld", ("kickoff_delay_rate",))
FIELDS = {104: {"name": "CFSignedScopeDate", "type": 4}, 121: {"name": "CFKickoffHeld", "type": 4}, 141: {"name": "CFAssetTag", "type": 0}}


@pytest.fixture
def nights(home, ledger, lease) -> Nights:
    """A tenant whose fields were seen once."""
    made = Nights(home, ledger, lease, Rules(fields=(SCOPE, HELD)))
    night(made, FIELDS)
    return made


def night(nights: Nights, fields: dict, note: str = "first"):
    """A night with these custom fields, on which every ticket changes."""
    return nights.land(
        field_info=nights.rows("field_info", fields),
        opportunity=nights.rows("opportunity", deals(1, note=note)),
        project=nights.rows("project", deals(2, note=note)),
    )


def test_a_renamed_field_sets_its_entity_aside_and_says_its_new_name_and_what_it_carries(nights):
    landed = night(nights, FIELDS | {104: {"name": "CFScopeSigned", "type": 4}}, "second")
    assert landed["opportunity"].state == "quarantined"
    assert landed["opportunity"].detail == (
        "the custom field CFSignedScopeDate (signed_scope_date) is now called CFScopeSigned; it carries handoff_completeness,"
        " checklist item signed_scope"
    )
    assert nights.newest("opportunity")["1"][1]["note"] == "first"
    assert (landed["project"].state, nights.newest("project")["2"][1]["note"]) == ("complete", "second")


def test_two_fields_that_exchanged_their_names_set_the_entity_aside_although_the_name_is_there(nights):
    exchanged = {104: {"name": "CFAssetTag", "type": 4}, 141: {"name": "CFSignedScopeDate", "type": 4}, 121: FIELDS[121]}
    landed = night(nights, exchanged, "second")["opportunity"]
    assert (landed.state, nights.newest("opportunity")["1"][1]["note"]) == ("quarantined", "first")
    assert "CFSignedScopeDate (signed_scope_date) is now called CFAssetTag" in str(landed.detail)
    nights.accept("opportunity")
    assert [night(nights, exchanged)["opportunity"].state for _ in range(2)] == ["complete", "complete"]


def test_a_removed_field_names_those_that_look_alike(nights):
    landed = night(nights, {141: FIELDS[141], 121: FIELDS[121], 150: {"name": "CFSignedScopeDay", "type": 4}})["opportunity"]
    assert "is no longer on the tenant; names that look alike: CFSignedScopeDay" in str(landed.detail)


def test_a_retyped_field_says_from_what_to_what(nights):
    landed = night(nights, FIELDS | {121: {"name": "CFKickoffHeld", "type": 0}})["project"]
    assert (landed.state, "was of type date and is now text" in str(landed.detail)) == ("quarantined", True)


def test_case_and_the_prefix_of_a_name_do_not_matter(nights):
    landed = night(nights, FIELDS | {104: {"name": "signedscopedate", "type": 4}})["opportunity"]
    assert landed.state == "complete"


def test_a_field_made_anew_under_its_old_name_has_lost_its_values(nights):
    anew = {199: {"name": "CFSignedScopeDate", "type": 4}, 121: FIELDS[121], 141: FIELDS[141]}
    landed = night(nights, anew, "second")["opportunity"]
    assert (landed.state, nights.newest("opportunity")["1"][1]["note"]) == ("quarantined", "first")
    assert "CFSignedScopeDate (signed_scope_date) was made anew, and HaloPSA keeps no values of the old one" in str(landed.detail)
    nights.accept("opportunity")
    assert [night(nights, anew)["opportunity"].state for _ in range(2)] == ["complete", "complete"]


def test_a_broken_field_stays_broken_until_it_is_as_it_was(nights):
    broken = FIELDS | {104: {"name": "CFScopeSigned", "type": 4}}
    assert [night(nights, broken)["opportunity"].state for _ in range(2)] == ["quarantined", "quarantined"]
    assert night(nights, FIELDS, "second")["opportunity"].state == "complete"
    assert nights.newest("opportunity")["1"][1]["note"] == "second"


def test_an_accepted_retyping_is_the_contract_from_then_on(nights):
    retyped = FIELDS | {121: {"name": "CFKickoffHeld", "type": 0}}
    night(nights, retyped)
    nights.accept("project")
    assert [night(nights, retyped)["project"].state for _ in range(2)] == ["complete", "complete"]
    assert night(nights, FIELDS)["project"].state == "quarantined"


def test_an_acceptance_covers_no_other_change(nights):
    night(nights, FIELDS | {121: {"name": "CFKickoffHeld", "type": 0}})
    nights.accept("project")
    assert night(nights, FIELDS | {121: {"name": "CFKickoffHeld", "type": 1}})["project"].state == "quarantined"


def test_another_name_in_the_policy_is_the_msps_own_decision(nights):
    nights.rules = Rules(fields=(MappedField("opportunity", "signed_scope_date", "CFAssetTag"), HELD))
    assert night(nights, FIELDS)["opportunity"].state == "complete"


def test_a_policy_that_names_a_field_that_is_not_there_breaks_what_was_fulfilled(nights):
    nights.rules = Rules(fields=(MappedField("opportunity", "signed_scope_date", "CFSignedScopeDat"), HELD))
    landed = night(nights, FIELDS)["opportunity"]
    assert landed.state == "quarantined"
    assert "CFSignedScopeDat (signed_scope_date) is no longer on the tenant; names that look alike: CFSignedScopeDate" in str(landed.detail)


def test_a_field_that_never_was_is_said_and_breaks_nothing(home, ledger, lease):
    nights = Nights(home, ledger, lease, Rules(fields=(SCOPE,)))
    landed = night(nights, {141: FIELDS[141]})["opportunity"]
    assert (landed.state, landed.detail) == ("complete", "the tenant has no custom field CFSignedScopeDate (signed_scope_date)")


def test_without_the_fields_nothing_is_said_of_them(nights):
    landed = nights.land(opportunity=nights.rows("opportunity", deals(1, note="second")))["opportunity"]
    assert landed.state == "complete"


def test_every_metric_that_a_field_carries_is_in_the_contract_and_every_rule_names_its_fields(checkout):
    metrics = {metric.metric for metric in METRICS}
    assert {metric for carried in KPIS.values() for metric in carried} <= metrics
    fields = {field.meaning: field for field in mapped_fields(load_policy(checkout / "handoff.yaml"))}
    assert KPIS.keys() <= fields.keys()
    assert fields["deal_type"].items == ("margin_floor", "signed_before_kickoff")
    assert fields["signed_scope_date"].items == ("signed_scope", "signed_before_kickoff")
    assert fields["signed_scope_date"].metrics == ("handoff_completeness",)
    assert {field.entity for field in fields.values()} == {"opportunity", "project", "change_request"}
