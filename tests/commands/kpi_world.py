"""A published copy made from facts: twenty-four deals with everything that can happen to them, through the real SQL and measures.

How facts come about is tests/sql's.
The one thing to know: days are local days of 2026, by a fixed seed, and nothing here knows what a figure is.
"""
# ruff: noqa: S608 - the names of tables are the tests' own

from __future__ import annotations

import random
from datetime import UTC, timedelta
from pathlib import Path

import duckdb
import polars as pl

from assets.kpis import weekly
from handoff_pipeline.tables import RUN_ID, TABLES, duckdb_type, empty_frame
from tests.sql.metric_facts import Facts, day, noon
from tests.sql.tenant import MODELS

TITLE = "[bold]Move to\x1b[31m the cloud[/bold]"
DEALS = 24
LAYERS = {
    "kpi": ("kpi_member",),
    "marts": (
        *("dim_handoff", "dim_project", "dim_agent", "dim_client", "dim_metric"),
        *("fact_change_request", "fact_gap", "fact_approval", "fact_override"),
    ),
}


def published_world(policy: Path, file: Path) -> None:
    """Write `file` as the analysts' copy of the world."""
    facts = Facts.opened(policy.read_text(encoding="utf-8"))
    draw = random.Random(4)  # noqa: S311 - not a secret
    for key in range(1, DEALS + 1):
        _deal(facts, draw, key)
    facts.won(DEALS + 1, day(10, 20), score_at_won=50.0)
    facts.project((DEALS + 1) * 10, DEALS + 1, created=day(10, 18), kickoff=day(10, 18))
    facts.built()
    for key in range(1, DEALS + 2):
        for table, entity, number in (("handoff", "handoff", key), ("project", "project", key * 10)):
            name = "title" if table == "handoff" else "project_name"
            facts.tenant.conn.execute(
                f"update marts.dim_{table} set {table}_id = ?, {name} = ? where {table}_key = ?",
                [number, f"{TITLE} {key}", facts.key(entity, number)],
            )
    facts.tenant.make(MODELS()["marts.dim_metric"], {"as_of": facts.as_of.astimezone(UTC).replace(tzinfo=None), "tenant": "acme"})
    _publish(facts, file)


def _deal(facts: Facts, draw: random.Random, key: int) -> None:
    won = day(8, 3) + timedelta(draw.randrange(100))
    facts.won(
        key, won, team=draw.choice(["North", "South"]), seen=draw.choice([None, won]), score_at_won=draw.choice([None, 100 / 3, 75.0]),
        kickoff_committed_date=won + timedelta(14), kickoff_without_signoff=draw.random() < 0.3, accepted_first_pass=draw.random() < 0.7,
        first_decision_at_utc=noon(won + timedelta(3)),
    )  # fmt: skip
    kickoff = draw.choice([None, won + timedelta(draw.randrange(-2, 30)), won + timedelta(draw.randrange(5, 20))])
    closed = draw.choice([None, won + timedelta(draw.randrange(20, 40))])
    facts.project(key * 10, key, created=won, kickoff=kickoff, closed=closed)
    facts.change(key * 100, key * 10, key, decided=won + timedelta(draw.randrange(30)), origin=draw.choice(["client", "sales_gap"]))
    for number in range(5):
        facts.hours(key * 10, won + timedelta(7 * number), draw.randrange(1, 2_000) / 100)
    facts.add(
        "core.unbilled_change_hour", change_id=key * 100, project_id=key * 10, ticket_id=key * 100, action_id=1,
        hours=draw.randrange(1, 40), unbilled_from_day=won + timedelta(30), billed_day=draw.choice([None, won + timedelta(60)]),
        removed_day=None, is_billing_known=draw.random() < 0.9,
    )  # fmt: skip
    state = draw.choice(["complete", "complete", "complete", "uncosted"])
    for number in range(17):
        sunday = won - timedelta(won.weekday()) + timedelta(6 + 7 * number)
        cost = draw.randrange(400, 1_200) + draw.randrange(10_000) / 10_000
        delivered = closed is not None and sunday >= closed
        facts.margin(key * 10, key, sunday, sold=(1_000, 600), now=(1_000, cost), delivered=delivered, state=state)
    opened = noon(won)
    facts.gap(key, opened, state="resolved", resolved=opened + timedelta(draw.randrange(20)), due=opened + timedelta(10))
    facts.gap(key, opened, escalated=opened + timedelta(3), acknowledged=draw.choice([None, opened + timedelta(5)]))
    facts.decision(key, won, due_at_utc=opened + timedelta(9), kind="assumption", is_assumption_false=draw.random() < 0.3)
    facts.add(
        "marts.fact_approval", approval_key=key, handoff_key=facts.key("handoff", key), project_key=facts.key("project", key * 10),
        result="accepted", requested_at_utc=opened, decided_at_utc=opened + timedelta(seconds=draw.randrange(120)), kind="signoff",
        has_moments=True,
    )  # fmt: skip
    facts.add(
        "marts.fact_override", override_key=key, handoff_key=facts.key("handoff", key), state="approved", approved_at_utc=opened,
        expires_at_utc=opened + timedelta(30), control_id="HC-01",
    )  # fmt: skip


def _publish(facts: Facts, file: Path) -> None:
    conn = facts.tenant.conn
    points, durations, events = (conn.sql(f"select * from kpi.{name}").pl() for name in ("weekly_points", "duration", "event_order"))
    baselines, targets = (empty_frame(TABLES[name], run_id=False) for name in ("kpi_baseline", "kpi_target"))
    made = {"kpi_weekly": weekly(points, durations, events, baselines, targets, 14)}
    made |= {name: conn.sql(f"select * from {layer}.{name}").pl() for layer, names in LAYERS.items() for name in names}
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as copy:
        for table in TABLES.values():
            copy.execute(f"create table {table.name} ({', '.join(f'{column.name} {duckdb_type(column)}' for column in table.columns)})")
            if table.name in made:
                frame = made[table.name].with_columns(pl.lit("r1").alias(RUN_ID))
                copy.register("frame", frame.to_arrow())
                copy.execute(f"insert into {table.name} by name select * from frame")
