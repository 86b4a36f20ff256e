"""The worst handoffs and the pooled quarter, read from published tables."""

from __future__ import annotations

from datetime import date

import pytest

from handoff_pipeline.commands.figures import quarter
from handoff_pipeline.commands.published import Published
from handoff_pipeline.commands.worst import worst
from handoff_pipeline.warehouse.home import Home


@pytest.fixture
def published(publish, tmp_path):
    publish("dim_agent", agent_key=0, agent_name="(unknown)")
    publish("dim_agent", agent_key=6, agent_name="Sam Seller")
    publish("dim_checklist_item", item_key=11, item="signed_scope", title="Signed scope", weight=30.0)
    publish("dim_checklist_item", item_key=12, item="dependencies", title="Dependencies", weight=10.0)
    for key, hard_gaps, score, owner in ((1, 1, 60.0, 6), (2, 2, 40.0, 6), (3, 2, 20.0, 0), (4, 0, 90.0, 6)):
        publish("dim_handoff", handoff_key=key, handoff_id=100 + key, deal_state="won", title=f"deal {key}")
        publish("fact_handoff", handoff_key=key, hard_gaps=hard_gaps, score_latest=score, score_at_won=score, won_date_key=20260901 + key)
        publish("fact_gap", gap_key=key, handoff_key=key, item_key=12, owner_agent_key=owner, state="open")
        publish("fact_gap", gap_key=10 + key, handoff_key=key, item_key=11, owner_agent_key=owner, state="open" if key == 3 else "resolved")
        publish("dim_date", date_key=20260901 + key, week_start="2026-08-31")
    publish("fact_bypass", bypass_key=1, kind="won_without_checklist")
    return Published(Home(tmp_path / "home"))


def test_the_most_hard_gaps_and_the_lowest_score_come_first(published):
    found = worst(published)
    assert [each.handoff_id for each in found.handoffs] == [103, 102, 101]
    assert [each.owner for each in found.handoffs] == ["nobody", "Sam Seller", "Sam Seller"]
    assert found.handoffs[0].missing == "Signed scope, Dependencies"
    assert (found.gaps, found.bypasses) == ({"open": 5, "resolved": 3}, {"won_without_checklist": 1})


def test_only_as_many_are_shown_as_asked_for(published):
    assert len(worst(published, shown=1).handoffs) == 1


def test_a_quarter_pools_13_complete_weeks_of_all_and_nothing_else(published, publish):
    publish("dim_metric", metric_key=1, metric="kickoff_delay_rate", title="Kickoff delay rate", unit="fraction", aggregation="ratio")
    point = {"metric_key": 1, "segment_type": "all", "numerator": 1.0, "denominator": 4.0, "n": 4, "value": 0.25}
    publish("kpi_weekly", **point, week_start="2026-09-07")
    publish("kpi_weekly", **point, week_start="2026-06-15")
    publish("kpi_weekly", **point, week_start="2026-06-08")
    publish("kpi_weekly", **point | {"is_partial_week": True}, week_start="2026-09-14")
    publish("kpi_weekly", **point | {"segment_type": "sales_team"}, week_start="2026-09-07")
    [figure] = quarter(published)
    assert (figure.first_week, figure.last_week, figure.n, figure.value) == (date(2026, 6, 15), date(2026, 9, 7), 8, 0.25)
    assert figure.low is not None


def test_a_mean_takes_its_squares_from_the_cohorts_own_handoffs(published, publish):
    publish("dim_metric", metric_key=2, metric="handoff_completeness", title="Completeness", unit="score", aggregation="mean")
    publish("kpi_weekly", metric_key=2, segment_type="all", numerator=210.0, denominator=4.0, n=4, value=52.5, week_start="2026-08-31")
    publish("kpi_weekly", metric_key=2, segment_type="all", numerator=0.0, denominator=0.0, n=0, value=None, week_start="2026-08-24")
    for key, score in enumerate((60.0, 40.0, 20.0, 90.0)):
        publish("kpi_member", metric_key=2, week_start="2026-08-31", record="handoff", record_key=key, is_counted=True, numerator=score)
    [figure] = quarter(published)
    assert figure.value == 52.5
    assert figure.low == pytest.approx(4.985, abs=0.001)


def test_a_metric_that_has_counted_nothing_has_no_line(published, publish):
    publish("dim_metric", metric_key=3, metric="override_rate", title="Overrides", unit="fraction", aggregation="ratio")
    publish("kpi_weekly", metric_key=3, segment_type="all", n=0, week_start="2026-08-31")
    assert quarter(published) == []
