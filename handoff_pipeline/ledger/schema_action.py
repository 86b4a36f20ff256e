"""The ledger's tables of action in SQLAlchemy Core: outbox, approvals, the audit chain.

No query and no migration here; what people said and duties done once are in schema_people.
The one thing to know: money is kept as text, because SQLite has no decimal; so are the audit chain's moments, because what is hashed must
be what is stored.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from handoff_pipeline.ledger.schema import METADATA, UtcMoment


class Money(TypeDecorator[Decimal]):
    """An amount, kept as its digits."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Amount to digits, without an exponent."""
        del dialect
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError(f"the ledger takes finite amounts only, not {value}")
        return format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Digits to amount."""
        del dialect
        return None if value is None else Decimal(value)


OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("intent_id", Text, primary_key=True),
    Column("dedupe_key", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("action_class", Text, nullable=False),
    Column("handoff_id", BigInteger),
    Column("project_id", BigInteger),
    Column("requested_by", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("precondition", Text, nullable=False),
    Column("precondition_hash", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("amount_base", Money),
    Column("proposed_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Column("is_shadow", Boolean, nullable=False),
    Column("source_url", Text),
    Column("rollback_of", Text),
    Column("seller_id", BigInteger, nullable=False, server_default="0"),
    # What follows changes as the intent moves; what stands above never does.
    Column("state", Text, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("approved_at", UtcMoment),
    Column("claimed_at", UtcMoment),
    Column("claimed_by", Text),
    Column("sent_at", UtcMoment),
    Column("settled_at", UtcMoment),
    Column("next_try_at", UtcMoment),
    Column("detail", Text),
    Column("far_ref", Text),
    UniqueConstraint("dedupe_key", name="uq_outbox_dedupe_key"),
    CheckConstraint(
        "state in ('proposed', 'approved', 'claimed', 'sent', 'accepted', 'confirmed', 'uncertain', 'conflict', 'failed', 'expired',"
        " 'refused')",
        name="state",
    ),
    CheckConstraint("action_class in ('automatic', 'one_approver', 'two_approvers', 'never')", name="action_class"),
    CheckConstraint(
        "target in ('halopsa', 'teams', 'sharepoint', 'power_automate', 'zapier', 'make', 'power_bi')",
        name="target",
    ),
    # A shadow only records what would have been done, and a class of never is never done.
    CheckConstraint(
        "(not is_shadow and action_class <> 'never') or state in ('proposed', 'refused', 'expired', 'conflict')", name="only_recorded"
    ),
    Index("ix_outbox_state", "state", "proposed_at"),
)

INTENT_EVENT: Final = Table(
    "intent_event",
    METADATA,
    Column("event_no", Integer, primary_key=True),
    Column("intent_id", Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("run_id", Text),
    Column("detail", Text),
    Column("far_ref", Text),
    Index("ix_intent_event_intent_id", "intent_id"),
)

APPROVAL: Final = Table(
    "approval",
    METADATA,
    Column("approval_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("handoff_id", BigInteger),
    Column("project_id", BigInteger),
    Column("role", Text, nullable=False),
    Column("approver_id", BigInteger, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("precondition_hash", Text, nullable=False),
    Column("requested_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Column("far_ref", Text),
    Column("result", Text, nullable=False),
    Column("decided_at", UtcMoment),
    Column("channel", Text, nullable=False),
    Column("is_weak", Boolean, nullable=False),
    Column("identity", Text),
    Column("used_at", UtcMoment),
    Column("source_url", Text),
    CheckConstraint("kind in ('intent', 'override', 'rollout', 'client_document')", name="kind"),
    CheckConstraint("result in ('pending', 'accepted', 'rejected', 'expired', 'void')", name="result"),
    CheckConstraint("channel in ('halopsa', 'sharepoint', 'command_line')", name="channel"),
    CheckConstraint("(result = 'pending') = (decided_at is null)", name="decided"),
    Index("ix_approval_subject_id", "subject_id"),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("row_hash", Text, nullable=False),
)

AUDIT_HEAD: Final = Table(
    "audit_head",
    METADATA,
    Column("head_no", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("row_hash", Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("kept_where", Text, nullable=False),
    Column("far_ref", Text),
)
