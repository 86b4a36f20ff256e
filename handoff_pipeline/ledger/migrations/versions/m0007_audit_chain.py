"""The audit chain and the heads that are kept elsewhere: rows are added one after the other, and none is changed or removed."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _sqlite() -> Iterator[str]:
    for table in ("audit", "audit_head"):
        refuse = f"begin select raise(abort, '{table} is append-only'); end"
        yield f"create trigger {table}_keeps_update before update on {table} {refuse}"
        yield f"create trigger {table}_keeps_delete before delete on {table} {refuse}"
    # Refuses a second row of a number too, and with it SQLite's `insert or replace`, which asks no delete trigger.
    yield """
    create trigger audit_keeps_order before insert on audit
    when new.seq is not (select coalesce(max(a.seq), 0) + 1 from audit as a)
    begin select raise(abort, 'audit is append-only'); end
    """
    yield """
    create trigger audit_head_keeps_replace before insert on audit_head
    when exists (select 1 from audit_head as h where h.head_no = new.head_no)
    begin select raise(abort, 'audit_head is append-only'); end
    """


def _postgresql() -> Iterator[str]:
    yield """
    create function audit_keeps() returns trigger language plpgsql as
    $$ begin raise exception using message = tg_table_name || ' is append-only'; end $$
    """
    yield """
    create function audit_keeps_order() returns trigger language plpgsql as
    $$
    begin
        if new.seq is distinct from (select coalesce(max(a.seq), 0) + 1 from audit as a) then
            raise exception 'audit is append-only';
        end if;
        return new;
    end
    $$
    """
    for table in ("audit", "audit_head"):
        yield f"create trigger {table}_keeps_rows before update or delete on {table} for each row execute function audit_keeps()"
        yield f"create trigger {table}_keeps_all before truncate on {table} for each statement execute function audit_keeps()"
    yield "create trigger audit_keeps_order before insert on audit for each row execute function audit_keeps_order()"


def upgrade() -> None:
    """Make the two tables and what guards them."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("actor", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_table(
        "audit_head",
        sa.Column("head_no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("kept_where", sa.Text(), nullable=False),
        sa.Column("far_ref", sa.Text()),
        sa.PrimaryKeyConstraint("head_no", name="pk_audit_head"),
    )
    for statement in _postgresql() if op.get_context().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def downgrade() -> None:
    """Drop them again, with their triggers."""
    op.drop_table("audit_head")
    op.drop_table("audit")
    if op.get_context().dialect.name == "postgresql":
        op.execute("drop function audit_keeps()")
        op.execute("drop function audit_keeps_order()")
