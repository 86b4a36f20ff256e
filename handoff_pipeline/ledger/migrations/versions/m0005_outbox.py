"""The outbox and its moves: what was proposed never changes, an intent is never removed, moves are only added."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PROPOSED = (
    "intent_id, dedupe_key, target, action, action_class, handoff_id, project_id, requested_by, content, content_hash, precondition,"
    " precondition_hash, shown, amount_base, proposed_at, expires_at, is_shadow, source_url, rollback_of"
)


def _sqlite() -> Iterator[str]:
    # SQLite's `insert or replace` removes rows without asking a delete trigger, so it is refused before it begins.
    refuse = "begin select raise(abort, 'intent_event is append-only'); end"
    yield f"create trigger intent_event_keeps_update before update on intent_event {refuse}"
    yield f"create trigger intent_event_keeps_delete before delete on intent_event {refuse}"
    same = "select 1 from intent_event as e where e.event_no = new.event_no"
    yield f"create trigger intent_event_keeps_replace before insert on intent_event when exists ({same}) {refuse}"
    refuse = "begin select raise(abort, 'outbox: what was proposed never changes'); end"
    yield f"create trigger outbox_keeps_content before update of {PROPOSED} on outbox {refuse}"
    yield f"create trigger outbox_keeps_delete before delete on outbox {refuse}"
    same = "select 1 from outbox as o where o.intent_id = new.intent_id or o.dedupe_key = new.dedupe_key"
    yield f"create trigger outbox_keeps_replace before insert on outbox when exists ({same}) {refuse}"


def _postgresql() -> Iterator[str]:
    yield """
    create function intent_event_keeps() returns trigger language plpgsql as
    $$ begin raise exception 'intent_event is append-only'; end $$
    """
    yield """
    create trigger intent_event_keeps_rows before update or delete on intent_event
    for each row execute function intent_event_keeps()
    """
    yield """
    create trigger intent_event_keeps_all before truncate on intent_event
    for each statement execute function intent_event_keeps()
    """
    yield """
    create function outbox_keeps() returns trigger language plpgsql as
    $$ begin raise exception 'outbox: what was proposed never changes'; end $$
    """
    yield f"create trigger outbox_keeps_content before update of {PROPOSED} on outbox for each row execute function outbox_keeps()"
    yield "create trigger outbox_keeps_delete before delete on outbox for each row execute function outbox_keeps()"
    yield "create trigger outbox_keeps_all before truncate on outbox for each statement execute function outbox_keeps()"


def upgrade() -> None:
    """Make the two tables and what guards them."""
    op.create_table(
        "outbox",
        sa.Column("intent_id", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("action_class", sa.Text(), nullable=False),
        sa.Column("handoff_id", sa.BigInteger()),
        sa.Column("project_id", sa.BigInteger()),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("precondition", sa.Text(), nullable=False),
        sa.Column("precondition_hash", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("amount_base", sa.Text()),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("is_shadow", sa.Boolean(), nullable=False),
        sa.Column("source_url", sa.Text()),
        sa.Column("rollback_of", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.DateTime()),
        sa.Column("claimed_at", sa.DateTime()),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("sent_at", sa.DateTime()),
        sa.Column("settled_at", sa.DateTime()),
        sa.Column("next_try_at", sa.DateTime()),
        sa.Column("detail", sa.Text()),
        sa.Column("far_ref", sa.Text()),
        sa.PrimaryKeyConstraint("intent_id", name="pk_outbox"),
        sa.UniqueConstraint("dedupe_key", name="uq_outbox_dedupe_key"),
        sa.CheckConstraint(
            "state in ('proposed', 'approved', 'claimed', 'sent', 'accepted', 'confirmed', 'uncertain', 'conflict', 'failed', 'expired',"
            " 'refused')",
            name=op.f("ck_outbox_state"),
        ),
        sa.CheckConstraint("action_class in ('automatic', 'one_approver', 'two_approvers', 'never')", name=op.f("ck_outbox_action_class")),
        sa.CheckConstraint(
            "target in ('halopsa', 'teams', 'sharepoint', 'power_automate', 'zapier', 'make', 'power_bi')",
            name=op.f("ck_outbox_target"),
        ),
        sa.CheckConstraint(
            "(not is_shadow and action_class <> 'never') or state in ('proposed', 'refused', 'expired', 'conflict')",
            name=op.f("ck_outbox_only_recorded"),
        ),
    )
    op.create_index("ix_outbox_state", "outbox", ["state", "proposed_at"])
    op.create_table(
        "intent_event",
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("intent_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("from_state", sa.Text()),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("detail", sa.Text()),
        sa.Column("far_ref", sa.Text()),
        sa.PrimaryKeyConstraint("event_no", name="pk_intent_event"),
    )
    op.create_index("ix_intent_event_intent_id", "intent_event", ["intent_id"])
    for statement in _postgresql() if op.get_context().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def downgrade() -> None:
    """Drop them again, with their triggers."""
    op.drop_table("intent_event")
    op.drop_table("outbox")
    if op.get_context().dialect.name == "postgresql":
        op.execute("drop function intent_event_keeps()")
        op.execute("drop function outbox_keeps()")
