"""Publishing: verified, atomic, unchanged tables keep their bytes, and a kill at any point heals."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import duckdb
import polars as pl
import pytest

from handoff_pipeline.errors import PublishError, WarehouseError
from handoff_pipeline.ledger import Completeness, Ledger
from handoff_pipeline.tables import TABLES, duckdb_type
from handoff_pipeline.warehouse import Home, acquire, open_build, publish, read
from tests.warehouse.conftest import NIGHT, a_run

SOME = {name: TABLES[name] for name in ("kpi_kickoff_survival", "dim_client", "dim_tenant", "meta_run", "meta_source_completeness")}
TENANT = "select 5 as tenant_key, 'acme' as tenant, 'GBP' as base_currency, 'UTC' as time_zone"
CURVE = (
    "select date '2026-08-31' as week_start, 20260831 as week_date_key, 'all' as segment_type, 0 as segment_key, 'all' as segment,"
    " 3 as day, 10 as at_risk, 1 as events, 0 as censored, {survival} as survival, null as ci_low, null as ci_high"
)


def clients(*names: str) -> str:
    """dim_client with these names, in columns of another order and narrower types than the registry's."""
    quoted = ", ".join(f"({key}, '{name}')" for key, name in enumerate(names))
    return f"select c.name as client_name, c.key::integer as client_key, 5 as tenant_key, 0 as halo_client_id, false as is_deleted from (values {quoted}) as c(key, name)"  # noqa: S608, E501


def build(home, lease, **tables: str) -> None:
    with open_build(home, lease) as conn:
        for name, sql in tables.items():
            layer, _, table = name.partition("__")
            conn.execute(f"create or replace table {layer}.{table} as {sql}")


def night(home, lease, ledger, run_id="r1", state="complete", days=0, tables=SOME, **built: str):
    """Build, record completeness, publish."""
    build(home, lease, **built)
    at = NIGHT + timedelta(days=days)
    run = a_run(run_id, at)
    ledger.start_run(run)
    detail = None if state == "complete" else "3 of 4 rows"
    ledger.record_completeness(run_id, [Completeness(run_id, "client", state, 3, 4, 1, 0, 0, 0, 2, 1, at, state != "complete", detail)])
    return publish(home, lease, ledger, run, required={"client"}, finished_at=at + timedelta(minutes=1), tables=tables)


@pytest.fixture
def first(home, lease, ledger):
    return night(
        home,
        lease,
        ledger,
        marts__dim_tenant=TENANT,
        marts__dim_client=clients("a", "b"),
        kpi__kpi_kickoff_survival=CURVE.format(survival=0.9),
    )


def files(home) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(home.published.rglob("*")) if path.is_file()}


def test_every_table_of_the_contract_is_published_with_its_types_even_when_nothing_fills_it(home, lease, ledger):
    manifest = night(home, lease, ledger, tables=TABLES, marts__dim_tenant=TENANT)
    assert set(manifest.tables) == set(TABLES)
    with duckdb.connect(str(home.published_file), read_only=True) as conn:
        for name, table in TABLES.items():
            wanted = [(column.name, duckdb_type(column).replace(" ", "").upper()) for column in table.columns]
            assert [row[:2] for row in conn.execute(f"describe main.{name}").fetchall()] == wanted
            parquet = conn.execute(f"describe select * from read_parquet('{home.parquet}/{name}.parquet')").fetchall()  # noqa: S608
            assert [row[:2] for row in parquet] == wanted
            if table.has_csv:
                with (home.csv / f"{name}.csv").open(newline="", encoding="utf-8") as file:
                    assert next(csv.reader(file)) == list(table.column_names)
    assert {file.stem for file in home.csv.iterdir()} == {name for name, table in TABLES.items() if table.has_csv}


def test_what_is_published_says_who_made_it_and_nothing_is_left_behind(home, ledger, first):
    assert read.published_manifest(home) == first
    assert (first.run_id, first.state, first.contract_version, first.requests) == ("r1", "complete", 1, 3)
    assert first.tables["dim_client"].rows == 2
    assert read.query(home, "select client_name, run_id from dim_client order by 1").rows() == [("a", "r1"), ("b", "r1")]
    assert read.query(home, "select tenant_key, entity, state, run_id from meta_source_completeness").rows() == [
        (5, "client", "complete", "r1")
    ]
    assert read.query(home, "select state, requests, finished_at_utc from meta_run").rows() == [
        ("complete", 3, (NIGHT + timedelta(minutes=1)).replace(tzinfo=None))
    ]
    assert [name for name in files(home) if name.startswith(".") or name.endswith((".wal", ".tmp"))] == []
    run = ledger.run("r1")
    assert run is not None
    assert run.state == "complete"


