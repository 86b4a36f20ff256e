"""What tonight's figures are compared with: the night that people read, after stale nights, a kill and a deleted `published/`."""

from __future__ import annotations

import shutil
from datetime import UTC, timedelta

import duckdb
import pytest

from assets.last_published import night_behind
from assets.restatements import restated
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import crash, read
from handoff_pipeline.warehouse.database import STORAGE_VERSION
from handoff_pipeline.warehouse.manifest import Manifest
from tests.warehouse.conftest import NIGHT
from tests.warehouse.test_history import kept, one_night

RESTATED = (
    "select 7 as metric_key, date '2026-08-24' as week_start, 'all' as segment_type, 0 as segment_key, 0.5 as old_value, 0.75 as new_value,"
    " timestamp '2026-09-01 02:00' as restated_at_utc, 'late_record' as cause, null::varchar as source_url"
)


@pytest.fixture
def conn():
    """Nothing of the work file is read where nothing is published."""
    with duckdb.connect() as unused:
        yield unused


def test_a_stale_night_is_not_what_the_next_one_compares_its_causes_with(home, lease, ledger):
    """Its landing and its policy made no figure that anybody read, though its run stands in the manifest."""
    one_night(home, lease, ledger, 1)
    stale = one_night(home, lease, ledger, 2, "incomplete")
    assert (stale.run_id, stale.state) == ("r2", "stale")
    last = night_behind(home, stale)
    assert last is not None
    assert (last.landed_by, last.as_of) == ("r1", (NIGHT + timedelta(days=1)).astimezone(UTC))


def test_a_complete_night_is_compared_with_itself(home, lease, ledger):
    assert night_behind(home, one_night(home, lease, ledger)) is None


def test_restatements_stay_where_published_was_deleted(home, lease, ledger, conn):
    one_night(home, lease, ledger, kpi__kpi_restatement=RESTATED)
    shutil.rmtree(home.published)
    assert restated(conn, home, Settings(home=home.root)).select("metric_key", "old_value", "new_value").rows() == [(7, 0.5, 0.75)]


def test_nothing_is_restated_before_the_first_publication(home, ledger, conn):
    assert restated(conn, home, Settings(home=home.root)).is_empty()


def test_a_killed_publication_is_finished_before_anything_is_compared_with_it(home, lease, ledger, conn, monkeypatch):
    class Killed(BaseException):
        """As a kill would end it."""

    def die(name: str) -> None:
        if name == "publish.before_manifest":
            raise Killed

    monkeypatch.setattr(crash, "point", die)
    with pytest.raises(Killed):
        one_night(home, lease, ledger)
    monkeypatch.undo()
    assert read.published_manifest(home) is None
    # No figures are in this small world: what is read first is the manifest, and that is there now.
    with pytest.raises(WarehouseError, match="kpi_weekly"):
        restated(conn, home, Settings(home=home.root))
    found = read.published_manifest(home)
    assert isinstance(found, Manifest)
    assert (found.run_id, ledger.run("r1").state) == ("r1", "complete")


def test_a_damaged_history_stops_the_night_where_published_is_gone_and_says_what_to_do(home, lease, ledger, conn):
    """As it stops the publication: a new history begun over it would end every earlier restatement without a word."""
    one_night(home, lease, ledger, kpi__kpi_restatement=RESTATED)
    shutil.rmtree(home.published)
    home.history_file.write_bytes(b"damaged")
    with pytest.raises(WarehouseError, match="cannot be opened") as stopped:
        restated(conn, home, Settings(home=home.root))
    assert f"mv {home.history_file} {home.history_file}.damaged" in (stopped.value.fix or "")
    assert home.history_file.read_bytes() == b"damaged"


def test_a_history_that_opens_and_cannot_be_read_says_what_to_do_too(home, lease, ledger, conn):
    one_night(home, lease, ledger, kpi__kpi_restatement=RESTATED)
    shutil.rmtree(home.published)
    with duckdb.connect(str(home.history_file)) as other:
        other.execute("alter table kpi.kpi_restatement drop column cause")
    with pytest.raises(WarehouseError, match="cannot be read") as stopped:
        restated(conn, home, Settings(home=home.root))
    assert f"mv {home.history_file}" in (stopped.value.fix or "")


def test_the_night_goes_on_once_the_damaged_history_is_moved_away(home, lease, ledger, conn):
    one_night(home, lease, ledger, kpi__kpi_restatement=RESTATED)
    shutil.rmtree(home.published)
    moved = home.history_file.with_name("history.duckdb.damaged")
    home.history_file.write_bytes(b"damaged")
    home.history_file.rename(moved)
    assert restated(conn, home, Settings(home=home.root)).is_empty()
    home.prepare()
    one_night(home, lease, ledger, 2)
    assert (kept(home, "select night_no, run_id from night"), moved.read_bytes()) == ([(1, "r2")], b"damaged")


def test_a_history_of_an_earlier_release_does_not_stop_the_night_where_published_is_gone(home, ledger, conn):
    """Publishing begins a new one in its place, so there is nothing to decide."""
    with duckdb.connect(str(home.history_file), config={"storage_compatibility_version": STORAGE_VERSION}) as other:
        other.execute("create table deal_history as select 1 as id")
    shutil.rmtree(home.published)
    assert restated(conn, home, Settings(home=home.root)).is_empty()
