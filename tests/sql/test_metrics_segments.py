"""Which segments a record is in, and which rows a segment has."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

import pytest

from tests.sql.metric_facts import Facts, day

WON = day(7, 6)
COMPLETENESS, FREQUENCY = "handoff_completeness", "scope_change_frequency"


def kinds(facts: Facts, metric: str, when: date = WON) -> dict[str, set[str]]:
    """Segments in which a metric has a row in a week, by kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in facts.points(f"metric = '{metric}' and week_start = date '{when}'"):
        found[row["segment_type"]].add(row["segment"])
    return dict(found)


def test_a_handoff_is_in_the_segments_of_its_deal_and_of_its_first_project(facts: Facts) -> None:
    facts.won(1, WON, client=11, agent=10, team="Sales North", deal_type="Cloud", template="M365")
    facts.project(10, 1, created=WON, team="Projects A")
    facts.project(11, 1, created=WON, team="Projects B")

    assert kinds(facts.built(), COMPLETENESS) == {
        "all": {"all"},
        "sales_team": {"Sales North"},
        "sales_agent": {"agent 10"},
        "client": {"client 11"},
        "deal_type": {"Cloud"},
        "service_template": {"M365"},
        "delivery_team": {"Projects A"},
    }


def test_what_is_unknown_is_no_segment(facts: Facts) -> None:
    facts.won(1, WON, client=None, agent=None, team=None, deal_type=None)
    facts.project(10, 1, created=WON, team=None)

    assert kinds(facts.built(), COMPLETENESS) == {"all": {"all"}}


def test_a_second_project_has_the_deals_segments_and_a_delivery_team_of_its_own(facts: Facts) -> None:
    facts.won(1, WON)
    facts.project(11, 1, created=WON, team="Projects B", client=99)
    segments = kinds(facts.built(), FREQUENCY)

    assert (segments["delivery_team"], segments["sales_team"], segments["client"]) == ({"Projects B"}, {"Sales North"}, {"client 11"})


@pytest.mark.parametrize("deal", [None, 1], ids=["without_a_deal", "of_a_deal_that_is_not_won_now"])
def test_a_project_without_a_won_deal_has_a_client_and_a_delivery_team(facts: Facts, deal: int | None) -> None:
    facts.won(1, WON, state="reopened", client=11)
    facts.project(10, deal, created=WON, client=12)

    assert kinds(facts.built(), FREQUENCY) == {"all": {"all"}, "client": {"client 12"}, "delivery_team": {"Projects"}}


def test_a_segment_has_only_the_weeks_in_which_the_metric_has_a_member(facts: Facts) -> None:
    facts.won(1, WON, team="A", score_at_won=50.0)
    facts.won(2, day(7, 20), team="B")
    rows = facts.built().points(f"metric = '{COMPLETENESS}' and segment_type = 'sales_team'")

    assert sorted((row["week_start"], row["segment"], row["n"], row["n_excluded"]) for row in rows) == [
        (WON, "A", 1, 0),
        (day(7, 20), "B", 0, 1),
    ]


def test_a_segments_key_is_the_dimensions_or_the_rule_over_its_text(facts: Facts) -> None:
    facts.won(1, WON, client=11, agent=10, team="Sales North")
    rows = {row["segment_type"]: row["segment_key"] for row in facts.built().points(f"metric = '{COMPLETENESS}'")}

    assert (rows["all"], rows["client"], rows["sales_agent"]) == (0, facts.key("client", 11), facts.key("agent", 10))
    assert rows["sales_team"] == facts.key("sales_team", "Sales North")


def test_agents_of_one_name_are_two_segments(facts: Facts) -> None:
    facts.won(1, WON, agent=10)
    facts.won(2, WON, agent=11)
    facts.tenant.conn.execute("update marts.dim_agent set agent_name = 'Sam'")
    facts.built()
    rows = facts.points(f"metric = '{COMPLETENESS}' and segment_type = 'sales_agent'")
    curve = facts.tenant.rows("kpi.duration", f"segment_type = 'sales_agent' and week_start = date '{WON}'")

    assert [(row["segment"], row["n_excluded"]) for row in rows] == [("Sam", 1), ("Sam", 1)]
    assert {row["segment_key"] for row in curve} == {row["segment_key"] for row in rows}


def test_a_late_night_in_autumn_is_counted_in_the_local_week(facts: Facts) -> None:
    # London leaves summer time on 25 October: 23:30 UTC on Saturday the 24th is Sunday, on Sunday the 25th it is still Sunday.
    facts.won(1, WON, first_decision_at_utc=datetime(2026, 10, 25, 23, 30), accepted_first_pass=True)
    facts.won(2, WON, first_decision_at_utc=datetime(2026, 10, 18, 23, 30), accepted_first_pass=True)
    weeks = sorted(row["week_start"] for row in facts.built().members("first_pass_acceptance"))

    assert weeks == [day(10, 19), day(10, 19)]
