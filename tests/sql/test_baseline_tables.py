"""kpi_baseline, kpi_target and the current baselines, from the ledger's rows and the policy's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assets.ledger_frames import baseline_frame
from handoff_pipeline.ledger import Baseline
from handoff_pipeline.tables import RUN_ID, TABLES, duckdb_type
from tests.sql.tenant import MODELS, Tenant, opened

FROZEN = datetime(2026, 9, 1, 23, 30, tzinfo=UTC)  # 2 September in London
AS_OF = datetime(2026, 10, 1, 2, tzinfo=UTC)
F = date(2026, 9, 2)


def frozen(metric: str = "kickoff_delay_rate", value: float = 0.4, **changed: Any) -> Baseline:
    sums: dict[str, Any] = {"numerator": 8.0, "denominator": 20.0, "sum_of_squares": None, "n": 20, "ci_low": 0.2, "ci_high": None}
    window = {"window_start": date(2026, 6, 1), "window_end": date(2026, 8, 30)}
    whole = {"segment_type": "all", "segment_key": 0, "segment": "all", "frozen_at": FROZEN, "frozen_by_key": 7}
    return Baseline(**{"metric": metric, "value": value, "reason": "agreed", "kind": "first", **sums, **window, **whole, **changed})


def built(tenant: Tenant, *rows: Baseline, as_of: datetime = AS_OF) -> Tenant:
    tenant.conn.register("given", baseline_frame(list(rows)).to_arrow())
    tenant.conn.execute("create or replace table ledger.baseline as select * from given")
    for name in ("dim_agent", "dim_client"):
        columns = ", ".join(f"{each.name} {duckdb_type(each)}" for each in TABLES[name].columns if each.name != RUN_ID)
        tenant.conn.execute(f"create table if not exists marts.{name} ({columns})")
    values = {"as_of": as_of.replace(tzinfo=None), "tenant": "acme"}
    for name in ("kpi.kpi_baseline", "kpi.kpi_target", "kpi.current_baseline"):
        tenant.make(MODELS()[name], values)
    return tenant


def targets(tenant: Tenant, metric: str, kind: str = "playbook") -> list[tuple[date, float, float | None]]:
    rows = tenant.rows("kpi.kpi_target", f"metric_key = {tenant.key('metric', metric)} and kind = '{kind}'")
    return sorted((row["due"], row["low"], row["high"]) for row in rows)


def test_a_baseline_is_published_with_its_local_day_and_the_metrics_key(tenant):
    row = built(tenant, frozen()).row("kpi.kpi_baseline")
    assert list(row) == [name for name in TABLES["kpi_baseline"].column_names if name != RUN_ID]
    assert (row["metric_key"], row["frozen_date_key"], row["is_current"]) == (tenant.key("metric", "kickoff_delay_rate"), 20260902, True)
    assert (row["value"], row["ci_low"], row["ci_high"], row["frozen_by_key"]) == (0.4, 0.2, None, 7)


def test_a_rebaseline_keeps_the_old_row_which_is_not_current(tenant):
    built(tenant, frozen(), frozen(value=0.3, frozen_at=FROZEN + timedelta(days=9), kind="rebaseline"))
    rows = {row["value"]: row["is_current"] for row in tenant.rows("kpi.kpi_baseline")}
    assert rows == {0.4: False, 0.3: True}
    assert [row["value"] for row in tenant.rows("kpi.current_baseline")] == [0.3]
    assert [due for due, *_ in targets(tenant, "kickoff_delay_rate")] == [F + timedelta(days=9 + days) for days in (56, 60)]


def test_a_past_night_built_again_knows_no_later_baseline(tenant):
    later = frozen(value=0.3, frozen_at=FROZEN + timedelta(days=9), kind="rebaseline")
    built(tenant, frozen(), later, as_of=FROZEN + timedelta(days=1))
    assert [(row["value"], row["is_current"]) for row in tenant.rows("kpi.kpi_baseline")] == [(0.4, True)]


def test_another_segments_baseline_is_current_beside_it(tenant):
    built(tenant, frozen(), frozen(segment_type="sales_team", segment_key=9, segment="North", frozen_at=FROZEN + timedelta(days=1)))
    assert [row["is_current"] for row in tenant.rows("kpi.kpi_baseline")] == [True, True]


def test_the_playbooks_targets_come_from_the_baseline_of_the_whole_tenant(tenant):
    built(tenant, frozen(), frozen("handoff_completeness", 70.0), frozen("scope_change_frequency", 0.2))
    delay = targets(tenant, "kickoff_delay_rate")
    assert [due for due, *_ in delay] == [date(2026, 10, 28), date(2026, 11, 1)]
    assert [(low, high) for _, low, high in delay] == [(0.4 * 0.90, 0.4 * 0.75)] * 2
    assert targets(tenant, "handoff_completeness") == [
        (F + timedelta(days=56), 70.0 * 1.10, 70.0 * 1.25),
        (F + timedelta(days=91), 70.0 * 1.10, None),
    ]
    assert targets(tenant, "scope_change_frequency") == [(F + timedelta(days=91), 0.2 * 0.90, 0.2 * 0.85)]


def test_completeness_is_cut_at_100(tenant):
    built(tenant, frozen("handoff_completeness", 95.0))
    assert [(low, high) for _, low, high in targets(tenant, "handoff_completeness")] == [(100.0, 100.0), (100.0, None)]


def test_a_segments_baseline_makes_no_target_of_the_playbook(tenant):
    built(tenant, frozen(segment_type="sales_team", segment_key=9, segment="North"))
    assert targets(tenant, "kickoff_delay_rate") == []


def test_the_playbook_can_be_switched_off(checkout):
    tenant = built(opened(checkout, changed=("playbook_targets: true", "playbook_targets: false")), frozen())
    assert targets(tenant, "kickoff_delay_rate") == []


POLICY = """targets:
  - {metric: kickoff_delay_rate, low: 0.3, high: 0.2, due: 2026-12-31, source: board}
  - {metric: kickoff_delay_rate, segment_type: sales_team, segment: North, low: 0.25, due: 2026-12-31}
  - {metric: kickoff_delay_rate, segment_type: client, segment: Acme, low: 0.1, due: 2026-12-31}
  - {metric: kickoff_delay_rate, segment_type: sales_agent, segment: Nobody, low: 0.1, due: 2026-12-31}
