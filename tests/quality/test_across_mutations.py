"""Every condition of every rule across tables is needed: a rule with one side of an `and` or an `or` left out does not stay unnoticed.

The rules' own tests are in `test_across`; here are the further cases that it takes. The one thing to know: a mutant is a rule with one side
of one connective in place of the whole; it is found where it blames what is sound, or passes over what is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from assets.graph import definitions
from quality.across import Rule
from tests.quality.test_across import RULES, SUNDAY, UNSOUND, warehouse

__all__ = ["warehouse"]

MONDAY = date(2026, 8, 10)
ZERO = {"numerator": 0, "denominator": 0, "n": 0, "n_excluded": 0}
MORE_SOUND: dict[str, list[dict[str, Any]]] = {
    "marts.dim_metric": [{"metric_key": 8, "metric": "no_commit_rate"}],
    "marts.dim_handoff": [
        {"handoff_key": 4, "deal_state": "won", "is_historic": False},
        {"handoff_key": 5, "deal_state": "won", "is_historic": False},
        {"handoff_key": 6, "deal_state": "lost", "is_historic": False},
        {"handoff_key": 7, "deal_state": "won", "is_historic": True},
    ],
    "marts.fact_handoff": [
        {"handoff_key": 4, "project_key": 14, "project_count": 1, "open_gaps": 0, "currency_state": "same", "sold_cost": 100},
        {"handoff_key": 5, "project_key": 15, "project_count": 1, "open_gaps": 0, "currency_state": "no_rate"},
        # Won before go-live, with a project made since.
        {
            "handoff_key": 7, "project_key": 17, "project_count": 1, "open_gaps": 0, "currency_state": "same",
            "kickoff_without_signoff": True,
        },
        # Lost after it was kicked off without a sign-off; what it was to cost is not known.
        {
            "handoff_key": 6, "project_key": 16, "project_count": 1, "open_gaps": 0, "currency_state": "same", "sold_revenue": 900,
            "kickoff_without_signoff": True,
        },
    ],
    "marts.dim_project": [
        {"project_key": 14, "handoff_key": 4, "is_first": True},
        {"project_key": 15, "handoff_key": 5, "is_first": True},
        {"project_key": 16, "handoff_key": 6, "is_first": True, "created_at_utc": datetime(2026, 7, 8, 10)},
        {"project_key": 17, "handoff_key": 7, "is_first": True, "created_at_utc": datetime(2026, 7, 8, 10)},
    ],
    "marts.fact_bypass": [{"bypass_key": 33, "kind": "won_without_checklist", "handoff_key": 1, "project_key": 0}],
    "marts.fact_project_margin": [
        # A Sunday on which one of the two projects had no row yet.
        {
            "project_key": 11, "handoff_key": 1, "as_of_date": SUNDAY - timedelta(days=7), "margin_state": "uncosted",
            "sold_revenue_base": 30_000, "sold_cost_base": 20_000,
        },
        # An order line in base currency, in a deal that was sold in a currency without a rate.
        {
            "project_key": 15, "handoff_key": 5, "as_of_date": SUNDAY, "margin_state": "uncosted", "sold_revenue_base": 100,
            "sold_cost_base": 50,
        },
    ],
    "kpi.kpi_weekly": [
        {"metric_key": 7, "week_start": MONDAY, "segment_type": "client", "segment_key": 9, **ZERO, "denominator": 1, "n": 1},
        {"metric_key": 7, "week_start": MONDAY + timedelta(days=7), "segment_type": "all", "segment_key": 0, **ZERO},
        {"metric_key": 8, "week_start": MONDAY, "segment_type": "all", "segment_key": 0, **ZERO},
    ],
}  # fmt: skip
STILL_SOUND = {
    "parts_sum_to_the_deal": (
        # The remainder is not known where the deal's sum is not, be it revenue or cost.
        (
            "update marts.fact_handoff set sold_cost_base = null where handoff_key = 1;"
            "update marts.fact_project_margin set sold_cost_base = null where project_key = 0"
        ),
        (
            "update marts.fact_handoff set sold_revenue_base = null where handoff_key = 1;"
            "update marts.fact_project_margin set sold_revenue_base = null where project_key = 0"
        ),
    ),
    "sold_margin_is_of_its_parts": (
        "update marts.fact_handoff set sold_revenue = 0, sold_margin_pct = null where handoff_key = 1",
        "update marts.fact_handoff set sold_revenue = -1, sold_margin_pct = null where handoff_key = 1",
    ),
}
"""By rule, what may happen to the sound tenant without breaking it."""
BOTH_FIRST = (
    "update marts.dim_project set is_first = true where project_key = 12;"
    "update marts.fact_handoff set project_key = 12 where handoff_key = 1"
)
MORE_UNSOUND = (
    ("bridge_sums_to_erosion", "update marts.fact_project_margin set erosion_amount_base = null where project_key = 11", 11),
    ("bridge_sums_to_erosion", "update marts.fact_project_margin set erosion_amount_base = 5 where project_key = 12", 12),
    ("erosion_is_sold_less_forecast", "update marts.fact_project_margin set erosion_pp = null where project_key = 11", 11),
    ("erosion_is_sold_less_forecast", "update marts.fact_project_margin set erosion_amount_base = null where project_key = 11", 11),
    ("parts_sum_to_the_deal", "update marts.fact_project_margin set sold_cost_base = 2_001 where project_key = 0", 1),
    # A part that nobody knows is no remainder that nobody knows.
    ("parts_sum_to_the_deal", "update marts.fact_project_margin set sold_revenue_base = null where project_key = 12", 1),
    ("parts_sum_to_the_deal", "update marts.fact_project_margin set sold_cost_base = null where project_key = 12", 1),
    ("first_project_is_the_handoffs", "update marts.dim_project set is_first = false where project_key = 11", 1),
    ("first_project_is_the_handoffs", BOTH_FIRST, 1),
    ("open_gaps_are_counted", "update marts.fact_handoff set hard_gaps = 2 where handoff_key = 1", 1),
    ("sold_margin_is_of_its_parts", "update marts.fact_handoff set sold_margin_pct = null where handoff_key = 1", 1),
    ("sold_margin_is_of_its_parts", "update marts.fact_handoff set sold_revenue = 0 where handoff_key = 1", 1),
    ("survival_only_falls", "update kpi.kpi_kickoff_survival set events = 10 where day = 5", MONDAY),
    ("survival_only_falls", "update kpi.kpi_kickoff_survival set ci_high = 0.75 where day = 5", MONDAY),
)  # fmt: skip
NOTHING = "select 1"
EQUIVALENT = {
    # The projects of a deal are counted by deal; another deal's count can only repeat a row.
    ("parts_sum_to_the_deal", "s.handoff_key = p.handoff_key AND s.projects = p.projects", "expression"),
}
"""Mutants that say the same as the rule of every tenant."""


@pytest.fixture
def tenant(warehouse: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The small sound tenant, with more that is sound."""
    for table, rows in MORE_SOUND.items():
        for row in rows:
            marks = ", ".join("?" for _ in row)
            warehouse.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))  # noqa: S608
    return warehouse


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_says_of_each_case_what_it_must(tenant: duckdb.DuckDBPyConnection, rule: Rule):
    assert list(_wrong(tenant, rule, rule.sql)) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_without_one_of_its_conditions_does_not_stay_unnoticed(tenant: duckdb.DuckDBPyConnection, rule: Rule):
    unnoticed = [
        (rule.name, what, side)
        for what, side, sql in _mutants(rule.sql)
        if (rule.name, what, side) not in EQUIVALENT and next(_wrong(tenant, rule, sql), None) is None
    ]
    assert unnoticed == []