def test_a_table_that_did_not_change_keeps_its_bytes_and_its_run(home, lease, ledger, first):
    before = files(home)
    second = night(home, lease, ledger, "r2", days=1, marts__dim_client=clients("b", "a"), marts__dim_tenant=TENANT)
    third = night(home, lease, ledger, "r3", days=2, kpi__kpi_kickoff_survival=CURVE.format(survival=0.8))
    after = files(home)
    assert second.tables["dim_client"].run_id == "r2"
    assert third.tables["dim_tenant"] == first.tables["dim_tenant"]
    assert after["dim_tenant.parquet"] == before["dim_tenant.parquet"]
    assert third.tables["kpi_kickoff_survival"].run_id == "r3"
    assert third.content_hash not in {first.content_hash, second.content_hash}
    assert read.query(home, "select run_id from meta_run order by 1").rows() == [("r1",), ("r2",), ("r3",)]


def test_a_table_that_is_no_copy_for_people_keeps_its_bytes_and_loses_the_copy_of_an_earlier_release(home, lease, ledger, first):
    tables = {name: replace(table, has_csv=name != "dim_client") for name, table in TABLES.items() if name in first.tables}
    second = night(home, lease, ledger, "r2", days=1, tables=tables)
    before = files(home)
    third = night(home, lease, ledger, "r3", days=2, tables=tables)

    assert (home.csv / "dim_tenant.csv").exists()
    assert not (home.csv / "dim_client.csv").exists()
    assert second.content_hash == first.content_hash
    assert third.tables["dim_client"] == second.tables["dim_client"]
    assert files(home)["dim_client.parquet"] == before["dim_client.parquet"]


def test_a_file_that_somebody_changed_is_written_again_for_the_same_run(home, lease, ledger, first):
    (home.parquet / "dim_client.parquet").write_bytes(b"gone")
    (home.csv / "dim_tenant.csv").unlink()
    second = night(home, lease, ledger, "r2", days=1)
    assert second.content_hash == first.content_hash
    assert second.tables["dim_client"].run_id == "r1"
    assert pl.read_parquet(home.parquet / "dim_client.parquet").height == 2
    assert (home.csv / "dim_tenant.csv").exists()


def test_a_reader_that_is_open_keeps_its_file_and_sees_the_new_one_after_opening_again(home, lease, ledger, first):
    with read.published(home) as reader:
        night(home, lease, ledger, "r2", days=1, marts__dim_client=clients("a", "b", "c"))
        assert reader.execute("select count(*) from dim_client").fetchone() == (2,)
    assert first.run_id == "r1"
    assert read.query(home, "select count(*) from dim_client").rows() == [(3,)]


def test_an_incomplete_source_leaves_every_table_but_meta_as_it_was(home, lease, ledger, first):
    before = files(home)
    for number in (2, 3):
        night(home, lease, ledger, f"r{number}", "incomplete", number, marts__dim_client=clients("x"), core__a_history="select 1 as x")
    stale = read.published_manifest(home)
    assert stale is not None
    after = files(home)
    untouched = [name for name in before if name.endswith((".parquet", ".csv")) and not name.startswith("meta_")]
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert (stale.state, stale.content_hash) == ("stale", first.content_hash)
    (source,) = stale.stale
    assert (source.entity, source.since_utc, source.detail) == ("client", NIGHT + timedelta(days=2), "3 of 4 rows")
    assert "handoff run" in source.what_to_do
    assert read.query(home, "select state from meta_run order by run_id").rows() == [("complete",), ("stale",), ("stale",)]
    assert read.query(home, "select count(*) from dim_client").rows() == [(2,)]
    assert ledger.run("r3").state == "stale"


OPTIONAL = {"invoice": "money invoiced is not compared with money sold"}


