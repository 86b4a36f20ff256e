"""Alembic's entry point: runs the migrations on the connection, and inside the transaction, that ledger/engine.py hands over.

There is no ini file and no other way in.
"""

from __future__ import annotations

from alembic import context

from handoff_pipeline.ledger.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
context.run_migrations()
