"""How `handoff outbox` shows an intent: as a row, and whole with its moves and approvals.

What may be done with it is the commands'. The one thing to know: content and precondition may hold customers' words, so they are shown for
one intent that is asked for, and never in a list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from handoff_pipeline.commands.screen import plain, table

if TYPE_CHECKING:
    from handoff_pipeline.ledger import ApprovalRequest, Intent, IntentEvent

COLUMNS: Final = ("intent", "state", "proposed (UTC)", "what")
SHOWN_ID: Final = 12
HASH_SHOWN: Final = 16

WHAT_NOW: Final[Mapping[str, str]] = {
    "proposed": "It waits: an automatic one for the next delivery, another for its approvers (`handoff approve list`).",
    "approved": "The next delivery sends it; `handoff outbox plan` writes the exact request.",
    "claimed": "A delivery works on it, or died over it; the next delivery looks.",
    "sent": "The far side took it; the next delivery verifies it.",
    "uncertain": "Nobody knows whether it arrived. Look there yourself where no delivery can tell, then `handoff outbox settle`.",
    "conflict": "The record had changed since it was proposed, so nothing was written. The next decision starts from the record as it is.",
    "failed": "It was not done; the detail says why. The next decision proposes it anew where it is still due.",
    "expired": "Nobody approved or delivered it in time.",
    "refused": "It was turned down; the detail says by whom and why.",
    "accepted": "The far side took it; it cannot be read, so more is not known.",
    "confirmed": "It was read back at the far side. `handoff rollback` takes it back.",
}
"""What somebody who looks at an intent in this state does next."""
SHADOW: Final = "Only recorded: the rollout's phase or the item's mode lets nothing act. It is never sent."


def show_list(intents: Sequence[Intent], console: Console, recorded: int = 0) -> None:
    """Print a row for each, newest last; `recorded` is how many more shadow only recorded."""
    if intents:
        cells = [
            (
                intent.intent_id[:SHOWN_ID],
                "shadow" if intent.is_shadow and intent.state == "proposed" else intent.state,
                f"{intent.proposed_at:%Y-%m-%d %H:%M}",
                shown_briefly(intent),
            )
            for intent in intents
        ]
        console.print(table("Outbox", COLUMNS, cells, whole=COLUMNS[:-1]))
    else:
        console.print(plain("The outbox holds nothing of that kind."))
    if recorded:
        console.print(plain(f"{recorded} more were only recorded (shadow): `handoff outbox list --all`."), soft_wrap=True)


def shown_briefly(intent: Intent) -> str:
    """What an approver reads, without the content's hash, which `show` has."""
    return intent.shown.removesuffix(f" [{intent.content_hash[:HASH_SHOWN]}]")


def show_one(intent: Intent, events: Iterable[IntentEvent], approvals: Iterable[ApprovalRequest], console: Console) -> None:
    """Print everything that the ledger keeps of one intent."""
    console.print(plain(f"{intent.intent_id}  {intent.action} at {intent.target}: {intent.state}", "bold"), soft_wrap=True)
    what_now = SHADOW if intent.is_shadow else WHAT_NOW[intent.state]
    for label, value in (
        ("Shown", intent.shown),
        ("Now", what_now),
        ("Detail", intent.detail),
        ("Class", intent.action_class),
        ("Handoff", intent.handoff_id),
        ("Project", intent.project_id),
        ("Asked for by", f"agent {intent.requested_by}" if intent.requested_by else "the product"),
        ("Amount", intent.amount_base),
        ("Expires", f"{intent.expires_at:%Y-%m-%d %H:%M} UTC"),
        ("Next try", intent.next_try_at and f"{intent.next_try_at:%Y-%m-%d %H:%M} UTC"),
        ("Attempts", intent.attempts),
        ("At the far side", intent.far_ref),
        ("Takes back", intent.rollback_of),
        ("HaloPSA", intent.source_url),
        ("Content hash", intent.content_hash),
    ):
        if value not in {None, ""}:
            console.print(plain(f"  {label}: {value}"), soft_wrap=True)
    _document("Content", intent.content, console)
    if intent.precondition != "{}":
        _document("Seen before", intent.precondition, console)
    moves = [(f"{one.at:%Y-%m-%d %H:%M:%S}", one.from_state or "", one.to_state, one.run_id or "", one.detail or "") for one in events]
    console.print(table("Moves", ("at (UTC)", "from", "to", "run", "detail"), moves))
    asked = [
        (one.approval_id[:SHOWN_ID], one.role, one.approver_id, one.result, "weak" if one.is_weak else "", one.far_ref or "")
        for one in approvals
    ]
    if asked:
        console.print(table("Approvals", ("approval", "role", "agent", "answer", "identity", "at HaloPSA"), asked, right=("agent",)))


def payload(intent: Intent) -> dict[str, Any]:
    """An intent for scripts, its two documents decoded."""
    return {**asdict(intent), "content": json.loads(intent.content), "precondition": json.loads(intent.precondition)}


def _document(title: str, text: str, console: Console) -> None:
    console.print(plain(f"  {title}:"))
    for line in json.dumps(json.loads(text), indent=2, ensure_ascii=False, sort_keys=True).splitlines():
        console.print(plain(f"    {line}"), soft_wrap=True)
