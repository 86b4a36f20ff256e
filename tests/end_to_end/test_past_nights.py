"""Four nights with late time, a moved commitment, a deleted deal and a changed policy: past ones are rebuilt, changes are restated."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.last_published import last_published
from assets.rebuild import Rebuilt, rebuild
from handoff_pipeline.definitions import defs
from handoff_pipeline.governance.restatements import FIGURE, KEY
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.warehouse import Home, history, read
from tests.end_to_end.bare_night import Installation, Night
from tests.end_to_end.quirky import MOMENT, content, installation
from tests.ledger.acting import an_intent, an_override

WEEK = timedelta(days=7)
NIGHTS = 4
LATE = """
    select p.project_id as id, m.project_key from fact_project_margin as m inner join dim_project as p using (project_key)
    inner join kpi_member as k on k.project_key = m.project_key and k.is_counted
    inner join dim_metric as d on d.metric_key = k.metric_key and d.metric = 'margin_erosion_pp'
    inner join kpi_weekly as w on w.metric_key = k.metric_key and w.week_start = k.week_start and not w.is_partial_week
    order by k.week_start, 1
"""
MOVED = """
    select h.handoff_id as id, k.handoff_key from kpi_member as k
    inner join dim_metric as d on d.metric_key = k.metric_key and d.metric = 'kickoff_delay_rate'
    inner join dim_handoff as h on h.handoff_key = k.handoff_key
    inner join fact_handoff as f on f.handoff_key = k.handoff_key and f.signoff_state != 'accepted' and f.commit_basis = 'policy_default'
    inner join kpi_weekly as w on w.metric_key = k.metric_key and w.week_start = k.week_start and w.segment_type = 'all'
    where not w.is_partial_week
    order by k.happened_on, 1
"""

GAP = """
    select h.handoff_id, i.item from fact_gap as g
    inner join dim_handoff as h on g.handoff_key = h.handoff_key
    inner join dim_checklist_item as i on g.item_key = i.item_key
    where g.state = 'open' and i.item = 'signed_scope'
    order by 1 desc
"""
DECIDED = """
    select o.state as override_state, max(g.state) as gap_state, d.state as delivery_state
    from fact_override as o
    inner join fact_gap as g on o.handoff_key = g.handoff_key and o.item_key = g.item_key
    cross join fact_delivery as d
    group by all
"""


@dataclass(frozen=True)
class Past:
    """An installation after its nights; `days` are their local days, `hashes` what each published, table by table."""

    installation: Installation
    nights: list[Night]
    days: list[date]
    late_project: int
    moved_deal: int
    deleted_deal: int

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of what is published now."""
        return read.query(self.installation.home, sql).to_dicts()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Past:
    root = tmp_path_factory.mktemp("past")
    policy = root / "handoff.yaml"
    policy.write_text((checkout / "handoff.yaml").read_text("utf-8"), "utf-8")
    made = installation(root / "home", checkout)
    made.policy_file = policy
    nights = [made.night()]
    late, moved, gone = _chosen(made)
    _decide(made)
    made.sim.now = MOMENT + WEEK - timedelta(hours=2)
    made.sim.edits.create("actions", {"ticket_id": late, "timetaken": 40.0, "who_agentid": 6, "actionarrivaldate": "2026-06-01T09:00:00"})
    made.sim.edits.change("tickets", moved, {"customfields": [{"name": "CFKickoffCommitted", "value": "2026-12-01"}]})
    made.sim.edits.delete("tickets", gone)
    for number in range(1, NIGHTS):
        made.sim.now = MOMENT + number * WEEK
        if number == NIGHTS - 1:
            changed = policy.read_text("utf-8").replace("default_business_days: 10", "default_business_days: 20")
            made.policy_file = policy.with_name("changed.yaml")
            made.policy_file.write_text(changed, "utf-8")
        nights.append(made.night())
    days = [(MOMENT + number * WEEK).date() for number in range(NIGHTS)]
    return Past(made, nights, days, late, moved, gone)


def _chosen(made: Installation) -> tuple[int, int, int]:
    """A project whose margin is final, a deal whose commitment can still move, and another won deal."""
    late = read.query(made.home, LATE).row(0, named=True)["id"]
    moved = read.query(made.home, MOVED).row(0, named=True)["id"]
    won = read.query(made.home, "select handoff_id as id from dim_handoff where deal_state = 'won' and handoff_key != 0 order by 1")
    return late, moved, next(each for each in won.get_column("id") if each != moved)


def _decide(made: Installation) -> None:
    """Between the first nights an item is waived and an intent proposed; after the second the waiver is closed, the intent approved."""
    gap = read.query(made.home, GAP).row(0, named=True)
    day, after = MOMENT + timedelta(days=1), MOMENT + timedelta(days=10)
    waiver = an_override(handoff_id=gap["handoff_id"], item=gap["item"], requested_at=day, expires_at=MOMENT + 9 * WEEK)
    proposed = an_intent("owner|7", proposed_at=day, expires_at=MOMENT + 9 * WEEK)
    with Ledger.open(made.home.ledger_file) as ledger:
        ledger.people.request_override(waiver)
        ledger.people.decide_override(waiver.override_id, "approved", day, by=waiver.requested_by + 1)
        ledger.people.decide_override(waiver.override_id, "closed", after, by=waiver.requested_by + 1)
        ledger.intents.propose([proposed])
        ledger.intents.approve(proposed.intent_id, after)


