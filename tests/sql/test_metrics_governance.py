"""The metrics of gaps, escalations, decisions, approvals and overrides, each with a worked example."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.sql.metric_facts import Facts, day, noon

FRIDAY = datetime(2026, 7, 17, 15, 30)  # 16:30 in London, an hour before the office closes
MONDAY = datetime(2026, 7, 20, 9)  # 10:00, an hour after it opened
WEEK, NEXT = day(7, 13), day(7, 20)
HOURS, SLA, ACK = "gap_resolution_hours", "gap_within_sla_rate", "escalation_ack_hours"


@pytest.fixture
def deal(facts: Facts) -> Facts:
    """A deal without gaps."""
    facts.won(1, day(7, 6))
    return facts


def test_a_gap_is_closed_after_business_hours_and_open_ones_are_censored(deal: Facts) -> None:
    deal.gap(1, FRIDAY, state="resolved", resolved=MONDAY)
    deal.gap(1, FRIDAY)
    deal.gap(1, FRIDAY, state="waived", resolved=FRIDAY + timedelta(minutes=30))
    deal.gap(1, FRIDAY, state="moot", resolved=MONDAY + timedelta(days=7))
    deal.built()

    # By Sunday nothing was resolved: an hour for each but the one that was waived after half of it.
    assert deal.durations(HOURS, WEEK) == [(0.5, 0, 1), (1, 0, 3)]
    # By the next Sunday the office had been open for 8.5 hours on five days more.
    assert deal.durations(HOURS, NEXT) == [(0.5, 0, 1), (2, 1, 0), (43.5, 0, 2)]
    assert deal.durations(HOURS, day(7, 27)) == [(0.5, 0, 1), (2, 1, 0), (1 + 42.5 + 1, 0, 1), (1 + 85, 0, 1)]
    row = deal.point(HOURS, NEXT)
    assert (row["n"], row["value"], row["numerator"]) == (4, None, None)


def test_in_the_running_week_a_gap_is_open_until_the_as_of(facts: Facts) -> None:
    facts.as_of = facts.as_of.replace(hour=11)
    facts.won(1, day(11, 2))
    facts.gap(1, datetime(2026, 11, 30, 16, 30))
    facts.gap(1, datetime(2026, 12, 1, 10), state="resolved", resolved=facts.as_of.replace(tzinfo=None))

    assert facts.built().durations(HOURS, day(11, 30)) == [(1, 1, 0), (3, 0, 1)]


def test_gaps_due_by_the_week_are_closed_in_time_or_not(deal: Facts) -> None:
    due = noon(day(7, 19))
    deal.gap(1, FRIDAY, state="resolved", resolved=due, due=due)
    deal.gap(1, FRIDAY, state="resolved", resolved=due + timedelta(seconds=1), due=due)
    deal.gap(1, FRIDAY, due=due)
    deal.gap(1, FRIDAY, state="moot", resolved=due, due=due)
    deal.gap(1, FRIDAY, state="waived", resolved=due + timedelta(1), due=due)
    deal.gap(1, FRIDAY, state="resolved", resolved=FRIDAY, due=noon(NEXT))
    deal.gap(1, FRIDAY)
    deal.built()
    first, second = deal.point(SLA, WEEK), deal.point(SLA, NEXT)

    assert (first["numerator"], first["denominator"], first["n"], first["n_excluded"]) == (1, 4, 4, 1)
    assert (second["numerator"], second["denominator"], second["value"]) == (2, 5, 0.4)
    assert {each["exclusion"] for each in deal.members(SLA)} == {None, "moot"}


@pytest.mark.parametrize(("state", "members"), [("lost", 13), ("deleted", 0)])
def test_the_moot_gaps_of_a_lost_deal_are_censored_and_those_of_a_deleted_one_gone(facts: Facts, state: str, members: int) -> None:
    facts.won(1, day(7, 6), state=state)
    facts.gap(1, FRIDAY, state="moot", resolved=MONDAY)

    assert len(facts.built().members(HOURS)) == members


def test_an_escalation_is_acknowledged_after_business_hours(deal: Facts) -> None:
    before = FRIDAY - timedelta(days=2)
    deal.gap(1, before, escalated=FRIDAY, acknowledged=MONDAY)
    deal.gap(1, before, escalated=FRIDAY)
    deal.gap(1, before, state="resolved", escalated=FRIDAY, resolved=FRIDAY + timedelta(minutes=30))
    deal.gap(1, before, escalated=FRIDAY, acknowledged=before)
    deal.gap(1, before)
    deal.decision(None, before.date(), first_escalated_at_utc=FRIDAY, acknowledged_at_utc=FRIDAY + timedelta(minutes=15))
    deal.built()
    row = deal.point(ACK, NEXT)

    assert deal.durations(ACK, WEEK) == [(0.25, 1, 0), (0.5, 0, 1), (1, 0, 2)]
    assert deal.durations(ACK, NEXT) == [(0.25, 1, 0), (0.5, 0, 1), (2, 1, 0), (43.5, 0, 1)]
    assert (row["n"], row["n_excluded"]) == (4, 1)
    assert {each["source_url"] for each in deal.members(ACK)} == {"", "https://acme.halopsa.example/tickets?id=1"}


def test_decisions_are_overdue_as_of_each_sunday(deal: Facts) -> None:
    deal.decision(1, WEEK, due_at_utc=noon(day(7, 19)))
    deal.decision(None, WEEK, due_at_utc=noon(NEXT))
    deal.decision(1, WEEK, due_at_utc=noon(day(7, 14)), closed_at_utc=noon(NEXT), state="closed")
    deal.decision(1, NEXT)
    deal.built()
    figures = [deal.point("decision_overdue_rate", week) for week in (WEEK, NEXT)]

    assert [(row["numerator"], row["denominator"], row["n"]) for row in figures] == [(2, 3, 3), (2, 3, 3)]
    assert figures[0]["value"] == pytest.approx(2 / 3)


def test_approvals_within_a_minute_are_counted_over_those_decided_in_the_week(deal: Facts) -> None:
    asked = noon(WEEK)
    for seconds, result in [(60, "accepted"), (61, "rejected"), (5, "void"), (None, "pending"), (-1, "accepted"), (3_600, "accepted")]:
        deal.add(
            "marts.fact_approval", approval_key=1_000 + (seconds or 0), handoff_key=deal.key("handoff", 1), project_key=0, result=result,
            requested_at_utc=asked, decided_at_utc=None if seconds is None else asked + timedelta(seconds=seconds), kind="signoff",
            has_moments=True,
        )  # fmt: skip
    row = deal.built().point("approval_under_a_minute_rate", WEEK)

    assert (row["numerator"], row["denominator"], row["n"], row["n_excluded"]) == (1, 3, 3, 1)
    assert {each["exclusion"] for each in deal.members("approval_under_a_minute_rate")} == {None, "decided_before_request"}


def test_an_approval_whose_moments_nobody_knows_is_left_out(deal: Facts) -> None:
    asked = noon(WEEK)
    for key, has_moments in enumerate((True, False, False), start=1):
        deal.add(
            "marts.fact_approval", approval_key=key, handoff_key=deal.key("handoff", 1), project_key=0, result="accepted", kind="signoff",
            requested_at_utc=asked, decided_at_utc=asked - timedelta(seconds=60 * (key - 2)), has_moments=has_moments,
        )  # fmt: skip
    row = deal.built().point("approval_under_a_minute_rate", WEEK)

    assert (row["numerator"], row["denominator"], row["n"], row["n_excluded"]) == (1, 1, 1, 2)
    assert {each["exclusion"] for each in deal.members("approval_under_a_minute_rate")} == {None, "no_moment"}


def test_expired_overrides_are_open_from_their_last_moment_on(deal: Facts) -> None:
    for key, (approved, state) in enumerate([(WEEK, "expired"), (WEEK, "approved"), (WEEK, "closed"), (None, "requested")], start=1):
        deal.add(
            "marts.fact_override", override_key=key, handoff_key=deal.key("handoff", 1), state=state,
            approved_at_utc=approved and noon(approved), expires_at_utc=noon(NEXT) if key == 1 else noon(day(7, 27)),
        )  # fmt: skip
    deal.built()
    weeks = [deal.point("expired_overrides_open", week) for week in (WEEK, NEXT, day(7, 27))]

    assert [(row["value"], row["n"], row["denominator"]) for row in weeks] == [(0, 0, None), (1, 1, None), (2, 2, None)]
