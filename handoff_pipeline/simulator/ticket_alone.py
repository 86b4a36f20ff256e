"""What only a ticket's own record tells: approvers, budgets, milestones, files, related tickets, and its history on request.

Lists never carry these (H: section 2.3). The one thing to know: approvers, files and the other side of a relation change
without the ticket's last update, so a reader that goes by it may hold them late; `LATE_FIELDS` names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import is_true, ticket_alone, ticket_in_list
from handoff_pipeline.simulator.file_rows import ATTACHMENT_ALONE
from handoff_pipeline.simulator.planning_rows import SCHEDULED
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.store import Snapshot

LATE_FIELDS: Final = frozenset({"approvers", "attachments", "related_tickets", "child_count", "child_ticket_ids"})
HTML_EVERY: Final = 3
SHORT_KEYS: Final = {"category_1": "category1", "ticket_tags": "tickettags"}


def detail(snapshot: Snapshot, row: Row, params: Mapping[str, str], quirks: Quirks) -> Row:
    """Give the whole record of a ticket; `include_auditing=true` adds its history."""
    number = row["id"]
    related = sorted(other for other in snapshot.related.get(number, ()) if other in snapshot.tickets_by_id)
    whole = {
        **row,
        "assets": [],
        "approvers": snapshot.of_ticket("approvals", number),
        "attachments": [
            {key: value for key, value in file.items() if key not in ATTACHMENT_ALONE} for file in snapshot.of_ticket("attachments", number)
        ],
        "budgets": budgets_as_written(snapshot.of_ticket("budgets", number), quirks),
        "milestones": snapshot.of_ticket("milestones", number),
        "related_tickets": [respelt(ticket_in_list(snapshot.tickets_by_id[other], {}, quirks), quirks) for other in related],
    }
    if is_true(params, "include_auditing"):
        whole["audit_log"] = snapshot.of_ticket("audit", number)
    return respelt(ticket_alone(whole, params, quirks), quirks)


def budgets_as_written(rows: list[Row], quirks: Quirks) -> list[Row]:
    """Give budgets with the sentinel for hours that nobody scheduled, or with the 0 that one would expect."""
    return rows if quirks.unscheduled_sentinel else [{**row, **dict.fromkeys(SCHEDULED, 0.0)} for row in rows]


def respelt(row: Row, quirks: Quirks) -> Row:
    """Apply the habits that hold for tickets alone: HTML in the plain details, and the short spelling of two keys."""
    written = row
    if quirks.html_in_details and row["id"] % HTML_EVERY == 0:
        written = {**written, "details": f"<p>{row.get('details', '')}</p><br>"}
    if quirks.short_category_keys:
        written = {SHORT_KEYS.get(key, key): value for key, value in written.items()}
    return written
