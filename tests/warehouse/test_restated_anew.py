"""What a night restates when `published/` is gone, when the version is another one, and when both nights were published."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.restatements import restated
from handoff_pipeline import __version__
from handoff_pipeline.ledger import Completeness, Ledger
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.tables import TABLES, duckdb_type
from handoff_pipeline.warehouse import Home, Lease, Manifest, history_sources, open_build, publish
from tests.warehouse.conftest import NIGHT, a_run
from tests.warehouse.test_history import landed
from tests.warehouse.test_publish import TENANT, build

NAMES = ("kpi_weekly", "kpi_member", "kpi_restatement", "dim_handoff", "fact_handoff", "dim_tenant", "meta_run", "meta_source_completeness")
WEEK = date(2026, 6, 1)
METRIC, PROJECT = 7, 21
PLAIN = {"bigint": 0, "double": 0.0, "money": 0, "date": WEEK, "utc": "2026-06-01 10:00:00", "bool": False, "text": "x"}
RAW = (
    "opportunity", "project", "change_request", "action", "approval", "budget", "quotation", "sales_order", "appointment", "milestone",
    "invoice", "agent", "agent_cost",
)  # fmt: skip
PAGE = f"https://halo/{PROJECT}"
RECORD = f"contract_key('acme', 'project', {PROJECT})"


def rows(name: str, *several: dict[str, Any]) -> str:
    """The SQL of a published table with these rows; a column that is not named gets a plain value. A value of `sql:` is an expression."""
    table = TABLES[name]
    made = []
    for row in several or ({},):
        values = {column.name: None if column.nullable else PLAIN[column.type] for column in table.columns} | row
        columns = ((column, values[column.name]) for column in table.columns if column.name != "run_id")
        made.append("select " + ", ".join(f"cast({_sql(value)} as {duckdb_type(column)}) as {column.name}" for column, value in columns))
    return " union all ".join(made) + ("" if several else " where false")


def _sql(value: object) -> str:
    if value is None or isinstance(value, int | float):
        return "null" if value is None else str(value)
    return value.removeprefix("sql:") if isinstance(value, str) and value.startswith("sql:") else f"'{value}'"


@dataclass
class Nights:
    """A home whose nights publish one final figure; `changed` says whether a time entry of its project came in since the first."""

    home: Home
    lease: Lease
    ledger: Ledger
    policy_file: Path
    done: int = 0

    def build(self, value: float, *, late_record: bool = False) -> None:
        """What the graph gives on the next night, before kpi_restatement."""
        self.done += 1
        landed(self.home, self.lease, *((f"r{number}", NIGHT + timedelta(days=number)) for number in range(1, self.done + 1)))
        figure = {
            "metric_key": METRIC,
            "week_start": WEEK,
            "segment_type": "all",
            "segment": "all",
            "value": value,
            "is_partial_week": False,
        }
        member = {
            "metric_key": METRIC, "week_start": WEEK, "record": "project", "record_key": PROJECT, "project_key": f"sql:{RECORD}",
            "is_counted": True, "numerator": value, "source_url": PAGE,
        }  # fmt: skip
        version = "select {batch} as batch_no, '21:1' as row_key, 'h' as content_hash, '{{}}'::json as payload, false as is_deleted"
        raw = {f"raw__{name}": version.format(batch=self.done) + " where false" for name in RAW}
        if late_record:
            raw["raw__action"] = version.format(batch=self.done)
        build(
            self.home, self.lease, **raw,
            kpi__kpi_weekly=rows("kpi_weekly", figure), kpi__kpi_member=rows("kpi_member", member),
            kpi__kpi_restatement=rows("kpi_restatement"), marts__dim_handoff=rows("dim_handoff"),
            marts__fact_handoff=rows("fact_handoff"), marts__dim_metric=rows("dim_metric"), marts__dim_tenant=TENANT,
            core__ticket_project=f"select {PROJECT} as ticket_id, {PROJECT} as project_id",
            core__handoff_project=f"select {PROJECT} as project_id, null::bigint as handoff_id",
            core__handoff="select 0::bigint as handoff_id where false",
            kpi__oldest_week=f"select date '{WEEK}' as week_start",
        )  # fmt: skip

    def publish(self, state: str = "complete") -> Manifest:
        """Publish it, by the policy that is in force."""
        run_id, at = f"r{self.done}", NIGHT + timedelta(days=self.done)
        run = replace(a_run(run_id, at), policy_hash=load_policy(self.policy_file).hash)
        self.ledger.start_run(run)
        stale = state != "complete"
        self.ledger.record_completeness(run_id, [Completeness(run_id, "client", state, 3, 3, 0, 0, 0, 0, 2, 1, at, stale, None)])  # type: ignore[arg-type]
        tables = {name: TABLES[name] for name in NAMES}
        return publish(self.home, self.lease, self.ledger, run, required={"client"}, finished_at=at, tables=tables)

    def restated(self) -> list[dict[str, Any]]:
        """Tonight's kpi_restatement."""
        settings = Settings(_env_file=None, home=self.home.root, policy_file=self.policy_file, halo_tenant="acme")
        with open_build(self.home, self.lease) as conn:
            return restated(conn, self.home, settings).to_dicts()


@pytest.fixture
def nights(home, lease, ledger, checkout) -> Nights:
    return Nights(home, lease, ledger, checkout / "handoff.yaml")


def version(monkeypatch: pytest.MonkeyPatch, is_now: str) -> None:
    """Publish as that version of the product; what restates is always this one."""
    for names in (publish.__globals__, vars(history_sources)):
        monkeypatch.setitem(names, "__version__", is_now)


def test_a_figure_that_changed_is_restated_also_where_published_was_deleted(nights):
    nights.build(0.5)
    nights.publish()
    nights.build(0.75, late_record=True)
    [there] = nights.restated()
    shutil.rmtree(nights.home.published)
    [gone] = nights.restated()
    assert (there["old_value"], there["new_value"], there["cause"], there["source_url"]) == (0.5, 0.75, "late_record", PAGE)
    # Which record moved it nobody can say any more: those behind the figure as it was are gone.
    assert gone == there | {"source_url": None}


def test_nothing_is_restated_where_published_was_deleted_and_nothing_changed(nights):
    nights.build(0.5)
    nights.publish()
    nights.build(0.5, late_record=True)
    shutil.rmtree(nights.home.published)
    assert nights.restated() == []


@pytest.mark.parametrize("is_deleted", [False, True], ids=["published", "out of the history"])
@pytest.mark.parametrize(("before", "cause"), [("0.0.9", "model_changed"), (None, "source_changed")])
def test_another_version_is_the_cause_where_no_record_changed(nights, monkeypatch, before, cause, is_deleted):
    if before:
        version(monkeypatch, before)
    nights.build(0.5)
    nights.publish()
    monkeypatch.undo()
    nights.build(0.75)
    if is_deleted:
        shutil.rmtree(nights.home.published)
    assert [row["cause"] for row in nights.restated()] == [cause]


def test_a_stale_night_of_a_new_version_does_not_hide_that_the_version_changed(nights, monkeypatch):
    """Its manifest names the new version, beside figures that the old one made."""
    version(monkeypatch, "0.0.9")
    nights.build(0.5)
    nights.publish()
    monkeypatch.undo()
    nights.build(0.75)
    stale = nights.publish("incomplete")
    assert (stale.state, stale.product_version) == ("stale", __version__)
    nights.build(0.75)
    assert [row["cause"] for row in nights.restated()] == ["model_changed"]
