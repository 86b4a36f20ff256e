"""What the doctor finds of the tenant, and the fix it names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from handoff_pipeline.commands.findings import TenantNames, costs, credentials_present, halo_version, hidden, names, near_misses, scopes
from handoff_pipeline.halo.entities import ENTITIES
from handoff_pipeline.halo.visibility import Hidden
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import READ_SCOPES, Settings

POLICY = load_policy(Path(__file__).resolve().parents[2] / "handoff.yaml")


@pytest.fixture
def tenant() -> TenantNames:
    """A tenant that has every name of the example policy."""
    change = POLICY.change_request
    statuses = {*POLICY.won.statuses, *POLICY.lost.statuses, *POLICY.project.cancelled_statuses, *POLICY.project.client_hold_statuses}
    statuses |= {*change.approved_statuses, *change.rejected_statuses, *change.withdrawn_statuses}
    types = POLICY.ticket_types
    return TenantNames(
        frozenset({*types.opportunity, *types.project, *types.task, *types.change_request}), frozenset(statuses), POLICY.custom_field_names
    )


def failures(findings):
    return {finding.check: finding for finding in findings if finding.level == "failure"}


def test_a_secret_is_never_in_a_finding():
    settings = Settings(_env_file=None, halo_url="https://acme.halopsa.com", halo_client_id="id-1", halo_client_secret=SecretStr("s3cret"))
    found = list(credentials_present(settings))
    assert failures(found) == {}
    assert "s3cret" not in repr(found)


def test_each_missing_credential_is_named():
    assert failures(credentials_present(Settings(_env_file=None))).keys() == {
        "HANDOFF_HALO_URL",
        "HANDOFF_HALO_CLIENT_ID",
        "HANDOFF_HALO_CLIENT_SECRET",
    }


def test_a_tenant_with_every_name_is_well(tenant):
    [finding] = names(POLICY, tenant)
    assert finding.level == "ok"


def test_names_are_compared_without_case_and_outer_spaces(tenant):
    shouting = TenantNames(
        *(frozenset(f" {name.upper()} " for name in some) for some in (tenant.ticket_types, tenant.statuses, tenant.custom_fields))
    )
    assert failures(names(POLICY, shouting)) == {}


def test_a_missing_field_comes_with_the_names_that_look_alike(tenant):
    fields = (tenant.custom_fields - {"CFSignedScopeLink"}) | {"CFScopeSignedLink", "CFUnrelated"}
    found = failures(names(POLICY, TenantNames(tenant.ticket_types, tenant.statuses, fields)))
    assert found.keys() == {"fields.opportunity.signed_scope_link"}
    assert "CFScopeSignedLink" in found["fields.opportunity.signed_scope_link"].fix
    assert "CFUnrelated" not in found["fields.opportunity.signed_scope_link"].fix


def test_a_missing_name_that_nothing_looks_like_says_so(tenant):
    found = failures(names(POLICY, TenantNames(tenant.ticket_types, tenant.statuses - {"Closed Won"}, tenant.custom_fields)))
    assert "Closed Lost" in found["won.statuses"].fix
    bare = failures(names(POLICY, TenantNames(frozenset({"zzz"}), tenant.statuses, tenant.custom_fields)))
    assert bare["ticket_types.opportunity"].fix.startswith("Add the ticket type in HaloPSA")


def test_a_name_that_is_a_part_of_another_looks_like_it():
    assert "Closed Won" in near_misses("Won", frozenset({"Closed Won", "Open"}), "status")


def covered(granted, asked="", *, reporting=False):
    return list(scopes(granted, asked, ENTITIES.values(), reporting=reporting))


def test_the_default_scopes_cover_a_night():
    assert [finding.level for finding in covered(None, READ_SCOPES)] == ["ok"]
    assert [finding.level for finding in covered(frozenset(READ_SCOPES.split()))] == ["ok"]


def test_what_is_granted_counts_and_not_what_is_asked_for():
    found = covered(frozenset(READ_SCOPES.split()) - {"read:quotes"}, READ_SCOPES)
    assert [(finding.check, finding.level) for finding in found] == [("scope.quotation", "failure")]
    assert "read:quotes" in found[0].fix


def test_an_optional_list_without_its_scope_is_a_warning_that_names_the_effect():
    found = covered(frozenset(READ_SCOPES.split()) - {"read:invoices"})
    assert [(finding.check, finding.level) for finding in found] == [("scope.invoice", "warning")]
    assert ENTITIES["invoice"].effect in found[0].message


def test_reporting_is_needed_only_where_it_is_set():
    found = covered(frozenset(READ_SCOPES.split()), reporting=True)
    assert {finding.check for finding in found} == {"scope.budget", "scope.agent_cost", "scope.audit"}


def test_agents_without_any_cost_are_a_warning():
    unassigned = {"id": 1, "name": "Unassigned"}
    assert [finding.level for finding in costs([unassigned, {"id": 2}, {"id": 3}])] == ["warning"]
    assert [finding.level for finding in costs([unassigned, {"id": 2, "costprice": 40.0}, {"id": 3}])] == ["ok"]
    assert list(costs([unassigned])) == []


def test_deals_that_quotations_name_and_nobody_sees_are_a_warning():
    assert [finding.level for finding in hidden(Hidden(90, 3))] == ["warning"]
    assert [finding.level for finding in hidden(Hidden(90, 0))] == ["ok"]
    assert [finding.level for finding in hidden(None)] == ["warning"]


def test_halopsas_version_is_told_where_it_tells():
    assert "2.178.1" in halo_version([{"app_version": "2.178.1"}]).message
    assert halo_version([]).level == "ok"
