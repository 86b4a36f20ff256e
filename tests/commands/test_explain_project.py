"""`handoff explain project`, and the bridge, on published tables with the contract's golden project."""

from __future__ import annotations

import pytest

from handoff_pipeline.commands.exits import Exit

PAGE = "https://acme.example/2001"
BRIDGE = {
    "bridge_hours": "3200", "bridge_rate": "1700", "bridge_third_party": "400", "bridge_discount": "1500",
    "bridge_unapproved_change": "850", "bridge_approved_change": "-2100", "bridge_unexplained": "0",
}  # fmt: skip


@pytest.fixture
def project(publish):
    """The golden project, delivered, with an approved change; it counts, and it has restated a figure."""
    publish("dim_tenant", tenant_key=3, base_currency="GBP")
    publish("dim_client", client_key=5, client_name="Acme [Ltd]")
    publish("dim_handoff", handoff_key=0, handoff_id=0, title="(unknown)", deal_state="(unknown)")
    publish("dim_handoff", handoff_key=1, handoff_id=1042, title="Servers", deal_state="won", source_url="https://acme.example/1042")
    publish("fact_handoff", handoff_key=1)
    of = {"project_id": 2001, "project_name": "[b]Servers[/b]", "project_state": "closed", "origin": "opportunity", "is_first": True}
    publish(
        "dim_project", **of, project_key=21, handoff_key=1, client_key=5, baseline_hours="300", logged_hours="340",
        closed_at_utc="2026-09-04 10:00:00", source_url=PAGE,
    )  # fmt: skip
    publish("dim_project", project_key=22, handoff_key=0, client_key=5, project_id=2002, project_state="open", origin="no_opportunity")
    margin = {"project_key": 21, "handoff_key": 1, "sold_margin_pct": 40.0, "erosion_pp": 13.24, "forecast_margin_pct": 26.76}
    publish("fact_project_margin", project_key=21, handoff_key=1, as_of_date="2026-08-30", margin_state="uncosted", uncosted_hours="4.5")
    publish(
        "fact_project_margin", **margin, **BRIDGE, as_of_date="2026-09-06", margin_state="complete", is_delivered=True,
        erosion_amount_base="5550",
    )  # fmt: skip
    publish(
        "fact_change_request", change_key=31, change_id=3001, project_key=21, state="approved", origin="sales_gap", logged_hours="40",
        cost_base="3400", price_base="5500", is_billed=None, source_url="https://acme.example/3001",
    )  # fmt: skip
    publish("dim_metric", metric_key=2, metric="margin_erosion_pp", title="Margin erosion", unit="pp", aggregation="ratio_difference")
    publish("dim_metric", metric_key=4, metric="unbilled_scope_hours", title="Unbilled", unit="hours", aggregation="level")
    publish(
        "kpi_member", metric_key=2, week_start="2026-08-31", record="project", record_key=21, project_key=21, is_counted=False,
        exclusion="uncosted",
    )  # fmt: skip
    publish("kpi_weekly", metric_key=4, week_start="2026-08-31", segment_type="all")
    publish(
        "kpi_member", metric_key=4, week_start="2026-08-31", record="time", record_key=5, project_key=21, is_counted=True, numerator=2.5
    )
    publish(
        "kpi_restatement", metric_key=2, week_start="2026-08-24", segment_type="all", old_value=1.0, new_value=2.0, cause="late_record",
        source_url=PAGE,
    )  # fmt: skip


@pytest.mark.usefixtures("project")
def test_a_project_is_told_from_its_hours_to_its_bridge(handoff):
    said = handoff("explain", "project", "2001")
    assert said.code == Exit.DONE
    for expected in (
        "project 2001  [b]Servers[/b]",
        "1042 Servers (won, its first project)",
        "closed, created 2026-09-01, closed 2026-09-04",
        "340.0 logged of 300.0 planned",
        "2.5 hours on change requests",
        "40.00 % sold, 26.76 % delivered: 13.24 pp lost",
        "+3,200.00",
        "-2,100.00",
        "+5,550.00",
        "3001",
        "not known",
        "left out: hours without a known cost",
        "Margin erosion, 2026-W35: 1.00 pp became 2.00 pp: a record of that week came in later",
    ):
        assert expected in said.out
    assert "unexplained" not in said.out


@pytest.mark.usefixtures("project")
def test_bars_are_as_long_as_their_amounts_and_on_their_side(handoff):
    lines = {line[2:22].strip(): line for line in handoff("explain", "project", "2001").out.splitlines() if "│" in line}
    assert {name: line.count("█") for name, line in lines.items()} == {
        "hours": 24, "rate": 13, "third party": 3, "discount, credits": 11, "changes not approved": 6, "approved changes": 16,
    }  # fmt: skip
    assert lines["approved changes"].index("█") < lines["approved changes"].index("│")
    assert lines["hours"].index("█") > lines["hours"].index("│")


@pytest.mark.usefixtures("project")
def test_a_margin_that_is_not_complete_says_why_in_words(handoff, publish):
    publish("fact_project_margin", project_key=21, handoff_key=1, as_of_date="2026-09-13", margin_state="uncosted", uncosted_hours="4.5")
    out = handoff("explain", "project", "2001").out
    assert "not complete: hours, logged or to come, have no known cost (4.5 logged hours without a cost)" in " ".join(out.split())
    assert "│" not in out


@pytest.mark.usefixtures("project")
def test_a_project_without_a_deal_says_so(handoff):
    out = handoff("explain", "project", "2002").out
    assert "none: it was made without an opportunity" in out
    assert "none: only projects of a deal have one" in out


@pytest.mark.usefixtures("project")
def test_a_script_gets_every_week_as_it_is_published(handoff):
    told = handoff("explain", "project", "2001", "--json").json
    assert [(row["as_of_date"], row["margin_state"]) for row in told["margins"]] == [("2026-08-30", "uncosted"), ("2026-09-06", "complete")]
    assert told["margins"][1]["erosion_amount_base"] == "5550.0000"
    assert told["restatements"][0]["cause"] == "late_record"


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("unknown", ["2003", "0"])
def test_an_id_that_is_no_project_is_refused(handoff, unknown):
    said = handoff("explain", "project", unknown)
    assert said.code == Exit.FAILED
    assert f"No project has the id {unknown}." in said.err


@pytest.mark.usefixtures("project")
def test_a_handoff_shows_the_bridge_of_its_projects_and_what_they_restated(handoff):
    out = handoff("explain", "handoff", "1042").out
    assert "From sold to delivered margin: project 2001 [b]Servers[/b], 6 September 2026 (GBP, + is loss)" in out
    assert "Restated because of it: 1 figure" in out
