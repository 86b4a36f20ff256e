"""What the doctor finds, and the fix it names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from handoff_pipeline.commands.findings import DAGSTER_SIBLINGS, TenantNames, credentials_present, disk, names, versions
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import Settings

POLICY = load_policy(Path(__file__).resolve().parents[2] / "handoff.yaml")
ALIKE = dict.fromkeys(DAGSTER_SIBLINGS, "1.13.27")


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


@pytest.mark.parametrize("version", ["1.5.6", "1.5.10", "2.0.0"])
def test_a_duckdb_that_keeps_its_rows_is_accepted(version):
    assert failures(versions({"duckdb": version, **ALIKE})) == {}


@pytest.mark.parametrize("version", ["1.4.4", "1.5.5", "0.10.3"])
def test_a_duckdb_that_can_lose_rows_is_refused(version):
    assert failures(versions({"duckdb": version, **ALIKE})).keys() == {"duckdb"}


def test_dagsters_packages_must_be_of_one_release():
    found = failures(versions({"duckdb": "1.5.6", **ALIKE, "dagster": "1.13.29"}))
    assert "dagster 1.13.29" in found["dagster"].message
    assert "requirements.lock" in found["dagster"].fix


def test_a_full_disk_and_a_home_of_somebody_else_are_failures():
    assert failures(disk(10, is_writable=True, home="h")).keys() == {"disk"}
    assert failures(disk(10**12, is_writable=False, home="h")).keys() == {"home"}
    assert failures(disk(10**12, is_writable=True, home="h")) == {}


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
