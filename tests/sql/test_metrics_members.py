"""Every figure is the sum of its members: counted again in Python, over sixty deals with everything that can happen to them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from handoff_pipeline.tables import TABLES, duckdb_type
from tests.sql.metric_facts import Facts, day, noon

FREQUENCY = "scope_change_frequency"
ORIGIN_CUTS = ("scope_change_frequency", "scope_changes_per_100h", "unbilled_scope_hours")
PARTS = ("numerator", "denominator", "numerator_2", "denominator_2")


@pytest.fixture(scope="module")
def random_world(checkout: Path) -> Facts:
    """Sixty deals with everything that can happen to them, by a fixed seed."""
    facts = Facts.opened((checkout / "handoff.yaml").read_text(encoding="utf-8"))
    draw = random.Random(4)  # noqa: S311 - not a secret
    for key in range(1, 61):
        _random_deal(facts, draw, key)
    for key in range(901, 906):
        facts.project(key, None, created=_day(draw), client=draw.choice([11, 12]))
    return facts.built()


def _day(draw: random.Random) -> date:
    return day(6, 1) + timedelta(draw.randrange(170))


def _random_deal(facts: Facts, draw: random.Random, key: int) -> None:
    won = _day(draw)
    facts.won(
        key, won, state=draw.choice(["won"] * 6 + ["reopened", "deleted"]), client=draw.choice([11, 12, 13]), agent=draw.choice([10, 20]),
        team=draw.choice(["A", "B", None]), deal_type=draw.choice(["X", "Y", None]), template=draw.choice(["M", None]),
        seen=draw.choice([None, won]), score_at_won=draw.choice([None, 100 / 3, 75.0]), kickoff_committed_date=won + timedelta(14),
        kickoff_without_signoff=draw.random() < 0.3, accepted_first_pass=draw.random() < 0.7,
        first_decision_at_utc=noon(won + timedelta(3)),
    )  # fmt: skip
    kickoff = draw.choice([None, won + timedelta(draw.randrange(-2, 30))])
    closed = draw.choice([None, won + timedelta(draw.randrange(30, 60))])
    facts.project(key * 10, key, created=won, kickoff=kickoff, closed=closed, team=draw.choice(["P", "Q"]))
    for number in range(draw.randrange(3)):
        facts.change(
            key * 100 + number, key * 10, key, decided=won + timedelta(draw.randrange(50)), state=draw.choice(["approved", "rejected"]),
            origin=draw.choice(["client", "sales_gap", "unknown"]),
        )  # fmt: skip
    facts.hours(key * 10, won + timedelta(draw.randrange(40)), draw.randrange(1, 4_000) / 100)
    facts.add(
        "core.unbilled_change_hour", change_id=key * 100, project_id=key * 10, ticket_id=key * 100, action_id=1,
        hours=draw.randrange(1, 40), unbilled_from_day=won + timedelta(40), billed_day=None, removed_day=None, is_billing_known=True,
    )  # fmt: skip
    state = draw.choice(["complete", "complete", "uncosted"])
    for number in range(20):
        sunday = won - timedelta(won.weekday()) + timedelta(6 + 7 * number)
        cost = draw.randrange(400, 1_200) + draw.randrange(10_000) / 10_000
        facts.margin(
            key * 10, key, sunday, sold=(1_000, 600), now=(1_000, cost), delivered=closed is not None and sunday >= closed, state=state
        )
    detected = noon(won)
    facts.gap(key, detected, state="resolved", resolved=detected + timedelta(draw.randrange(20)), due=detected + timedelta(10))
    facts.gap(key, detected, escalated=detected + timedelta(3), acknowledged=draw.choice([None, detected + timedelta(5)]))
    facts.decision(key, won, due_at_utc=detected + timedelta(9), kind="assumption", is_assumption_false=draw.random() < 0.3)
    facts.add(
        "marts.fact_approval", approval_key=key, handoff_key=facts.key("handoff", key), project_key=facts.key("project", key * 10),
        result="accepted", requested_at_utc=detected, decided_at_utc=detected + timedelta(seconds=draw.randrange(120)), kind="signoff",
        has_moments=True,
    )  # fmt: skip
    facts.add(
        "marts.fact_override", override_key=key, handoff_key=facts.key("handoff", key), state="approved", approved_at_utc=detected,
        expires_at_utc=detected + timedelta(30),
    )  # fmt: skip


Figure = dict[str, Any]


def _segments(member: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "all", 0
    for kind, column in [("sales_agent", "sales_agent_key"), ("client", "client_key")]:
        if member[column]:
            yield kind, member[column]
    for kind in ("sales_team", "delivery_team", "deal_type", "service_template", "change_origin"):
        if member[kind] is not None:
            yield kind, member[kind]


def _summed(facts: Facts) -> dict[tuple[str, date, str, object], Figure]:
    """The sums of the member rows, in Python."""
    names = {facts.key("metric", row["metric"]): row["metric"] for row in facts.tenant.rows("policy.metric")}
    sums: dict[tuple[str, date, str, object], Figure] = defaultdict(lambda: dict.fromkeys((*PARTS, "n", "n_excluded"), 0))
    for member in facts.tenant.rows("kpi.kpi_member"):
        for kind, segment in _segments(member):
            figure = sums[names[member["metric_key"]], member["week_start"], kind, segment]
            for part in PARTS:
                figure[part] += member[part] or 0
            figure["n"] += member["is_counted"] and member["record"] != "change"
            figure["n_excluded"] += not member["is_counted"]
    _add_exposure(sums)
    return sums


def _add_exposure(sums: dict[tuple[str, date, str, object], Figure]) -> None:
    weeks = {week for (metric, week, kind, _), figure in sums.items() if metric == FREQUENCY and kind == "all" and figure["n"]}
    for metric in ORIGIN_CUTS:
        for week in weeks:
            whole = sums[metric, week, "all", 0]
            for origin in ("client", "sales_gap", "unknown"):
                cut = sums[metric, week, "change_origin", origin]
                if metric != "unbilled_scope_hours":
                    cut["denominator"] += whole["denominator"]
                    cut["n"] += whole["n"]


def test_every_figure_is_the_sum_of_its_members(random_world: Facts) -> None:
    sums = _summed(random_world)
    rows = random_world.points()
    seen = set()
    for row in rows:
        segment = row["segment_key"] if row["segment_type"] in {"all", "sales_agent", "client"} else row["segment"]
        key = (row["metric"], row["week_start"], row["segment_type"], segment)
        seen.add(key)
        figure = sums.get(key, dict.fromkeys((*PARTS, "n", "n_excluded"), 0))
        counted = int(figure["denominator"]) if row["metric"] == "scope_changes_per_100h" else figure["n"]
        assert (row["n"], row["n_excluded"]) == (counted, figure["n_excluded"]), key
        for part in PARTS:
            assert row[part] is None or row[part] == pytest.approx(figure[part], abs=1e-9), (key, part)
    assert {key for key in sums if key[2] != "all"} == {key for key in seen if key[2] != "all"}


def test_every_metric_has_members_in_the_random_world(random_world: Facts) -> None:
    found = {row["metric_key"] for row in random_world.tenant.rows("kpi.kpi_member")}

    assert found == {random_world.key("metric", row["metric"]) for row in random_world.tenant.rows("policy.metric")}


def test_all_is_the_sum_of_the_clients_where_every_record_has_one(random_world: Facts) -> None:
    rows = random_world.points("aggregation in ('ratio', 'mean', 'ratio_difference') and numerator is not null")
    totals: dict[tuple[str, date, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows:
        if row["segment_type"] in {"all", "client"}:
            total = totals[row["metric"], row["week_start"], row["segment_type"]]
            total[0] += row["numerator"]
            total[1] += row["denominator"]
    for (metric, week, kind), total in totals.items():
        if kind == "all":
            assert totals.get((metric, week, "client"), [0, 0]) == pytest.approx(total, abs=1e-9), (metric, week)


def test_a_member_is_in_a_metrics_week_once(random_world: Facts) -> None:
    doubled = random_world.tenant.conn.execute(
        "select metric_key, week_start, record, record_key from kpi.kpi_member group by all having count(*) > 1"
    ).fetchall()

    assert doubled == []


def test_a_members_table_is_the_registrys_but_for_run_id(random_world: Facts) -> None:
    described = random_world.tenant.conn.execute("describe kpi.kpi_member").fetchall()
    declared = [(column.name, duckdb_type(column).upper().replace(", ", ",")) for column in TABLES["kpi_member"].columns[:-1]]

    assert [(row[0], row[1]) for row in described] == declared
    assert random_world.tenant.rows("kpi.kpi_member", "source_url is null or happened_on is null") == []
