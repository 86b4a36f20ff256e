"""Actions with time, approvals and appointments as HaloPSA rows.

`datetime` of an action is when the work was done and `actiondatecreated` when it was logged, hours in `timetaken`. Every
ticket also has the action that logged it, by an automation: agent 0 and no time (H: webhook and automation users).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.shaping import EMPTY_OTHER_DATE, number, stamp, stamp_or, zulu
from handoff_pipeline.simulator.truth import Appointment, Charge, Project, Signoff, TimeEntry

# Guess of the reference: 0 pending, 1 accepted, 2 rejected.
RESULTS = {"pending": 0, "accepted": 1, "rejected": 2}
SIGNOFF_STEP, SIGNOFF_STEP_ID = "Delivery sign-off", 3
# Another approval that is no sign-off hangs on one project in so many, under a number of its own.
BUDGET_APPROVAL_EVERY, BUDGET_APPROVAL_SEQ = 5, 50
APPOINTMENT_TYPES = {"Kickoff": 1, "Site visit": 2}
# Guess: any complete_status of 1 and above says that the appointment is completed.
COMPLETED = 1
MEETING = timedelta(hours=1)


def action_rows(index: Index, tickets: list[Row], now: datetime) -> list[Row]:
    """Give every action on `tickets` up to `now`, by (ticket, action id)."""
    rows: list[Row] = []
    for ticket in tickets:
        rows.append(_logged(ticket))
        rows.extend(_action(index, entry, now) for entry in index.entries_of(ticket["id"]) if entry.logged_at <= now)
    return rows


def _logged(ticket: Row) -> Row:
    return {
        "id": 1,
        "ticket_id": ticket["id"],
        "outcome": "First User Email",
        "outcome_id": -1,
        "who": "Automation",
        "who_agentid": 0,
        "who_type": 1,
        "datetime": ticket["dateoccurred"],
        "actiondatecreated": ticket["dateoccurred"],
        "note": "Logged",
        "hiddenfromuser": False,
        "important": False,
        "attachment_count": 0,
    }


def _action(index: Index, entry: TimeEntry, now: datetime) -> Row:
    hours = float(entry.hours)
    return {
        "id": entry.action_id,
        "ticket_id": entry.ticket_id,
        "outcome": "Time entry",
        "outcome_id": 12,
        "who": index.agent_name(entry.agent_id),
        "who_agentid": entry.agent_id,
        "who_type": 1,
        "datetime": stamp(entry.worked_at),
        "actiondatecreated": stamp(entry.logged_at),
        "actionarrivaldate": stamp(entry.worked_at),
        "actioncompletiondate": stamp(entry.worked_at + timedelta(seconds=round(hours * 3600))),
        "note": "Worked as planned",
        "timetaken": hours,
        "nonbilltime": 0.0,
        "traveltime": 0.0,
        **_charge(index, entry, now),
        "hiddenfromuser": True,
        "important": False,
        "attachment_count": 0,
    }


def _charge(index: Index, entry: TimeEntry, now: datetime) -> Row:
    """Give what the entry charges; without a charge, all its hours at the usual rate."""
    charge = entry.charge or Charge(entry.hours)
    known = index.invoice(charge.invoice_id)
    bill = known if known is not None and known.created_at <= now else None
    return {
        "actionchargehours": float(charge.hours),
        # A guess: money in the currency of the deal. `chargerate` is the number of a row of lookup 17, not money.
        "actionchargeamount": number(charge.amount),
        "actionnonchargehours": float(entry.hours - charge.hours),
        "chargerate": charge.rate,
        "actisbillable": charge.hours > 0,
        # A guess: both are there from the day on which the hours are put on an invoice, posted or not.
        "actioninvoicenumber": f"INV-{bill.invoice_id}" if bill is not None else "",
        "invoice_id": bill.invoice_id if bill is not None else 0,
    }


def approval_rows(index: Index, now: datetime) -> list[Row]:
    """Give every approval asked up to `now`: the delivery sign-offs, and others that are none."""
    rows = [_signoff(index, signoff, now) for signoff in index.truth.signoffs if signoff.requested_at <= now]
    rows.extend(
        _budget_approval(index, project)
        for at, project in enumerate(index.truth.projects)
        if at % BUDGET_APPROVAL_EVERY == 0 and project.created_at <= now
    )
    return rows


def _signoff(index: Index, signoff: Signoff, now: datetime) -> Row:
    decided = signoff.decided_at if signoff.decided_at and signoff.decided_at <= now else None
    return {
        "ticket_id": signoff.project_id,
        "seq": signoff.seq,
        "actionnumber": 1,
        "result": RESULTS[signoff.result] if decided else RESULTS["pending"],
        "type": 1,
        "adhoc": False,
        "agent_id": signoff.agent_id,
        "agent_name": index.agent_name(signoff.agent_id),
        "user_id": 0,
        "datetime": stamp(signoff.requested_at),
        "dateapproved": stamp_or(decided, EMPTY_OTHER_DATE),
        "approval_process_id": 1,
        "step_id": SIGNOFF_STEP_ID,
        "step_name": SIGNOFF_STEP,
        "is_mandatory": True,
        "admin_overridden": False,
    }


def _budget_approval(index: Index, project: Project) -> Row:
    at = stamp(project.created_at)
    return {
        "ticket_id": project.project_id,
        "seq": BUDGET_APPROVAL_SEQ,
        "actionnumber": 1,
        "result": RESULTS["accepted"],
        "type": 1,
        "adhoc": True,
        "agent_id": project.agent_id,
        "agent_name": index.agent_name(project.agent_id),
        "user_id": 0,
        "datetime": at,
        "dateapproved": at,
        "approval_process_id": 2,
        "step_id": 1,
        "step_name": "Budget approval",
        "is_mandatory": False,
        "admin_overridden": False,
    }


def appointment_rows(index: Index, now: datetime) -> Iterator[Row]:
    """Give every appointment made up to `now`, and one meeting that belongs to no ticket."""
    for meeting in index.truth.appointments:
        starts = meeting.starts.at(now)
        if meeting.created_at <= now and starts is not None:
            yield _appointment(index, meeting, starts, now)
    if index.truth.agents:
        yield _team_meeting(index)


def _appointment(index: Index, meeting: Appointment, starts: datetime, now: datetime) -> Row:
    completed = meeting.completed_at if meeting.completed_at and meeting.completed_at <= now else None
    moved = max(since for since, _ in meeting.starts.steps if since <= now)
    return {
        "id": meeting.appointment_id,
        "ticket_id": meeting.project_id,
        "subject": f"{meeting.kind}: {index.summary_of(meeting.project_id)}",
        "agent_id": meeting.agent_id,
        "agent_name": index.agent_name(meeting.agent_id),
        "appointment_type_id": APPOINTMENT_TYPES.get(meeting.kind, 3),
        "appointment_type_name": meeting.kind,
        "start_date": zulu(starts),
        "end_date": zulu(starts + MEETING),
        "allday": False,
        "is_task": False,
        "is_private": False,
        "complete_status": COMPLETED if completed else 0,
        "complete_date": stamp_or(completed, EMPTY_OTHER_DATE),
        "last_modified": stamp(max(moved, meeting.created_at, completed or meeting.created_at)),
    }


def _team_meeting(index: Index) -> Row:
    first = index.truth.agents[0]
    at = min((deal.created_at for deal in index.truth.deals), default=None)
    return {
        "id": 8999,
        "ticket_id": 0,
        "subject": "Kickoff of the new quarter",
        "agent_id": first.agent_id,
        "agent_name": first.name,
        "appointment_type_id": 4,
        "appointment_type_name": "Internal",
        "start_date": zulu(at) if at else EMPTY_OTHER_DATE,
        "end_date": zulu(at + MEETING) if at else EMPTY_OTHER_DATE,
        "allday": False,
        "complete_status": 0,
        "complete_date": EMPTY_OTHER_DATE,
    }
