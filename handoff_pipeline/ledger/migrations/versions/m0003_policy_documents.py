"""The policy documents that nights ran on: rows are added, and none is ever changed or removed, whoever asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite's `insert or replace` removes rows without asking a delete trigger, so it is refused before it begins.
_SQLITE = (
    """
    create trigger policy_document_keeps_update before update on policy_document
    begin select raise(abort, 'policy_document is append-only'); end
    """,
    """
    create trigger policy_document_keeps_delete before delete on policy_document
    begin select raise(abort, 'policy_document is append-only'); end
    """,
    """
    create trigger policy_document_keeps_replace before insert on policy_document
    when exists (select 1 from policy_document as d where d.policy_hash = new.policy_hash)
    begin select raise(abort, 'policy_document is append-only'); end
    """,
)
_POSTGRESQL = (
    """
    create function policy_document_keeps() returns trigger language plpgsql as
    $$ begin raise exception 'policy_document is append-only'; end $$
    """,
    """
    create trigger policy_document_keeps_rows before update or delete on policy_document
    for each row execute function policy_document_keeps()
    """,
    """
    create trigger policy_document_keeps_all before truncate on policy_document
    for each statement execute function policy_document_keeps()
    """,
)


def upgrade() -> None:
    """Make the table and what guards it."""
    op.create_table(
        "policy_document",
        sa.Column("policy_hash", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("first_as_of", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("policy_hash", name="pk_policy_document"),
    )
    for statement in _POSTGRESQL if op.get_context().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Drop it again, with its triggers."""
    op.drop_table("policy_document")
    if op.get_context().dialect.name == "postgresql":
        op.execute("drop function policy_document_keeps()")
