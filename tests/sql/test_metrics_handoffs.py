"""The metrics of won deals and their kickoffs, each with a worked example."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.sql.metric_facts import AS_OF, Facts, day, monday, noon

WON = day(7, 6)


def parts(facts: Facts, metric: str, when: date = WON) -> tuple[float | None, float | None, int, int]:
    row = facts.point(metric, when)
    return row["numerator"], row["denominator"], row["n"], row["n_excluded"]


def test_completeness_is_the_mean_score_of_the_deals_won_in_the_week(facts: Facts) -> None:
    for key, score in enumerate([60.0, 80.0, 100.0, None], start=1):
        facts.won(key, WON, score_at_won=score)
    row = facts.built().point("handoff_completeness", WON)

    assert (row["value"], row["numerator"], row["denominator"], row["sum_of_squares"]) == (80, 240, 3, 20_000)
    assert (row["n"], row["n_excluded"]) == (3, 1)
    assert [each["exclusion"] for each in facts.members("handoff_completeness") if not each["is_counted"]] == ["no_score"]


def test_first_pass_belongs_to_the_local_week_of_the_first_decision(facts: Facts) -> None:
    for key, accepted in enumerate([True, True, False], start=1):
        facts.won(key, WON, first_decision_at_utc=noon(day(7, 16)), accepted_first_pass=accepted)
    # Sunday 23:30 UTC is Monday in London's summer.
    facts.won(4, WON, first_decision_at_utc=datetime(2026, 7, 19, 23, 30), accepted_first_pass=False)
    facts.won(5, WON)
    facts.built()

    assert parts(facts, "first_pass_acceptance", day(7, 16)) == (2, 3, 3, 0)
    assert parts(facts, "first_pass_acceptance", day(7, 20)) == (0, 1, 1, 0)


def test_a_kickoff_is_late_after_the_committed_day_or_not_at_all(facts: Facts) -> None:
    committed = day(7, 15)
    for key, (kickoff, cancelled) in enumerate(
        [
            (committed, None),
            (day(7, 16), None),
            (None, None),
            (None, committed),  # cancelled by then: left out
            (None, day(7, 16)),  # cancelled since: late
        ],
        start=1,
    ):
        facts.won(key, WON, kickoff_committed_date=committed)
        facts.project(key * 10, key, created=WON, kickoff=kickoff, cancelled=cancelled)
    facts.built()

    assert parts(facts, "kickoff_delay_rate", committed) == (3, 4, 4, 1)
    assert facts.point("kickoff_delay_rate", committed)["value"] == 0.75
    assert {each["exclusion"] for each in facts.members("kickoff_delay_rate")} == {None, "cancelled"}


def test_a_committed_day_counts_from_the_day_after_it(facts: Facts) -> None:
    facts.won(1, WON, kickoff_committed_date=day(11, 30))
    facts.won(2, WON, kickoff_committed_date=day(12, 1))
    facts.built()

    assert parts(facts, "kickoff_delay_rate", day(11, 30)) == (1, 1, 1, 0)


def test_a_commitment_counts_that_was_seen_within_56_days_of_the_win(facts: Facts) -> None:
    for key, seen in enumerate([day(7, 1), WON + timedelta(56), WON + timedelta(57), None], start=1):
        facts.won(key, WON, seen=seen)
    facts.built()

    assert parts(facts, "no_commit_rate") == (2, 4, 4, 0)


def test_an_override_counts_that_was_approved_within_56_days_of_the_win(facts: Facts) -> None:
    cases = [(WON + timedelta(56), "closed"), (WON + timedelta(57), "approved"), (None, "requested"), (WON, "refused"), (None, None)]
    for key, (approved, state) in enumerate(cases, start=1):
        facts.won(key, WON)
        if state:
            facts.add(
                "marts.fact_override", override_key=key, handoff_key=facts.key("handoff", key), state=state,
                approved_at_utc=approved and noon(approved), expires_at_utc=noon(day(12, 31)),
            )  # fmt: skip
    facts.built()

    assert parts(facts, "override_rate") == (1, 5, 5, 0)


def golden(facts: Facts) -> None:
    """The contract's curve: deals won on 7 September that kicked off after so many days, or were cancelled."""
    cases = [(3, 1), (5, 1), (6, 0), (7, 1), (8, 0), (10, 1), (12, 1), (14, 0), (21, 0), (30, 0)]
    for key, (days, happened) in enumerate(cases, start=1):
        ended = day(9, 7) + timedelta(days)
        facts.won(key, day(9, 7))
        facts.project(key * 10, key, created=day(9, 7), kickoff=ended if happened else None, cancelled=None if happened else ended)


