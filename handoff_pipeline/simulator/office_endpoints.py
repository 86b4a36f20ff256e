"""Endpoints of the office: invoices, agreements, timesheets, milestones, files, and HaloPSA's own history.

None of them knows a last-update filter (H: section 2.3). The one thing to know: /Milestone is in no specification, has no
filters and gives the whole tenant's milestones, templates' among them.
"""

from __future__ import annotations

from base64 import b64encode
from operator import attrgetter
from typing import Final

from handoff_pipeline.simulator import listing
from handoff_pipeline.simulator.answering import Endpoint, Params, Payload, Pick, bare, envelope, found, single, without
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import dress, is_true
from handoff_pipeline.simulator.file_rows import ATTACHMENT_ALONE, PDF
from handoff_pipeline.simulator.indexed import Indexed
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.store import Snapshot

INVOICES: Final[Pick] = attrgetter("invoices")
CONTRACTS: Final[Pick] = attrgetter("contracts")
MILESTONES: Final[Pick] = attrgetter("milestones")
INVOICE_FILTERS: Final = {
    "client_id": ("client_id", False),
    "client_ids": ("client_id", True),
    "salesorder_id": ("salesorder_id", False),
    "contract_id": ("contract_id", False),
}
ATTACHMENT_FILTERS: Final = {
    "ticket_id": ("ticket_id", False),
    "action_id": ("action_id", False),
    "type": ("type", False),
    "unique_id": ("unique_id", False),
}


def _own_milestones(snapshot: Snapshot) -> Indexed:
    return Indexed(row for row in snapshot.milestones if row.get("ticket_id", 0) >= 0)


def _invoices(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    page = listing.paged(found(snapshot, INVOICES, params, lambda: _chosen_invoices(snapshot, params)), params, quirks)
    kept = page.rows if is_true(params, "includelines") else [without(row, "lines") for row in page.rows]
    return envelope("invoices", listing.Page(kept, page.record_count, page.page_no, page.page_size), quirks)


def _chosen_invoices(snapshot: Snapshot, params: Params) -> list[Row]:
    rows = listing.matching(snapshot.invoices, params, INVOICE_FILTERS)
    ticket_id = params.get("ticket_id", "")
    if ticket_id.isdigit():
        rows = [row for row in rows if int(ticket_id) in _billed(row)]
    if is_true(params, "postedonly"):
        rows = [row for row in rows if row.get("posted")]
    if is_true(params, "notpostedonly"):
        rows = [row for row in rows if not row.get("posted")]
    return listing.within(rows, "invoice_date", params.get("invoicedatestart"), params.get("invoicedateend"))


def _billed(row: Row) -> set[int]:
    return {row.get("ticket_id", 0), *(line.get("ticket_id", 0) for line in row.get("lines") or [])}


def _contracts(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    # H: the default list is the active ones only (conduit).
    def chosen() -> list[Row]:
        rows = snapshot.contracts if is_true(params, "includeinactive") else [row for row in snapshot.contracts if row.get("active", True)]
        return listing.matching(rows, params, {"client_id": ("client_id", False), "site_id": ("site_id", False)})

    return envelope("contracts", listing.paged(found(snapshot, CONTRACTS, params, chosen), params, quirks), quirks)


def _timesheets(snapshot: Snapshot, _params: Params, quirks: Quirks) -> Payload:
    return bare(snapshot.timesheets, quirks)


def _milestones(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    pick = MILESTONES if quirks.template_milestones else _own_milestones
    return envelope("data", listing.paged(found(snapshot, pick, params, lambda: pick(snapshot)), params, quirks), quirks)


def _attachments(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    rows = [without(row, *ATTACHMENT_ALONE) for row in listing.matching(snapshot.attachments, params, ATTACHMENT_FILTERS)]
    if quirks.attachment_envelope == "bare":
        return bare(rows, quirks)
    return envelope("attachments", listing.Page(rows, len(rows)), quirks)


def _attachment(snapshot: Snapshot, _params: Params, quirks: Quirks, number: int) -> Row | bytes | None:
    row = snapshot.attachments.first("id", number)
    if row is None or quirks.attachment_is_binary:
        return None if row is None else PDF
    return dress({**row, "data_base64": f"data:application/pdf;base64,{b64encode(PDF).decode('ascii')}"}, quirks)


def _audit(snapshot: Snapshot, params: Params, quirks: Quirks) -> Payload:
    # No parameter is documented: newest first, and as short as any list that is not asked for more, is a guess.
    page = listing.counted(list(reversed(snapshot.audit)), params, quirks)
    return bare(page.rows, quirks)


ENDPOINTS: Final = (
    Endpoint("/Invoice", "invoices", _invoices, single(INVOICES)),
    Endpoint("/ClientContract", "contracts", _contracts, single(CONTRACTS)),
    Endpoint("/Timesheet", "timesheets", _timesheets),
    Endpoint("/Milestone", "projects", _milestones),
    Endpoint("/Attachment", "tickets", _attachments, _attachment),
    Endpoint("/Audit", "tickets", _audit, single(lambda snapshot: snapshot.audit)),
)
