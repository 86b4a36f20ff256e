"""Cards for the owner of one gap: at once for a hard one, and the word that it is closed. Pure.

The day's list is `daily_list`'s, escalations and digests have modules of their own. The one thing to know: that a gap is closed is told
only to those who were told that it is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from handoff_pipeline.channels.card_content import Content
from handoff_pipeline.governance.card_words import about, channel_of, fact, how_to_answer, links_to, why
from handoff_pipeline.governance.proposals import Proposal, expiry, is_shadow, keyed
from handoff_pipeline.governance.remediation_rows import NOBODY, GapRow, GapState, RemediationState
from handoff_pipeline.governance.rollout import EFFECT_OF
from handoff_pipeline.governance.situation import Situation, Standing
from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.policy.actions import Action
from handoff_pipeline.policy.teams import Purpose

TOLD: Final = frozenset[State]({"claimed", "sent", "accepted", "confirmed", "uncertain"})
"""States in which a card has, or may have, reached its reader."""
CLOSED: Final = frozenset[GapState]({"resolved", "moot"})


def owner_cards(situation: Situation) -> Iterator[Proposal]:
    """A card at once for every hard gap that has an owner and was never told."""
    policy = situation.policy
    if not policy.remediation.cards.single_for_hard:
        return
    for one in situation.working:
        gap = one.gap
        shadow = is_shadow(policy, gap.mode, gap.in_pilot, "owner_card")
        key = keyed(f"owner|{gap.gap_id}", shadow)
        if not gap.is_hard or one.owner_id == NOBODY or key in situation.state.by_key:
            continue
        content = Content(
            card="owner_card", title=gap.title, to=one.owner_id, summary=why(gap), due=one.due_at, links=links_to(gap),
            facts=(fact("Handoff", about(gap)), fact("Fix", gap.fix)), channel=channel_of(policy, "owners"), answer=how_to_answer(policy),
        )  # fmt: skip
        yield _of_gap(situation, one, key, "owner_card", content, shadow)


def closure_cards(situation: Situation) -> Iterator[Proposal]:
    """The word, once, that a gap is closed which had a card of its own or was escalated; other closures stand in the day's list."""
    policy = situation.policy
    if not policy.remediation.cards.announce_closure:
        return
    for one in situation.gaps:
        gap = one.gap
        shadow = is_shadow(policy, gap.mode, gap.in_pilot, "closure_card")
        key = closure_key(situation.state, gap, shadow)
        if gap.state not in CLOSED or one.owner_id == NOBODY or key in situation.state.by_key or not was_told(situation, gap, shadow):
            continue
        purpose: Purpose = "escalations" if was_escalated(situation, gap, shadow) else "owners"
        content = Content(
            card="closure_card", title=gap.title, to=one.owner_id, facts=(fact("Handoff", about(gap)),), links=links_to(gap),
            summary="The item is met now." if gap.state == "resolved" else "The item is no longer asked for.",
            channel=channel_of(policy, purpose),
        )  # fmt: skip
        yield _of_gap(situation, one, key, "closure_card", content, shadow)


def closure_key(state: RemediationState, gap: GapRow, shadow: bool) -> str:
    """The key of the gap's closure; another one after each time that it was found open again."""
    times = state.reopened.get(gap.gap_id, 0)
    return keyed(f"closure|{gap.gap_id}" + (f"|{times + 1}" if times else ""), shadow)


def open_again(gaps: Sequence[GapRow], state: RemediationState) -> dict[str, int]:
    """Gaps that are open although their closure was proposed, to be remembered: an hour found them met and a later look did not.

    Returns the gap's id with how often that has been, this time included.
    """
    return {
        gap.gap_id: state.reopened.get(gap.gap_id, 0) + 1
        for gap in gaps
        if gap.is_open and any(closure_key(state, gap, shadow) in state.by_key for shadow in (False, True))
    }


def _of_gap(situation: Situation, one: Standing, key: str, action: Action, content: Content, shadow: bool) -> Proposal:
    gap, begin = one.gap, situation.may_be_told_at
    return Proposal(
        dedupe_key=key, target="teams", action=action, effect=EFFECT_OF[action], mode=gap.mode, is_shadow=shadow,
        handoff_id=gap.handoff_id, content=content.document(), shown=f"Card to agent {one.owner_id}: {gap.title}",
        amount_base=gap.amount_base, source_url=gap.source_url or None, not_before=begin, expires_at=expiry(begin, situation.policy),
    )  # fmt: skip


def was_told(situation: Situation, gap: GapRow, shadow: bool) -> bool:
    """Whether a card of the gap's own, its owner's or an escalation's, has reached somebody; in shadow, whether one was recorded."""
    own = situation.state.by_key.get(keyed(f"owner|{gap.gap_id}", shadow))
    return (own is not None and (own.is_shadow or own.state in TOLD)) or was_escalated(situation, gap, shadow)


def was_escalated(situation: Situation, gap: GapRow, shadow: bool) -> bool:
    """Whether an escalation of the gap has reached somebody; in shadow, whether one was recorded."""
    mine = situation.state.of(gap.handoff_id, "escalation_card", is_shadow=shadow)
    begin = keyed(f"escalation|{gap.gap_id}|", shadow)
    return any(one.dedupe_key.startswith(begin) and (one.is_shadow or one.state in TOLD) for one in mine)
