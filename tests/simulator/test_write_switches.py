"""Switches of writing that an outbox must live with: writes ignored with 201, warnings, texts that are not kept, a rule of the tenant."""

from __future__ import annotations

from typing import Any

import pytest

from handoff_pipeline.simulator import BlockingRule, Fault, Quirks
from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.quirks import FaultKind
from tests.simulator.quarter import Quarter

NUMBERED, NAMED = {"id": 113, "value": "72"}, {"name": "CFHandoffScore", "value": "72"}
APPROVAL = {"agent_id": 33, "step_name": "Handoff approval", "note": "Block this deal"}


def _won(**switches: Any) -> tuple[Quarter, int]:
    quarter = Quarter(quirks=Quirks(rate_limit=False, **switches))
    return quarter, quarter.after("win", "ignore").deal_id


@pytest.mark.parametrize("element", [NUMBERED, NAMED])
def test_a_custom_field_is_written_by_its_id_or_its_name_and_the_others_stay(element: dict[str, Any]) -> None:
    quarter, deal_id = _won()
    before = quarter.fields(deal_id)
    quarter.send("/Tickets", [{"id": deal_id, "customfields": [element]}])
    assert quarter.fields(deal_id) == {**before, "CFHandoffScore": "72"}


def test_where_names_are_ignored_a_field_written_by_name_stays_empty_with_201() -> None:
    quarter, deal_id = _won(field_names_ignored=True)
    assert quarter.send("/Tickets", [{"id": deal_id, "customfields": [NAMED]}]).status_code == 201
    assert "CFHandoffScore" not in quarter.fields(deal_id)
    quarter.send("/Tickets", [{"id": deal_id, "customfields": [NUMBERED]}])
    assert quarter.fields(deal_id)["CFHandoffScore"] == "72"


def test_where_custom_fields_are_replaced_those_left_out_are_blank() -> None:
    quarter, deal_id = _won(custom_fields_replaced_whole=True)
    quarter.send("/Tickets", [{"id": deal_id, "customfields": [NAMED]}])
    assert {name for name, shown in quarter.fields(deal_id).items() if shown} == {"CFHandoffScore"}


@pytest.mark.parametrize(
    ("name", "change"), [("status_id", {"status_id": cfg.STATUS_BLOCKED}), ("CFHandoffScore", {"customfields": [NUMBERED | NAMED]})]
)
def test_a_field_that_is_ignored_stays_as_it_was_with_201(name: str, change: dict[str, Any]) -> None:
    quarter, deal_id = _won(ignored_fields=frozenset({name}))
    before = quarter.get(f"/Tickets/{deal_id}")
    assert quarter.send("/Tickets", [{"id": deal_id, **change}]).status_code == 201
    after = quarter.get(f"/Tickets/{deal_id}")
    assert (after["status_id"], after["customfields"]) == (before["status_id"], before["customfields"])


def test_a_write_that_is_ignored_altogether_is_said_back_as_if_it_had_been_taken() -> None:
    quarter, deal_id = _won(faults=(Fault("POST /Tickets", 1, "ignored_201"),))
    answer = quarter.send("/Tickets", [{"id": deal_id, "status_id": cfg.STATUS_BLOCKED}])
    assert (answer.status_code, answer.json()["status_id"], "_warning" in answer.json()) == (201, cfg.STATUS_BLOCKED, False)
    assert quarter.sim.writes == []
    assert quarter.get(f"/Tickets/{deal_id}")["status_id"] == cfg.STATUS_WON


@pytest.mark.parametrize(("kind", "status"), [("warning_201", cfg.STATUS_WON), ("applied_warning_201", cfg.STATUS_BLOCKED)])
def test_a_warning_may_come_with_a_write_that_was_done_and_with_one_that_was_not(kind: FaultKind, status: int) -> None:
    quarter, deal_id = _won(faults=(Fault("POST /Tickets", 1, kind),))
    answer = quarter.send("/Tickets", [{"id": deal_id, "status_id": cfg.STATUS_BLOCKED}])
    assert (answer.status_code, "_warning" in answer.json()) == (201, True)
    assert quarter.get(f"/Tickets/{deal_id}")["status_id"] == status


def test_a_note_by_name_has_its_author() -> None:
    quarter, deal_id = _won()
    quarter.send("/Actions", [{"ticket_id": deal_id, "outcome": "Private Note", "note": "[handoff:1] two gaps", "who": "Alice Archer"}])
    note = quarter.actions(deal_id)[0]
    assert (note["note"], note["who_agentid"], note["outcome"]) == ("[handoff:1] two gaps", 10, "Private Note")