def test_every_rule_is_a_check_of_the_graph():
    """A rule that reads what the graph does not make would be left out of it, and nobody would be told."""
    checks = {key.name for check in definitions().asset_checks or () for key in check.check_keys}
    assert set(RULES) - checks == set()


def _mutants(sql: str) -> Iterator[tuple[str, str, str]]:
    """The condition, the side that stands for it, and the rule that this makes."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for place, whole in enumerate(tree.find_all(exp.Connector)):
        for side in ("this", "expression"):
            mutant = tree.copy()
            node = list(mutant.find_all(exp.Connector))[place]
            node.replace(node.args[side].copy())
            yield whole.sql(dialect="duckdb"), side, mutant.sql(dialect="duckdb")


def _wrong(conn: duckdb.DuckDBPyConnection, rule: Rule, sql: str) -> Iterator[str]:
    """Cases of which the query says another thing than the rule must."""
    for still in (NOTHING, *STILL_SOUND.get(rule.name, ())):
        if _after(conn, still, sql):
            yield f"blames what is sound after: {still}"
    for name, damage, key in (*UNSOUND, *MORE_UNSOUND):
        if name == rule.name and key not in {row[0] for row in _after(conn, damage, sql)}:
            yield f"passes over: {damage}"


def _after(conn: duckdb.DuckDBPyConnection, change: str, sql: str) -> list[Any]:
    conn.execute("begin")
    try:
        conn.execute(change)
        return conn.execute(sql).fetchall()
    except duckdb.BinderException:
        return []  # a mutant that is no query any more is found
    finally:
        conn.execute("rollback")
