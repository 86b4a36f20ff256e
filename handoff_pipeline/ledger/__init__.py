"""The ledger: what must outlive the warehouse file and stay readable by day: runs, batches, quarantine, baselines, outbox, audit chain.

Nothing derived from HaloPSA's rows belongs here, and nothing here opens the warehouse file.
The one thing to know: the ledger commits on its own, so every promise that spans both stores is announced here first, settled after.
"""

from __future__ import annotations

from handoff_pipeline.ledger.approvals import Approvals
from handoff_pipeline.ledger.audit import AuditChain
from handoff_pipeline.ledger.audit_hash import AuditKeys
from handoff_pipeline.ledger.baselines import Baselines
from handoff_pipeline.ledger.calendar_states import CalendarStates
from handoff_pipeline.ledger.canonical import canonical, intent_id_of, sha256_of
from handoff_pipeline.ledger.engine import is_ledger, shown
from handoff_pipeline.ledger.intent_states import FINAL, TRANSITIONS, State
from handoff_pipeline.ledger.intents import Intents
from handoff_pipeline.ledger.people import People
from handoff_pipeline.ledger.policies import Policies
from handoff_pipeline.ledger.quarantine import AcceptedSet
from handoff_pipeline.ledger.records import (
    Acceptance,
    Announced,
    Baseline,
    Batch,
    Completeness,
    Finding,
    FindingKind,
    PolicyDocument,
    Run,
    SetAside,
    Settled,
)
from handoff_pipeline.ledger.records_action import (
    NOBODY,
    Acknowledgement,
    ApprovalRequest,
    AuditEntry,
    AuditHead,
    AuditRow,
    CalendarState,
    Escalation,
    Feedback,
    Intent,
    IntentEvent,
    Override,
    RoleHeld,
    Snooze,
)
from handoff_pipeline.ledger.store import Ledger

__all__ = [
    "FINAL",
    "NOBODY",
    "TRANSITIONS",
    "Acceptance",
    "AcceptedSet",
    "Acknowledgement",
    "Announced",
    "ApprovalRequest",
    "Approvals",
    "AuditChain",
    "AuditEntry",
    "AuditHead",
    "AuditKeys",
    "AuditRow",
    "Baseline",
    "Baselines",
    "Batch",
    "CalendarState",
    "CalendarStates",
    "Completeness",
    "Escalation",
    "Feedback",
    "Finding",
    "FindingKind",
    "Intent",
    "IntentEvent",
    "Intents",
    "Ledger",
    "Override",
    "People",
    "Policies",
    "PolicyDocument",
    "RoleHeld",
    "Run",
    "SetAside",
    "Settled",
    "Snooze",
    "State",
    "canonical",
    "intent_id_of",
    "is_ledger",
    "sha256_of",
    "shown",
]
