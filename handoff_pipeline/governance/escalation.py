"""Escalation: a card for the people of a level, by business hours past the deadline, until somebody answers or the gap is closed. Pure.

Levels are the policy's, deadlines and answers `sla.py`'s. The one thing to know: a gap only ever goes up; where several levels have come
due at once, after an outage, only the highest is told, so that no flood makes up for lost time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from handoff_pipeline.channels.card_content import Content
from handoff_pipeline.governance.card_words import channel_of, links_to, row_of
from handoff_pipeline.governance.owners import told_at
from handoff_pipeline.governance.proposals import Proposal, expiry, is_shadow, keyed
from handoff_pipeline.governance.remediation_rows import GapRow
from handoff_pipeline.governance.situation import Situation, Standing
from handoff_pipeline.ledger.records_action import Escalation, Intent
from handoff_pipeline.policy import Policy


def escalation_cards(situation: Situation) -> Iterator[Proposal]:
    """A card for each person of the highest level that has come due, for every gap that has not been there."""
    for one in situation.working:
        shadow = is_shadow(situation.policy, one.gap.mode, one.gap.in_pilot, "escalation_card")
        before = escalated(situation, one.gap, shadow)
        level = level_due(situation, one, before)
        if level > max((reached for reached, _ in before), default=0):
            yield from _cards(situation, one, level, shadow)


def level_due(situation: Situation, one: Standing, before: list[tuple[int, Intent]]) -> int:
    """The level, from 1, at which the gap stands now; 0 before its deadline, and while an answer lets it rest.

    An acknowledgement, and a snooze, are as a later deadline: hours count from there.
    """
    told = {intent.proposed_at for _, intent in before}
    rests = situation.answers.resting_until(one.gap, told, situation.policy, situation.calendar, situation.now)
    begin = max(moment for moment in (one.due_at, rests, one.snoozed_until) if moment is not None)
    if situation.now < begin:
        return 0
    past = situation.calendar.working_time(begin, situation.now)
    return sum(past >= timedelta(hours=level.after_hours) for level in situation.policy.escalation.levels)


def escalated(situation: Situation, gap: GapRow, shadow: bool) -> list[tuple[int, Intent]]:
    """Every escalation of the gap so far: its level and its card."""
    begin = keyed(f"escalation|{gap.gap_id}|", shadow)
    mine = situation.state.of(gap.handoff_id, "escalation_card", is_shadow=shadow)
    return [(int(one.dedupe_key.removeprefix(begin).split("|")[0]), one) for one in mine if one.dedupe_key.startswith(begin)]


def escalation_row(intent: Intent) -> Escalation | None:
    """The ledger's row of an escalation card; None for any other intent, and for one that was only recorded."""
    words = intent.dedupe_key.split("|")
    if intent.action != "escalation_card" or intent.is_shadow or len(words) != len(("escalation", "handoff", "item", "at", "level", "to")):
        return None
    return Escalation("|".join(words[1:4]), int(words[4]), int(words[5]), intent.proposed_at, intent.intent_id)


def _cards(situation: Situation, one: Standing, level: int, shadow: bool) -> Iterator[Proposal]:
    policy, gap, begin = situation.policy, one.gap, situation.may_be_told_at
    for agent in told_at(policy.escalation.levels[level - 1].to, situation.people, policy):
        content = Content(
            card="escalation_card", title=f"Past the deadline: {gap.title}", to=agent, due=one.due_at, level=level, links=links_to(gap),
            rows=(row_of(gap, one.due_at, one.owner_id),), channel=channel_of(policy, "escalations"), answer=_next_step(policy, level),
        )  # fmt: skip
        yield Proposal(
            dedupe_key=keyed(f"escalation|{gap.gap_id}|{level}|{agent}", shadow), target="teams", action="escalation_card",
            effect="escalation", mode=gap.mode, is_shadow=shadow, handoff_id=gap.handoff_id, content=content.document(),
            shown=f"Escalation, level {level}, to agent {agent}: {gap.title}", amount_base=gap.amount_base,
            source_url=gap.source_url or None, not_before=begin, expires_at=expiry(begin, policy),
        )  # fmt: skip


def _next_step(policy: Policy, level: int) -> str:
    """What is expected of who is told, and what comes after."""
    said = "Talk to the owner, or see to it yourself."
    if level >= len(policy.escalation.levels):
        return said
    hours = policy.escalation.levels[level].after_hours
    return f"{said} {hours:g} business hours past the deadline level {level + 1} is told, unless the gap is closed or put off by then."
