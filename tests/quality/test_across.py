"""The rules across tables: what is sound passes, and each way of being unsound is named by the keys of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from handoff_pipeline.tables import TABLES, duckdb_type
from handoff_pipeline.warehouse.models import LAYERS
from quality.across import Rule, rules
from tests.reading import tables_read

SUNDAY = date(2026, 8, 16)
NOON = datetime(2026, 8, 14, 12)
RULES = rules()
SOUND: dict[str, list[dict[str, Any]]] = {
    "marts.dim_metric": [{"metric_key": 7, "metric": "kickoff_delay_rate"}],
    "marts.dim_handoff": [
        {"handoff_key": 1, "deal_state": "won", "is_historic": False},
        {"handoff_key": 2, "deal_state": "won", "is_historic": True},
        {"handoff_key": 3, "deal_state": "lost", "is_historic": False},
    ],
    "marts.fact_handoff": [
        {
            "handoff_key": 1, "project_key": 11, "project_count": 2, "open_gaps": 1, "score_at_won": 60.0, "kickoff_without_signoff": True,
            "currency_state": "same", "sold_revenue": 50_000, "sold_cost": 30_000, "sold_revenue_base": 50_000, "sold_cost_base": 30_000,
            "sold_margin_pct": 40.0, "margin_floor_pct": 45.0, "below_margin_floor": True,
        },
        {
            "handoff_key": 2, "project_key": 0, "project_count": 0, "open_gaps": 0, "kickoff_without_signoff": True,
            "currency_state": "no_rate",
        },
        {"handoff_key": 3, "project_key": 0, "project_count": 0, "open_gaps": 0, "currency_state": "same"},
    ],
    "marts.dim_project": [
        {"project_key": 11, "handoff_key": 1, "is_first": True, "created_at_utc": datetime(2026, 7, 8, 10)},
        {"project_key": 12, "handoff_key": 1, "is_first": False},
        {"project_key": 13, "handoff_key": 0, "is_first": False},
    ],
    "marts.fact_handoff_check": [
        {"handoff_key": 1, "item_key": 1, "stage": "won", "result": "met", "quality": 1.0, "weight": 30.0},
        {"handoff_key": 1, "item_key": 2, "stage": "won", "result": "missing", "quality": 0.0, "weight": 10.0},
        {"handoff_key": 1, "item_key": 3, "stage": "won", "result": "not_applicable", "quality": None, "weight": 50.0},
        {"handoff_key": 2, "item_key": 1, "stage": "won", "result": "not_applicable", "quality": None, "weight": 30.0},
    ],
    "marts.fact_gap": [
        {"gap_key": 21, "handoff_key": 1, "state": "open", "escalation_level": 0},
        {"gap_key": 22, "handoff_key": 3, "state": "moot", "escalation_level": 0, "resolved_at_utc": NOON},
        {
            "gap_key": 23, "handoff_key": 1, "item_key": 2, "state": "waived", "escalation_level": 2, "resolved_at_utc": NOON,
            "first_escalated_at_utc": NOON,
        },
        {
            "gap_key": 24, "handoff_key": 1, "item_key": 3, "state": "resolved", "escalation_level": 0, "resolved_at_utc": NOON,
            "due_at_utc": NOON, "within_sla": True,
        },
    ],
    "marts.fact_override": [
        {
            "override_key": 41, "handoff_key": 1, "item_key": 2, "state": "approved", "approved_at_utc": NOON, "requested_by_key": 5,
            "approved_by_key": 6, "second_approver_key": 7,
        },
        {
            "override_key": 42, "handoff_key": 3, "item_key": 2, "state": "requested", "requested_by_key": 0, "approved_by_key": 0,
            "second_approver_key": 0,
        },
    ],
    "marts.fact_delivery": [
        {
            "delivery_key": 51, "is_shadow": False, "action_class": "automatic", "state": "accepted", "attempts": 1,
            "approved_at_utc": NOON, "settled_at_utc": NOON,
        },
        {"delivery_key": 52, "is_shadow": True, "action_class": "automatic", "state": "proposed", "attempts": 0},
        {"delivery_key": 53, "is_shadow": False, "action_class": "never", "state": "refused", "attempts": 0, "settled_at_utc": NOON},
    ],
    "marts.fact_approval": [
        {"approval_key": 61, "result": "accepted", "decided_at_utc": NOON},
        {"approval_key": 62, "result": "expired"},
    ],
    "marts.fact_bypass": [
        {"bypass_key": 31, "kind": "kickoff_without_signoff", "handoff_key": 1, "project_key": 11, "state": "explained"},
        {"bypass_key": 32, "kind": "project_without_opportunity", "handoff_key": 0, "project_key": 13},
    ],
    "marts.fact_project_margin": [
        {
            "project_key": 11, "handoff_key": 1, "as_of_date": SUNDAY, "margin_state": "complete", "sold_revenue_base": 30_000,
            "sold_cost_base": 20_000, "forecast_revenue_base": 30_000, "forecast_cost_base": 21_000, "sold_margin_pct": 33.0,
            "forecast_margin_pct": 30.0, "erosion_pp": 3.0, "erosion_amount_base": 1_000, "bridge_hours": 600, "bridge_rate": 400,
            "bridge_third_party": 0, "bridge_discount": 0, "bridge_unapproved_change": 0, "bridge_approved_change": 0,
            "bridge_unexplained": 0,
        },
        {
            "project_key": 12, "handoff_key": 1, "as_of_date": SUNDAY, "margin_state": "uncosted", "sold_revenue_base": 15_000,
            "sold_cost_base": 8_000,
        },
        {
            "project_key": 0, "handoff_key": 1, "as_of_date": SUNDAY, "margin_state": "undefined", "sold_revenue_base": 5_000,
            "sold_cost_base": 2_000,
        },
    ],
    "kpi.kpi_member": [
        {"metric_key": 7, "week_start": date(2026, 8, 10), "record_key": 1, "is_counted": True, "numerator": 1, "denominator": 1},
        {"metric_key": 7, "week_start": date(2026, 8, 10), "record_key": 2, "is_counted": True, "numerator": 0, "denominator": 1},
        {"metric_key": 7, "week_start": date(2026, 8, 10), "record_key": 3, "is_counted": False},
    ],
    "kpi.kpi_weekly": [
        {
            "metric_key": 7, "week_start": date(2026, 8, 10), "segment_type": "all", "segment_key": 0, "numerator": 1, "denominator": 2,
            "n": 2, "n_excluded": 1,
        },
    ],
    "kpi.kpi_kickoff_survival": [
        {
            "week_start": date(2026, 8, 10), "segment_type": "all", "segment_key": 0, "day": 3, "at_risk": 10, "events": 1, "censored": 0,
            "survival": 0.9, "ci_low": 0.5, "ci_high": 0.98,
        },
        {
            "week_start": date(2026, 8, 10), "segment_type": "all", "segment_key": 0, "day": 5, "at_risk": 9, "events": 1, "censored": 0,
            "survival": 0.8, "ci_low": 0.4, "ci_high": 0.95,
        },
    ],
}  # fmt: skip
UNSOUND = [
    ("bridge_sums_to_erosion", "update marts.fact_project_margin set bridge_rate = 401 where project_key = 11", 11),
    ("bridge_sums_to_erosion", "update marts.fact_project_margin set bridge_unexplained = 5 where project_key = 12", 12),
    ("bridge_sums_to_erosion", "update marts.fact_project_margin set bridge_discount = null where project_key = 11", 11),
    ("erosion_is_sold_less_forecast", "update marts.fact_project_margin set erosion_pp = 3.1 where project_key = 11", 11),
    ("erosion_is_sold_less_forecast", "update marts.fact_project_margin set forecast_cost_base = 20_999 where project_key = 11", 11),
    ("parts_sum_to_the_deal", "update marts.fact_project_margin set sold_revenue_base = 5_001 where project_key = 0", 1),
    ("parts_sum_to_the_deal", "delete from marts.fact_project_margin where project_key = 0", 1),
    ("bypass_has_its_handoff", "update marts.fact_bypass set handoff_key = 0 where bypass_key = 31", 31),
    ("bypass_has_its_handoff", "update marts.fact_bypass set project_key = 0 where bypass_key = 32", 32),
    ("gap_is_of_a_live_handoff", "update marts.fact_gap set state = 'open' where gap_key = 22", 22),
    ("gap_is_of_a_live_handoff", "update marts.fact_gap set handoff_key = 2 where gap_key = 21", 21),
    ("open_gaps_are_counted", "update marts.fact_handoff set open_gaps = 0 where handoff_key = 1", 1),
    ("open_gaps_are_counted", "update marts.fact_handoff set open_gaps = 1 where handoff_key = 3", 3),
    ("first_project_is_the_handoffs", "update marts.dim_project set is_first = true where project_key = 12", 1),
    ("first_project_is_the_handoffs", "update marts.fact_handoff set project_key = 12 where handoff_key = 1", 1),
    ("first_project_is_the_handoffs", "update marts.fact_handoff set project_count = 1 where handoff_key = 1", 1),
    ("first_project_is_the_handoffs", "update marts.fact_handoff set project_key = 11 where handoff_key = 3", 3),
    ("kickoff_bypass_agrees", "delete from marts.fact_bypass where bypass_key = 31", 1),
    ("kickoff_bypass_agrees", "update marts.dim_project set created_at_utc = timestamp '2026-05-31 22:59' where project_key = 11", 1),
    ("kickoff_bypass_agrees", "update marts.fact_handoff set kickoff_without_signoff = false where handoff_key = 1", 1),
    ("sold_margin_is_of_its_parts", "update marts.fact_handoff set sold_margin_pct = 41 where handoff_key = 1", 1),
    ("sold_margin_is_of_its_parts", "update marts.fact_handoff set below_margin_floor = false where handoff_key = 1", 1),
    ("sold_margin_is_of_its_parts", "update marts.fact_handoff set sold_margin_pct = 0 where handoff_key = 2", 2),
    ("kpi_is_the_sum_of_its_members", "update kpi.kpi_weekly set numerator = 2", 7),
    ("kpi_is_the_sum_of_its_members", "update kpi.kpi_weekly set denominator = 3", 7),
    ("kpi_is_the_sum_of_its_members", "update kpi.kpi_weekly set n_excluded = 0", 7),
    ("survival_only_falls", "update kpi.kpi_kickoff_survival set survival = 0.95, ci_high = 0.99 where day = 5", date(2026, 8, 10)),
    ("survival_only_falls", "update kpi.kpi_kickoff_survival set ci_low = 0.85 where day = 5", date(2026, 8, 10)),
    ("survival_only_falls", "update kpi.kpi_kickoff_survival set at_risk = 11 where day = 5", date(2026, 8, 10)),
    ("survival_only_falls", "update kpi.kpi_kickoff_survival set survival = 1.1, ci_high = 1.2 where day = 3", date(2026, 8, 10)),
    ("score_is_of_its_checks", "update marts.fact_handoff set score_at_won = 75.1 where handoff_key = 1", 1),
    ("score_is_of_its_checks", "update marts.fact_handoff set score_at_won = null where handoff_key = 1", 1),
    ("score_is_of_its_checks", "update marts.fact_handoff set score_at_won = 0 where handoff_key = 2", 2),
    ("waived_gap_has_its_override", "update marts.fact_override set handoff_key = 3 where override_key = 41", 23),
    ("waived_gap_has_its_override", "update marts.fact_override set item_key = 3 where override_key = 41", 23),
    ("waived_gap_has_its_override", "update marts.fact_override set approved_at_utc = null where override_key = 41", 23),
    ("waived_gap_has_its_override", "update marts.fact_gap set state = 'waiver_expired' where gap_key = 24", 24),
    ("gap_agrees_with_its_state", "update marts.fact_gap set resolved_at_utc = null where gap_key = 23", 23),
    ("gap_agrees_with_its_state", "update marts.fact_gap set resolved_at_utc = detected_at_utc, state = 'moot' where gap_key = 21", 21),
    ("gap_agrees_with_its_state", "update marts.fact_gap set escalation_level = 0 where gap_key = 23", 23),
    ("gap_agrees_with_its_state", "update marts.fact_gap set escalation_level = 1 where gap_key = 21", 21),
    ("gap_agrees_with_its_state", "update marts.fact_gap set within_sla = false where gap_key = 24", 24),
    ("gap_agrees_with_its_state", "update marts.fact_gap set within_sla = null where gap_key = 24", 24),
    ("gap_agrees_with_its_state", "update marts.fact_gap set within_sla = true where gap_key = 21", 21),
    ("override_is_approved_by_others", "update marts.fact_override set approved_at_utc = null where override_key = 41", 41),
    ("override_is_approved_by_others", "update marts.fact_override set approved_at_utc = current_date where override_key = 42", 42),
    ("override_is_approved_by_others", "update marts.fact_override set approved_by_key = 5 where override_key = 41", 41),
    ("override_is_approved_by_others", "update marts.fact_override set approved_by_key = 7 where override_key = 41", 41),
    ("override_is_approved_by_others", "update marts.fact_override set second_approver_key = 5 where override_key = 41", 41),
    ("delivery_agrees_with_its_state", "update marts.fact_delivery set approved_at_utc = current_date where delivery_key = 52", 52),
    ("delivery_agrees_with_its_state", "update marts.fact_delivery set approved_at_utc = current_date where delivery_key = 53", 53),
    ("delivery_agrees_with_its_state", "update marts.fact_delivery set attempts = 1 where delivery_key = 52", 52),
    ("delivery_agrees_with_its_state", "update marts.fact_delivery set settled_at_utc = null where delivery_key = 51", 51),
    ("delivery_agrees_with_its_state", "update marts.fact_delivery set state = 'sent' where delivery_key = 51", 51),
    ("decided_approval_has_its_moment", "update marts.fact_approval set decided_at_utc = null where approval_key = 61", 61),
    ("decided_approval_has_its_moment", "update marts.fact_approval set decided_at_utc = current_date where approval_key = 62", 62),
    ("explained_bypass_has_its_override", "update marts.fact_override set handoff_key = 3 where override_key = 41", 31),
    ("explained_bypass_has_its_override", "update marts.fact_override set approved_at_utc = null where override_key = 41", 31),
]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every published table as built, holding a small sound tenant."""
    with duckdb.connect() as conn:
        for layer in LAYERS:
            conn.execute(f"create schema {layer}")
        for name, table in TABLES.items():
            for layer in ("marts", "kpi"):
                conn.execute(f"create table {layer}.{name} ({', '.join(f'{each.name} {duckdb_type(each)}' for each in table.columns)})")
        conn.execute("create schema policy")
        conn.execute("create table policy.setting as select 'Europe/London' as time_zone, date '2026-06-01' as go_live")
        for built, rows in SOUND.items():
            for row in rows:
                marks = ", ".join("?" for _ in row)
                conn.execute(f"insert into {built} ({', '.join(row)}) values ({marks})", list(row.values()))  # noqa: S608
        yield conn


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_sound_tenant_breaks_no_rule(warehouse: duckdb.DuckDBPyConnection, rule: Rule):
    assert warehouse.execute(rule.sql).fetchall() == []


