"""Nights of rows in, every published table that is made of them out: landed as landing would, all models, and Python's tables in between.

The one thing to know: the order is the nightly graph's, and a test holds the result to what whole nights publish.
"""
# ruff: noqa: S608 - the names of tables are the tests' own

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime

import polars as pl

from assets.governance import EVIDENCE
from assets.governance import TABLE as JUDGED
from assets.kpis import DURATIONS, READ, SURVIVAL, WEEKLY, kickoff_survival, weekly
from assets.ledger_frames import baseline_frame
from assets.movement import TABLE as MOVEMENT
from assets.movement import weeks
from assets.table_frames import whole
from handoff_pipeline.governance.movement import movements
from handoff_pipeline.ledger import Baseline
from handoff_pipeline.tables import TABLES
from handoff_pipeline.warehouse import entities
from tests.metamorphic.telling import Night, Row
from tests.sql.tenant import MODELS, Tenant

Tables = dict[str, pl.DataFrame]
BY_PYTHON = {JUDGED: EVIDENCE, WEEKLY: READ, SURVIVAL: (DURATIONS,), MOVEMENT: (WEEKLY,)}
UNMADE = frozenset({"meta_run", "meta_source_completeness", "kpi_restatement"})
"""Tables that tell of runs and of what earlier runs published."""
FROZEN = tuple(
    Baseline(
        metric, "all", 0, "all", value, numerator, denominator, squares, n, None, None, date(2026, 6, 1), date(2026, 8, 30),
        datetime(2026, 9, 1, 9, tzinfo=UTC), 0, "What the pilot is compared with", "first",
    )
    for metric, value, numerator, denominator, squares, n in (
        ("handoff_completeness", 50.0, 1000.0, 20.0, 56_000.0, 20),
        ("kickoff_delay_rate", 0.4, 8.0, 20.0, None, 20),
        ("scope_change_frequency", 0.1, 10.0, 100.0, None, 100),
        ("days_to_kickoff_median", 20.0, None, None, None, 20),
    )
)  # fmt: skip
"""Baselines as somebody froze them: of a mean, a share, a rate and a median, so that paths, status and movements are there too."""


def build(nights: Sequence[Night], policy_text: str, frozen: Sequence[Baseline] = ()) -> Tables:
    """Every published table but those of UNMADE, by name, after the last of the nights; `frozen` are baselines in the ledger."""
    tenant = Tenant.opened(policy_text)
    for night in nights:
        _land(tenant, night)
    tenant.conn.register("given", baseline_frame(list(frozen)).to_arrow())
    tenant.conn.execute("create or replace table ledger.baseline as select * from given")
    tenant.built(*MODELS())
    _estimate(tenant)
    schema_of = dict(tenant.conn.execute("select table_name, table_schema from information_schema.tables").fetchall())
    made = {name: whole(tenant.conn, f"{schema_of[name]}.{name}") for name in TABLES if name not in UNMADE}
    tenant.conn.close()
    return made


def _estimate(tenant: Tenant) -> None:
    """Python's tables of KPIs."""
    points, durations, events, baselines, targets = (whole(tenant.conn, name) for name in READ)
    made = weekly(points, durations, events, baselines, targets, tenant.policy.kickoff.target_days)
    for name, frame in {
        WEEKLY: made,
        SURVIVAL: kickoff_survival(durations),
        MOVEMENT: movements(whole(tenant.conn, "kpi.current_baseline"), weeks(made, points)),
    }.items():
        tenant.conn.register("given", frame.to_arrow())
        tenant.conn.execute(f"create or replace table {name} as select * from given")


def _land(tenant: Tenant, night: Night) -> None:
    """Write what is new or other than on the nights before, and a tombstone for what is gone."""
    tenant.begin(night.as_of, complete=tuple(night.rows))
    for entity, rows in night.rows.items():
        now = {_key(entity, row): json.dumps(row) for row in rows}
        before = {key: payload for (of, key), payload in tenant.payloads.items() if of == entity}
        new = [(tenant.batch_no, key, "", text, False) for key, text in now.items() if before.get(key) != text]
        gone = [(tenant.batch_no, key, "", text, True) for key, text in before.items() if key not in now]
        tenant.payloads = {each: text for each, text in tenant.payloads.items() if each[0] != entity}
        tenant.payloads |= {(entity, key): text for key, text in now.items()}
        if new or gone:
            columns = ["batch_no", "row_key", "content_hash", "payload", "is_deleted"]
            tenant.conn.register("given", pl.DataFrame([*new, *gone], schema=columns, orient="row").to_arrow())
            tenant.conn.execute(f"insert into raw.{entity} select * from given")


def _key(entity: str, row: Row) -> str:
    return ":".join(str(row[name]) for name in entities.KEYS[entity])