def optional_night(home, lease, ledger, run_id, state, *, is_stale, days=1):
    """A night on which the required source is complete and an optional one is in this state."""
    build(home, lease, marts__dim_client=clients("a", "b", "c"))
    at = NIGHT + timedelta(days=days)
    ledger.start_run(a_run(run_id, at))
    required = Completeness(run_id, "client", "complete", 3, 3, 1, 0, 0, 0, 2, 1, at, False, None)
    optional = replace(required, entity="invoice", state=state, is_stale=is_stale, detail="because", rows_deleted=2, requests_minimum=4)
    ledger.record_completeness(run_id, [required, optional])
    return publish(
        home,
        lease,
        ledger,
        a_run(run_id, at),
        required={"client"},
        effects=OPTIONAL,
        finished_at=at + timedelta(minutes=1),
        tables=SOME,
    )


@pytest.mark.parametrize("state", ["incomplete", "quarantined", "not_permitted"])
def test_an_optional_source_that_is_older_than_the_night_leaves_every_table_as_it_was(home, lease, ledger, first, state):
    before = files(home)
    made = optional_night(home, lease, ledger, "r2", state, is_stale=True)
    after = files(home)
    untouched = [name for name in before if name.endswith((".parquet", ".csv")) and not name.startswith("meta_")]
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert (made.state, made.effects, [source.entity for source in made.stale]) == ("stale", {}, ["invoice"])
    if state == "quarantined":
        assert "handoff quarantine accept invoice" in made.stale[0].what_to_do


def test_a_source_that_was_never_permitted_is_named_with_what_it_lacks_and_the_rest_is_fresh(home, lease, ledger, first):
    made = optional_night(home, lease, ledger, "r2", "not_permitted", is_stale=False)
    assert (made.state, made.effects, made.stale) == ("complete", OPTIONAL, ())
    assert made.tables["dim_client"].rows == 3
    assert read.published_manifest(home) == made
    shown = made.completeness["invoice"]
    assert (shown.rows_deleted, shown.requests_minimum) == (2, 4)
    minimum = "select requests_minimum, rows_deleted from meta_source_completeness where run_id = 'r2' and entity = 'invoice'"
    assert read.query(home, minimum).rows() == [(4, 2)]


def test_a_first_night_with_an_incomplete_source_publishes_empty_tables(home, lease, ledger):
    stale = night(home, lease, ledger, state="not_permitted", marts__dim_client=clients("x"))
    assert (stale.state, stale.tables["dim_client"].rows, stale.tables["meta_run"].rows) == ("stale", 0, 1)
    healed = night(home, lease, ledger, "r2", days=1)
    assert (healed.state, healed.tables["dim_client"].rows) == ("complete", 1)


@pytest.mark.parametrize(
    ("built", "says"),
    [
        (
            {"kpi__kpi_kickoff_survival": CURVE.format(survival="'nan'::double")},
            r"kpi_kickoff_survival\.survival is NaN or infinite in 1 rows",
        ),
        ({"kpi__kpi_kickoff_survival": CURVE.format(survival="1.0::double / 0")}, "NaN or infinite"),
        ({"marts__dim_tenant": "select 5 as tenant_key"}, r"missing \['base_currency', 'tenant', 'time_zone'\]"),
        ({"marts__dim_tenant": TENANT + ", 1 as surprise"}, r"unknown \['surprise'\]"),
        ({"marts__dim_tenant": TENANT.replace("5 as", "'Private' as")}, "dim_tenant cannot be published"),
    ],
)
def test_what_cannot_be_published_leaves_everything_as_it_was(home, lease, ledger, first, built, says):
    before = files(home)
    with pytest.raises(PublishError, match=says) as refusal:
        night(home, lease, ledger, "r2", days=1, marts__dim_client=clients("new"), **built)
    assert "Private" not in str(refusal.value)
    assert {name: content for name, content in files(home).items() if not name.endswith(".tmp")} == before
    assert read.published_manifest(home) == first


def test_a_foreign_log_beside_the_published_copy_stops_the_publish(home, lease, ledger, first):
    log = home.published_file.with_name("handoff.duckdb.wal")
    log.write_bytes(b"somebody wrote")
    with pytest.raises(PublishError, match=r"handoff\.duckdb\.wal lies beside.*Fix"):
        night(home, lease, ledger, "r2", days=1)
    assert read.published_manifest(home) == first


def test_completeness_must_be_known_before_publishing(home, lease, ledger):
    ledger.start_run(a_run())
    with pytest.raises(PublishError, match="how complete client was in run r1"):
        publish(home, lease, ledger, a_run(), required={"client"}, finished_at=NIGHT, tables=SOME)