@pytest.mark.parametrize(("name", "damage", "key"), UNSOUND, ids=lambda each: str(each)[:60])
def test_each_damage_is_named_by_its_key(warehouse: duckdb.DuckDBPyConnection, name: str, damage: str, key: object):
    warehouse.execute(damage)

    assert key in {row[0] for row in warehouse.execute(RULES[name].sql).fetchall()}


@pytest.mark.parametrize(
    ("name", "unknown"),
    [
        (
            "kickoff_bypass_agrees",
            (
                "delete from marts.fact_bypass where bypass_key = 31;"
                " update marts.dim_project set created_at_utc = timestamp '2026-05-31 22:59' where project_key = 11"
            ),
        ),
        # The quotation names no cost, and the order lines of a project do.
        (
            "parts_sum_to_the_deal",
            (
                "update marts.fact_handoff set sold_cost_base = null where handoff_key = 1;"
                " update marts.fact_project_margin set sold_cost_base = null where project_key = 0"
            ),
        ),
        # One of its orders is in a currency without a rate.
        (
            "parts_sum_to_the_deal",
            "update marts.fact_project_margin set sold_revenue_base = null, sold_cost_base = null where project_key in (0, 12)",
        ),
    ],
    ids=["made before go-live", "unknown cost", "order without rate"],
)
def test_what_the_contract_leaves_open_stops_no_night(warehouse: duckdb.DuckDBPyConnection, name: str, unknown: str):
    """A project made before go-live opens no bypass; a remainder of something unknown is unknown."""
    warehouse.execute(unknown)

    assert warehouse.execute(RULES[name].sql).fetchall() == []


def test_every_rule_has_a_damage_that_it_finds():
    assert {name for name, _, _ in UNSOUND} == set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_says_what_it_reads(rule: Rule):
    assert set(rule.reads) == tables_read(rule.sql)
    assert rule.says.endswith(".")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_gives_keys_and_no_values(rule: Rule, warehouse: duckdb.DuckDBPyConnection):
    given = {column for column, *_ in warehouse.execute(rule.sql).description or ()}

    read = [TABLES[name.partition(".")[2]] for name in rule.reads if not name.startswith("policy.")]
    assert given <= {column for table in read for column in (*table.key, "day")}
