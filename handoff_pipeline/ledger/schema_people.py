"""The ledger's tables of people in SQLAlchemy Core: what they acknowledged, put off, overrode and reported, roles, escalations, duties.

No query and no migration here; the outbox, approvals and the audit chain are in schema_action.
The one thing to know: people are HaloPSA agent ids, never names; acknowledgements and snoozes are only ever added.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table, Text, UniqueConstraint

from handoff_pipeline.ledger.schema import METADATA, UtcMoment
from handoff_pipeline.ledger.schema_action import Money

ACKNOWLEDGEMENT: Final = Table(
    "acknowledgement",
    METADATA,
    Column("acknowledgement_no", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("agent_id", BigInteger, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("channel", Text, nullable=False),
    Column("far_ref", Text),
    UniqueConstraint("subject", "subject_id", "agent_id", "at", "channel", name="uq_acknowledgement"),
    CheckConstraint("channel in ('status', 'note', 'field')", name="channel"),
)

SNOOZE: Final = Table(
    "snooze",
    METADATA,
    Column("gap_id", Text, primary_key=True),
    Column("at", UtcMoment, primary_key=True),
    Column("until", UtcMoment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("agent_id", BigInteger, nullable=False),
)

OVERRIDE: Final = Table(
    "override",
    METADATA,
    Column("override_id", Text, primary_key=True),
    Column("handoff_id", BigInteger, nullable=False),
    Column("item", Text, nullable=False),
    Column("control_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("compensating_control", Text, nullable=False),
    Column("amount_base", Money),
    Column("requested_by", BigInteger, nullable=False),
    Column("requested_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Column("approved_by", BigInteger, nullable=False),
    Column("second_approver", BigInteger, nullable=False),
    Column("approved_at", UtcMoment),
    Column("state", Text, nullable=False),
    Column("source_url", Text),
    Column("seller_id", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("state in ('requested', 'approved', 'refused', 'expired', 'closed')", name="state"),
)

FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("feedback_id", Text, primary_key=True),
    Column("handoff_id", BigInteger, nullable=False),
    Column("item", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reported_by", BigInteger, nullable=False),
    Column("reported_at", UtcMoment, nullable=False),
    Column("note", Text, nullable=False),
    Column("disposition", Text),
    CheckConstraint("kind in ('false_positive', 'false_negative')", name="kind"),
)

ROLE_HELD: Final = Table(
    "role_held",
    METADATA,
    Column("agent_id", BigInteger, primary_key=True, autoincrement=False),
    Column("role", Text, primary_key=True),
    Column("from_at", UtcMoment, primary_key=True),
    Column("until_at", UtcMoment),
    Column("reason", Text, nullable=False),
    CheckConstraint("until_at is null or from_at <= until_at", name="span"),
)

ESCALATION: Final = Table(
    "escalation",
    METADATA,
    Column("gap_id", Text, primary_key=True),
    Column("level", BigInteger, primary_key=True, autoincrement=False),
    Column("to_agent_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcMoment, nullable=False),
    Column("intent_id", Text, nullable=False),
    Column("acknowledged_at", UtcMoment),
)

CALENDAR_STATE: Final = Table(
    "calendar_state",
    METADATA,
    Column("duty", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("done_at", UtcMoment, nullable=False),
    Column("run_id", Text, nullable=False),
)
