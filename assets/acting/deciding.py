"""Deciding: what is published and what the ledger remembers go into governance's pure decisions, and what comes out goes into the outbox.

What ought to be done is governance's, who consents `consents`'s. The one thing to know: deciding is done as often as anybody likes; the
ledger knows every proposal by its key for ever, so a second decision adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from assets.acting.published_rows import PublishedRows
from handoff_pipeline.governance.acknowledging import Misread
from handoff_pipeline.governance.cards_due import open_again
from handoff_pipeline.governance.digest import News
from handoff_pipeline.governance.proposals import Proposal, as_intent
from handoff_pipeline.governance.remediation import decide, withdraw
from handoff_pipeline.governance.remediation_rows import RecordRow, RemediationState
from handoff_pipeline.governance.withdrawing import Withdrawal
from handoff_pipeline.ledger import AuditHead, CalendarState, Ledger
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.teams import DEFAULT_CHANNEL
from handoff_pipeline.settings import Settings

REOPENED: Final = "reopened"
"""A gap that was found open after its closure had been proposed: one entry of the calendar for each time, "gap_id#number"."""
DUTIES: Final = frozenset({"audit_head", "digest", "heartbeat", "dead_man"})
"""What a calendar asks for, as the keys of its proposals begin."""


@dataclass(frozen=True)
class Decided:
    """What one decision brought: new intents (those that are only recorded apart), approved ones, and those taken back."""

    proposed: int = 0
    shadow: int = 0
    approved: int = 0
    withdrawn: int = 0


def is_hourly(settings: Settings, policy: Policy) -> bool:
    """Whether something is decided every hour: as set, and otherwise from the phase pilot on."""
    return policy.rollout.is_acting if settings.hourly is None else settings.hourly


def state_of(ledger: Ledger, settings: Settings, policy: Policy, now: datetime) -> RemediationState:
    """The ledger's memory, and when the next decision comes."""
    following = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) if is_hourly(settings, policy) else None
    return RemediationState(
        intents=ledger.intents.all(),
        acknowledgements=ledger.people.acknowledgements(),
        snoozes=ledger.people.snoozes(),
        next_decision_at=following,
        reopened=Counter(one.period.rpartition("#")[0] for one in ledger.calendar.all() if one.duty == REOPENED),
    )


def propose(
    ledger: Ledger, rows: PublishedRows, settings: Settings, policy: Policy, now: datetime, run_id: str, *,
    records: Sequence[RecordRow] = (), misread: Sequence[Misread] = (),
) -> Decided:  # fmt: skip
    """Decide at `now`, put what is new into the outbox, approve what needs no approver, and take back what holds no longer."""
    news = News(bypasses=rows.bypasses, misread=misread, head=head_to_keep(ledger, settings, now))
    state = state_of(ledger, settings, policy, now)
    again = open_again(rows.gaps, state)
    for gap_id, times in again.items():
        ledger.calendar.mark(CalendarState(REOPENED, f"{gap_id}#{times}", now, run_id))
    state = replace(state, reopened={**state.reopened, **again})
    proposals = decide(rows.gaps, rows.people, state, policy, now, records=records, news=news)
    new = put(ledger, proposals, settings, policy, now, run_id)
    after = replace(state, intents=ledger.intents.all()) if new else state
    gone = take_back(ledger, withdraw(rows.gaps, rows.people, after, policy, now), now)
    shadow = sum(one.is_shadow for one in proposals)
    return Decided(proposed=new - shadow, shadow=shadow, approved=ledger.intents.approve_automatic(now), withdrawn=gone)


def take_back(ledger: Ledger, withdrawals: Sequence[Withdrawal], now: datetime) -> int:
    """End what holds no longer, but for what is on its way already; returns how many."""
    gone = [one for one in withdrawals if ledger.intents.turn_down(one.intent_id, "refused", now, one.detail)]
    for one in gone:
        ledger.approvals.void(one.intent_id, now)
    return len(gone)


def put(ledger: Ledger, proposals: Sequence[Proposal], settings: Settings, policy: Policy, now: datetime, run_id: str) -> int:
    """Put proposals into the outbox and mark the duties of the calendar that they do; returns how many are new."""
    new = ledger.intents.propose([as_intent(one, settings.tenant_name, policy, now) for one in proposals])
    for one in proposals:
        duty, _, period = one.dedupe_key.partition("|")
        if duty in DUTIES:
            ledger.calendar.mark(CalendarState(duty, period, now, run_id))
    return new


def head_to_keep(ledger: Ledger, settings: Settings, now: datetime) -> AuditHead | None:
    """The audit chain's last row as it leaves this host; None where there is no channel that could keep it."""
    head = ledger.audit.head() if has_teams(settings) else None
    return None if head is None else AuditHead(head.seq, head.row_hash, now.astimezone(UTC), "teams")


def connected(settings: Settings) -> frozenset[str]:
    """The channels of Teams that have an address, by name."""
    has_default = settings.teams_webhook is not None and bool(settings.teams_webhook.get_secret_value().strip())
    return frozenset([*settings.teams_webhooks, *([DEFAULT_CHANNEL] if has_default else [])])


def has_teams(settings: Settings) -> bool:
    """Whether any channel of Teams is connected."""
    return bool(connected(settings))
