"""A client that becomes two, and a project that never starts: what hangs on them moves, and nothing else."""

from __future__ import annotations

import polars as pl
import pytest

from handoff_pipeline.tables import METRICS
from tests.metamorphic.building import FROZEN, Tables, build
from tests.metamorphic.comparing import ROWS, differences, key_of, of_metrics, rows_that_differ
from tests.metamorphic.retelling import Nights, split, with_project

CLIENT, OTHER = 15, 9_001
"""The client with most deals, and an id that no client has."""
PROJECT, PROJECT_TYPE = 7_777_777, 31
PARTS = ("numerator", "denominator", "numerator_2", "denominator_2", "n", "n_excluded")
SUMMED = ("ratio", "mean", "ratio_difference", "sum", "level")
"""Kinds of figures whose parts are sums of what the client's records add. A median's are not: its n is."""
ACTIVE = "scope_change_frequency"


@pytest.fixture(scope="module")
def parted(nights: Nights, policy_text: str) -> Tables:
    """Every second deal of the client belongs to another client from the start."""
    return build(split(nights, CLIENT, OTHER), policy_text, FROZEN)


def test_a_client_that_is_split_changes_the_client_of_its_records_and_nothing_else(base: Tables, parted: Tables):
    assert differences(_but_clients(base), _but_clients(parted)) == {
        "dim_client": {ROWS},
        "dim_project": {"client_key"},
        "fact_handoff": {"client_key"},
        "fact_gap": {"client_key"},
        "fact_change_request": {"client_key"},
        "fact_project_margin": {"client_key"},
        "fact_bypass": {"client_key"},
        "kpi_member": {"client_key"},
    }


def test_the_clients_that_were_not_split_keep_every_figure(base: Tables, parted: Tables):
    two = [key_of("client", CLIENT), key_of("client", OTHER)]
    for table in ("kpi_weekly", "kpi_kickoff_survival"):
        others = ~((pl.col("segment_type") == "client") & pl.col("segment_key").is_in(two))
        assert differences({table: base[table].filter(others)}, {table: parted[table].filter(others)}) == {}


def test_both_parts_of_a_client_sum_to_what_it_was(base: Tables, parted: Tables):
    before, after = (_parts(tables, CLIENT, OTHER) for tables in (base, parted))

    assert before.height > 100
    assert _parts(parted, OTHER).height > 20
    assert before.select("metric_key", "week_start").equals(after.select("metric_key", "week_start"))
    # The n of a rate per 100 hours is whole hours, rounded down in each part.
    whole = before.get_column("metric_key") != key_of("metric", "scope_changes_per_100h")
    assert (before.get_column("n") - after.get_column("n")).filter(~whole).is_between(0, 1).all()
    before, after = (frame.with_columns(n=pl.when(whole).then("n")) for frame in (before, after))
    for part in PARTS:
        assert before.get_column(part).to_list() == pytest.approx(after.get_column(part).to_list(), abs=1e-6), part


def test_the_records_of_a_part_are_those_of_its_deals(base: Tables, parted: Tables):
    moved = rows_that_differ(base, parted, "fact_handoff", "client_key")
    assert set(moved.get_column("client_key_after")) == {key_of("client", OTHER)}
    assert 0 < moved.height < base["fact_handoff"].filter(client_key=key_of("client", CLIENT)).height


@pytest.fixture(scope="module", params=[0, 4], ids=["seen on the first night", "seen on the fifth"])
def joined(request: pytest.FixtureRequest, nights: Nights, policy_text: str) -> Tables:
    """A project beside the others that nobody sold, kicked off or worked on."""
    unsold = next(row["id"] for row in nights[-1].rows["project"] if row["tickettype_id"] == PROJECT_TYPE and not row["parent_id"])
    return build(with_project(nights, unsold, PROJECT, request.param), policy_text, FROZEN)


def test_a_project_that_never_starts_is_active_and_nothing_more(base: Tables, joined: Tables):
    # Nobody sold it, and that is a bypass: a project without an opportunity, made since go-live.
    moved = differences(base, joined)
    facts = {table: columns for table, columns in moved.items() if not table.startswith("kpi_")}
    assert facts == {"dim_project": {ROWS}, "fact_bypass": {ROWS}}
    assert [*_new(base, joined, "dim_project").get_column("project_id")] == [PROJECT]
    assert [*_new(base, joined, "fact_bypass").get_column("kind")] == ["project_without_opportunity"]
    assert differences(of_metrics(base, [ACTIVE], others=True), of_metrics(joined, [ACTIVE], others=True)) == {}
    assert set(moved) == {"dim_project", "fact_bypass", "kpi_weekly", "kpi_member", "kpi_movement"}


def test_a_project_that_never_starts_is_one_more_in_each_week_from_its_creation(base: Tables, joined: Tables):
    born = joined["dim_project"].filter(project_id=PROJECT).get_column("created_at_utc").dt.date().item()
    both = _all_of(base).join(_all_of(joined), on="week_start", how="full", suffix="_after", coalesce=True)
    is_active = pl.col("week_start") + pl.duration(days=6) >= born
    assert both.height == _all_of(base).height
    assert both.filter(pl.col("denominator_after") != pl.col("denominator") + is_active.cast(pl.Float64)).is_empty()
    assert both.filter(pl.col("numerator_after") != pl.col("numerator")).is_empty()
    assert both.filter(is_active).height > 3


def _but_clients(tables: Tables) -> Tables:
    is_other = pl.col("segment_type") != "client"
    return {name: frame.filter(is_other) if "segment_type" in frame.columns else frame for name, frame in tables.items()}


def _parts(tables: Tables, *clients: int) -> pl.DataFrame:
    """The parts of every figure of these clients together, of metrics that are sums."""
    keys = [key_of("client", client) for client in clients]
    metrics = [key_of("metric", each.metric) for each in METRICS if each.aggregation in SUMMED and each.interval != "log_log"]
    wanted = (pl.col("segment_type") == "client") & pl.col("segment_key").is_in(keys) & pl.col("metric_key").is_in(metrics)
    grouped = tables["kpi_weekly"].filter(wanted).group_by("metric_key", "week_start")
    return grouped.agg(pl.col(part).sum() for part in PARTS).sort("metric_key", "week_start")


def _new(before: Tables, after: Tables, table: str) -> pl.DataFrame:
    key = after[table].columns[0]
    return after[table].join(before[table], on=key, how="anti")


def _all_of(tables: Tables) -> pl.DataFrame:
    wanted = (pl.col("metric_key") == key_of("metric", ACTIVE)) & (pl.col("segment_type") == "all")
    return tables["kpi_weekly"].filter(wanted).select("week_start", "numerator", "denominator")