"""


@pytest.fixture
def with_policy(checkout) -> Tenant:
    return opened(checkout, changed=("targets:\n", POLICY))


def test_the_policys_targets_are_there_without_any_baseline(with_policy):
    built(with_policy)
    rows = with_policy.rows("kpi.kpi_target", "kind = 'policy' and metric_key = " + str(with_policy.key("metric", "kickoff_delay_rate")))
    assert {(row["segment_type"], row["segment_key"], row["low"], row["high"], row["source"]) for row in rows} == {
        ("all", 0, 0.3, 0.2, "board"),
        ("sales_team", with_policy.key("sales_team", "North"), 0.25, None, "targets[2]"),
    }


def test_a_clients_target_goes_to_every_client_of_that_name(with_policy):
    built(with_policy)
    for key in (11, 12):
        with_policy.conn.execute("insert into marts.dim_client (client_key, client_name) values (?, 'Acme')", [key])
    built(with_policy)
    assert {row["segment_key"] for row in with_policy.rows("kpi.kpi_target", "segment_type = 'client'")} == {11, 12}


def test_no_key_of_a_target_is_there_twice(with_policy):
    built(with_policy, frozen())
    key = ", ".join(TABLES["kpi_target"].key)
    assert with_policy.conn.execute(f"select {key} from kpi.kpi_target group by {key} having count(*) > 1").fetchall() == []  # noqa: S608 - the registry's names
