"""How each act is done in HaloPSA: which rows a person's click makes or changes.

When it is done and by whom is the script's. The one thing to know: a person at HaloPSA's pages leaves more than the value itself: a
status moved is an action of theirs, a field changed a row of the history (H: sections 2.4 and 3.6), and the tenant's own rule holds
for them too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.acting_setup import label_of, status_name
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.file_rows import ON_TICKET
from handoff_pipeline.simulator.script_acts import Act, ActKind, Value
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.shaping import EMPTY_TICKET_DATE, day, stamp, zulu
from handoff_pipeline.simulator.work_rows import APPOINTMENT_TYPES, COMPLETED, MEETING, RESULTS, SIGNOFF_STEP, SIGNOFF_STEP_ID

MOVED_TO: Final[Mapping[ActKind, int]] = {
    "win": cfg.STATUS_WON,
    "lose": cfg.STATUS_LOST,
    "acknowledge_status": cfg.STATUS_ACKNOWLEDGED,
    "hand_over": cfg.STATUS_HANDED_OVER,
}
PRICE, COST, HOURS = 120.0, 60.0, 40.0
PRIVATE_NOTE, CHANGE_STATUS = (7, "Private Note"), (15, "Change Status")
STATUS: Final = "Status"


def do(sim: SimulatedHalo, act: Act) -> bool:
    """Do the act in HaloPSA at the tenant's present moment; False where its own rule refused it and nothing was changed."""
    rule = sim.quirks.blocking_rule
    if act.kind in MOVED_TO:
        ticket = sim.edits.find("tickets", act.ticket_id) or {}
        if rule is not None and rule.refuses(ticket, MOVED_TO[act.kind]):
            return False
        _move(sim, act, ticket, MOVED_TO[act.kind])
    else:
        _HANDS[act.kind](sim, act)
    return True


def _written(value: Value) -> str | None:
    return day(value) if isinstance(value, date) else value


def _elements(act: Act) -> list[Row]:
    return [{"name": name, "value": _written(value)} for name, value in act.fields]


def _move(sim: SimulatedHalo, act: Act, ticket: Row, status: int) -> None:
    before = ticket["status_id"]
    sim.edits.change("tickets", act.ticket_id, {"status_id": status})
    moved = {"old_status": before, "new_status": status, "new_status_name": status_name(status)}
    _say(sim, act, "", CHANGE_STATUS, **moved)
    _remember(sim, act, STATUS, status_name(before), status_name(status))


def _say(sim: SimulatedHalo, act: Act, text: str, outcome: tuple[int, str], **more: Any) -> None:
    said = {"ticket_id": act.ticket_id, "who_agentid": act.agent_id, "outcome_id": outcome[0], "outcome": outcome[1], "note": text}
    sim.edits.create("actions", {**said, "note_html": f"<p>{text}</p>", "hiddenfromuser": True, **more})


def _note(sim: SimulatedHalo, act: Act) -> None:
    _say(sim, act, act.text, PRIVATE_NOTE)


def _fill(sim: SimulatedHalo, act: Act) -> None:
    ticket = sim.edits.find("tickets", act.ticket_id) or {}
    before = {element["name"]: str(element.get("value") or "") for element in ticket.get("customfields") or []}
    sim.edits.change("tickets", act.ticket_id, {"customfields": _elements(act)})
    for name, value in act.fields:
        _remember(sim, act, label_of(name), before.get(name, ""), _written(value) or "")


def _remember(sim: SimulatedHalo, act: Act, label: str, before: str, now: str) -> None:
    ticket = sim.edits.find("tickets", act.ticket_id) or {}
    sim.edits.create(
        "audit",
        {
            "ticket_id": act.ticket_id, "agent_id": act.agent_id, "clientid": ticket.get("client_id", 0), "date": stamp(sim.now),
            "value": label, "from": before, "to": now, "datetime_from": EMPTY_TICKET_DATE, "datetime_to": EMPTY_TICKET_DATE,
            "table_name": "Faults", "id1": act.ticket_id, "id2": 0, "user_id": 0,
        },
    )  # fmt: skip


def _attach(sim: SimulatedHalo, act: Act) -> None:
    place = {"type": ON_TICKET, "unique_id": act.ticket_id, "ticket_id": act.ticket_id, "agent_id": act.agent_id}
    sim.edits.create("attachments", {**place, "filename": act.text, "desc": act.text, "content_type": "application/pdf"})
    _fill(sim, act)


def _open_deal(sim: SimulatedHalo, act: Act) -> None:
    _open(sim, act, cfg.OPPORTUNITY, next(agent.team for agent in sim.truth.agents if agent.agent_id == act.agent_id))


