"""The rows of action as values: intents, approvals, what people said, what was done once, the audit chain.

No SQL, no connection and no decision here; the rows of nights and batches are in records.
The one thing to know: people are HaloPSA agent ids (0: nobody known, or the product itself), never names; moments are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from handoff_pipeline.ledger.intent_states import State

Target = Literal["halopsa", "teams", "sharepoint", "power_automate", "zapier", "make", "power_bi"]
ActionClass = Literal["automatic", "one_approver", "two_approvers", "never"]
ApprovalKind = Literal["intent", "override", "rollout", "client_document"]
ApprovalResult = Literal["pending", "accepted", "rejected", "expired", "void"]
ApprovalChannel = Literal["halopsa", "sharepoint", "command_line"]
AcknowledgementChannel = Literal["status", "note", "field"]
OverrideState = Literal["requested", "approved", "refused", "expired", "closed"]
FeedbackKind = Literal["false_positive", "false_negative"]

NOBODY: int = 0
"""The agent id of the product itself, and of somebody who is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One effect on one far system: what is to be done, under what condition, and how far it has come.

    `content` and `precondition` are canonical JSON (`ledger.canonical`) and the two hashes their SHA-256; `precondition` holds the values
    seen at proposal, by field, and is "{}" where there is none. `shown` is what an approver reads; it holds the content hash's first 16
    digits. `claimed_by` is the id of the run that works on it. `far_ref` is the far side's own name of the effect. `seller_id` is the
    deal's own seller at proposal, where the intent changes one deal: by the policy's default his approval does not count for it.
    """

    intent_id: str
    dedupe_key: str
    target: Target
    action: str
    action_class: ActionClass
    handoff_id: int | None
    project_id: int | None
    requested_by: int
    content: str
    content_hash: str
    precondition: str
    precondition_hash: str
    shown: str
    amount_base: Decimal | None
    proposed_at: datetime
    expires_at: datetime
    state: State = "proposed"
    attempts: int = 0
    approved_at: datetime | None = None
    claimed_at: datetime | None = None
    claimed_by: str | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    next_try_at: datetime | None = None
    is_shadow: bool = False
    detail: str | None = None
    far_ref: str | None = None
    source_url: str | None = None
    rollback_of: str | None = None
    seller_id: int = NOBODY


@dataclass(frozen=True, slots=True)
class IntentEvent:
    """One move of an intent; `from_state` is None where it was proposed. `event_no` rises in the order of writing."""

    event_no: int
    intent_id: str
    at: datetime
    from_state: State | None
    to_state: State
    attempts: int
    run_id: str | None
    detail: str | None
    far_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """One approval asked of one person, and the answer.

    It binds the content and the precondition by their hashes. `far_ref` is HaloPSA's ticket and sequence ("1234/2"). `identity` is how
    the answer was identified ("agent:17", or "os:name" where `is_weak`); it never enters the audit chain. `used_at` is set once, by the
    action that the approval allowed.
    """

    approval_id: str
    kind: ApprovalKind
    subject_id: str
    handoff_id: int | None
    project_id: int | None
    role: str
    approver_id: int
    content_hash: str
    precondition_hash: str
    requested_at: datetime
    expires_at: datetime
    far_ref: str | None = None
    result: ApprovalResult = "pending"
    decided_at: datetime | None = None
    channel: ApprovalChannel = "halopsa"
    is_weak: bool = False
    identity: str | None = None
    used_at: datetime | None = None
    source_url: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has said that he saw it: `subject` is what kind of thing ("gap", "handoff", "intent"), `subject_id` which one."""

    subject: str
    subject_id: str
    agent_id: int
    at: datetime
    channel: AcknowledgementChannel
    far_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Snooze:
    """A gap that is left alone until a moment, and why."""

    gap_id: str
    until: datetime
    reason: str
    agent_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A control set aside for one handoff and item, with what stands in for it, until it expires; `seller_id` is the deal's own seller."""

    override_id: str
    handoff_id: int
    item: str
    control_id: str
    reason: str
    compensating_control: str
    amount_base: Decimal | None
    requested_by: int
    requested_at: datetime
    expires_at: datetime
    approved_by: int = NOBODY
    second_approver: int = NOBODY
    approved_at: datetime | None = None
    state: OverrideState = "requested"
    source_url: str | None = None
    seller_id: int = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Somebody holds an item's verdict wrong; `disposition` is what came of it, None while it is open."""

    feedback_id: str
    handoff_id: int
    item: str
    kind: FeedbackKind
    reported_by: int
    reported_at: datetime
    note: str
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role held by an agent from a moment, up to but not including `until_at`; None: still held."""

    agent_id: int
    role: str
    from_at: datetime
    until_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """A gap's level reached a person; `intent_id` is the card that told it."""

    gap_id: str
    level: int
    to_agent_id: int
    at: datetime
    intent_id: str
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CalendarState:
    """A duty done for a period ("2026-W36", "2026-09-01"), at most once."""

    duty: str
    period: str
    done_at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What is to be put into the audit chain: `content` holds keys, hashes and states, and no name and no free text."""

    at: datetime
    kind: str
    subject: str
    actor: int
    content: dict[str, object]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the audit chain; `at` is a canonical moment, `content` canonical JSON, the hashes are 64 hexadecimal digits."""

    seq: int
    at: str
    kind: str
    subject: str
    actor: int
    content: str
    previous_hash: str
    row_hash: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The chain's last row as it was at `at`, and where else it is kept ("teams", "sharepoint", a person's file)."""

    seq: int
    row_hash: str
    at: datetime
    kept_where: str
    far_ref: str | None = None
