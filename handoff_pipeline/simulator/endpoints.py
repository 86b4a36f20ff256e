"""The table of endpoints, and those of tickets, sales, work and people: pure functions of snapshot, parameters and quirks.

Office and set-up have modules of their own; the shapes of answers are in `answering`. Access, limits and faults are the
server's business. The one thing to know: /Tickets, /Opportunities and /Projects are one resource behind three paths.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from handoff_pipeline.simulator import listing, office_endpoints, setup_endpoints
from handoff_pipeline.simulator.answering import Endpoint, Lister, Params, Payload, Pick, bare, envelope, found, single, without
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import dress, is_true, ticket_in_list
from handoff_pipeline.simulator.indexed import Indexed
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.store import Snapshot
from handoff_pipeline.simulator.ticket_alone import detail, respelt

__all__ = ["ENDPOINTS", "Endpoint", "Params", "Payload"]

QUOTATIONS: Final[Pick] = attrgetter("quotations")
ORDERS: Final[Pick] = attrgetter("orders")
ACTIONS: Final[Pick] = attrgetter("actions")
APPOINTMENTS: Final[Pick] = attrgetter("appointments")
CLIENTS: Final[Pick] = attrgetter("clients")
SITES: Final[Pick] = attrgetter("sites")


def _ticket_list(pick: Pick) -> Lister:
    def lists(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
        kept = found(snapshot, pick, params, lambda: listing.tickets(_related(snapshot, pick(snapshot), params), params))
        page = listing.paged(kept, params, quirks)
        rows = [respelt(ticket_in_list(row, params, quirks), quirks) for row in page.rows]
        return envelope("tickets", listing.Page(rows, page.record_count, page.page_no, page.page_size), quirks)

    return lists


def _related(snapshot: Snapshot, rows: Indexed, params: Params) -> list[Row]:
    number = params.get("related_id", "")
    return rows.having("id", snapshot.related.get(int(number), ())) if number.isdigit() else rows


def _ticket(snapshot: Snapshot, params: Params, quirks: Quirks, number: int) -> Row | None:
    # Projects and opportunities can be read through any of the three paths (H: section 2.3).
    row = snapshot.tickets_by_id.get(number)
    return None if row is None else dress(detail(snapshot, row, params, quirks), quirks)


def _quotations(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    kept = found(snapshot, QUOTATIONS, params, lambda: listing.matching(snapshot.quotations, params, listing.SALES_FILTERS))
    page = listing.paged(kept, params, quirks)
    rows = page.rows if is_true(params, "includelines") else [without(row, "lines") for row in page.rows]
    return envelope("quotes", listing.Page(rows, page.record_count, page.page_no, page.page_size), quirks)


def _orders(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    filters = {name: field for name, field in listing.SALES_FILTERS.items() if name != "quote_status"}
    kept = found(snapshot, ORDERS, params, lambda: listing.matching(snapshot.orders, params, filters))
    page = listing.paged(kept, params, quirks)
    rows = [without(row, "lines") for row in page.rows]
    return envelope("salesorders", listing.Page(rows, page.record_count, page.page_no, page.page_size), quirks)


def _actions(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    ticket_id = params.get("ticket_id", "")
    flags = (is_true(params, "timeentriesonly"), is_true(params, "excludesys"))
    if ticket_id.isdigit():
        rows: list[Row] = _latest_first(snapshot.of_ticket("actions", int(ticket_id)), *flags)
    else:
        rows = snapshot.kept((ACTIONS, *flags), lambda: _latest_first(snapshot.actions, *flags))
    rows = listing.within(rows, "datetime", params.get("startdate"), params.get("enddate"))
    # The path knows no paging (H: section 2.4): `count` is the only limit, and a ticket's own actions come whole.
    page = listing.Page(rows, len(rows)) if ticket_id.isdigit() and "count" not in params else listing.counted(rows, params, quirks)
    return envelope("actions", page, quirks)


def _latest_first(rows: list[Row], with_time: bool, by_people: bool) -> list[Row]:
    kept = [row for row in rows if (not with_time or row.get("timetaken", 0) > 0) and (not by_people or row["who_agentid"] > 0)]
    return sorted(kept, key=lambda row: (row["datetime"], row["ticket_id"], row["id"]), reverse=True)


def _action(snapshot: Snapshot, params: Params, quirks: Quirks, number: int) -> Row | None:
    ticket_id = params.get("ticket_id", "")
    rows = snapshot.of_ticket("actions", int(ticket_id)) if ticket_id.isdigit() else []
    return next((dress(row, quirks) for row in rows if row["id"] == number), None)


def _approvals(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    ticket_id = params.get("ticket_id", "")
    if ticket_id.isdigit():
        rows = snapshot.approvals.having("ticket_id", {int(ticket_id)})
    else:
        rows = [] if quirks.approvals_need_ticket else list(snapshot.approvals)
    if quirks.approval_notes_on_request and not is_true(params, "includeapprovaldetails"):
        rows = [without(row, "note", "approver_note") for row in rows]
    return bare(rows, quirks) if quirks.approval_envelope == "bare" else envelope("approvals", listing.Page(rows, len(rows)), quirks)


def _appointments(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    def chosen() -> list[Row]:
        rows = listing.matching(snapshot.appointments, params, {"ticket_id": ("ticket_id", False)})
        if is_true(params, "hidecompleted"):
            rows = [row for row in rows if row["complete_status"] < 1]
        return listing.within(rows, "start_date", params.get("start_date"), params.get("end_date"))

    return envelope("appointments", listing.paged(found(snapshot, APPOINTMENTS, params, chosen), params, quirks), quirks)


def _clients(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    def chosen() -> list[Row]:
        rows = snapshot.clients if is_true(params, "includeinactive") else [row for row in snapshot.clients if not row["inactive"]]
        return listing.unchanged_since(rows, snapshot.opened_at, params)

    return envelope("clients", listing.paged(found(snapshot, CLIENTS, params, chosen), params, quirks), quirks)


def _sites(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    def chosen() -> list[Row]:
        rows = snapshot.sites if is_true(params, "includeinactive") else [row for row in snapshot.sites if not row["inactive"]]
        return listing.matching(listing.unchanged_since(rows, snapshot.opened_at, params), params, {"client_id": ("client_id", False)})

    return envelope("sites", listing.paged(found(snapshot, SITES, params, chosen), params, quirks), quirks)


def _agents(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    enabled, disabled = is_true(params, "includeenabled", default=True), is_true(params, "includedisabled")
    rows = [row for row in snapshot.agents if (disabled if row["isdisabled"] else enabled)]
    if not is_true(params, "includeunassigned"):
        rows = [row for row in rows if row["id"] != 1]
    rows = [_agent_row(row, params, quirks) for row in rows]
    if quirks.agent_envelope == "bare" or not is_true(params, "pageinate"):
        return bare(rows, quirks)
    return envelope("results", listing.paged(listing.ordered(rows, params), params, quirks), quirks)


def _agent_row(row: Row, params: Params, quirks: Quirks) -> Row:
    # H: `costprice` comes only with includedetails, and only where the role may see cost (TopLeft, 2026-06).
    if quirks.agent_cost_visible and is_true(params, "includedetails"):
        return row
    return {key: value for key, value in row.items() if key != "costprice"}


def _agent(snapshot: Snapshot, params: Params, quirks: Quirks, number: int) -> Row | None:
    row = snapshot.agents.first("id", number)
    return None if row is None else dress(_agent_row(row, params, quirks), quirks)


ENDPOINTS: Final[dict[str, Endpoint]] = {
    endpoint.path.lower(): endpoint
    for endpoint in (
        Endpoint("/Tickets", "tickets", _ticket_list(lambda snapshot: snapshot.tickets), _ticket),
        Endpoint("/Opportunities", "tickets", _ticket_list(lambda snapshot: snapshot.opportunities), _ticket),
        Endpoint("/Projects", "projects", _ticket_list(lambda snapshot: snapshot.projects), _ticket),
        Endpoint("/Quotation", "quotes", _quotations, single(QUOTATIONS)),
        Endpoint("/SalesOrder", "sos", _orders, single(ORDERS)),
        Endpoint("/Actions", "tickets", _actions, _action),
        Endpoint("/TicketApproval", "tickets", _approvals),
        Endpoint("/Appointment", "calendar", _appointments, single(APPOINTMENTS)),
        Endpoint("/Client", "customers", _clients, single(CLIENTS)),
        Endpoint("/Site", "customers", _sites, single(SITES)),
        Endpoint("/Agent", None, _agents, _agent),
        *office_endpoints.ENDPOINTS,
        *setup_endpoints.ENDPOINTS,
    )
}
