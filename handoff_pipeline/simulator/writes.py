"""POST and DELETE under /api as HaloPSA does them: an upsert of an array, one object back, much of it ignored in silence.

A quotation's acceptance is in `approving`, child arrays in `children`, the answers in `replies`. The one thing to know: an
object without id makes a new record, and a scope that reads never writes (H: sections 1 and 2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.responses import Response

from handoff_pipeline.simulator import children, filling
from handoff_pipeline.simulator.approving import approve
from handoff_pipeline.simulator.blocking import REFUSAL, stops
from handoff_pipeline.simulator.calls import Call, Deed
from handoff_pipeline.simulator.configuration import OPPORTUNITY, PROJECT, Row
from handoff_pipeline.simulator.edits import Edits
from handoff_pipeline.simulator.faults import EXCEPTION
from handoff_pipeline.simulator.field_writing import has_outcome, taken
from handoff_pipeline.simulator.listing import moment_of
from handoff_pipeline.simulator.overlay import key_names
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.refusals import invalid
from handoff_pipeline.simulator.replies import deleted, reply, warned
from handoff_pipeline.simulator.spoiling import answer
from handoff_pipeline.simulator.store import Snapshot


@dataclass(frozen=True)
class Target:
    """What a path writes: its resource, the envelope's key, the scope, what a new object must have, what is filled in."""

    path: str
    resource: str
    key: str
    scope: str
    mandatory: tuple[str, ...] = ()
    given: tuple[tuple[str, Any], ...] = ()


FIELD_PATH: Final = "/FieldInfo"
TARGETS: Final = (
    Target("/Tickets", "tickets", "tickets", "edit:tickets", ("summary",)),
    Target("/Opportunities", "tickets", "tickets", "edit:tickets", ("summary",), (("tickettype_id", OPPORTUNITY),)),
    Target("/Projects", "tickets", "tickets", "edit:projects", ("summary",), (("tickettype_id", PROJECT),)),
    Target("/Quotation", "quotations", "quotes", "edit:quotes", ("ticket_id",)),
    Target("/SalesOrder", "orders", "salesorders", "edit:sos", ("client_id",)),
    Target("/Actions", "actions", "actions", "edit:tickets", ("ticket_id",)),
    Target("/TicketApproval", "approvals", "approvals", "edit:tickets", ("ticket_id",)),
    Target("/Appointment", "appointments", "appointments", "edit:calendar", ("subject", "start_date", "end_date")),
    Target("/Client", "clients", "clients", "edit:customers", ("name",)),
    Target("/Site", "sites", "sites", "edit:customers", ("name", "client_id")),
    Target("/Invoice", "invoices", "invoices", "edit:invoices", ("client_id",)),
    Target("/ClientContract", "contracts", "contracts", "edit:contracts", ("client_id",)),
    Target("/Attachment", "attachments", "attachments", "edit:tickets", ("filename",)),
    Target(FIELD_PATH, "fields", "fields", "", ("name", "label")),
)
# H: a 201 and no change (section 2.1, TopLeft); the rest is HaloPSA's own to say.
NEVER_WRITTEN: Final = frozenset(
    {"milestone_id", "guid", "datecreated", "last_update", "lastupdate", "last_update_time", "timetaken", "child_count", "status_name",
     "tickettype_name", "agent_name", "client_name", "parent_subject", "quotation_count", "salesorder_count"}
)  # fmt: skip
# Known without standing in every row; the rest of a resource's fields is what its rows have.
ALSO_KNOWN: Final = {
    "tickets": frozenset({"note", "parent_id", "oppvalue", "oppclosurecategory", "oppconverteddate", "startdate", "targetdate",
                          "projecttimebudget", "details_html", "main_project_id", "contract_id", "related_tickets"}),
    "actions": frozenset({"note_html", "outcome_id", "new_status", "who", "actisbillable", "actionchargehours", "chargerate"}),
    "quotations": frozenset({"ticket_id", "agent_id", "assigned_agent", "note", "ponumber"}),
    "orders": frozenset({"ticket_id", "po_number"}),
    "approvals": frozenset({"name", "emailaddress", "note", "approver_note", "cab_id", "votes_required_to_accept"}),
    "fields": frozenset({"values", "typeid", "hint"}),
    "attachments": frozenset({"ticket_id", "filename", "data_base64", "type", "unique_id"}),
}  # fmt: skip
# Time of an action is written; of a ticket it is added up.
WRITTEN_AFTER_ALL: Final = {"actions": frozenset({"timetaken"})}


class Refused(Exception):
    """A write that HaloPSA refuses; carries the message and the status."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Take what the answer says."""
        super().__init__(message)
        self.message, self.status = message, status