@pytest.mark.parametrize(("strict", "outcome", "status"), [(False, "Note", 201), (True, "Note", 400), (True, "Private Note", 201)])
def test_an_outcome_that_the_tenant_lacks_is_refused_where_it_is_strict(strict: bool, outcome: str, status: int) -> None:
    quarter, deal_id = _won(unknown_outcomes_refused=strict)
    assert quarter.send("/Actions", [{"ticket_id": deal_id, "outcome": outcome, "note": "x"}]).status_code == status


@pytest.mark.parametrize(("kept", "shown"), [(True, "Block this deal"), (False, None)])
def test_an_approval_keeps_the_text_that_it_was_asked_with_or_not(kept: bool, shown: str | None) -> None:
    quarter, deal_id = _won(approval_note_kept=kept)
    quarter.send("/TicketApproval", [{"ticket_id": deal_id, **APPROVAL}])
    assert quarter.get("/TicketApproval", ticket_id=deal_id)[0].get("note") == shown


def test_texts_of_approvals_come_with_a_parameter_where_the_tenant_wants_it() -> None:
    quarter, deal_id = _won(approval_notes_on_request=True)
    quarter.send("/TicketApproval", [{"ticket_id": deal_id, **APPROVAL}])
    assert "note" not in quarter.get("/TicketApproval", ticket_id=deal_id)[0]
    assert quarter.get("/TicketApproval", ticket_id=deal_id, includeapprovaldetails="true")[0]["note"] == APPROVAL["note"]


def test_approvals_come_in_an_envelope_where_the_switch_says_so() -> None:
    quarter, deal_id = _won(approval_envelope="approvals")
    quarter.send("/TicketApproval", [{"ticket_id": deal_id, **APPROVAL}])
    answer = quarter.get("/TicketApproval", ticket_id=deal_id)
    assert (answer["record_count"], [row["agent_id"] for row in answer["approvals"]]) == (1, [33])


def test_an_approval_answered_through_the_api_has_its_moment() -> None:
    quarter, deal_id = _won()
    asked = quarter.send("/TicketApproval", [{"ticket_id": deal_id, **APPROVAL}]).json()
    quarter.send("/TicketApproval", [{"ticket_id": deal_id, "seq": asked["seq"], "result": 2}])
    row = quarter.get("/TicketApproval", ticket_id=deal_id)[0]
    assert (row["result"], row["dateapproved"][:10]) == (2, f"{quarter.sim.now:%Y-%m-%d}")


def _hand_over(quarter: Quarter, deal_id: int, *fields: dict[str, Any]) -> int:
    change = {"id": deal_id, "status_id": cfg.STATUS_HANDED_OVER, **({"customfields": list(fields)} if fields else {})}
    return quarter.send("/Tickets", [change]).status_code


def test_a_rule_refuses_the_move_until_the_field_says_complete() -> None:
    quarter, deal_id = _won(blocking_rule=BlockingRule())
    assert (_hand_over(quarter, deal_id), quarter.sim.writes) == (400, [])
    assert _hand_over(quarter, deal_id, {"name": "CFHandoffState", "value": "Complete"}) == 201


def test_a_rule_does_not_hold_where_it_is_switched_off_on_the_record() -> None:
    quarter, deal_id = _won(blocking_rule=BlockingRule())
    assert _hand_over(quarter, deal_id, {"name": "CFHandoffEnforcement", "value": "Off"}) == 201


def test_without_a_rule_the_move_is_taken() -> None:
    quarter, deal_id = _won()
    assert _hand_over(quarter, deal_id) == 201


def test_a_rule_holds_for_a_status_that_an_action_moves() -> None:
    quarter, deal_id = _won(blocking_rule=BlockingRule())
    action = {"ticket_id": deal_id, "outcome": "Change Status", "new_status": cfg.STATUS_HANDED_OVER}
    assert quarter.send("/Actions", [action]).status_code == 400


def test_a_rule_leaves_other_changes_alone() -> None:
    quarter, deal_id = _won(blocking_rule=BlockingRule())
    assert quarter.send("/Tickets", [{"id": deal_id, "status_id": cfg.STATUS_BLOCKED}]).status_code == 201
    assert quarter.send("/Actions", [{"ticket_id": deal_id, "outcome": "Note", "note": "x"}]).status_code == 201
