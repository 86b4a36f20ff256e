"""Files as HaloPSA's attachments: on opportunities, on quotations, on sales orders.

The one thing to know: a file is found by its kind and the number of what it hangs on, `type` and `unique_id`
(H: section 2.4, conduit: 0 ticket, 50 quotation, 52 sales order, 66 signed quotation); a list row does not name its ticket.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.index import Index
from handoff_pipeline.simulator.shaping import stamp
from handoff_pipeline.simulator.truth import Attachment

ON_TICKET, ON_QUOTATION, ON_ORDER, SIGNED_QUOTATION = 0, 50, 52, 66
# Each order has its confirmation as a file, numbered far above the truth's own files.
FIRST_CONFIRMATION: Final = 500_000
PDF: Final = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# What a list leaves out (H: Attachment_List beside Attachment).
ATTACHMENT_ALONE: Final = ("ticket_id", "action_id", "user_id", "agent_id", "content_type", "guid", "last_updated")


def attachment_rows(index: Index, now: datetime) -> Iterator[Row]:
    """Give every file added up to `now`, as whole records without their content."""
    for file in index.truth.attachments:
        if file.added_at <= now:
            kind, number = _place(file)
            yield _row(file.attachment_id, file.file_name, kind, number, file.added_at)
    for order in index.truth.orders:
        added = order.created_at + timedelta(minutes=1)
        if added <= now:
            yield _row(FIRST_CONFIRMATION + order.order_id, f"order-{order.order_id}.pdf", ON_ORDER, order.order_id, added)


def _place(file: Attachment) -> tuple[int, int]:
    if file.quote_id is None:
        return ON_TICKET, file.deal_id or 0
    return (SIGNED_QUOTATION if file.is_signed_quotation else ON_QUOTATION), file.quote_id


def _row(number: int, name: str, kind: int, unique_id: int, added: datetime) -> Row:
    return {
        "id": number,
        "guid": f"00000000-0000-4000-b000-{number:012d}",
        "filename": name,
        "desc": name,
        "note": "",
        "datecreated": stamp(added),
        "last_updated": stamp(added),
        "filesize": len(PDF),
        "content_type": "application/pdf",
        "type": kind,
        "unique_id": unique_id,
        "ticket_id": unique_id if kind == ON_TICKET else 0,
        "action_id": 0,
        "user_id": 0,
        "agent_id": 0,
        "isimage": False,
        "showforusers": kind != ON_TICKET,
        "child_count": 0,
    }