def test_the_golden_curve_has_its_events_and_its_censored(facts: Facts) -> None:
    golden(facts)
    facts.built()

    after_all = [(3, 1, 0), (5, 1, 0), (6, 0, 1), (7, 1, 0), (8, 0, 1), (10, 1, 0), (12, 1, 0), (14, 0, 1), (21, 0, 1), (30, 0, 1)]
    assert facts.durations("days_to_kickoff_median", day(10, 5)) == after_all
    # As of Sunday, 6 days after the win, nobody knows what came later.
    assert facts.durations("days_to_kickoff_median", day(9, 7)) == [(3, 1, 0), (5, 1, 0), (6, 0, 8)]


@pytest.mark.parametrize("metric", ["days_to_kickoff_median", "kickoff_within_target"])
def test_both_metrics_of_the_curve_count_the_same_deals_and_leave_the_value_to_it(facts: Facts, metric: str) -> None:
    golden(facts)
    facts.won(11, day(9, 7))
    facts.project(110, 11, created=day(9, 1), kickoff=day(9, 6))
    row = facts.built().point(metric, day(9, 7))

    assert (row["value"], row["numerator"], row["denominator"], row["n"], row["n_excluded"]) == (None, None, None, 10, 1)
    assert [each["exclusion"] for each in facts.members(metric, day(9, 7)) if not each["is_counted"]] == ["kickoff_before_won"]


@pytest.mark.parametrize("won", [WON, WON + timedelta(6)], ids=["monday", "sunday"])
def test_a_deal_is_in_the_curve_of_13_weeks(facts: Facts, won: date) -> None:
    facts.won(1, won)
    weeks = sorted(each["week_start"] for each in facts.built().members("days_to_kickoff_median"))

    assert weeks == [WON + timedelta(weeks=number) for number in range(13)]


def test_in_the_running_week_the_curve_ends_with_the_as_ofs_day(facts: Facts) -> None:
    facts.won(1, day(11, 30))

    assert facts.built().durations("days_to_kickoff_median", day(11, 30)) == [(1, 0, 1)]


def test_kickoffs_without_signoff_are_charted_in_the_order_of_their_days(facts: Facts) -> None:
    for key, (kickoff, without) in enumerate([(day(7, 22), True), (day(7, 20), False), (day(7, 29), True), (None, None)], start=1):
        facts.won(key, WON, kickoff_without_signoff=without)
        facts.project(key * 10, key, created=WON, kickoff=kickoff)
    facts.built()
    order = facts.tenant.rows("kpi.event_order", "metric = 'kickoff_without_signoff' and segment_type = 'all'")

    assert parts(facts, "kickoff_without_signoff", day(7, 20)) == (1, 2, 2, 0)
    assert sorted((row["position"], row["is_event"], row["week_start"]) for row in order) == [
        (1, False, day(7, 20)),
        (2, True, day(7, 20)),
        (3, True, day(7, 27)),
    ]


def test_a_kickoff_recorded_for_a_week_to_come_is_in_no_week_yet(facts: Facts) -> None:
    facts.won(1, WON, kickoff_without_signoff=True)
    facts.project(10, 1, created=WON, kickoff=day(12, 10))

    assert facts.built().members("kickoff_without_signoff") == []


