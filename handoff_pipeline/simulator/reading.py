"""A GET under /api: what the endpoint gives, with the quirks and faults that hold for every list.

What each endpoint gives is in the modules of endpoints. The one thing to know: parameters that an endpoint does not know are
taken away before it sees them, so that a misspelt filter gives everything.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from handoff_pipeline.simulator.answering import Endpoint
from handoff_pipeline.simulator.calls import Call
from handoff_pipeline.simulator.listing import PAGING
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.spoiling import Payload, answer, with_next_link
from handoff_pipeline.simulator.store import Snapshot

TICKET_PATHS: Final = frozenset({"/Tickets", "/Opportunities", "/Projects"})
# H: the specification has `ticketidonly` on tickets and `idonly` elsewhere; clients send `idonly` to tickets too (2.2).
ID_LISTS: Final = TICKET_PATHS | {"/SalesOrder", "/Client", "/Site", "/Invoice"}
SEARCHED: Final = TICKET_PATHS | {"/Quotation", "/SalesOrder", "/Client", "/Site", "/Invoice", "/Appointment"}
EVERYTHING: Final = "1000000000"


def read(endpoint: Endpoint, call: Call, snapshot: Snapshot, asked_before: int) -> Response:
    """Answer a list or a single record; `asked_before` is how often the endpoint was asked until now."""
    if not call.tail:
        return answer(_list(endpoint, call, snapshot, asked_before), call.kind)
    number = int(call.tail) if call.tail.lstrip("-").isdigit() else None
    found = endpoint.reads(snapshot, call.params, call.quirks, number) if endpoint.reads and number is not None else None
    if found is None and number is not None and endpoint.path in TICKET_PATHS:
        return _absent_ticket(endpoint, call, snapshot, number)
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="application/octet-stream") if isinstance(found, bytes) else answer(found, call.kind)


def _absent_ticket(endpoint: Endpoint, call: Call, snapshot: Snapshot, number: int) -> Response:
    if call.quirks.deleted_record_status == 200 and endpoint.reads is not None:
        found = endpoint.reads(snapshot.of_deleted, call.params, call.quirks, number)
        if isinstance(found, dict):
            return answer(found, call.kind)
    return Response(status_code=call.quirks.hidden_record_status if snapshot.hides(number) else 404)


def _list(endpoint: Endpoint, call: Call, snapshot: Snapshot, asked_before: int) -> Payload:
    params = _narrowed(endpoint, call)
    source = snapshot
    if endpoint.path in TICKET_PATHS and params.get("deleted", "").lower() == "true":
        source = snapshot.of_deleted
    payload = endpoint.lists(source, params, call.quirks)
    page = int(params["page_no"]) if params.get("page_no", "").isdigit() else 0
    if call.kind == "duplicate_across_pages" and page > 1:
        payload = _doubled(payload, endpoint.lists(source, {**params, "page_no": str(page - 1)}, call.quirks))
    if call.kind == "next_link_elsewhere":
        payload = with_next_link(payload, f"{call.quirks.foreign_host}/api{endpoint.path}?pageinate=true&page_no={page + 1}")
    return _recounted(payload, call.quirks, asked_before)


def _narrowed(endpoint: Endpoint, call: Call) -> dict[str, str]:
    quirks, params = call.quirks, dict(call.params)
    if endpoint.path not in ID_LISTS:
        params.pop("idonly", None)
    if endpoint.path not in TICKET_PATHS:
        params.pop("ticketidonly", None)
    if endpoint.path not in SEARCHED:
        params.pop("advanced_search", None)
    if endpoint.path in quirks.unpaged_paths:
        params = {name: value for name, value in params.items() if name not in PAGING} | {"count": EVERYTHING}
    page = params.get("page_no", "")
    if page.isdigit() and (quirks.page_no_ignored or call.kind == "repeat_page"):
        params["page_no"] = "1" if quirks.page_no_ignored else str(max(1, int(page) - 1))
    return params


def _recounted(payload: Payload, quirks: Quirks, asked_before: int) -> Payload:
    if not isinstance(payload, dict) or "record_count" not in payload:
        return payload
    if quirks.record_count_missing:
        return {key: value for key, value in payload.items() if key != "record_count"}
    off_by = quirks.record_count_off_by + quirks.record_count_drift * asked_before
    return {**payload, "record_count": max(0, payload["record_count"] + off_by)} if off_by else payload


def _doubled(payload: Payload, before: Payload) -> Payload:
    """Begin the page with the last row of the one before, as after an insertion; the page's own last row is pushed out."""
    if not isinstance(payload, dict) or not isinstance(before, dict):
        return payload
    return {
        key: [before[key][-1], *value[:-1]] if isinstance(value, list) and value and before.get(key) else value
        for key, value in payload.items()
    }
