"""Approvals as HaloPSA shows them: read by ticket and sequence, for governance to judge.

What an approval is worth is not decided here. The one thing to know: HaloPSA's numbers for a result and the fields that hold who and when
are taken from its specification; `result` 0, 1, 2 are guesses of the public sources and so are the policy's to set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff_pipeline.halo.envelope import moment_of, whole_number
from handoff_pipeline.halo.verify import is_nothing
from handoff_pipeline.halo.writer import HaloWriter


@dataclass(frozen=True)
class SeenApproval:
    """One approval of HaloPSA's.

    Attributes:
        far_ref: "ticket/sequence".
        agent_id: Of whom it is asked, or who has answered; None where it names nobody.
        result: HaloPSA's number; None where there is none.
        decided_at: When it was answered; None while it is open.
        is_overridden: An administrator of HaloPSA has answered in the approver's place.
        text: What the approver read. Not printed: it may hold customers' words.
    """

    far_ref: str
    agent_id: int | None
    result: int | None
    decided_at: datetime | None
    is_overridden: bool
    text: str = field(repr=False)


def approval_of(row: Mapping[str, Any]) -> SeenApproval:
    """One row of `/TicketApproval`. A date that stands for none (H: 1899-12-30, 1900-01-01) is no decision."""
    decided = row.get("dateapproved")
    return SeenApproval(
        far_ref=f"{whole_number(row.get('ticket_id'))}/{whole_number(row.get('seq'))}",
        agent_id=whole_number(row.get("agent_id")),
        result=whole_number(row.get("result")),
        decided_at=None if is_nothing(decided) else moment_of(str(decided)),
        is_overridden=row.get("admin_overridden") is True,
        text=str(row.get("note") or ""),
    )


async def read_approval(writer: HaloWriter, far_ref: str) -> SeenApproval | None:
    """The approval as HaloPSA shows it now; None where the ticket has none of that sequence.

    Raises:
        HaloError: it cannot be read now. ValueError: `far_ref` is no "ticket/sequence".
    """
    ticket_id, seq = (int(part) for part in far_ref.split("/"))
    row = await writer.look("approval", (ticket_id, seq))
    return None if row is None else approval_of({**row, "ticket_id": ticket_id})