@pytest.fixture(scope="module")
def rebuilt(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    """The second night once more, on which another policy was in force; the home is as it was."""
    before = digest(past.installation.root)
    made = rebuild(defs, past.installation.settings, past.days[1], tmp_path_factory.mktemp("rebuilt"))
    assert digest(past.installation.root) == before
    return made


def digest(root: Path) -> dict[str, str]:
    """Every file below a folder by its hash."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(root.rglob("*")) if path.is_file()
    }


def test_what_each_night_published_can_be_told_of_every_figure(past):
    with history.reading(past.installation.home.history_file) as conn:
        ours = conn.execute("select count(*) from figure_history where valid_to_utc is null").fetchone()
        ended = conn.execute("select 1 from figure_history where valid_to_utc is not null").fetchall()
    assert ours == (past.rows("select count(*) as n from kpi_weekly")[0]["n"],)
    assert ended


def test_the_history_says_what_people_read_last_as_published_does(past, tmp_path):
    """So a night that finds no `published/` compares with the same figures."""
    alone = Home(tmp_path)
    alone.prepare()
    shutil.copyfile(past.installation.home.history_file, alone.history_file)
    there, gone = last_published(past.installation.home), last_published(alone)
    assert there is not None
    assert gone is not None
    columns = [*FIGURE, "value", "is_partial_week"]
    assert gone.points.select(columns).sort(FIGURE).equals(there.points.select(columns).sort(FIGURE))
    assert there.points.height > 1000
    assert gone.earlier.sort(KEY).equals(there.earlier.sort(KEY))
    assert (gone.landed_by, gone.as_of, gone.policy_hash, gone.product_version) == (
        there.landed_by, there.as_of, there.policy_hash, there.product_version,
    )  # fmt: skip


@pytest.mark.parametrize(("cause", "night"), [("late_record", 1), ("commit_moved", 1), ("deleted", 2), ("policy_changed", 3)])
def test_a_final_figure_that_changed_is_restated_with_its_cause(past, cause, night):
    at = (MOMENT + night * WEEK).replace(tzinfo=None)
    found = [row for row in past.rows("select * from kpi_restatement") if row["cause"] == cause]
    assert found, past.rows("select restated_at_utc, cause, count(*) as n from kpi_restatement group by all order by all")
    assert at in {row["restated_at_utc"] for row in found}


def test_every_difference_between_final_figures_has_its_restatement(past):
    """What a night published final and the next one published otherwise, told from the history without the product's own comparison."""
    with history.reading(past.installation.home.history_file) as conn:
        changed = conn.execute(
            """
            select o.metric_key, o.week_start, o.segment_type, o.segment_key, o.valid_to_utc, round(o.value, 9), round(n.value, 9)
            from figure_history as o
            left join figure_history as n
                on o.metric_key = n.metric_key and o.week_start = n.week_start and o.segment_type = n.segment_type
                and o.segment_key = n.segment_key and n.valid_from_utc = o.valid_to_utc
            where not o.is_partial_week and o.value is not null and o.valid_to_utc is not null
                and round(o.value, 9) is distinct from round(n.value, 9)
            """
        ).fetchall()
    told = {
        (row["metric_key"], row["week_start"], row["segment_type"], row["segment_key"], row["restated_at_utc"])
        for row in past.rows("select * from kpi_restatement where old_value is not null")
    }
    assert {row[:5] for row in changed} == told
    assert len(changed) > 4


def test_the_first_publication_restates_nothing(past):
    assert past.nights[0].manifest.tables["kpi_restatement"].rows == 0


def test_a_past_night_is_rebuilt_as_it_was_published(past, rebuilt):
    assert (rebuilt.different, rebuilt.manifest.content_hash) == ((), past.nights[1].manifest.content_hash)
    then = content(past.nights[1])
    assert {name: table.content_hash for name, table in rebuilt.manifest.tables.items() if name in then} == then


def test_a_rebuild_says_that_it_is_one(past, rebuilt):
    mark = rebuilt.manifest.rebuild
    assert mark is not None
    assert (mark.day, mark.night_run_id, mark.content_hash) == (
        past.days[1], past.nights[1].manifest.run_id, past.nights[1].manifest.content_hash,
    )  # fmt: skip
    assert rebuilt.manifest.run_id != past.nights[1].manifest.run_id
    assert past.installation.manifest().rebuild is None
    assert sorted(path.name for path in rebuilt.folder.iterdir()) == ["published", "rebuild.json"]


def test_a_rebuild_is_a_whole_published_tree(past, rebuilt):
    ours, then = rebuilt.folder / "published", past.installation.home.published
    assert {path.name for path in (ours / "parquet" / "v1").iterdir()} == {path.name for path in (then / "parquet" / "v1").iterdir()}
    with duckdb.connect(str(ours / "handoff.duckdb"), read_only=True) as conn:
        assert conn.execute("select count(*) from meta_run").fetchone() == (3,)


def test_a_rebuilt_night_knows_of_people_only_what_that_night_knew(past, rebuilt):
    assert past.rows(DECIDED) == [{"override_state": "closed", "gap_state": "waiver_expired", "delivery_state": "approved"}]
    with duckdb.connect(str(rebuilt.folder / "published" / "handoff.duckdb"), read_only=True) as conn:
        assert conn.execute(DECIDED).fetchall() == [("approved", "waived", "proposed")]
