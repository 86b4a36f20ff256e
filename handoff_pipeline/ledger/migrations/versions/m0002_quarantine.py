"""What is quarantined now, and what persons have accepted of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "quarantine",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("set_hash", sa.Text(), nullable=False),
        sa.Column("subjects", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "kind", name="pk_quarantine"),
        sa.CheckConstraint("kind in ('drop', 'field', 'ambiguous')", name=op.f("ck_quarantine_kind")),
    )
    op.create_table(
        "quarantine_acceptance",
        sa.Column("acceptance_no", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("set_hash", sa.Text(), nullable=False),
        sa.Column("subjects", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=False),
        sa.Column("closed_by_run", sa.Text()),
        sa.Column("was_used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("acceptance_no", name="pk_quarantine_acceptance"),
        sa.CheckConstraint("kind in ('drop', 'field')", name=op.f("ck_quarantine_acceptance_kind")),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("quarantine_acceptance")
    op.drop_table("quarantine")
