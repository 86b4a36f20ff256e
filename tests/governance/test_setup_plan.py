"""Which custom fields would be made, of which type, and what the tenant has that looks alike."""

from __future__ import annotations

from pathlib import Path

from handoff_pipeline.governance.drafting.meanings import MEANINGS, mapped
from handoff_pipeline.governance.drafting.setup_plan import fields_to_make
from handoff_pipeline.policy import load_policy
from handoff_pipeline.policy.fields import OPPORTUNITY_FIELDS, PROJECT_FIELDS

EXAMPLE = load_policy(Path(__file__).resolve().parents[2] / "handoff.yaml")
ALL = [{"id": number, "name": name} for number, name in enumerate(sorted(EXAMPLE.custom_field_names))]


def without(*names: str) -> list[dict[str, object]]:
    return [row for row in ALL if row["name"] not in names]


def test_every_meaning_of_the_policy_is_described():
    described = {(meaning.kind, meaning.name) for meaning in MEANINGS}
    assert {("opportunity", name) for name in OPPORTUNITY_FIELDS} | {("project", name) for name in PROJECT_FIELDS} <= described
    assert {name for _, name in mapped(EXAMPLE)} == EXAMPLE.custom_field_names


def test_what_would_be_made_can_hold_its_meaning():
    assert [meaning.key for meaning in MEANINGS if meaning.make not in meaning.types] == []


def test_a_tenant_with_every_field_needs_none_whatever_the_letters():
    assert fields_to_make(EXAMPLE, ALL) == []
    assert fields_to_make(EXAMPLE, [{"name": f" {str(row['name']).upper()} "} for row in ALL]) == []


def test_a_lacking_field_comes_with_type_ticket_types_reason_and_where_to_click():
    (field,) = fields_to_make(EXAMPLE, without("CFSignedScopeDate"))
    assert (field.name, field.type_name, field.ticket_types) == ("CFSignedScopeDate", "date", ("Opportunity",))
    assert "signed" in field.why
    assert "CFSignedScopeDate, date; then Configuration > Tickets > Ticket Types > Opportunity" in field.by_hand
    assert field.record == {"name": "CFSignedScopeDate", "label": "Signed scope (date)", "type": 4, "usage": 1, "custom": 1}


def test_a_single_select_brings_the_options_that_the_policy_names():
    origin, deal_type = (fields_to_make(EXAMPLE, without(name))[0] for name in ("CFChangeOrigin", "CFDealType"))
    assert origin.record["values"] == [{"name": "Client request"}, {"name": "Sales gap"}, {"name": "Discovery"}]
    assert deal_type.options == ("Managed Service Onboarding", "Infrastructure Project")


def test_a_name_that_is_nearly_there_is_shown_beside_the_plan():
    (field,) = fields_to_make(EXAMPLE, [*without("CFDependencies"), {"name": "CFDependancies"}])
    assert field.looks_like == ("CFDependancies",)


def test_a_field_that_two_meanings_share_is_made_once():
    fields = EXAMPLE.fields.model_copy(update={"opportunity": {**EXAMPLE.fields.opportunity, "dependencies": "CFDeliveryAssumptions"}})
    shared = EXAMPLE.model_copy(update={"fields": fields})
    assert [field.name for field in fields_to_make(shared, without("CFDeliveryAssumptions"))] == ["CFDeliveryAssumptions"]
