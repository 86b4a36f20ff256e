"""What people do by the script, as it is seen over HTTP: fields, notes, statuses, files, approvals, meetings, and the history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from handoff_pipeline.simulator import BlockingRule, Quirks, Script
from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.acting_setup import FIELDS, STATUS_NAMES, set_up
from handoff_pipeline.simulator.script_acts import ActKind
from handoff_pipeline.simulator.shaping import stamp
from tests.simulator.quarter import Quarter, played

A_SECOND = timedelta(seconds=1)


@pytest.fixture
def quarter() -> Quarter:
    return Quarter()


def test_nothing_is_there_before_the_script_begins(quarter: Quarter) -> None:
    quarter.reach(quarter.script.opens_at)
    assert (quarter.rows("/Tickets"), quarter.journal.done) == ([], [])


def test_the_tenant_is_set_up_once_and_what_is_there_is_left_alone(quarter: Quarter) -> None:
    quarter.send("/FieldInfo", [{"name": "CFHandoffScore", "label": "Ours", "type": 0}])
    set_up(quarter.sim)
    set_up(quarter.sim)
    assert {row["id"]: row["name"] for row in quarter.get("/Status")}.items() >= STATUS_NAMES.items()
    labels = [row["label"] for row in quarter.get("/FieldInfo", typeid=1) if row["name"] in FIELDS]
    assert sorted(labels) == sorted({**{name: field.label for name, field in FIELDS.items()}, "CFHandoffScore": "Ours"}.values())


def test_a_won_deal_has_its_papers_its_quotation_and_its_seller(quarter: Quarter) -> None:
    act = quarter.after("win", "clean")
    ticket = quarter.get(f"/Tickets/{act.deal_id}", includedetails="true")
    assert (ticket["status_name"], ticket["agent_id"], ticket["oppconverteddate"]) == ("Closed Won", act.agent_id, stamp(act.at))
    assert all(quarter.fields(act.deal_id)[name] for name in ("CFSignedScopeLink", "CFSignedScopeDate", "CFDependencies"))
    quotation = quarter.get("/Quotation", ticket_id=act.deal_id)["quotes"][0]
    assert (quotation["status"], quotation["revenue"] - quotation["cost"]) == (cfg.QUOTE_ACCEPTED, 2400.0)


def test_a_gap_is_an_empty_field_until_it_is_filled(quarter: Quarter) -> None:
    act = quarter.act("fill", "fix_field")
    quarter.reach(act.at - A_SECOND)
    assert not any(quarter.fields(act.deal_id)[name] for name, _ in act.fields)
    before = quarter.get(f"/Tickets/{act.deal_id}")["last_update"]
    quarter.reach(act.at)
    assert all(quarter.fields(act.deal_id)[name] for name, _ in act.fields)
    assert quarter.get(f"/Tickets/{act.deal_id}")["last_update"] > before


def test_a_field_filled_at_the_pages_stands_in_the_history_with_who_did_it(quarter: Quarter) -> None:
    act = quarter.after("fill", "fix_date")
    row = quarter.get("/Audit", count=1)[0]
    assert (row["ticket_id"], row["agent_id"], row["value"], row["from"]) == (act.deal_id, act.agent_id, "Signed scope (date)", "")


def test_an_attached_scope_is_a_file_on_the_deal(quarter: Quarter) -> None:
    act = quarter.after("attach")
    assert [file["filename"] for file in quarter.get("/Attachment", ticket_id=act.deal_id)] == [act.text]
    assert quarter.fields(act.deal_id)["CFSignedScopeLink"]


@pytest.mark.parametrize("kind", ["acknowledge_note", "appeal_note", "snooze", "ask_override", "chat"])
def test_what_is_said_is_a_note_by_the_person(quarter: Quarter, kind: ActKind) -> None:
    act = quarter.after(kind)
    note = quarter.actions(act.deal_id)[0]
    assert (note["note"], note["who_agentid"], note["outcome"], note["datetime"]) == (act.text, act.agent_id, "Private Note", stamp(act.at))


def test_words_stand_at_the_beginning_of_a_note_that_means_something_and_never_of_talk() -> None:
    script = Script()
    begun = {"acknowledge_note": "ACK", "appeal_note": "FALSE POSITIVE", "snooze": "SNOOZE", "ask_override": "OVERRIDE"}
    told = [act for act in script.acts if act.kind in begun]
    assert all(act.text.upper().startswith(begun[act.kind]) for act in told)
    talk = [act.text.upper() for act in script.acts if act.kind == "chat"]
    assert all("ACK" in text and not text.startswith(tuple(begun.values())) for text in talk)


@pytest.mark.parametrize(("kind", "name"), [("acknowledge_field", "CFHandoffAck"), ("appeal_field", "CFHandoffAppeal")])
def test_what_is_said_in_a_field_stands_there(quarter: Quarter, kind: ActKind, name: str) -> None:
    act = quarter.act(kind)
    quarter.reach(act.at - A_SECOND)
    assert not quarter.fields(act.deal_id)[name]
    quarter.reach(act.at)
    assert quarter.fields(act.deal_id)[name] == act.fields[0][1]


@pytest.mark.parametrize(("kind", "status"), [("acknowledge_status", cfg.STATUS_ACKNOWLEDGED), ("hand_over", cfg.STATUS_HANDED_OVER)])
def test_a_moved_status_is_an_action_by_the_person_and_keeps_the_win(quarter: Quarter, kind: ActKind, status: int) -> None:
    act = quarter.act(kind)
    quarter.reach(act.at - A_SECOND)
    before = quarter.get(f"/Tickets/{act.deal_id}")
    quarter.reach(act.at)
    after = quarter.get(f"/Tickets/{act.deal_id}")
    moved = quarter.actions(act.deal_id)[0]
    assert (after["status_id"], moved["who_agentid"]) == (status, act.agent_id)
    assert (moved["old_status"], moved["new_status"]) == (before["status_id"], status)
    assert (after["oppconverteddate"], after["dateclosed"]) == (before["oppconverteddate"], before["dateclosed"])


def test_a_lost_deal_is_closed_lost(quarter: Quarter) -> None:
    act = quarter.after("lose")
    assert quarter.get(f"/Tickets/{act.deal_id}")["status_id"] == cfg.STATUS_LOST


def test_a_sign_off_is_asked_of_another_lead_and_answered_by_that_one(quarter: Quarter) -> None:
    asked = quarter.after("ask_signoff", "reject_signoff")
    pending = quarter.get("/TicketApproval", ticket_id=asked.ticket_id)[0]
    assert (pending["step_name"], pending["result"], pending["agent_id"]) == ("Delivery sign-off", 0, asked.approver_id)
    assert pending["agent_id"] != quarter.get(f"/Tickets/{asked.ticket_id}")["agent_id"]
    again = quarter.after("accept_signoff", "reject_signoff")
    rows = quarter.get("/TicketApproval", ticket_id=again.ticket_id)
    assert [(row["seq"], row["result"]) for row in rows] == [(1, 2), (2, 1)]
    assert rows[1]["dateapproved"] == stamp(again.at)


def test_a_project_hangs_on_its_deal_and_an_unsold_one_on_none(quarter: Quarter) -> None:
    sold = quarter.after("open_project", "clean")
    assert quarter.get(f"/Tickets/{sold.ticket_id}")["parent_id"] == sold.deal_id
    unsold = quarter.after("open_project", "unsold_project")
    assert "parent_id" not in quarter.get(f"/Tickets/{unsold.ticket_id}")


@pytest.mark.parametrize("story", ["clean", "kick_off_unsigned"])
def test_a_kickoff_is_a_meeting_that_is_completed_when_it_was_held(quarter: Quarter, story: str) -> None:
    planned = quarter.after("schedule_kickoff", story)
    meeting = quarter.get("/Appointment", ticket_id=planned.ticket_id)["appointments"][0]
    assert (meeting["appointment_type_name"], meeting["complete_status"]) == ("Kickoff", 0)
    assert datetime.fromisoformat(meeting["start_date"]) == datetime.fromisoformat(planned.text)
    quarter.after("hold_kickoff", story)
    assert quarter.get("/Appointment", ticket_id=planned.ticket_id)["appointments"][0]["complete_status"] == 1
    signed = {row["result"] for row in quarter.get("/TicketApproval", ticket_id=planned.ticket_id)}
    assert signed == ({1} if story == "clean" else set())


def test_what_was_signed_off_is_changed_afterwards(quarter: Quarter) -> None:
    act = quarter.act("edit_covered")
    quarter.reach(act.at - A_SECOND)
    before = quarter.fields(act.deal_id)["CFDeliveryAssumptions"]
    quarter.reach(act.at)
    assert quarter.fields(act.deal_id)["CFDeliveryAssumptions"] not in {before, "", None}


def test_who_leaves_is_a_disabled_agent(quarter: Quarter) -> None:
    act = quarter.act("leave")
    quarter.reach(act.at - A_SECOND)
    assert not quarter.get(f"/Agent/{act.agent_id}")["isdisabled"]
    quarter.reach(act.at)
    assert quarter.get(f"/Agent/{act.agent_id}")["isdisabled"]
    assert quarter.get(f"/Tickets/{act.deal_id}")["agent_id"] == act.agent_id


def test_the_enforcement_is_switched_off_on_the_record(quarter: Quarter) -> None:
    act = quarter.act("switch_off")
    quarter.reach(act.at - A_SECOND)
    assert quarter.fields(act.deal_id)["CFHandoffEnforcement"] == "On"
    quarter.reach(act.at)
    assert quarter.fields(act.deal_id)["CFHandoffEnforcement"] == "Off"


def test_a_rule_keeps_people_from_handing_over_and_its_journal_says_so() -> None:
    quarter = Quarter(quirks=Quirks(rate_limit=False, blocking_rule=BlockingRule()))
    act = quarter.after("hand_over", "hand_over")
    assert quarter.get(f"/Tickets/{act.deal_id}")["status_id"] == cfg.STATUS_WON
    assert [done.act for done in quarter.truth.refused] == [act]


def test_a_rule_lets_through_who_says_by_hand_that_all_is_complete() -> None:
    quarter = Quarter(quirks=Quirks(rate_limit=False, blocking_rule=BlockingRule()))
    act = quarter.after("hand_over", "claim_complete")
    assert quarter.fields(act.deal_id)["CFHandoffState"] == "Complete"
    assert quarter.get(f"/Tickets/{act.deal_id}")["status_id"] == cfg.STATUS_HANDED_OVER


def test_a_rule_that_the_tenant_switched_off_stops_nobody() -> None:
    quarter = Quarter(quirks=Quirks(rate_limit=False, blocking_rule=BlockingRule()))
    quarter.reach(quarter.script.opens_at)
    quarter.sim.quirks = replace(quarter.sim.quirks, blocking_rule=None)
    act = quarter.after("hand_over", "hand_over")
    assert quarter.get(f"/Tickets/{act.deal_id}")["status_id"] == cfg.STATUS_HANDED_OVER


def test_hour_by_hour_and_in_one_go_come_to_the_same() -> None:
    at_once = Quarter()
    at_once.reach(at_once.script.ends_at)
    assert at_once.journal.done == played().journal.done
    assert at_once.rows("/Tickets") == played().rows("/Tickets")


def test_what_was_played_is_not_played_again(quarter: Quarter) -> None:
    act = quarter.after("win")
    assert quarter.reach(act.at) == []


def test_a_clock_that_is_ahead_makes_an_act_late_and_the_journal_says_so(quarter: Quarter) -> None:
    act = quarter.act("open_deal")
    quarter.sim.now = act.at + timedelta(minutes=10)
    assert [done.at for done in quarter.reach(act.at)] == [act.at + timedelta(minutes=10)]


def test_a_moment_without_a_zone_is_refused(quarter: Quarter) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        quarter.reach(datetime(2026, 7, 7))
