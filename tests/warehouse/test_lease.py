"""The lease: one live holder, dead ones are replaced, and a run that was given up for dead writes nothing more."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from handoff_pipeline.errors import LeaseHeld
from handoff_pipeline.warehouse import LeaseLost, acquire, engine, open_build, open_land, open_publish, transaction

HOLD = """
import pathlib, sys, time
from handoff_pipeline.warehouse import Home, acquire
lease = acquire(Home(pathlib.Path(sys.argv[1])), "other")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_process(home, checkout):
    """A live process that holds the lease of run "other" until its stdin closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)], cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def rewrite(home, **values):
    """Make the lease row say something else."""
    with engine.opened(home, None, ()) as conn:
        for column, value in values.items():
            conn.execute(f"update meta.lease set {column} = $value", {"value": value})  # noqa: S608 - the test's own names


def test_a_second_run_is_refused_with_run_pid_and_fix_and_a_dead_holder_is_replaced(home, other_process):
    start = time.monotonic()
    with pytest.raises(LeaseHeld, match=rf"Run other \(process {other_process.pid}, since .*Fix: Wait.*stop process {other_process.pid}"):
        acquire(home, "mine")
    assert time.monotonic() - start < 5
    other_process.kill()
    other_process.wait()
    with acquire(home, "mine") as lease:
        assert lease.fence == 2


def test_the_same_run_in_the_same_process_keeps_its_lease(home, lease):
    assert acquire(home, "r1") == lease


def test_another_run_in_the_same_process_is_refused(home, lease):
    with pytest.raises(LeaseHeld, match="Run r1"):
        acquire(home, "r2")
    assert lease.run_id == "r1"


def test_a_released_lease_is_free_and_its_fence_never_comes_back(home):
    acquire(home, "r1").release()
    assert not home.lease_note.exists()
    with acquire(home, "r2") as second:
        assert second.fence == 2


@pytest.mark.parametrize("changes", [{"pid": 2**30}, {"started": "another start"}, {"boot_id": "before the reboot"}])
def test_a_holder_that_cannot_be_alive_is_replaced(home, lease, changes):
    rewrite(home, **changes)
    with acquire(home, "r2") as second:
        assert second.fence == lease.fence + 1


def test_a_holder_on_another_host_is_given_up_only_after_hours_of_silence(home, lease):
    rewrite(home, host="elsewhere")
    with pytest.raises(LeaseHeld, match=r"on host elsewhere.*falls free at"):
        acquire(home, "r2")
    rewrite(home, heartbeat_at_utc="2020-01-01")
    with acquire(home, "r2") as second:
        assert second.fence == lease.fence + 1


def test_a_zombie_cannot_open_the_file(home, lease):
    rewrite(home, pid=2**30)
    with acquire(home, "r2"):
        for profile in (open_land, open_build, open_publish):
            with pytest.raises(LeaseLost, match="taken over"), profile(home, lease):
                pass


def test_a_zombies_commit_is_refused_and_rolled_back(home, lease):
    with open_build(home, lease) as conn:
        conn.execute("create table core.x as select 1 as a")
        conn.execute("update meta.lease set fence = fence + 1")
        with pytest.raises(LeaseLost), transaction(conn):
            conn.execute("insert into core.x values (2)")
        assert conn.execute("select a from core.x").fetchall() == [(1,)]


def test_a_takeover_during_the_transaction_is_noticed_at_its_commit(home, lease):
    def build(conn):
        with transaction(conn):
            conn.execute("create table core.x as select 1 as a")
            conn.cursor().execute("update meta.lease set fence = fence + 1")

    with open_build(home, lease) as conn:
        with pytest.raises(LeaseLost):
            build(conn)
        assert conn.execute("select count(*) from duckdb_tables() where table_name = 'x'").fetchone() == (0,)


def test_a_cursor_that_was_never_bound_to_the_lease_cannot_commit(home, lease):
    with open_build(home, lease) as conn, pytest.raises(LeaseLost), transaction(conn.cursor()):
        pass


def test_every_commit_is_a_sign_of_life(home, lease):
    rewrite(home, heartbeat_at_utc="2020-01-01")
    with open_build(home, lease) as conn:
        assert conn.execute("select year(heartbeat_at_utc) > 2020 from meta.lease").fetchone() == (True,)


OPEN = """
import sys, duckdb
conn = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_file_that_another_process_has_open_is_reported_with_its_pid(home, lease, monkeypatch):
    monkeypatch.setattr(engine, "LOCK_WAIT_SECONDS", 0.2)
    process = subprocess.Popen([sys.executable, "-c", OPEN, str(home.work_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(LeaseHeld, match=rf"open in process {process.pid} \(run r1\)\. Fix: Wait"):
            acquire(home, "r2")
    finally:
        process.kill()
        process.communicate()
    assert json.loads(home.lease_note.read_text())["run_id"] == lease.run_id


def test_two_profiles_at_once_are_refused(home, lease, monkeypatch):
    monkeypatch.setattr(engine, "LOCK_WAIT_SECONDS", 0.1)
    with open_build(home, lease):
        with pytest.raises(LeaseHeld, match="Another connection of this process"), open_land(home, lease):
            pass
        with pytest.raises(LeaseHeld, match="Another connection of this process"), open_publish(home, lease):
            pass
        with pytest.raises(LeaseHeld, match="Another connection of this process"), open_build(home, lease):
            pass
