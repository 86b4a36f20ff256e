"""What each endpoint answers: a pure function of the snapshot, the parameters, the id and the quirks.

Envelope keys are those of section 2.2 of the reference. `None` means that there is no such record. Access, limits and
faults are the server's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator import listing
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import dress, is_true, ticket_alone, ticket_in_list
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.store import Snapshot

Params = Mapping[str, str]
Payload = dict[str, Any] | list[Row]
Lister = Callable[[Snapshot, Params, Quirks], Payload]
Reader = Callable[[Snapshot, Params, Quirks, int], Row | None]


@dataclass(frozen=True)
class Endpoint:
    """One path: its spelling, the resource that a scope must cover (None: any token), its list and its single record."""

    path: str
    resource: str | None
    lists: Lister
    reads: Reader | None = None


def _envelope(key: str, page: listing.Page, quirks: Quirks) -> Payload:
    answer: dict[str, Any] = {"record_count": page.record_count, key: [dress(row, quirks) for row in page.rows]}
    if page.page_no is not None:
        answer |= {"page_no": page.page_no, "page_size": page.page_size}
    return answer


def _bare(rows: list[Row], quirks: Quirks) -> Payload:
    return [dress(row, quirks) for row in rows]


def _ticket_list(pick: Callable[[Snapshot], list[Row]]) -> Lister:
    def lists(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
        page = listing.paged(listing.ordered(listing.tickets(pick(snapshot), params), params), params, quirks)
        rows = [ticket_in_list(row, params, quirks) for row in page.rows]
        return _envelope("tickets", listing.Page(rows, page.record_count, page.page_no, page.page_size), quirks)

    return lists


def _ticket(snapshot: Snapshot, params: Params, quirks: Quirks, number: int) -> Row | None:
    # Projects and opportunities can be read through any of the three paths (H: section 2.3).
    row = snapshot.tickets_by_id.get(number)
    return None if row is None else dress(ticket_alone(row, params, quirks), quirks)


def _quotations(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    kept = listing.matching(snapshot.quotations, params, listing.SALES_FILTERS)
    page = listing.paged(listing.ordered(kept, params), params, quirks)
    rows = page.rows if is_true(params, "includelines") else [_without_lines(row) for row in page.rows]
    return _envelope("quotes", listing.Page(rows, page.record_count, page.page_no, page.page_size), quirks)


def _orders(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    filters = {name: field for name, field in listing.SALES_FILTERS.items() if name != "quote_status"}
    page = listing.paged(listing.ordered(listing.matching(snapshot.orders, params, filters), params), params, quirks)
    rows = [_without_lines(row) for row in page.rows]
    return _envelope("salesorders", listing.Page(rows, page.record_count, page.page_no, page.page_size), quirks)


def _without_lines(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "lines"}


def _single(pick: Callable[[Snapshot], list[Row]]) -> Reader:
    def reads(snapshot: Snapshot, _params: Params, quirks: Quirks, number: int) -> Row | None:
        return next((dress(row, quirks) for row in pick(snapshot) if row["id"] == number), None)

    return reads


def _actions(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    ticket_id = params.get("ticket_id", "")
    rows = snapshot.actions_by_ticket.get(int(ticket_id), []) if ticket_id.isdigit() else snapshot.actions
    if is_true(params, "timeentriesonly"):
        rows = [row for row in rows if row.get("timetaken", 0) > 0]
    if is_true(params, "excludesys"):
        rows = [row for row in rows if row["who_agentid"] > 0]
    rows = listing.within(rows, "datetime", params.get("startdate"), params.get("enddate"))
    rows = sorted(rows, key=lambda row: (row["datetime"], row["ticket_id"], row["id"]), reverse=True)
    # The path knows no paging (H: section 2.4): `count` is the only limit, and a ticket's own actions come whole.
    page = listing.Page(rows, len(rows)) if ticket_id.isdigit() and "count" not in params else listing.counted(rows, params, quirks)
    return _envelope("actions", page, quirks)


def _action(snapshot: Snapshot, params: Params, quirks: Quirks, number: int) -> Row | None:
    ticket_id = params.get("ticket_id", "")
    rows = snapshot.actions_by_ticket.get(int(ticket_id), []) if ticket_id.isdigit() else []
    return next((dress(row, quirks) for row in rows if row["id"] == number), None)


def _approvals(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    ticket_id = params.get("ticket_id", "")
    if not ticket_id.isdigit():
        return [] if quirks.approvals_need_ticket else _bare(snapshot.approvals, quirks)
    return _bare([row for row in snapshot.approvals if row["ticket_id"] == int(ticket_id)], quirks)


def _appointments(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    rows = listing.matching(snapshot.appointments, params, {"ticket_id": ("ticket_id", False)})
    if is_true(params, "hidecompleted"):
        rows = [row for row in rows if row["complete_status"] < 1]
    rows = listing.within(rows, "start_date", params.get("start_date"), params.get("end_date"))
    return _envelope("appointments", listing.paged(listing.ordered(rows, params), params, quirks), quirks)


def _clients(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    rows = snapshot.clients if is_true(params, "includeinactive") else [row for row in snapshot.clients if not row["inactive"]]
    rows = listing.unchanged_since(rows, snapshot.opened_at, params)
    return _envelope("clients", listing.paged(listing.ordered(rows, params), params, quirks), quirks)


def _sites(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    rows = snapshot.sites if is_true(params, "includeinactive") else [row for row in snapshot.sites if not row["inactive"]]
    kept = listing.matching(listing.unchanged_since(rows, snapshot.opened_at, params), params, {"client_id": ("client_id", False)})
    return _envelope("sites", listing.paged(listing.ordered(kept, params), params, quirks), quirks)


def _agents(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    enabled, disabled = is_true(params, "includeenabled", default=True), is_true(params, "includedisabled")
    rows = [row for row in snapshot.agents if (disabled if row["isdisabled"] else enabled)]
    if not is_true(params, "includeunassigned"):
        rows = [row for row in rows if row["id"] != 1]
    rows = [_agent_row(row, params, quirks) for row in rows]
    if quirks.agent_envelope == "bare" or not is_true(params, "pageinate"):
        return _bare(rows, quirks)
    return _envelope("results", listing.paged(listing.ordered(rows, params), params, quirks), quirks)


def _agent_row(row: Row, params: Params, quirks: Quirks) -> Row:
    # H: `costprice` comes only with includedetails, and only where the role may see cost (TopLeft, 2026-06).
    if quirks.agent_cost_visible and is_true(params, "includedetails"):
        return row
    return {key: value for key, value in row.items() if key != "costprice"}


def _agent(snapshot: Snapshot, params: Params, quirks: Quirks, number: int) -> Row | None:
    return next((dress(_agent_row(row, params, quirks), quirks) for row in snapshot.agents if row["id"] == number), None)


def _fixed(rows: tuple[Row, ...]) -> Endpoint:
    """Give list and single record of a set-up list; it does not page and repeats itself for every page asked."""
    return Endpoint("", None, lambda _s, _p, quirks: _bare(list(rows), quirks), _single(lambda _s: list(rows)))


def _fields(_snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    # typeid 1 is tickets; this tenant has no custom fields on anything else.
    return _bare(FIELD_ROWS, quirks) if params.get("typeid", "1") == "1" else []


def _lookups(_snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    number = params.get("lookupid", "")
    return _bare(list(cfg.LOOKUPS.get(int(number), ())), quirks) if number.isdigit() else []


FIELD_ROWS: Final = [field.row() for field in cfg.FIELDS.values()]
_TYPES, _STATUSES, _TEAMS = _fixed(cfg.TICKET_TYPES), _fixed(cfg.STATUSES), _fixed(cfg.TEAMS)
ENDPOINTS: Final[dict[str, Endpoint]] = {
    endpoint.path.lower(): endpoint
    for endpoint in (
        Endpoint("/Tickets", "tickets", _ticket_list(lambda snapshot: snapshot.tickets), _ticket),
        Endpoint("/Opportunities", "tickets", _ticket_list(lambda snapshot: snapshot.opportunities), _ticket),
        Endpoint("/Projects", "projects", _ticket_list(lambda snapshot: snapshot.projects), _ticket),
        Endpoint("/Quotation", "quotes", _quotations, _single(lambda snapshot: snapshot.quotations)),
        Endpoint("/SalesOrder", "sos", _orders, _single(lambda snapshot: snapshot.orders)),
        Endpoint("/Actions", "tickets", _actions, _action),
        Endpoint("/TicketApproval", "tickets", _approvals),
        Endpoint("/Appointment", "calendar", _appointments, _single(lambda snapshot: snapshot.appointments)),
        Endpoint("/Client", "customers", _clients, _single(lambda snapshot: snapshot.clients)),
        Endpoint("/Site", "customers", _sites, _single(lambda snapshot: snapshot.sites)),
        Endpoint("/Agent", None, _agents, _agent),
        Endpoint("/TicketType", None, _TYPES.lists, _TYPES.reads),
        Endpoint("/Status", None, _STATUSES.lists, _STATUSES.reads),
        Endpoint("/Team", None, _TEAMS.lists, _TEAMS.reads),
        Endpoint("/FieldInfo", None, _fields, _single(lambda _snapshot: FIELD_ROWS)),
        Endpoint("/Lookup", None, _lookups),
    )
}
