"""`handoff init` against the demo's tenant: what it drafts, and what it leaves alone."""

from __future__ import annotations

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.policy import load_policy
from handoff_pipeline.simulator.access import DEMO_CLIENT_SECRET
from tests.commands.served import connect, tenant

ACTING = {"rollout", "actions", "approvals", "remediation", "escalation", "teams", "write_back"}
TOLD_BY_NO_TENANT = {"version", "calendar", "exchange_rates", "margin_floors", "targets", "overlays", "billing", *ACTING}


@pytest.fixture(scope="module")
def served():
    with tenant(120) as made:
        yield made


@pytest.fixture
def connected(handoff, served, monkeypatch):
    connect(monkeypatch, served[1])
    return handoff


@pytest.fixture(scope="module")
def drafted(served, tmp_path_factory):
    """The draft of the demo's tenant, made once."""
    from handoff_pipeline.commands.main import execute

    file = tmp_path_factory.mktemp("draft") / "handoff.yaml"
    with pytest.MonkeyPatch.context() as patch:
        connect(patch, served[1])
        assert execute(["init", "--out", str(file)]) == Exit.DONE
    return file


def test_the_draft_of_the_demos_tenant_says_what_the_demos_policy_says(drafted, checkout):
    ours, theirs = load_policy(drafted).model_dump(), load_policy(checkout / "handoff.yaml").model_dump()
    different = [key for key in theirs if ours[key] != theirs[key] and key not in TOLD_BY_NO_TENANT | {"tenant"}]
    assert different == []
    assert (ours["billing"]["type_field"], ours["billing"]["time_and_material"]) == ("CFBillingType", ["Time and Materials"])
    assert (ours["tenant"]["time_zone"], ours["tenant"]["base_currency"]) == ("Europe/London", "GBP")


def test_a_draft_only_watches_and_says_so(drafted):
    policy = load_policy(drafted)
    assert policy.rollout.phase == "shadow"
    assert "nothing is written to HaloPSA or Teams" in " ".join(drafted.read_text("utf-8").replace("#", "").split())


def test_a_guess_carries_its_evidence(drafted):
    text = drafted.read_text("utf-8")
    assert '# GUESS: status 22 "Closed Won": 57 of 60 converted deals end here' in text
    assert "# KNOWN: ticket type 30" in text


def test_the_draft_holds_no_secret_and_may_be_read_by_the_person_alone_or_others(drafted):
    assert DEMO_CLIENT_SECRET not in drafted.read_text("utf-8")
    assert drafted.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in drafted.parent.iterdir()] == ["handoff.yaml"]


def test_the_drafted_policy_fits_its_tenant(connected, drafted):
    said = connected("policy", "check", "--live", "--file", str(drafted), "--json")
    assert said.code == Exit.DONE
    assert [finding["level"] for finding in said.json["findings"]] == ["ok"]


def test_a_policy_that_does_not_fit_fails_with_near_misses(connected, drafted, tmp_path):
    text = drafted.read_text("utf-8").replace("- Closed Won", "- Closed - Won").replace("- 101 ", "- 999 ")
    (tmp_path / "off.yaml").write_text(text, encoding="utf-8")
    said = connected("policy", "check", "--live", "--file", "off.yaml")
    assert said.code == Exit.FAILED
    assert 'failure  won.statuses: The status "Closed - Won" is not on this tenant.' in said.out
    assert "names that look alike: Closed Won" in said.out
    assert "warning  quotation.labour_items" in said.out
    assert "of 2 findings need mending" in said.err


def test_it_says_before_it_starts_how_many_requests_it_will_need(connected, served):
    before = len(served[0].requests)
    said = connected("init", "--out", "a.yaml", "--sample", "10", "--singles", "1", "--json")
    assert "with at most 20 requests" in said.err
    assert said.json["requests"] == len(served[0].requests) - before <= 20


def test_a_file_that_is_there_is_left_alone_without_asking_the_tenant(connected, served, tmp_path):
    (tmp_path / "mine.yaml").write_text("my work", encoding="utf-8")
    before = len(served[0].requests)
    said = connected("init", "--out", "mine.yaml")
    assert said.code == Exit.FAILED
    assert "--force" in said.err
    assert (tmp_path / "mine.yaml").read_text("utf-8") == "my work"
    assert len(served[0].requests) == before


def test_force_replaces_it(connected, tmp_path):
    (tmp_path / "mine.yaml").write_text("my work", encoding="utf-8")
    assert connected("init", "--out", "mine.yaml", "--force", "--sample", "10", "--json").code in {Exit.DONE, Exit.STALE}
    assert "Drafted by `handoff init`" in (tmp_path / "mine.yaml").read_text("utf-8")


def test_the_demos_own_example_is_never_overwritten(connected, tmp_path, monkeypatch):
    example = tmp_path / "example.yaml"
    example.write_text("the demo's", encoding="utf-8")
    monkeypatch.setattr("handoff_pipeline.commands.init.POLICY", example)
    said = connected("init", "--out", "./example.yaml", "--force")
    assert said.code == Exit.FAILED
    assert "--out acme.yaml" in said.err
    assert example.read_text("utf-8") == "the demo's"


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path):
    from handoff_pipeline.commands.init import write_whole
    from handoff_pipeline.errors import SettingsError

    (tmp_path / "a.yaml").write_text("theirs", encoding="utf-8")
    with pytest.raises(SettingsError):
        write_whole(tmp_path / "a.yaml", "ours", force=False)
    assert [(file.name, file.read_text("utf-8")) for file in tmp_path.iterdir()] == [("a.yaml", "theirs")]


def test_a_folder_that_is_not_there_is_named_before_anything_is_asked(connected):
    assert "its folder does not exist" in connected("init", "--out", "no/where.yaml").err
