"""Each profile is tried at what it must forbid, and at what its step needs."""
# ruff: noqa: S608 - paths of the test's own folders

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse import Home, acquire, open_build, open_land, open_publish
from handoff_pipeline.warehouse import home as home_module
from handoff_pipeline.warehouse.connect import open_restore
from handoff_pipeline.warehouse.crash import point

REFUSED = (duckdb.Error,)


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("keep out")
    return path


def refuse_everything_outside(conn, home, secret):
    """What no profile may do."""
    (home.inbox / "way-out").symlink_to(secret)
    for statement in (
        f"select * from read_text('{secret}')",
        f"select * from read_text('{home.inbox}/../../{secret.name}')",
        f"select * from read_text('{home.inbox}/way-out')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/etc/*')",
        f"copy (select 1 as x) to '{secret.parent}/out.csv'",
        f"export database '{secret.parent}/out'",
        f"attach '{secret.parent}/other.duckdb' as other",
        f"attach '{home.ledger_file}' as ledger (type sqlite)",
        "select * from 'http://127.0.0.1:1/x.csv'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        f"set allowed_directories = ['{secret.parent}']",
        "set lock_configuration = false",
        "reset lock_configuration",
        "set python_enable_replacements = true",
    ):
        with pytest.raises(REFUSED):
            conn.execute(statement)
    python_frame = pl.DataFrame({"x": [1]})
    with pytest.raises(REFUSED):
        conn.sql("select * from python_frame")
    assert python_frame.height == 1


def test_land_reads_the_inbox_and_nothing_else(home, lease, secret):
    (home.inbox / "a.json").write_text("[1]")
    with open_land(home, lease) as conn:
        refuse_everything_outside(conn, home, secret)
        assert conn.execute(f"select content from read_text('{home.inbox}/a.json')").fetchall() == [("[1]",)]
        for folder in (home.published, home.history_file.parent, home.work):
            with pytest.raises(REFUSED):
                conn.execute(f"copy (select 1 as x) to '{folder}/out.csv'")


def test_build_reaches_nothing_outside_its_file(home, lease, secret):
    (home.inbox / "a.json").write_text("[1]")
    with open_build(home, lease) as conn:
        refuse_everything_outside(conn, home, secret)
        for folder in (home.inbox, home.published, home.history_file.parent, home.work):
            with pytest.raises(REFUSED):
                conn.execute(f"copy (select 1 as x) to '{folder}/out.csv'")
        with pytest.raises(REFUSED):
            conn.execute(f"select * from read_text('{home.inbox}/a.json')")


def test_publish_writes_published_and_history_and_never_the_work_file(home, lease, secret):
    (home.inbox / "a.json").write_text("[1]")
    with open_build(home, lease) as conn:
        conn.execute("create table marts.x as select 1 as a")
    with open_publish(home, lease) as conn:
        refuse_everything_outside(conn, home, secret)
        for statement in (
            "create table marts.y as select 1 as a",
            "delete from marts.x",
            "update meta.lease set fence = 99",
            f"attach '{home.work_file}' as again",
            f"select * from read_text('{home.inbox}/a.json')",
            f"copy (select 1 as x) to '{home.inbox}/out.csv'",
            f"copy (select 1 as x) to '{home.work}/out.csv'",
        ):
            with pytest.raises(REFUSED):
                conn.execute(statement)
        conn.execute(f"copy marts.x to '{home.published}/x.parquet'")
        conn.execute(f"attach '{home.history_file}' as history")
        assert conn.execute(f"select a from read_parquet('{home.published}/x.parquet')").fetchall() == [(1,)]


def test_restore_reads_the_history_and_never_writes_it(home, lease, secret):
    with duckdb.connect(str(home.history_file)) as conn:
        conn.execute("create table night as select 1 as night_no")
    with open_restore(home, lease) as conn:
        refuse_everything_outside(conn, home, secret)
        for statement in ("create table past.main.x as select 1 as a", "delete from past.main.night"):
            with pytest.raises(REFUSED):
                conn.execute(statement)
        for folder in (home.inbox, home.published):
            with pytest.raises(REFUSED):
                conn.execute(f"copy (select 1 as x) to '{folder}/out.csv'")
        conn.execute("create table staging.night as select * from past.main.night")
        assert conn.execute("select * from staging.night").fetchall() == [(1,)]


def test_the_file_is_free_again_after_an_error(home, lease):
    with pytest.raises(ZeroDivisionError), open_build(home, lease):
        raise ZeroDivisionError
    with open_build(home, lease) as conn:
        assert conn.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_folders_are_the_owners_alone_except_what_is_published(home):
    modes = {folder.name: folder.stat().st_mode & 0o777 for folder in home.root.iterdir() if folder.is_dir()}
    assert modes == {"inbox": 0o700, "work": 0o700, "ledger": 0o700, "history": 0o700, "published": 0o755}


def test_a_group_that_does_not_exist_is_named_with_the_fix(tmp_path):
    with pytest.raises(Exception, match=r"HANDOFF_SHARED_GROUP=nosuchgroup: no such group.*Fix"):
        Home(tmp_path / "home", shared_group="nosuchgroup").prepare()


def test_a_full_disk_is_noticed_before_the_night_starts(home, monkeypatch):
    home.work_file.write_bytes(b"x" * 1024)
    monkeypatch.setattr(home_module, "MINIMUM_FREE_BYTES", 10**18)
    with pytest.raises(WarehouseError, match="MB free; a night needs"):
        home.check()


def test_a_duckdb_that_loses_rows_is_refused(home, monkeypatch):
    monkeypatch.setattr(duckdb, "__version__", "1.4.4")
    with pytest.raises(WarehouseError, match=r"DuckDB 1\.4\.4 is installed"):
        home.check()


def test_missing_macros_are_named(home, lease, tmp_path):
    with pytest.raises(WarehouseError, match=r"macros\.sql is missing"), open_build(home, lease, tmp_path / "macros.sql"):
        pass


def test_a_crash_point_does_nothing_unless_it_is_asked_for(monkeypatch):
    point("land.announced")
    monkeypatch.setenv("HANDOFF_CRASH_AT", "elsewhere:2")
    point("land.announced")


@pytest.mark.parametrize(("limit", "landing"), [("2GB", "488.2 MiB"), ("256MB", "244.1 MiB"), ("1 GiB", "488.2 MiB")])
def test_landing_takes_no_more_memory_than_it_needs_and_never_more_than_is_allowed(tmp_path, limit, landing):
    home = Home(tmp_path / "home", memory_limit=limit)
    home.prepare()
    with acquire(home, "r1") as held, open_land(home, held) as conn:
        assert conn.execute("select current_setting('memory_limit')").fetchone() == (landing,)
