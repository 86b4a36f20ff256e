"""`handoff explain handoff ID`, on published tables with just the rows that a test needs."""

from __future__ import annotations

import pytest

from handoff_pipeline.commands.exits import Exit

TITLE = "[bold]Move to\x1b[31m the cloud[/bold]"


@pytest.fixture
def deal(publish):
    """One won deal with two checked items, a gap and a project."""
    publish("dim_client", client_key=5, client_name="Acme [Ltd]")
    publish("dim_agent", agent_key=6, agent_name="Sam Seller")
    publish(
        "dim_handoff", handoff_key=1, handoff_id=1042, title=TITLE, deal_state="won", stage="won", source_url="https://acme.example/1042"
    )
    publish(
        "fact_handoff",
        handoff_key=1,
        client_key=5,
        sales_agent_key=6,
        sales_team="North",
        score_at_won=60.0,
        score_latest=82.5,
        kickoff_state="kicked_off",
        kickoff_committed_date="2026-09-10",
        commit_basis="frozen",
        kickoff_actual_at_utc="2026-09-12 09:00:00",
        kickoff_delay_days=2,
        kickoff_without_signoff=True,
        sold_basis="quotation",
        currency="GBP",
        sold_revenue="12345.6700",
        sold_margin_pct=24.0,
        margin_floor_pct=30.0,
        below_margin_floor=True,
    )
    publish("dim_checklist_item", item_key=11, item="signed_scope", title="Signed scope", is_hard=True, weight=30.0)
    publish("dim_checklist_item", item_key=12, item="dependencies", title="Dependencies", is_hard=False, weight=10.0)
    scored = {"handoff_key": 1, "weight": 30.0}
    publish(
        "fact_handoff_check", **scored, item_key=11, stage="won", result="missing", quality=0.0, reason="no link in [CFSignedScopeLink]"
    )
    publish("fact_handoff_check", **scored, item_key=11, stage="latest", result="met", quality=1.0, reason="link and date")
    publish(
        "fact_handoff_check", handoff_key=1, weight=10.0, item_key=12, stage="latest", result="partial", quality=0.5, reason="2 words of 3"
    )
    publish("fact_gap", gap_key=9, handoff_key=1, item_key=12, owner_agent_key=6, state="open")
    publish("dim_project", project_key=21, handoff_key=1, project_id=2001, project_name="Cloud", project_state="open", is_first=True)
    publish("fact_project_margin", project_key=21, handoff_key=1, as_of_date="2026-09-06", margin_state="uncosted")
    publish("fact_project_margin", project_key=21, handoff_key=1, as_of_date="2026-09-13", margin_state="complete", erosion_pp=13.24)


@pytest.mark.usefixtures("deal")
def test_a_handoff_is_explained_from_its_score_down_to_halopsa(handoff):
    said = handoff("explain", "handoff", "1042")
    assert said.code == Exit.DONE
    for expected in (
        "Acme [Ltd]",
        "Sam Seller (North)",
        "At the win: score 60.0",
        "Now: score 82.5",
        "no link in [CFSignedScopeLink]",
        "committed 2026-09-10 (frozen); held 2026-09-12 09:00:00 UTC, 2 days after the commitment; WITHOUT a valid sign-off",
        "12,345.67 GBP, margin 24.0 % against a floor of 30.0 %, BELOW the floor (basis quotation)",
        "https://acme.example/1042",
        "13.2",
    ):
        assert expected in said.out
    assert "uncosted" not in said.out


@pytest.mark.usefixtures("deal")
def test_a_customers_title_is_shown_and_not_obeyed(handoff):
    assert "1042  [bold]Move to[31m the cloud[/bold]" in handoff("explain", "handoff", "1042").out


@pytest.mark.usefixtures("deal")
def test_a_script_gets_the_rows_as_they_are_published(handoff):
    told = handoff("explain", "handoff", "1042", "--json").json
    assert told["handoff"]["title"] == TITLE
    assert told["handoff"]["sold_revenue"] == "12345.6700"
    assert [(check["stage"], check["item"]) for check in told["checks"]] == [
        ("won", "signed_scope"),
        ("latest", "signed_scope"),
        ("latest", "dependencies"),
    ]
    assert [project["margin_state"] for project in told["projects"]] == ["complete"]


@pytest.mark.usefixtures("deal")
@pytest.mark.parametrize("unknown", ["1043", "0"])
def test_an_id_that_is_no_handoff_says_what_a_handoff_is(handoff, unknown):
    said = handoff("explain", "handoff", unknown)
    assert said.code == Exit.FAILED
    assert f"No handoff has the id {unknown}." in said.err


def test_before_the_first_publish_it_says_how_to_get_one(handoff):
    said = handoff("explain", "handoff", "1042")
    assert said.code == Exit.FAILED
    assert "handoff run" in said.err


@pytest.mark.usefixtures("deal")
def test_what_was_asked_of_whom_and_the_client_hold_are_told(handoff, publish):
    publish(
        "fact_approval", approval_key=3, handoff_key=1, kind="signoff", approver_key=6, result="rejected", is_weak=True,
        decided_at_utc="2026-09-02 11:00:00",
    )  # fmt: skip
    out = handoff("explain", "handoff", "1042").out
    assert "Approvals asked" in out
    assert "rejected, weak proof" in out
    assert [row["result"] for row in handoff("explain", "handoff", "1042", "--json").json["approvals"]] == ["rejected"]


@pytest.mark.usefixtures("deal")
def test_a_handoff_says_in_which_weeks_it_counts_and_how(handoff, publish):
    publish("dim_metric", metric_key=2, metric="kickoff_delay_rate", title="Kickoff delay rate", unit="fraction", aggregation="ratio")
    publish("dim_metric", metric_key=3, metric="days_to_kickoff_median", title="Median days", unit="days", aggregation="median")
    member = {"record": "handoff", "record_key": 1, "handoff_key": 1}
    publish("kpi_member", **member, metric_key=2, week_start="2026-09-07", is_counted=True, numerator=1.0, denominator=1.0)
    for week in ("2026-09-07", "2026-09-14"):
        publish("kpi_member", **member, metric_key=3, week_start=week, is_counted=False, exclusion="kickoff_before_won")
    out = handoff("explain", "handoff", "1042").out
    assert "Kickoff delay rate  handoff  2026-W37             1 of 1" in out
    assert "2026-W37 to W38 (2)  left out: kicked off before it was won" in out


@pytest.mark.usefixtures("deal")
def test_a_reason_that_holds_at_several_stages_is_said_once(handoff, publish):
    publish(
        "fact_handoff_check", handoff_key=1, weight=10.0, item_key=12, stage="won", result="partial", quality=0.5, reason="2 words of 3"
    )
    assert handoff("explain", "handoff", "1042").out.count("Dependencies (at the win, now): 2 words of 3") == 1
