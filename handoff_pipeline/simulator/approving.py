"""POST /Quotation/Approval: a quotation is accepted or rejected, and what follows from it where the tenant is set up so.

The one thing to know: whether an acceptance makes the sales order and moves the opportunity are settings of the tenant (H:
section 4), here `acceptance_creates_order` and `acceptance_status_id`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.edits import Edits
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.shaping import stamp

SIGNED: Final = ("approvalname", "approvalemailaddress", "approvalnote", "ponumber", "signature")
FROM_HEADER: Final[tuple[str, ...]] = (
    "title", "ticket_id", "client_id", "site_id", "user_id", "revenue", "tax_total", "total", "cost", "profit", "currency",
    "currency_code", "currency_code_name", "currency_conversion_rate",
)  # fmt: skip
FROM_LINE: Final[tuple[str, ...]] = ("sort_seq", "name", "item_id", "quantity", "costprice", "billingperiod", "isgroupdesc")


def approve(edits: Edits, quotation: Row, given: Row, now: datetime, quirks: Quirks) -> None:
    """Write the decision of `given` (`result` true or false) on the quotation, and what follows from it."""
    is_accepted = bool(given.get("result"))
    status = cfg.QUOTE_ACCEPTED if is_accepted else cfg.QUOTE_REJECTED
    decision: Row = {
        "status": status,
        "status_name": next(row["name"] for row in cfg.LOOKUPS[39] if row["id"] == status),
        "approvalstate": 1 if is_accepted else 2,
        "approvaldatetime": stamp(now),
        **{name: given[name] for name in SIGNED if name in given},
    }
    if is_accepted:
        taken = {option["id"] for option in given.get("optional_lines") or [] if isinstance(option, dict)}
        decision["lines"] = [{**line, "approval_status": 1} if line["id"] in taken else line for line in quotation.get("lines") or []]
        if quirks.acceptance_creates_order:
            decision["salesorder_id"] = _order(edits, {**quotation, **decision})
    edits.change("quotations", quotation["id"], decision)
    if is_accepted and quirks.acceptance_status_id and edits.find("tickets", quotation["ticket_id"]) is not None:
        edits.change("tickets", quotation["ticket_id"], {"status_id": quirks.acceptance_status_id})


def _order(edits: Edits, quotation: Row) -> int:
    taken = [line for line in quotation["lines"] if not line.get("optional") or line.get("approval_status")]
    lines = [
        {
            **{name: line[name] for name in FROM_LINE if name in line},
            "id": at,
            "price": line.get("net_total", line.get("price", 0.0)),
            "quotation_line_id": line["id"],
            "project_id": 0,
        }
        for at, line in enumerate(taken, 1)
    ]
    header: Row = {name: quotation[name] for name in FROM_HEADER if name in quotation}
    return edits.create("orders", {**header, "quotation_id": quotation["id"], "lines": lines})
