"""Handoffs of hand-made worlds: what was sold, gaps, sign-off and committed dates, each worked out by hand in the test."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from handoff_pipeline.simulator.truth import Appointment, Milestone, Signoff, Timeline
from tests.oracle import expected
from tests.oracle.hand_made import DEAL, LINES, PROJECT, QUOTE, WEB, always, at, night, one, world
from tests.oracle.keys import key, utc


def test_a_sale_sums_what_was_accepted_once(policy: dict[str, Any]):
    row = one(
        expected(world(deals=(DEAL,), quotes=(QUOTE,)), policy, [night(7, 6), night(7, 7)], WEB),
        "fact_handoff",
        handoff_key=key("acme", "handoff", 1),
    )

    # 300 x 140 + 2 x 4,000; cost 300 x 80 + 2 x 3,000; 10 x 5 a month for a year; no heading, no option that was not taken
    assert (row["sold_revenue"], row["sold_cost"], row["sold_recurring_annual"]) == (Decimal(50_000), Decimal(30_000), Decimal(600))
    assert (row["sold_hours"], row["sold_margin_pct"], row["below_margin_floor"]) == (Decimal(300), 40.0, False)
    assert (row["sold_basis"], row["history_basis"], row["score_at_won"]) == ("quotation", "observed", 100.0)


def test_a_revision_and_a_rate_change_what_was_sold(policy: dict[str, Any]):
    revision = replace(QUOTE, quote_id=502, revised_from=501, currency="EUR", lines=(replace(LINES[2], discount_pct=Decimal(10)),))
    tables = expected(world(deals=(DEAL,), quotes=(QUOTE, revision)), policy, [night(7, 7)], WEB)
    row = one(tables, "fact_handoff")

    assert (row["sold_revenue"], row["currency"], row["currency_state"]) == (Decimal(7_200), "EUR", "converted")
    assert row["sold_revenue_base"] == Decimal("6156.0000")  # at 0.8550, the rate since 1 April
    assert row["sold_basis"] == "quotation_first_seen"
    assert one(tables, "fact_handoff_check", item_key=key("acme", "item", "margin_floor"), stage="won")["result"] == "missing"


def test_what_is_accepted_after_the_freeze_was_not_sold(policy: dict[str, Any]):
    late = replace(QUOTE, quote_id=503, accepted_at=at(7, 9))
    row = one(expected(world(deals=(DEAL,), quotes=(QUOTE, late)), policy, [night(7, 7), night(7, 10)], WEB), "fact_handoff")

    assert row["sold_revenue"] == Decimal(50_000)


def test_a_gap_opens_when_seen_and_ends_when_met_or_moot(policy: dict[str, Any]):
    deal = replace(
        DEAL,
        dependencies=Timeline(((at(7, 1), "TBC"), (at(7, 9), "Client orders the new line"))),
        acceptance_criteria=Timeline(((at(7, 1), "It works"),)),
        status=Timeline((*DEAL.status.steps, (at(7, 13), "lost"))),
    )
    tables = expected(world(deals=(deal,), quotes=(QUOTE,)), policy, [night(7, 7), night(7, 8), night(7, 10), night(7, 14)], WEB)
    resolved = one(tables, "fact_gap", item_key=key("acme", "item", "dependencies"))
    moot = one(tables, "fact_gap", item_key=key("acme", "item", "acceptance_criteria"))

    assert resolved["gap_key"] == key("acme", "gap", "1|dependencies|2026-07-07T01:30:00")
    assert (resolved["state"], resolved["open_hours"]) == ("resolved", 3 * 8.5)  # 7, 8 and 9 July, to the night of the 10th
    assert (moot["state"], moot["resolved_at_utc"], moot["open_hours"]) == ("moot", utc(night(7, 14)), 5 * 8.5)
    assert one(tables, "fact_handoff")["score_at_won"] == pytest.approx(100 * (30 + 25 + 20 + 0 + 7.5) / 100)
    check = one(tables, "fact_handoff_check", item_key=key("acme", "item", "dependencies"), stage="latest")
    assert check["checked_at_utc"] == utc(night(7, 10))


def test_a_missing_hard_item_caps_the_score_and_is_a_bypass(policy: dict[str, Any]):
    deal = replace(DEAL, signed_scope_date=Timeline())
    tables = expected(world(deals=(deal,), quotes=(QUOTE,)), policy, [night(7, 7)], WEB)

    assert one(tables, "fact_handoff")["score_at_won"] == 60  # 85 by weight
    assert one(tables, "fact_bypass")["bypass_key"] == key("acme", "bypass", "won_without_checklist|1|0|")


def test_a_deal_from_before_go_live_opens_nothing(policy: dict[str, Any]):
    early = replace(DEAL, status=Timeline(((at(5, 1), "open"), (at(5, 31, 22, 59), "won"))), created_at=at(5, 1), dependencies=Timeline())
    tables = expected(world(deals=(early,)), policy, [night(7, 7)], WEB)

    assert one(tables, "dim_handoff", handoff_id=1)["is_historic"] is True
    assert not tables["fact_gap"]
    assert not tables["fact_bypass"]


@pytest.mark.parametrize(
    ("pilot", "is_in"),
    [
        ({}, False),
        ({"teams": [DEAL.team], "agents": [DEAL.agent_id]}, True),
        ({"teams": [DEAL.team], "clients": ["Nobody"]}, False),
    ],
)
def test_a_live_deal_is_in_the_pilot_when_it_is_in_every_list(policy: dict[str, Any], pilot: dict[str, Any], is_in: bool):
    tables = expected(world(deals=(DEAL,)), {**policy, "rollout": {"pilot": pilot}}, [night(7, 7)], WEB)

    assert one(tables, "dim_handoff", handoff_id=1)["in_pilot"] is is_in


def test_a_win_of_sunday_night_in_utc_is_a_win_of_monday_in_london(policy: dict[str, Any]):
    late = replace(DEAL, status=Timeline(((at(7, 1), "open"), (at(7, 5, 23, 15), "won"))))
    tables = expected(world(deals=(late,)), policy, [night(7, 7)], WEB)

    assert one(tables, "fact_handoff")["won_date_key"] == 20260706
    assert one(tables, "kpi_weekly", metric_key=key("acme", "metric", "handoff_completeness"), segment_type="all")["week_start"] == date(
        2026, 7, 6
    )


def test_an_edit_after_the_acceptance_voids_it_and_moves_no_frozen_date(policy: dict[str, Any]):
    deal = replace(DEAL, kickoff_committed=Timeline(((at(7, 1), date(2026, 7, 15)), (at(7, 11), date(2026, 7, 22)))))
    signoff = Signoff(1, 2, 30, at(7, 9), "accepted", at(7, 9, 15))
    kickoff = Appointment(9, 2, 30, "Kickoff", at(7, 10), always(at(7, 15, 9), at(7, 10)), at(7, 15, 10))
    truth = world(deals=(deal,), quotes=(QUOTE,), projects=(PROJECT,), signoffs=(signoff,), appointments=(kickoff,))
    tables = expected(truth, policy, [night(7, day) for day in (7, 9, 10, 11, 12, 16)], WEB)
    row = one(tables, "fact_handoff")

    assert (row["signoff_state"], row["signed_off_at_utc"]) == ("void", utc(at(7, 9, 15)))
    assert (row["kickoff_committed_date"], row["commit_basis"]) == (date(2026, 7, 15), "frozen")
    assert (row["kickoff_without_signoff"], row["kickoff_state"], row["days_to_kickoff"], row["kickoff_delay_days"]) == (
        True,
        "kicked_off",
        9,
        0,
    )
    assert {bypass["kind"] for bypass in tables["fact_bypass"]} == {"edited_after_signoff", "kickoff_without_signoff"}
    edited = one(tables, "fact_bypass", kind="edited_after_signoff")
    assert edited["happened_at_utc"] == utc(night(7, 12))


@pytest.mark.parametrize(("agent_id", "state"), [(30, "accepted"), (10, "none"), (99, "none")])
def test_only_delivery_decides_and_never_the_seller(policy: dict[str, Any], agent_id: int, state: str):
    signoff = Signoff(1, 2, agent_id, at(7, 9), "accepted", at(7, 9, 15))
    tables = expected(world(deals=(DEAL,), quotes=(QUOTE,), projects=(PROJECT,), signoffs=(signoff,)), policy, [night(7, 10)], WEB)

    assert one(tables, "fact_handoff")["signoff_state"] == state


def test_without_a_date_of_its_own_a_deal_has_the_policys(policy: dict[str, Any]):
    tables = expected(world(deals=(replace(DEAL, kickoff_committed=Timeline()),)), policy, [night(7, 7)], WEB)
    row = one(tables, "fact_handoff")

    assert (row["kickoff_committed_date"], row["commit_basis"]) == (date(2026, 7, 20), "policy_default")


def test_a_milestone_plans_a_kickoff_only_where_the_policy_names_it(policy: dict[str, Any]):
    stone = Milestone(1, "Kickoff", 1, date(2026, 7, 20), at(7, 9))
    truth = world(deals=(DEAL,), quotes=(QUOTE,), projects=(replace(PROJECT, milestones=(stone,)),))
    named = {**policy, "kickoff": {**policy["kickoff"], "milestones": ["Kickoff"]}}
    plans = [one(expected(truth, rules, [night(7, 9), night(7, 10)], WEB), "fact_handoff") for rules in (policy, named)]

    assert [row["kickoff_scheduled_at_utc"] for row in plans] == [None, utc(at(7, 20, 11))]
    assert plans[1]["kickoff_schedule_seen_at_utc"] == utc(night(7, 10))