def test_a_missed_assumption_is_a_false_one_or_a_gap_of_the_sale_within_56_days(facts: Facts) -> None:
    kickoff = day(7, 20)
    for key in range(1, 8):
        facts.won(key, WON)
        facts.project(key * 10, key, created=WON, kickoff=None if key == 7 else kickoff)
    facts.decision(1, kickoff + timedelta(56), kind="assumption", is_assumption_false=True)
    facts.decision(2, kickoff + timedelta(57), kind="assumption", is_assumption_false=True)
    facts.decision(3, kickoff, kind="assumption", is_assumption_false=False)
    facts.decision(4, kickoff, kind="scope_conflict", is_assumption_false=True)
    facts.project(51, 5, created=WON)
    facts.change(1, 51, 5, state="rejected", origin="sales_gap", raised=kickoff + timedelta(56))
    facts.change(2, 60, 6, origin="client", raised=kickoff)
    facts.built()
    missed = {row["handoff_key"] for row in facts.members("missed_assumption_rate") if row["numerator"]}

    assert parts(facts, "missed_assumption_rate", kickoff) == (2, 6, 6, 0)
    assert missed == {facts.key("handoff", 1), facts.key("handoff", 5)}


@pytest.mark.parametrize("state", ["reopened", "lost", "merged", "deleted"])
def test_only_what_is_won_now_counts(facts: Facts, state: str) -> None:
    facts.won(1, WON, state=state, score_at_won=80.0, kickoff_committed_date=day(7, 15), first_decision_at_utc=noon(WON))
    facts.project(10, 1, created=WON, kickoff=WON, closed=day(7, 20))
    facts.margin(10, 1, day(9, 20), sold=(100, 60), now=(100, 70))
    counted = {row["metric"] for row in facts.built().points("n + n_excluded > 0")}

    assert counted == {"scope_change_frequency"}


FOLLOWED = {"no_commit_rate", "missed_assumption_rate", "margin_erosion_pp", "margin_erosion_amount", "override_rate"}


def test_a_week_is_partial_until_it_is_over_and_its_follow_up_too(facts: Facts) -> None:
    facts.won(1, day(9, 7))
    facts.built()
    partial = {week: {row["metric"] for row in facts.points(f"is_partial_week and week_start = date '{week}'")} for week in WEEKS}

    assert partial == {day(9, 28): set(), day(10, 5): FOLLOWED, day(11, 23): FOLLOWED, monday(AS_OF.date()): {*ALL}}


def test_sunday_itself_is_not_over(facts: Facts) -> None:
    facts.won(1, day(9, 7))
    facts.as_of = datetime(2026, 9, 13, 22, tzinfo=AS_OF.tzinfo)
    during = facts.built().point("handoff_completeness", day(9, 7))["is_partial_week"]
    facts.as_of += timedelta(hours=1)

    assert (during, facts.built().point("handoff_completeness", day(9, 7))["is_partial_week"]) == (True, False)


def test_every_metric_has_every_week_from_the_first_member_on(facts: Facts) -> None:
    facts.project(7, None, created=day(9, 9))
    facts.won(1, day(10, 5))
    rows = facts.built().points()
    empty = [row for row in rows if row["week_start"] == day(9, 14) and row["metric"] != "scope_change_frequency"]

    assert {row["metric"] for row in rows} == {*ALL}
    assert {row["week_start"] for row in rows} == {day(9, 7) + timedelta(weeks=number) for number in range(13)}
    assert {(row["n"], row["n_excluded"]) for row in empty} == {(0, 0)}
    assert {row["metric"]: row["value"] for row in empty if row["value"] is not None} == {"expired_overrides_open": 0}


def test_no_facts_are_no_weeks(facts: Facts) -> None:
    assert facts.built().points() == []


WEEKS = (day(9, 28), day(10, 5), day(11, 23), day(11, 30))
ALL = (
    "handoff_completeness", "first_pass_acceptance", "kickoff_delay_rate", "no_commit_rate", "days_to_kickoff_median",
    "kickoff_within_target", "kickoff_without_signoff", "scope_change_frequency", "scope_changes_per_100h", "projects_with_change_rate",
    "missed_assumption_rate", "margin_erosion_pp", "margin_erosion_amount", "open_margin_erosion_pp", "unbilled_scope_hours",
    "gap_resolution_hours", "gap_within_sla_rate", "escalation_ack_hours", "decision_overdue_rate", "approval_under_a_minute_rate",
    "override_rate", "expired_overrides_open",
)  # fmt: skip
