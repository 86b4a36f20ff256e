"""Members and segments of a hand-made world: approvals, gaps, what nothing logs yet, and how a metric is cut, by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from handoff_pipeline.simulator.truth import Timeline
from tests.oracle import expected
from tests.oracle.hand_made import DEAL, PROJECT, WEB, asked, at, delivered, members, night, one, sold, weekly, with_gaps, world
from tests.oracle.keys import key
from tests.oracle.kpis import NOT_LOGGED_YET, SOURCES, WITHOUT_A_SCRIPT, metrics_without_members
from tests.oracle.metrics import METRICS

Row = dict[str, Any]
WIN_WEEK = date(2026, 7, 6)


@pytest.mark.parametrize(("minutes", "seconds", "share"), [(1, 0, 1.0), (1, 1, 0.0)])
def test_an_approval_within_a_minute_is_a_rubber_stamp(policy: dict[str, Any], minutes: int, seconds: int, share: float):
    signoffs = (asked(1, "rejected", minutes, seconds), asked(2, "pending", 0))
    tables = expected(sold(signoffs=signoffs), policy, [night(7, 10)], WEB)

    assert weekly(tables, "approval_under_a_minute_rate", WIN_WEEK)["value"] == share
    assert sorted(row["result"] for row in tables["fact_approval"]) == ["pending", "rejected"]
    assert len(members(tables, "approval_under_a_minute_rate")) == 1


def test_an_approval_from_before_it_was_asked_for_is_left_out(policy: dict[str, Any]):
    tables = expected(sold(signoffs=(asked(1, "rejected", -1),)), policy, [night(7, 10)], WEB)
    row = weekly(tables, "approval_under_a_minute_rate", WIN_WEEK)

    assert (row["n"], row["n_excluded"], row["value"]) == (0, 1, None)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (at(7, 9, 0), "no_moment"),
        # Midnight in London's summer
        (at(7, 8, 23), "no_moment"),
        (at(7, 9, 23) + timedelta(seconds=1), None),
    ],
)
def test_an_approval_of_which_only_the_day_is_told_is_left_out(policy: dict[str, Any], moment: datetime, said: str | None):
    signoff = replace(asked(1, "rejected", 0), decided_at=moment)
    tables = expected(sold(signoffs=(signoff,)), policy, [night(7, 10)], WEB)

    assert [row["exclusion"] for row in members(tables, "approval_under_a_minute_rate")] == [said]
    assert one(tables, "fact_approval")["has_moments"] is (said is None)


def test_an_acceptance_that_became_void_is_an_approval_of_its_own_result(policy: dict[str, Any]):
    deal = replace(DEAL, kickoff_committed=Timeline(((at(7, 1), date(2026, 7, 15)), (at(7, 11), date(2026, 7, 22)))))
    nights = [night(7, day) for day in (10, 12)]
    results = [
        one(expected(sold(deals=(deal,), signoffs=(asked(1, "accepted", 5),)), policy, nights[: place + 1], WEB), "fact_approval")["result"]
        for place in range(2)
    ]

    assert results == ["accepted", "void"]


def test_gaps_are_waited_for_in_business_hours_and_moot_ones_are_censored_then(policy: dict[str, Any]):
    tables = expected(with_gaps(), policy, [night(7, day) for day in (7, 8, 10, 14)], WEB)
    by_week = [
        sorted((row["duration"], row["is_event"]) for row in members(tables, "gap_resolution_hours", week))
        for week in (WIN_WEEK, date(2026, 7, 13))
    ]

    # 7, 8 and 9 July to the night of the 10th; open by Sunday the 12th: the 10th as well; moot on the night of the 14th: Monday, too
    assert by_week == [[(25.5, True), (34.0, False)], [(25.5, True), (42.5, False)]]
    assert weekly(tables, "gap_resolution_hours", date(2026, 7, 13))["value"] == 25.5


def test_what_nobody_logged_has_a_row_of_nobody_for_every_week(policy: dict[str, Any]):
    tables = expected(delivered(), policy, [night(8, 21)], WEB)
    weeks = {row["week_start"] for row in tables["kpi_weekly"]}

    assert metrics_without_members() == NOT_LOGGED_YET
    assert {source.__name__ for source in SOURCES} <= set(METRICS)
    for metric in WITHOUT_A_SCRIPT:
        rows = [row for row in tables["kpi_weekly"] if row["metric_key"] == key("acme", "metric", metric)]
        assert {row["week_start"] for row in rows} == weeks
        told = (0.0, "no_target") if metric == "expired_overrides_open" else (None, "not_enough_data")
        assert {(row["segment_type"], row["n"], row["value"], row["status"]) for row in rows} == {("all", 0, *told)}


def kinds(rows: list[Row]) -> Iterator[tuple[str, str]]:
    return ((row["segment_type"], row["segment"]) for row in rows)


def test_a_deal_is_cut_as_it_was_won_and_by_its_first_projects_team(policy: dict[str, Any]):
    deal = replace(DEAL, deal_type="Security Project", service_template="Firewall")
    tables = expected(sold(deals=(deal,)), policy, [night(7, 10)], WEB)
    rows = [row for row in tables["kpi_weekly"] if row["metric_key"] == key("acme", "metric", "handoff_completeness")]

    assert sorted(kinds(rows)) == [
        ("all", "all"),
        ("client", "Acme"),
        ("deal_type", "Security Project"),
        ("delivery_team", "Projects"),
        ("sales_agent", "Sam Seller"),
        ("sales_team", "Sales North"),
        ("service_template", "Firewall"),
    ]
    by_type = {row["segment_type"]: row["segment_key"] for row in rows}
    assert by_type["client"] == key("acme", "client", 11)
    assert by_type["sales_agent"] == key("acme", "agent", 10)
    assert by_type["deal_type"] == key("acme", "deal_type", "Security Project")


def test_a_project_without_a_deal_is_cut_by_its_own_client_and_team_alone(policy: dict[str, Any]):
    tables = expected(world(projects=(replace(PROJECT, deal_id=None),)), policy, [night(7, 10)], WEB)
    rows = [row for row in tables["kpi_weekly"] if row["metric_key"] == key("acme", "metric", "scope_change_frequency")]

    assert sorted(kinds(rows)) == [("all", "all"), ("client", "Acme"), ("delivery_team", "Projects")]
    assert {row["handoff_key"] for row in members(tables, "scope_change_frequency")} == {0}


def test_an_origin_cuts_the_changes_and_keeps_the_projects_of_all(policy: dict[str, Any]):
    other = replace(PROJECT, project_id=7, deal_id=None, tasks=())
    truth = delivered(projects=(delivered().projects[0], other))
    tables = expected(truth, policy, [night(8, 21)], WEB)
    cut, every, later = (
        weekly(tables, "scope_change_frequency", week, kind)
        for week, kind in [(date(2026, 8, 3), "change_origin"), (date(2026, 8, 3), "all"), (date(2026, 8, 10), "change_origin")]
    )

    assert (cut["segment"], cut["numerator"], cut["denominator"], cut["n"]) == ("sales_gap", 1.0, 2.0, 2)
    assert (every["numerator"], every["denominator"]) == (1.0, 2.0)
    assert (later["numerator"], later["denominator"]) == (0.0, 2.0)


def test_a_segment_has_rows_only_where_the_metric_has_a_member(policy: dict[str, Any]):
    tables = expected(delivered(), policy, [night(8, 21)], WEB)
    rows = [row for row in tables["kpi_weekly"] if row["metric_key"] == key("acme", "metric", "kickoff_delay_rate")]

    assert [row["week_start"] for row in rows if row["segment_type"] == "sales_team"] == [date(2026, 7, 13)]
    assert len([row for row in rows if row["segment_type"] == "all"]) == 7


def test_a_deal_that_is_won_no_more_is_in_no_metric_but_of_its_gaps(policy: dict[str, Any]):
    tables = expected(with_gaps(), policy, [night(7, 7), night(7, 14)], WEB)

    of_gaps = {key("acme", "metric", name) for name in ("gap_resolution_hours", "gap_within_sla_rate")}
    assert {row["metric_key"] for row in tables["kpi_member"]} == of_gaps


def test_the_policys_own_targets_are_rows_of_the_policy(policy: dict[str, Any]):
    team = {"metric": "kickoff_delay_rate", "segment_type": "sales_team", "segment": "Sales North", "due": date(2026, 10, 1)}
    targets = [{"metric": "no_commit_rate", "low": 0.2, "due": date(2026, 12, 31)}, {**team, "low": 0.3, "high": 0.1, "source": "Board"}]
    first, second = expected(sold(), {**policy, "targets": targets}, [night(7, 10)], WEB)["kpi_target"]

    assert (first["kind"], first["segment_type"], first["segment_key"], first["high"], first["source"]) == (
        "policy", "all", 0, None, "targets[1]",
    )  # fmt: skip
    assert (second["segment_key"], second["source"], second["high"]) == (key("acme", "sales_team", "Sales North"), "Board", 0.1)


def test_a_project_of_long_ago_is_reported_for_260_weeks_and_stays_a_member_of_the_others(policy: dict[str, Any]):
    old = replace(PROJECT, project_id=9, created_at=at(7, 1).replace(year=2019), deal_id=None)
    tables = expected(world(projects=(old,)), policy, [night(7, 22)], WEB)
    weeks = sorted(row["week_start"] for row in tables["kpi_weekly"] if row["metric_key"] == key("acme", "metric", "first_pass_acceptance"))

    assert (weeks[0], weeks[-1], len(weeks)) == (date(2021, 8, 2), date(2026, 7, 20), 260)
    assert weekly(tables, "scope_change_frequency", weeks[0])["denominator"] == 1.0
    assert len(members(tables, "scope_change_frequency")) == 369
