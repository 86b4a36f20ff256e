"""Frozen baselines: rows are added, and none is ever changed or removed, whoever asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite's `insert or replace` removes rows without asking a delete trigger, so it is refused before it begins.
_SQLITE = (
    "create trigger baseline_keeps_update before update on baseline begin select raise(abort, 'baseline is append-only'); end",
    "create trigger baseline_keeps_delete before delete on baseline begin select raise(abort, 'baseline is append-only'); end",
    """
    create trigger baseline_keeps_replace before insert on baseline
    when exists (
        select 1
        from baseline as b
        where b.baseline_no = new.baseline_no
            or (b.metric = new.metric and b.segment_type = new.segment_type and b.segment_key = new.segment_key
                and (b.frozen_at = new.frozen_at or (b.kind = 'first' and new.kind = 'first')))
    )
    begin select raise(abort, 'baseline is append-only'); end
    """,
)
_POSTGRESQL = (
    """
    create function baseline_keeps() returns trigger language plpgsql as
    $$ begin raise exception 'baseline is append-only'; end $$
    """,
    "create trigger baseline_keeps_rows before update or delete on baseline for each row execute function baseline_keeps()",
    "create trigger baseline_keeps_all before truncate on baseline for each statement execute function baseline_keeps()",
)


def upgrade() -> None:
    """Make the table and what guards it."""
    op.create_table(
        "baseline",
        sa.Column("baseline_no", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("segment_type", sa.Text(), nullable=False),
        sa.Column("segment_key", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("numerator", sa.Double()),
        sa.Column("denominator", sa.Double()),
        sa.Column("sum_of_squares", sa.Double()),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("ci_low", sa.Double()),
        sa.Column("ci_high", sa.Double()),
        sa.Column("window_start", sa.Date(), nullable=False),
        sa.Column("window_end", sa.Date(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(), nullable=False),
        sa.Column("frozen_by_key", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("baseline_no", name="pk_baseline"),
        sa.UniqueConstraint("metric", "segment_type", "segment_key", "frozen_at", name="uq_baseline_frozen_at"),
        sa.CheckConstraint("kind in ('first', 'rebaseline')", name=op.f("ck_baseline_kind")),
        sa.CheckConstraint("window_start <= window_end", name=op.f("ck_baseline_window")),
    )
    first = sa.text("kind = 'first'")
    op.create_index(
        "ix_baseline_first",
        "baseline",
        ["metric", "segment_type", "segment_key"],
        unique=True,
        sqlite_where=first,
        postgresql_where=first,
    )
    for statement in _POSTGRESQL if op.get_context().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Drop it again, with its triggers."""
    op.drop_table("baseline")
    if op.get_context().dialect.name == "postgresql":
        op.execute("drop function baseline_keeps()")
