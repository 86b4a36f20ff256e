"""`handoff override`: an exception is asked for with what stands in for the control and an end; asking grants nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from handoff_pipeline.commands.exits import Exit
from tests.commands.outbox_world import JO, KIM

REQUEST = (
    "override", "request", "1042:signed_scope", "--by", "Jo Field", "--until", "2026-09-18",
    "--reason", "the client signs on Friday", "--instead", "no kickoff before",
)  # fmt: skip


@pytest.fixture
def deal(ledger, people):
    people("dim_handoff", handoff_key=7, handoff_id=1042, title="Managed workplace", source_url="https://acme.halopsa.com/o/1042")
    people("fact_handoff", handoff_key=7, sold_revenue_base=Decimal("42000.50"), sales_agent_key=2)


def test_what_is_asked_for_is_kept_with_its_end_and_its_amount(handoff, ledger, deal):
    assert handoff(*REQUEST, "--yes").code == Exit.DONE
    [kept] = ledger.people.overrides()
    assert (kept.handoff_id, kept.item, kept.requested_by, kept.state) == (1042, "signed_scope", JO, "requested")
    assert (kept.reason, kept.compensating_control) == ("the client signs on Friday", "no kickoff before")
    assert (kept.expires_at, kept.amount_base) == (datetime(2026, 9, 18, 23, 0, tzinfo=UTC), Decimal("42000.50"))
    assert kept.seller_id == KIM


def test_in_shadow_it_says_that_nobody_is_asked_yet(handoff, ledger, deal):
    assert "In phase shadow" in handoff(*REQUEST, "--yes").out


def test_where_anything_may_be_written_it_says_who_asks(handoff, ledger, deal, acting):
    assert "asks two people at HaloPSA" in handoff(*REQUEST, "--yes").out


def test_the_control_is_the_one_that_the_item_serves(handoff, ledger, deal, policy):
    from handoff_pipeline.policy import load_policy
    from handoff_pipeline.settings import load_settings

    serves = next(item.control_ids for item in load_policy(load_settings().policy_file).checklist.items if item.id == "signed_scope")
    said = handoff(*REQUEST, *(("--control", serves[0]) if len(serves) > 1 else ()), "--json")
    assert said.json["override"]["control_id"] == (serves[0] if serves else "")
    assert "does not serve" in handoff(*REQUEST, "--control", "HC-99").err


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_without_a_yes_nothing_is_asked_for(handoff, ledger, deal, arguments):
    handoff(*REQUEST, *arguments)
    assert ledger.people.overrides() == []


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        (2, "1042:no_such_item", "There is no checklist item"),
        (2, "1042", "names no handoff and item"),
        (2, "7777:signed_scope", "No handoff 7777"),
        (6, "2026-08-31", "is over"),
        (8, " ", "--reason is empty"),
        (10, "", "--instead is empty"),
        (4, "Lee Park", "not active"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_kept(handoff, ledger, deal, place, value, why):
    words = [*REQUEST]
    words[place] = value
    said = handoff(*words, "--yes")
    assert (said.code, why in said.err) == (Exit.FAILED, True)
    assert ledger.people.overrides() == []


def test_the_list_holds_what_stands_and_with_all_what_has_ended(handoff, ledger, deal):
    assert handoff("override", "list").out.strip() == "No exception is asked for or holds."
    handoff(*REQUEST, "--yes")
    [kept] = handoff("override", "list", "--json").json["overrides"]
    assert "no kickoff before" in handoff("override", "list").out
    ledger.people.decide_override(kept["override_id"], "refused", datetime(2026, 9, 2, tzinfo=UTC), by=13)
    assert handoff("override", "list", "--json").json["overrides"] == []
    assert [each["state"] for each in handoff("override", "list", "--all", "--json").json["overrides"]] == ["refused"]


def granted(handoff, ledger) -> str:
    handoff(*REQUEST, "--yes")
    [kept] = ledger.people.overrides()
    ledger.people.decide_override(kept.override_id, "approved", datetime(2026, 9, 2, tzinfo=UTC), by=13, second=14)
    return str(kept.override_id)


@pytest.mark.parametrize("is_over", [False, True])
def test_what_was_granted_is_closed_also_after_it_ran_out(handoff, ledger, deal, is_over):
    override_id = granted(handoff, ledger)
    if is_over:
        ledger.people.decide_override(override_id, "expired", datetime(2026, 9, 19, tzinfo=UTC))
        assert [each["state"] for each in handoff("override", "list", "--json").json["overrides"]] == ["expired"]
    said = handoff("override", "close", "1042:signed_scope", "--by", "Jo Field", "--yes", "--json")

    assert (said.code, said.json["closed"]) == (Exit.DONE, [override_id])
    assert [each.state for each in ledger.people.overrides()] == ["closed"]
    assert handoff("override", "list", "--json").json["overrides"] == []


def test_without_a_yes_nothing_is_closed(handoff, ledger, deal):
    granted(handoff, ledger)
    handoff("override", "close", "1042:signed_scope", "--by", "Jo Field", "--json")

    assert [each.state for each in ledger.people.overrides()] == ["approved"]


def test_what_nobody_granted_cannot_be_closed(handoff, ledger, deal):
    handoff(*REQUEST, "--yes")
    said = handoff("override", "close", "1042:signed_scope", "--by", "Jo Field", "--yes")

    assert (said.code, "No granted exception" in said.err) == (Exit.FAILED, True)