class Writes:
    """The writing half of one tenant."""

    def __init__(self, edits: Edits, seen: Callable[[], Snapshot], now: Callable[[], datetime], seconds: Callable[[], float]) -> None:
        """Take the log to write to, what the agent sees, the world's clock and the time function."""
        self._edits, self._seen, self._now, self._seconds = edits, seen, now, seconds
        self._ticket_made_at: float | None = None

    def deeds(self) -> dict[tuple[str, str], Deed]:
        """Give what answers each POST and DELETE, by method and path in lower case."""
        made: dict[tuple[str, str], Deed] = {}
        for target in TARGETS:
            scopes = frozenset({target.scope} - {""})
            made["POST", target.path.lower()] = Deed(target.path, scopes, partial(self._guarded, partial(self._post, target)))
            made["DELETE", target.path.lower()] = Deed(target.path, scopes, partial(self._guarded, partial(self._delete, target)))
        approval = Deed("/Quotation/Approval", frozenset({"edit:quotes"}), partial(self._guarded, self._approval))
        event = Deed("/TimesheetEvent", frozenset({"edit:timesheets", "editMine:timesheets"}), partial(self._guarded, self._time_entry))
        return made | {("POST", "/quotation/approval"): approval, ("POST", "/timesheetevent"): event}

    def _guarded(self, act: Callable[[Call], Response], call: Call) -> Response:
        try:
            response = act(call)
        except Refused as refused:
            return Response(status_code=404) if refused.status == 404 else invalid(refused.message, call.quirks, refused.status)
        return answer(EXCEPTION, status=500) if call.kind == "applied_500" else response

    def _post(self, target: Target, call: Call) -> Response:
        documents = _documents(call)
        if call.kind in {"warning_201", "ignored_201"}:
            present = self._present(target.resource, documents[-1]) or {}
            # What was ignored is said back as if it had been taken: only reading again tells (H: section 2.1, TopLeft).
            was_warned = call.kind == "warning_201"
            return warned(present or documents[-1], call) if was_warned else reply([present | documents[-1]], call, target.key)
        # All are looked at before the first is written: a refused array changes nothing (a guess).
        planned = [self._planned(target, document, call.quirks) for document in documents]
        if target.resource == "tickets" and any(key is None for key, _ in planned):
            self._let_no_other_in(call.quirks)
        rows = [self._done(target, key, fields, call.quirks) for key, fields in planned]
        return warned(rows[-1], call) if call.kind == "applied_warning_201" else reply(rows, call, target.key)

    def _planned(self, target: Target, document: Row, quirks: Quirks) -> tuple[tuple[Any, ...] | None, Row]:
        """Give the key to update, None for a new record, and the fields to set."""
        names = key_names(target.resource)
        if document.get(names[-1]):
            present = self._present(target.resource, document)
            if present is not None:
                return tuple(present.get(name) for name in names), self._kept(target, document, present, quirks)
            if quirks.unknown_id_write != "creates":
                raise Refused(f"{target.path} {document[names[-1]]} does not exist", 404 if quirks.unknown_id_write == "not_found" else 400)
        filled = {**dict(target.given), **document}
        missing = [name for name in target.mandatory if filled.get(name) in {None, ""}]
        if missing:
            raise Refused(f"Please enter a value for {missing[0]}")
        if target.resource == "actions" and not has_outcome(filled, quirks):
            raise Refused("An outcome must be entered")  # H: conduit
        if target.resource == "actions" and self._edits.find("tickets", filled["ticket_id"]) is None:
            raise Refused(f"Ticket {filled['ticket_id']} does not exist", 404)
        if target.path == FIELD_PATH and any(row["name"] == filled["name"] for row in self._seen().fields):
            raise Refused(f"A field named {filled['name']} exists already")
        return None, self._kept(target, filled, {}, quirks)

    def _kept(self, target: Target, document: Row, present: Row, quirks: Quirks) -> Row:
        resource = target.resource
        rows = getattr(self._seen(), resource)
        known = set(filling.DEFAULTS.get(resource, {})) | ALSO_KNOWN.get(resource, frozenset()) | {"id", *key_names(resource)}
        known.update(*(row.keys() for row in rows[:50]), target.mandatory)
        never = NEVER_WRITTEN - WRITTEN_AFTER_ALL.get(resource, frozenset())
        unknown = [name for name in document if name not in known and not name.startswith("_")]
        if unknown and not quirks.unknown_fields_ignored:
            raise Refused(f"{unknown[0]} is not a field of {target.path}")
        kept = taken(resource, {name: value for name, value in document.items() if name in known and name not in never}, present, quirks)
        if quirks.blocking_rule is not None and stops(quirks.blocking_rule, self._edits, resource, present, kept):
            raise Refused(REFUSAL)
        return kept

    def _let_no_other_in(self, quirks: Quirks) -> None:
        last, self._ticket_made_at = self._ticket_made_at, self._seconds()
        if last is not None and self._ticket_made_at - last < quirks.creates_collide_seconds:
            raise Refused("Violation of PRIMARY KEY constraint 'PK_FAULTS'. Cannot insert duplicate key.", 500)

    def _done(self, target: Target, key: tuple[Any, ...] | None, fields: Row, quirks: Quirks) -> Row:
        resource, names = target.resource, key_names(target.resource)
        nested = {name: fields.pop(name) for name in children.BLANK if resource == "tickets" and name in fields}
        if key is None:
            last: Any = self._edits.create(resource, fields)
            key = (*(fields.get(name) for name in names[:-1]), last or fields.get(names[-1]))
        elif settable := {name: value for name, value in fields.items() if name not in names}:
            key = (*key[:-1], self._edits.change(resource, key, settable) or key[-1])
        if nested:
            self._nest(key[0], nested, quirks)
        if resource == "actions" and fields.get("new_status"):
            self._edits.change("tickets", key[0], {"status_id": fields["new_status"]})
        return self._edits.find(resource, key) or fields

    def _nest(self, ticket_id: int, nested: dict[str, Any], quirks: Quirks) -> None:
        present = self._edits.find("tickets", ticket_id) or {}
        changed: Row = {}
        for name, given in nested.items():
            whole = name == "milestones" or quirks.budgets_replaced_whole
            place = children.replaced if whole else children.joined
            changed[name] = place(name, ticket_id, present.get(name) or [], [child for child in given or [] if isinstance(child, dict)])
        self._edits.change("tickets", ticket_id, changed)

    def _present(self, resource: str, document: Row) -> Row | None:
        names = key_names(resource)
        wanted = tuple(document.get(name) for name in names)
        return next((row for row in getattr(self._seen(), resource) if tuple(row.get(name) for name in names) == wanted), None)

    def _delete(self, target: Target, call: Call) -> Response:
        names = key_names(target.resource)
        # H: approvals are deleted by "/{ticket}&{seq}"; of an action the ticket is a parameter.
        parts = call.tail.split("&") if "&" in call.tail else [call.tail]
        numbers = [int(part) for part in parts if part.lstrip("-").isdigit()]
        if len(numbers) < len(names) and call.params.get("ticket_id", "").isdigit():
            numbers.insert(0, int(call.params["ticket_id"]))
        present = self._present(target.resource, dict(zip(names, numbers, strict=False)))
        if present is None:
            raise Refused(f"{target.path} {call.tail} does not exist", 404)
        self._edits.delete(target.resource, tuple(numbers))
        return deleted(present, call.quirks)

    def _time_entry(self, call: Call) -> Response:
        # H: an entry of time is written as an action on its ticket (section 2.4, TopLeft).
        rows = []
        for document in _documents(call):
            start, end = (moment_of(str(document.get(name, ""))) for name in ("start_date", "end_date"))
            if start is None or end is None or self._edits.find("tickets", document.get("ticket_id", 0)) is None:
                raise Refused("Please enter a start, an end and a ticket")
            agent = document.get("agent_id", 1)
            hours = (end - start).total_seconds() / 3600
            entry = {"ticket_id": document["ticket_id"], "who_agentid": agent, "timetaken": hours, "datetime": document["start_date"]}
            number = self._edits.create("actions", {**entry, "note": document.get("note", ""), "outcome": "Time entry"})
            rows.append({"id": number, **document})
        return reply(rows, call, "events")

    def _approval(self, call: Call) -> Response:
        rows = []
        for document in _documents(call):
            quotation = self._present("quotations", document)
            if quotation is None:
                raise Refused(f"Quotation {document.get('id')} does not exist", 404)
            approve(self._edits, quotation, document, self._now(), call.quirks)
            rows.append(self._edits.find("quotations", quotation["id"]) or quotation)
        return reply(rows, call, "quotes")


def _documents(call: Call) -> list[Row]:
    """Give the objects of the body; a bare object is tolerated, as a few endpoints do (H: section 2.1)."""
    parsed = call.parsed()
    documents = parsed if isinstance(parsed, list) else [parsed] if call.quirks.bare_object_post else []
    if not documents or not all(isinstance(document, dict) for document in documents):
        raise Refused("The body must be a JSON array of objects")
    return documents
