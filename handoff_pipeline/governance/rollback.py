"""Undoing: the compensating writes of an intent that was confirmed, planned from what was seen before it. Pure.

They are intents like any other: approved, checked, sent once. The one thing to know: each holds what was written as its own precondition,
so whatever somebody has changed since stays; and nothing is deleted: a note is answered by another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.rollout import action_class
from handoff_pipeline.ledger.canonical import bound, intent_id_of
from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.policy import Policy

KEY: Final = "rollback|"
BY_HAND: Final = {
    "approval_request": "Reject or delete the approval in HaloPSA.",
    "project_create": "Close the project in HaloPSA.",
}
"""What is undone in HaloPSA itself."""
CAME_TO_NOTHING: Final = frozenset[State]({"refused", "expired", "conflict", "failed"})


def rollback(
    intent: Intent, tenant: str, policy: Policy, requested_by: int, reason: str, now: datetime, earlier: Iterable[Intent] = ()
) -> list[Intent]:
    """The writes that take the intent back, in the order in which to make them.

    Planning it twice gives the same intents, but for those that came to nothing: they are planned anew under another key.

    Args:
        intent: What was done.
        tenant: Part of every intent's id.
        policy: Classes and the hours after which a proposal is void.
        requested_by: The agent who asks for it, and who may therefore not approve it.
        reason: Why, in his words; it stands in the note.
        now: The moment of the proposal.
        earlier: What was proposed before to take it back.

    Raises:
        HandoffError: it was not confirmed, has no effect that can be taken back, or nobody saw what was there before.
    """
    if intent.target != "halopsa":
        raise HandoffError(f"Intent {intent.intent_id}: what went to {intent.target} cannot be taken back.", "Tell its readers yourself.")
    if intent.state != "confirmed":
        raise HandoffError(
            f"Intent {intent.intent_id} is {intent.state}; only what was confirmed is rolled back.",
            "Nothing was written, or nobody knows: see `handoff outbox show`.",
        )
    if not reason.strip():
        raise HandoffError(f"Intent {intent.intent_id}: a rollback needs a reason.", "Say why in a sentence; it stands in the note.")
    tried = [one for one in earlier if one.rollback_of == intent.intent_id]
    parts = _parts(intent, f"Asked for by agent {requested_by}: {_unbracketed(reason)}")
    return [_intent(intent, tenant, policy, requested_by, now, _key(intent, part[0], tried), *part) for part in parts]


def _key(undone: Intent, action: str, tried: Sequence[Intent]) -> str:
    """The dedupe key of a write; another one where all that were tried before came to nothing."""
    mine = [one for one in tried if one.action == action]
    number = sum(one.state in CAME_TO_NOTHING for one in mine) + 1
    if number > len(mine) > 0:
        return f"{KEY}{undone.intent_id}|{action}#{number}"
    return mine[-1].dedupe_key if mine else f"{KEY}{undone.intent_id}|{action}"


def _parts(intent: Intent, asked: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(action, content, precondition) of each write."""
    done, before = orjson.loads(intent.content), orjson.loads(intent.precondition)
    is_note = intent.action == "halo_note" or (intent.action == "halo_blocking" and done.get("status_id") is None)
    words = f"{_words(intent, is_done=is_note)} {asked}"
    note: tuple[str, dict[str, Any], dict[str, Any]] = ("halo_note", {"ticket_id": done.get("ticket_id"), "note": words}, {})
    if is_note:
        return [note]
    kind = {"ticket_id": done.get("ticket_id"), "kind": done.get("kind", "opportunity")}
    if intent.action == "halo_score_fields":
        written: dict[str, Any] = done["fields"]
        return [("halo_score_fields", {**kind, "fields": _seen(intent, before, written)}, written), note]
    if intent.action in {"halo_status", "halo_blocking"}:
        status = {"status_id": done["status_id"]}
        # The same action as the one taken back, so that it needs the same approvers.
        told = {"note": f"{_words(intent, is_done=True)} {asked}"} if intent.action == "halo_blocking" else {}
        change = (intent.action, {**kind, **told, **_seen(intent, before, status)}, status)
        return [change] if told else [change, note]
    raise HandoffError(
        f"Intent {intent.intent_id}: {intent.action} is not taken back by the product.", BY_HAND.get(intent.action, "Undo it in HaloPSA.")
    )


def _seen(intent: Intent, before: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields held before."""
    unseen = sorted(set(written) - set(before))
    if unseen:
        raise HandoffError(
            f"Intent {intent.intent_id}: what {', '.join(unseen)} held before was not seen, so it cannot be put back.",
            "Set it in HaloPSA; its history there shows the former value.",
        )
    return {name: before[name] for name in written}


def _words(intent: Intent, *, is_done: bool) -> str:
    """What the note says of the intent, which it names without brackets: in brackets it would be that intent's own marker.

    Where the note is not itself the deed, that may still wait for an approver, or come to nothing: then it is only asked for.
    """
    when = f"{intent.settled_at:%Y-%m-%d %H:%M} UTC" if intent.settled_at else "an unknown moment"
    what = {"halo_note": "The note", "halo_blocking": "The block", "halo_status": "The change of status"}.get(intent.action, "The change")
    return f"{what} of {when} (handoff:{intent.intent_id}) {'is taken back' if is_done else 'is to be taken back'}."


def _unbracketed(text: str) -> str:
    """Words in which no marker can stand."""
    return text.strip().replace("[", "(").replace("]", ")")


def _intent(
    undone: Intent,
    tenant: str,
    policy: Policy,
    requested_by: int,
    now: datetime,
    key: str,
    action: str,
    content: Mapping[str, Any],
    precondition: Mapping[str, Any],
) -> Intent:
    return Intent(
        intent_id=intent_id_of(tenant, key),
        dedupe_key=key,
        target=undone.target,
        action=action,
        action_class=action_class(action, undone.amount_base, is_policy_exception=False, policy=policy),
        handoff_id=undone.handoff_id,
        project_id=undone.project_id,
        requested_by=requested_by,
        **bound(content, precondition, f"Take back {undone.action} of intent {undone.intent_id}"),
        amount_base=undone.amount_base,
        proposed_at=now,
        expires_at=now + timedelta(hours=policy.actions.intent_expires_hours),
        source_url=undone.source_url,
        rollback_of=undone.intent_id,
        seller_id=undone.seller_id,
    )