def _open_project(sim: SimulatedHalo, act: Act) -> None:
    from_deal = {"parent_id": act.deal_id, "createdfrom_id": act.deal_id} if act.deal_id else {}
    _open(sim, act, cfg.PROJECT, "Projects", main_project_id=act.ticket_id, **from_deal)


def _open(sim: SimulatedHalo, act: Act, type_id: int, team: str, **more: Any) -> None:
    who = {"id": act.ticket_id, "client_id": act.other, "site_id": act.other, "agent_id": act.agent_id, "team": team}
    sim.edits.create("tickets", {**who, "summary": act.text, "tickettype_id": type_id, "customfields": _elements(act), **more})


def _accept_quotation(sim: SimulatedHalo, act: Act) -> None:
    """Make a quotation of labour alone that the client has accepted, sold at twice its cost."""
    line = {
        "id": act.ticket_id, "qhid": act.ticket_id, "sort_seq": 1, "name": "Engineering", "item_id": 100, "quantity": HOURS, "price": PRICE,
        "baseprice": PRICE, "costprice": COST, "discount_perc": 0.0, "discount": 0.0, "net_total": PRICE, "profit": PRICE - COST,
        "tax": PRICE * 0.2, "total_price": PRICE * HOURS, "total_discount": 0.0, "total_net_total": PRICE * HOURS,
        "total_costprice": COST * HOURS, "total_profit": (PRICE - COST) * HOURS, "total_tax": PRICE * HOURS * 0.2, "billingperiod": 0,
        "item_recurring": False, "optional": False, "approval_status": 0, "isgroupdesc": False,
        "budgets": [{"id": 0, "budgettype_id": 1, "budgettype_name": "Labour", "hours": HOURS, "rate": PRICE}],
    }  # fmt: skip
    money = {"revenue": PRICE * HOURS, "cost": COST * HOURS, "profit": (PRICE - COST) * HOURS}
    tax = {"tax_total": PRICE * HOURS * 0.2, "total": PRICE * HOURS * 1.2}
    accepted = {"status": cfg.QUOTE_ACCEPTED, "status_name": "Accepted", "approvalstate": 1, "approvaldatetime": stamp(sim.now)}
    who = {"id": act.ticket_id, "ticket_id": act.ticket_id, "client_id": act.other, "site_id": act.other}
    who |= {"agent_id": act.agent_id, "assigned_agent": act.agent_id}
    sim.edits.create("quotations", {**who, "title": "Cloud move", **money, **tax, **accepted, "lines": [line]})


def _ask_signoff(sim: SimulatedHalo, act: Act) -> None:
    step = {"step_id": SIGNOFF_STEP_ID, "step_name": SIGNOFF_STEP}
    sim.edits.create("approvals", {"ticket_id": act.ticket_id, "seq": act.other, "agent_id": act.approver_id, **step})


def _answer_signoff(sim: SimulatedHalo, act: Act) -> None:
    result = RESULTS["accepted" if act.kind == "accept_signoff" else "rejected"]
    sim.edits.change("approvals", (act.ticket_id, act.other), {"result": result})


def _schedule(sim: SimulatedHalo, act: Act) -> None:
    starts = datetime.fromisoformat(act.text)
    when = {"start_date": zulu(starts), "end_date": zulu(starts + MEETING)}
    kind = {"appointment_type_id": APPOINTMENT_TYPES["Kickoff"], "appointment_type_name": "Kickoff"}
    sim.edits.create("appointments", {"ticket_id": act.ticket_id, "agent_id": act.agent_id, "subject": "Kickoff", **kind, **when})


def _hold(sim: SimulatedHalo, act: Act) -> None:
    meeting = next(row for row in sim.edits.rows("appointments") if row["ticket_id"] == act.ticket_id)
    sim.edits.change("appointments", meeting["id"], {"complete_status": COMPLETED, "complete_date": stamp(sim.now)})


def _leave(sim: SimulatedHalo, act: Act) -> None:
    sim.edits.change("agents", act.agent_id, {"isdisabled": True})


_HANDS: Final[Mapping[ActKind, Callable[[SimulatedHalo, Act], None]]] = {
    "open_deal": _open_deal,
    "accept_quotation": _accept_quotation,
    "fill": _fill,
    "empty": _fill,
    "edit_covered": _fill,
    "acknowledge_field": _fill,
    "appeal_field": _fill,
    "switch_off": _fill,
    "claim_complete": _fill,
    "attach": _attach,
    "acknowledge_note": _note,
    "appeal_note": _note,
    "snooze": _note,
    "ask_override": _note,
    "chat": _note,
    "leave": _leave,
    "open_project": _open_project,
    "ask_signoff": _ask_signoff,
    "accept_signoff": _answer_signoff,
    "reject_signoff": _answer_signoff,
    "schedule_kickoff": _schedule,
    "hold_kickoff": _hold,
}
