"""`handoff doctor` against a simulated tenant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handoff_pipeline.commands.exits import Exit
from tests.commands.served import connect, tenant


@pytest.fixture
def served():
    with tenant(4) as made:
        yield made


@pytest.fixture
def connected(handoff, served, monkeypatch):
    """The command line with the simulated tenant's credential; the tenant's clock is the present moment of the tests."""
    connect(monkeypatch, served[1])
    monkeypatch.delenv("DAGSTER_HOME")
    return handoff


def levels(said):
    return {finding["check"]: finding["level"] for finding in said.json["findings"]}


def test_a_tenant_with_every_name_has_no_failure(connected):
    said = connected("doctor", "--json")
    assert said.code == Exit.DONE
    found = levels(said)
    assert (found["credentials"], found["names"], found["scope"], found["policy"]) == ("ok", "ok", "ok", "ok")


def test_a_name_that_the_tenant_lacks_is_a_failure_with_the_names_that_look_alike(connected, tmp_path, checkout, monkeypatch):
    policy = (checkout / "handoff.yaml").read_text("utf-8").replace("CFSignedScopeLink", "CFScopeSignedLink")
    (tmp_path / "policy.yaml").write_text(policy, encoding="utf-8")
    monkeypatch.setenv("HANDOFF_POLICY_FILE", "policy.yaml")
    said = connected("doctor")
    assert said.code == Exit.FAILED
    assert 'failure  fields.opportunity.signed_scope_link: The custom field "CFScopeSignedLink" is not on this tenant.' in said.out
    assert "CFSignedScopeLink" in said.out
    assert "1 of " in said.err


def test_a_refused_credential_is_a_failure_and_stays_secret(connected, monkeypatch):
    monkeypatch.setenv("HANDOFF_HALO_CLIENT_SECRET", "wrong-s3cret")
    said = connected("doctor", "--json")
    assert said.code == Exit.FAILED
    assert levels(said)["credentials"] == "failure"
    assert "names" not in levels(said)
    assert "wrong-s3cret" not in said.out + said.err


def test_without_settings_it_says_what_to_set_and_asks_nobody(handoff):
    said = handoff("doctor", "--json")
    assert said.code == Exit.FAILED
    assert levels(said)["HANDOFF_HALO_URL"] == "failure"
    assert "credentials" not in levels(said)


def test_it_says_how_many_questions_it_asks_and_asks_no_more(connected, served):
    said = connected("doctor", "--json")
    assert "12 questions at most" in said.err
    assert len(served[0].requests) <= 12


def test_it_looks_into_costs_scopes_and_hidden_records(connected, served):
    newest = max(served[0].snapshot().quotations, key=lambda row: row["id"])
    served[0].quirks = replace(served[0].quirks, agent_cost_visible=False, hidden_ticket_ids=frozenset({newest["ticket_id"]}))
    said = connected("doctor", "--json")
    assert said.code == Exit.DONE
    assert {check for check, level in levels(said).items() if level == "warning"} == {"costs", "hidden"}


def test_a_scope_that_is_not_asked_for_is_named_with_what_it_is_for(connected, monkeypatch):
    monkeypatch.setenv(
        "HANDOFF_HALO_SCOPE", "read:tickets read:customers read:crm read:projects read:calendar read:quotes read:contracts read:timesheets"
    )
    said = connected("doctor", "--json")
    assert said.code == Exit.FAILED
    assert {check: level for check, level in levels(said).items() if check.startswith("scope.")} == {
        "scope.sales_order": "failure",
        "scope.invoice": "warning",
    }


def test_access_lists_what_each_credential_may_do(connected):
    said = connected("doctor", "--access", "--json")
    checks = levels(said)
    assert any(check.startswith("reader") for check in checks)
    assert any(check.startswith("writer") for check in checks)
    assert "python" not in checks
    assert "questions" in said.err
