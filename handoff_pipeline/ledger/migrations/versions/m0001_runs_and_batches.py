"""The first tables: runs, batches on their way into the warehouse file, completeness per run and entity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "run",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime()),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("policy_hash", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("rollout_phase", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_run"),
        sa.CheckConstraint("state in ('running', 'complete', 'stale', 'failed')", name=op.f("ck_run_state")),
    )
    op.create_table(
        "load_batch",
        sa.Column("batch_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows_seen", sa.BigInteger(), nullable=False),
        sa.Column("rows_expected", sa.BigInteger()),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("rows_changed", sa.BigInteger()),
        sa.Column("rows_deleted", sa.BigInteger()),
        sa.Column("rows_quarantined", sa.BigInteger()),
        sa.PrimaryKeyConstraint("batch_no", "entity", name="pk_load_batch"),
        sa.CheckConstraint("state in ('announced', 'settled', 'absent')", name=op.f("ck_load_batch_state")),
    )
    op.create_table(
        "source_completeness",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows_seen", sa.BigInteger(), nullable=False),
        sa.Column("rows_expected", sa.BigInteger()),
        sa.Column("rows_changed", sa.BigInteger(), nullable=False),
        sa.Column("rows_deleted", sa.BigInteger(), nullable=False),
        sa.Column("rows_quarantined", sa.BigInteger(), nullable=False),
        sa.Column("rows_unlinked", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("requests_minimum", sa.BigInteger()),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("run_id", "entity", name="pk_source_completeness"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_source_completeness_run_id"),
        sa.CheckConstraint(
            "state in ('complete', 'incomplete', 'quarantined', 'not_permitted')", name=op.f("ck_source_completeness_state")
        ),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("source_completeness")
    op.drop_table("load_batch")
    op.drop_table("run")
