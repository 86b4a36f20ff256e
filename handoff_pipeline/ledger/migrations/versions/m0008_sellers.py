"""The deal's own seller on every intent and exception, so that his approval does not count for his own deal. Never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from handoff_pipeline.ledger.migrations.versions.m0005_outbox import PROPOSED

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _guard(columns: str) -> Iterator[str]:
    """The trigger that keeps what was proposed, on these columns."""
    if op.get_context().dialect.name == "postgresql":
        yield "drop trigger if exists outbox_keeps_content on outbox"
        yield f"create trigger outbox_keeps_content before update of {columns} on outbox for each row execute function outbox_keeps()"
    else:
        refuse = "begin select raise(abort, 'outbox: what was proposed never changes'); end"
        yield "drop trigger if exists outbox_keeps_content"
        yield f"create trigger outbox_keeps_content before update of {columns} on outbox {refuse}"


def upgrade() -> None:
    """Add the columns; of what was proposed before nobody is known."""
    for table in ("outbox", "override"):
        op.add_column(table, sa.Column("seller_id", sa.BigInteger(), nullable=False, server_default="0"))
    for statement in _guard(f"{PROPOSED}, seller_id"):
        op.execute(statement)


def downgrade() -> None:
    """Drop them again."""
    for statement in _guard(PROPOSED):
        op.execute(statement)
    for table in ("outbox", "override"):
        op.drop_column(table, "seller_id")
