"""Half a year of weekly nights: every past week is rebuilt as it was published, and every final figure that changed is restated.

Shorter proofs of the same are in test_past_nights.py. The one thing to know: what happens by hand each week is drawn from a seed.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assets.rebuild import rebuild
from handoff_pipeline.definitions import defs
from handoff_pipeline.simulator import Quirks, SimulatedHalo, build_world
from handoff_pipeline.warehouse import history, read
from tests.end_to_end.bare_night import Installation
from tests.end_to_end.in_process import Moments

WEEKS = 26
FIRST = datetime(2026, 4, 6, 1, 30, tzinfo=UTC)
CHANGED = """
    select o.metric_key, o.week_start, o.segment_type, o.segment_key, o.valid_to_utc
    from figure_history as o
    left join figure_history as n
        on o.metric_key = n.metric_key and o.week_start = n.week_start and o.segment_type = n.segment_type
        and o.segment_key = n.segment_key and n.valid_from_utc = o.valid_to_utc
    where not o.is_partial_week and o.value is not null and o.valid_to_utc is not null
        and round(o.value, 9) is distinct from round(n.value, 9)
"""
RESTATED = "select metric_key, week_start, segment_type, segment_key, restated_at_utc from kpi_restatement where old_value is not null"


def meddle(made: Installation, dice: random.Random) -> None:
    """What people do late: book time on old projects, set commitments, move statuses, delete deals."""
    deals = [int(row["id"]) for row in made.sim.snapshot().opportunities]
    projects = [int(row["id"]) for row in made.sim.snapshot().projects]
    if projects and dice.random() < 0.7:
        worked = made.sim.now - timedelta(days=dice.randint(1, 100))
        booked = {"timetaken": float(dice.randint(1, 30)), "who_agentid": 6, "actionarrivaldate": f"{worked:%Y-%m-%dT09:00:00}"}
        made.sim.edits.create("actions", {"ticket_id": dice.choice(projects), **booked})
    if deals and dice.random() < 0.5:
        day = made.sim.now + timedelta(days=dice.randint(-30, 60))
        made.sim.edits.change("tickets", dice.choice(deals), {"customfields": [{"name": "CFKickoffCommitted", "value": f"{day:%Y-%m-%d}"}]})
    if len(deals) > 5 and dice.random() < 0.15:
        made.sim.edits.delete("tickets", dice.choice(deals))


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_twenty_six_past_weeks_are_rebuilt_as_they_were_published(tmp_path: Path, checkout: Path):
    clock = Moments(FIRST)
    sim = SimulatedHalo(build_world(seed=26, deals=40), FIRST, Quirks(rate_limit=False), clock)
    made = Installation(tmp_path / "home", checkout / "handoff.yaml", sim, clock, {"drop_limit_rows": 50})
    dice, published = random.Random(26), []  # noqa: S311 - what people do, the same on every run
    for week in range(WEEKS):
        if week == WEEKS // 2:
            changed = made.policy_file.read_text("utf-8").replace("default_business_days: 10", "default_business_days: 15")
            made.policy_file = tmp_path / "handoff.yaml"
            made.policy_file.write_text(changed, "utf-8")
        sim.now = FIRST + timedelta(weeks=week)
        if week:
            meddle(made, dice)
        published.append(made.night().manifest)

    assert {manifest.state for manifest in published} == {"complete"}
    for week, manifest in enumerate(published):
        again = rebuild(defs, made.settings, (FIRST + timedelta(weeks=week)).date(), tmp_path / f"week-{week}")
        assert (week, again.different, again.manifest.content_hash) == (week, (), manifest.content_hash)

    with history.reading(made.home.history_file) as conn:
        differences = set(conn.execute(CHANGED).fetchall())
    assert differences == {tuple(row) for row in read.query(made.home, RESTATED).iter_rows()}
    assert len(differences) > WEEKS
    causes = set(read.query(made.home, "select distinct cause from kpi_restatement").get_column("cause"))
    assert causes >= {"late_record", "policy_changed"}
