"""The ledger's tables in SQLAlchemy Core, portable between SQLite and PostgreSQL.

No query and no migration here; a test holds this description equal to what the migrations make.
The one thing to know: moments are stored as naive UTC, because SQLite has no type for an aware one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment, kept as naive UTC. A naive one is refused: it would be read as another zone some day."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware to naive UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the ledger takes aware moments only, not {value.isoformat()}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive UTC to aware."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


RUN: Final = Table(
    "run",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("started_at", UtcMoment, nullable=False),
    Column("finished_at", UtcMoment),
    Column("as_of", UtcMoment, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("policy_hash", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("rollout_phase", Text, nullable=False),
    Column("state", Text, nullable=False),
    CheckConstraint("state in ('running', 'complete', 'stale', 'failed')", name="state"),
)

LOAD_BATCH: Final = Table(
    "load_batch",
    METADATA,
    Column("batch_no", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("rows_seen", BigInteger, nullable=False),
    Column("rows_expected", BigInteger),
    Column("requests", BigInteger, nullable=False),
    # Known only once the rows are in the warehouse file.
    Column("rows_changed", BigInteger),
    Column("rows_deleted", BigInteger),
    Column("rows_quarantined", BigInteger),
    CheckConstraint("state in ('announced', 'settled', 'absent')", name="state"),
)

SOURCE_COMPLETENESS: Final = Table(
    "source_completeness",
    METADATA,
    Column("run_id", Text, ForeignKey("run.run_id"), primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("rows_seen", BigInteger, nullable=False),
    Column("rows_expected", BigInteger),
    Column("rows_changed", BigInteger, nullable=False),
    Column("rows_deleted", BigInteger, nullable=False),
    Column("rows_quarantined", BigInteger, nullable=False),
    Column("rows_unlinked", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("requests_minimum", BigInteger),
    Column("as_of", UtcMoment, nullable=False),
    Column("is_stale", Boolean, nullable=False),
    Column("detail", Text),
    CheckConstraint("state in ('complete', 'incomplete', 'quarantined', 'not_permitted')", name="state"),
)

QUARANTINE: Final = Table(
    "quarantine",
    METADATA,
    Column("entity", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("set_hash", Text, nullable=False),
    Column("subjects", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("since", UtcMoment, nullable=False),
    CheckConstraint("kind in ('drop', 'field', 'ambiguous')", name="kind"),
)

ACCEPTANCE: Final = Table(
    "quarantine_acceptance",
    METADATA,
    Column("acceptance_no", Integer, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("set_hash", Text, nullable=False),
    Column("subjects", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Column("accepted_at", UtcMoment, nullable=False),
    # The run whose landing judged the entity next; until then the acceptance is open.
    Column("closed_by_run", Text),
    Column("was_used", Boolean, nullable=False),
    CheckConstraint("kind in ('drop', 'field')", name="kind"),
)

POLICY_DOCUMENT: Final = Table(
    "policy_document",
    METADATA,
    Column("policy_hash", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("first_as_of", UtcMoment, nullable=False),
)

BASELINE: Final = Table(
    "baseline",
    METADATA,
    Column("baseline_no", Integer, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("segment_type", Text, nullable=False),
    Column("segment_key", BigInteger, nullable=False),
    Column("segment", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("numerator", Double),
    Column("denominator", Double),
    Column("sum_of_squares", Double),
    Column("n", BigInteger, nullable=False),
    Column("ci_low", Double),
    Column("ci_high", Double),
    Column("window_start", Date, nullable=False),
    Column("window_end", Date, nullable=False),
    Column("frozen_at", UtcMoment, nullable=False),
    Column("frozen_by_key", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("kind", Text, nullable=False),
    UniqueConstraint("metric", "segment_type", "segment_key", "frozen_at", name="uq_baseline_frozen_at"),
    CheckConstraint("kind in ('first', 'rebaseline')", name="kind"),
    CheckConstraint("window_start <= window_end", name="window"),
    # Two that freeze at once cannot both be the first.
    Index(
        "ix_baseline_first",
        "metric",
        "segment_type",
        "segment_key",
        unique=True,
        sqlite_where=text("kind = 'first'"),
        postgresql_where=text("kind = 'first'"),
    ),
)