def test_no_cell_of_a_csv_file_is_a_formula(home, lease, ledger):
    signs = ["=1+1", "+1", "-1+1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"]
    harmless = ["-12.50", "plain", "a=b", "", "1e5"]
    night(home, lease, ledger, marts__dim_client=clients(*signs, *harmless))
    with (home.csv / "dim_client.csv").open(newline="", encoding="utf-8") as file:
        written = [row["client_name"] for row in csv.DictReader(file)]
    assert written == [f"'{text}" for text in signs] + harmless
    build(home, lease, kpi__kpi_kickoff_survival=CURVE.format(survival=-0.5))
    night(home, lease, ledger, "r2", days=1)
    with (home.csv / "kpi_kickoff_survival.csv").open(encoding="utf-8") as file:
        assert next(csv.DictReader(file))["survival"] == "-0.5"


def test_readers_of_the_copy_can_do_nothing_but_read(home, first):
    assert first.run_id == "r1"
    with read.published(home) as conn:
        for statement in ("create table x as select 1 as a", "select * from read_text('/etc/passwd')", "set enable_external_access = true"):
            with pytest.raises(duckdb.Error):
                conn.execute(statement)
    assert home.published_file.stat().st_mode & 0o777 == 0o444


def test_before_the_first_publish_readers_are_told_what_to_do(home):
    assert read.published_manifest(home) is None
    with pytest.raises(WarehouseError, match="Nothing has been published"):
        read.query(home, "select 1")
    home.manifest_file.write_text("{}")
    with pytest.raises(PublishError, match="no manifest"):
        read.published_manifest(home)


CRASH = """
import pathlib, sys
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.warehouse import Home, acquire
from tests.warehouse.test_publish import clients, night
home = Home(pathlib.Path(sys.argv[1]))
with Ledger.open(home.ledger_file) as ledger:
    night(home, acquire(home, "killed"), ledger, "killed", days=1, marts__dim_client=clients("a", "b", "c"))
"""


@pytest.mark.parametrize("point", ["publish.table:4", "publish.before_manifest"])
def test_a_kill_while_publishing_is_finished_by_the_next_night(tmp_path, checkout, point):
    home = Home(tmp_path / "home")
    home.prepare()
    with Ledger.open(home.ledger_file) as ledger:
        with acquire(home, "r1") as lease:
            first = night(home, lease, ledger, marts__dim_tenant=TENANT, marts__dim_client=clients("a"))
        killed = subprocess.run(
            [sys.executable, "-c", CRASH, str(home.root)], cwd=checkout, env={**os.environ, "HANDOFF_CRASH_AT": point}, check=False
        )
        assert killed.returncode == 137
        assert read.published_manifest(home) == first
        with acquire(home, "r2") as lease:
            ledger.close_dead_runs("r2", NIGHT)
            second = night(home, lease, ledger, "r2", days=2)
    unbroken = Home(tmp_path / "unbroken")
    unbroken.prepare()
    with Ledger.open(unbroken.ledger_file) as ledger, acquire(unbroken, "x") as lease:
        wanted = night(unbroken, lease, ledger, "x", marts__dim_tenant=TENANT, marts__dim_client=clients("a", "b", "c"))
    assert second.content_hash == wanted.content_hash
    assert second.tables["dim_client"].run_id == "killed"
    assert read.query(home, "select run_id, state from meta_run order by run_id").rows() == [
        ("killed", "complete"), ("r1", "complete"), ("r2", "complete"),
    ]  # fmt: skip


def test_a_killed_publish_whose_files_are_gone_is_given_up_and_written_anew(home, lease, ledger, first):
    def killed(_name: str) -> None:
        raise KeyboardInterrupt

    patch = pytest.MonkeyPatch()
    patch.setattr("handoff_pipeline.warehouse.crash.point", killed)
    with pytest.raises(KeyboardInterrupt):
        night(home, lease, ledger, "r2", days=1, marts__dim_client=clients("new"))
    patch.undo()
    (home.parquet / ".dim_client.parquet.tmp").unlink()
    third = night(home, lease, ledger, "r3", days=2)
    assert (third.tables["dim_client"].run_id, third.tables["dim_client"].rows) == ("r3", 1)
    assert replace(ledger.run("r2"), finished_at=None).state == "running"
    assert first.run_id == "r1"
