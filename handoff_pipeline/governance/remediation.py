"""Remediation decided: everything that ought to be said and written about gaps now, in one pure function of rows, policy and clock.

Each kind of effect has a module of its own; sending is delivery's. The one thing to know: what was proposed before is in the state, so
deciding twice proposes nothing new, and a run that comes late, or twice, does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handoff_pipeline.governance.blocking import blocks
from handoff_pipeline.governance.cards_due import closure_cards, owner_cards
from handoff_pipeline.governance.catching_up import catch_up_digest
from handoff_pipeline.governance.daily_list import daily_cards
from handoff_pipeline.governance.digest import NO_NEWS, News, audit_heads, digests
from handoff_pipeline.governance.escalation import escalation_cards
from handoff_pipeline.governance.notes import notes
from handoff_pipeline.governance.proposals import Proposal
from handoff_pipeline.governance.releasing import releases
from handoff_pipeline.governance.remediation_rows import GapRow, People, RecordRow, RemediationState
from handoff_pipeline.governance.situation import situation_of
from handoff_pipeline.governance.withdrawing import Withdrawal, withdrawn
from handoff_pipeline.governance.writeback import score_fields
from handoff_pipeline.policy import Policy


def decide(
    gaps: Sequence[GapRow],
    people: People,
    state: RemediationState,
    policy: Policy,
    now: datetime,
    *,
    records: Sequence[RecordRow] = (),
    news: News = NO_NEWS,
) -> list[Proposal]:
    """All proposals of this moment, by dedupe key; none whose key the state has.

    Args:
        gaps: every gap, closed ones too, as of the last build that was published.
        people: agents of HaloPSA.
        state: the ledger's memory.
        policy: the policy in force.
        now: the present moment, aware.
        records: the opportunities that are written to; those left out are not.
        news: what a digest tells besides gaps.
    """
    situation = situation_of(gaps, people, state, policy, now)
    proposals = [
        *owner_cards(situation),
        *daily_cards(situation),
        *escalation_cards(situation),
        *closure_cards(situation),
        *notes(situation),
        *score_fields(situation, records),
        *blocks(situation, records),
        *releases(situation, records),
        *digests(situation, news),
        *audit_heads(situation, news.head),
        *catch_up_digest(situation),
    ]
    return sorted(proposals, key=lambda one: one.dedupe_key)


def withdraw(gaps: Sequence[GapRow], people: People, state: RemediationState, policy: Policy, now: datetime) -> list[Withdrawal]:
    """Intents that wait and are not to be sent any more. Ask after the proposals of `decide` are in the ledger, with its new state."""
    return withdrawn(situation_of(gaps, people, state, policy, now))
