"""Approvals, what people said, duties done once; acknowledgements and snoozes are only ever added."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "approval",
    "acknowledgement",
    "snooze",
    "override",
    "feedback",
    "role_held",
    "escalation",
    "calendar_state",
)
ADDED_ONLY = {
    "acknowledgement": "o.acknowledgement_no = new.acknowledgement_no or (o.subject = new.subject and o.subject_id = new.subject_id"
    " and o.agent_id = new.agent_id and o.at = new.at and o.channel = new.channel)",
    "snooze": "o.gap_id = new.gap_id and o.at = new.at",
}
"""Tables whose rows are only ever added, and what makes a row the one that is there."""


def _sqlite() -> Iterator[str]:
    for table, same in ADDED_ONLY.items():
        refuse = f"begin select raise(abort, '{table} is append-only'); end"
        yield f"create trigger {table}_keeps_update before update on {table} {refuse}"
        yield f"create trigger {table}_keeps_delete before delete on {table} {refuse}"
        # SQLite's `insert or replace` removes rows without asking a delete trigger, so it is refused before it begins.
        there = f"exists (select 1 from {table} as o where {same})"  # noqa: S608 - the names stand above
        yield f"create trigger {table}_keeps_replace before insert on {table} when {there} {refuse}"


def _postgresql() -> Iterator[str]:
    yield """
    create function people_keep() returns trigger language plpgsql as
    $$ begin raise exception using message = tg_table_name || ' is append-only'; end $$
    """
    for table in ADDED_ONLY:
        yield f"create trigger {table}_keeps_rows before update or delete on {table} for each row execute function people_keep()"
        yield f"create trigger {table}_keeps_all before truncate on {table} for each statement execute function people_keep()"


def upgrade() -> None:
    """Make the tables and what guards them."""
    op.create_table(
        "approval",
        sa.Column("approval_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("handoff_id", sa.BigInteger()),
        sa.Column("project_id", sa.BigInteger()),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("approver_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("precondition_hash", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("far_ref", sa.Text()),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("is_weak", sa.Boolean(), nullable=False),
        sa.Column("identity", sa.Text()),
        sa.Column("used_at", sa.DateTime()),
        sa.Column("source_url", sa.Text()),
        sa.PrimaryKeyConstraint("approval_id", name="pk_approval"),
        sa.CheckConstraint("kind in ('intent', 'override', 'rollout', 'client_document')", name=op.f("ck_approval_kind")),
        sa.CheckConstraint("result in ('pending', 'accepted', 'rejected', 'expired', 'void')", name=op.f("ck_approval_result")),
        sa.CheckConstraint("channel in ('halopsa', 'sharepoint', 'command_line')", name=op.f("ck_approval_channel")),
        sa.CheckConstraint("(result = 'pending') = (decided_at is null)", name=op.f("ck_approval_decided")),
    )
    op.create_index("ix_approval_subject_id", "approval", ["subject_id"])
    op.create_table(
        "acknowledgement",
        sa.Column("acknowledgement_no", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("far_ref", sa.Text()),
        sa.PrimaryKeyConstraint("acknowledgement_no", name="pk_acknowledgement"),
        sa.UniqueConstraint("subject", "subject_id", "agent_id", "at", "channel", name="uq_acknowledgement"),
        sa.CheckConstraint("channel in ('status', 'note', 'field')", name=op.f("ck_acknowledgement_channel")),
    )
    op.create_table(
        "snooze",
        sa.Column("gap_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gap_id", "at", name="pk_snooze"),
    )
    op.create_table(
        "override",
        sa.Column("override_id", sa.Text(), nullable=False),
        sa.Column("handoff_id", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("control_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("compensating_control", sa.Text(), nullable=False),
        sa.Column("amount_base", sa.Text()),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=False),
        sa.Column("second_approver", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.DateTime()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text()),
        sa.PrimaryKeyConstraint("override_id", name="pk_override"),
        sa.CheckConstraint("state in ('requested', 'approved', 'refused', 'expired', 'closed')", name=op.f("ck_override_state")),
    )
    op.create_table(
        "feedback",
        sa.Column("feedback_id", sa.Text(), nullable=False),
        sa.Column("handoff_id", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("disposition", sa.Text()),
        sa.PrimaryKeyConstraint("feedback_id", name="pk_feedback"),
        sa.CheckConstraint("kind in ('false_positive', 'false_negative')", name=op.f("ck_feedback_kind")),
    )
    op.create_table(
        "role_held",
        sa.Column("agent_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(), nullable=False),
        sa.Column("until_at", sa.DateTime()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "role", "from_at", name="pk_role_held"),
        sa.CheckConstraint("until_at is null or from_at <= until_at", name=op.f("ck_role_held_span")),
    )
    op.create_table(
        "escalation",
        sa.Column("gap_id", sa.Text(), nullable=False),
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_agent_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("intent_id", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("gap_id", "level", "to_agent_id", name="pk_escalation"),
    )
    op.create_table(
        "calendar_state",
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("duty", "period", name="pk_calendar_state"),
    )
    for statement in _postgresql() if op.get_context().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def downgrade() -> None:
    """Drop them again, with their triggers."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.execute("drop function people_keep()")
