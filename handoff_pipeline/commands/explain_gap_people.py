"""What people said of a gap's item, for `handoff explain gap`: exceptions with their approvers and ends, and verdicts held wrong.

How the item was judged is explain_gap's. The one thing to know: both are of the item on that handoff, whichever of its gaps they came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from handoff_pipeline.commands.explain_words import heading, in_words, say

if TYPE_CHECKING:
    from handoff_pipeline.commands.published import Published

EXCEPTIONS: Final = """
    select
        o.state, o.control_id, o.reason, o.compensating_control, o.requested_at_utc, o.approved_at_utc, o.expires_at_utc,
        r.agent_name as requested_by, a.agent_name as approved_by, s.agent_name as second_approver
    from fact_override as o
    inner join dim_handoff as h on h.handoff_key = o.handoff_key
    inner join dim_checklist_item as i on i.item_key = o.item_key
    left join dim_agent as r on r.agent_key = o.requested_by_key
    left join dim_agent as a on a.agent_key = o.approved_by_key and o.approved_by_key <> 0
    left join dim_agent as s on s.agent_key = o.second_approver_key and o.second_approver_key <> 0
    where h.handoff_id = $handoff_id and h.handoff_key <> 0 and i.item = $item
    order by o.requested_at_utc desc, o.override_key
"""
FEEDBACK: Final = """
    select f.kind, f.reported_at_utc, f.note, f.disposition, a.agent_name as reported_by
    from fact_feedback as f
    inner join dim_handoff as h on h.handoff_key = f.handoff_key
    inner join dim_checklist_item as i on i.item_key = f.item_key
    left join dim_agent as a on a.agent_key = f.reported_by_key
    where h.handoff_id = $handoff_id and h.handoff_key <> 0 and i.item = $item
    order by f.reported_at_utc desc, f.feedback_key
"""
KINDS: Final = {"false_positive": "held to be no gap", "false_negative": "held to be short where it counts as met"}


def said_of(published: Published, handoff_id: int, item: str) -> dict[str, list[dict[str, Any]]]:
    """`exceptions` and `feedback` of the item on the handoff, the newest first."""
    of = {"handoff_id": handoff_id, "item": item}
    return {"exceptions": published.rows(EXCEPTIONS, **of), "feedback": published.rows(FEEDBACK, **of)}


def show_said(explanation: Mapping[str, Sequence[Mapping[str, Any]]], console: Console) -> None:
    """Print both for a person; nothing where nobody said anything."""
    if explanation["exceptions"]:
        heading(console, "Exceptions")
    for row in explanation["exceptions"]:
        say(console, row["state"], f"until {row['expires_at_utc']} UTC, {_approved(row)}; asked for by {row['requested_by']}")
        say(console, "", f"{row['reason']} Instead: {row['compensating_control']}")
    if explanation["feedback"]:
        heading(console, "Appeals")
    for row in explanation["feedback"]:
        outcome = f" Outcome: {row['disposition']}" if row["disposition"] else " Nothing came of it yet."
        say(console, "", f"{row['reported_at_utc']} UTC, {row['reported_by']}: {in_words(KINDS, row['kind'])}. {row['note']}.{outcome}")


def _approved(row: Mapping[str, Any]) -> str:
    if row["approved_at_utc"] is None:
        return "approved by nobody"
    names = " and ".join(str(row[name]) for name in ("approved_by", "second_approver") if row[name])
    return f"approved {row['approved_at_utc']} UTC by {names or 'somebody unknown'}"
