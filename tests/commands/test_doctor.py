"""`handoff doctor` against a simulated tenant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.simulator.access import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from handoff_pipeline.simulator.serve import running
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.world import build_world


@pytest.fixture(scope="module")
def tenant():
    with running(SimulatedHalo(build_world(seed=7, deals=4), datetime(2026, 9, 28, 1, 30, tzinfo=UTC))) as url:
        yield url


@pytest.fixture
def connected(handoff, tenant, monkeypatch):
    """The command line with the simulated tenant's credential."""
    monkeypatch.setenv("HANDOFF_HALO_URL", tenant)
    monkeypatch.setenv("HANDOFF_HALO_CLIENT_ID", DEMO_CLIENT_ID)
    monkeypatch.setenv("HANDOFF_HALO_CLIENT_SECRET", DEMO_CLIENT_SECRET)
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
