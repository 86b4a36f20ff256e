"""What the outbox refuses of an intent before it moves: proposals that bind nothing, approvals of what is never done.

The moves themselves are in intent_states; who may approve is governance's.
The one thing to know: an approver sees `shown`, so a proposal whose `shown` does not name the hash of its content is refused.
"""

from __future__ import annotations

from datetime import datetime

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.canonical import sha256_of
from handoff_pipeline.ledger.records_action import Intent


def check_proposal(intent: Intent) -> None:
    """Let a sound proposal pass.

    Raises:
        HandoffError: another state, hashes that do not fit, `shown` without the hash, an end before it began.
    """
    wrong = [
        said
        for is_wrong, said in (
            (intent.state != "proposed" or intent.attempts != 0, f"it comes as {intent.state} with {intent.attempts} attempts"),
            (intent.content_hash != sha256_of(intent.content), "content_hash is not the SHA-256 of content"),
            (intent.precondition_hash != sha256_of(intent.precondition), "precondition_hash is not the SHA-256 of precondition"),
            (intent.content_hash[:16] not in intent.shown, "shown does not name the first 16 digits of content_hash"),
            (intent.expires_at <= intent.proposed_at, "it expires before it is proposed"),
        )
        if is_wrong
    ]
    if wrong:
        raise HandoffError(
            f"Intent {intent.intent_id} ({intent.action}) cannot be proposed: {'; '.join(wrong)}.",
            "Correct what makes the proposal, then propose it anew.",
        )


def check_approval(intent: Intent, at: datetime) -> None:
    """Let an intent pass that waits for its approval.

    Raises:
        HandoffError: it does not wait for one, has expired, is a shadow, or is of the class that is never done.
    """
    if intent.state != "proposed":
        why, fix = f"it is {intent.state}", "Look at what was decided: `handoff outbox list`."
    elif intent.is_shadow:
        why, fix = (
            "it is a shadow, which only records what would have been done",
            "Change the rollout in the policy; later gaps will act.",
        )
    elif intent.action_class == "never":
        why, fix = "its class is never: the product does not do that", "Do it by hand, if it is to be done."
    elif at >= intent.expires_at:
        why, fix = f"it expired on {intent.expires_at:%Y-%m-%d %H:%M} UTC", "Wait for the next proposal."
    else:
        return
    raise HandoffError(f"Intent {intent.intent_id} ({intent.action}) cannot be approved: {why}.", fix)
