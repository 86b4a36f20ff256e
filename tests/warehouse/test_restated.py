"""What tonight's figures are compared with: the night that people read, after stale nights, a kill and a deleted `published/`."""

from __future__ import annotations

import shutil
from datetime import UTC, timedelta

import duckdb
import pytest

from assets.restatements import last_published, restated
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import crash, read
from handoff_pipeline.warehouse.manifest import Manifest
from tests.warehouse.conftest import NIGHT
from tests.warehouse.test_history import one_night

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
    last = last_published(home, stale)
    assert last is not None
    assert (last.landed_by, last.as_of) == ("r1", (NIGHT + timedelta(days=1)).astimezone(UTC))


def test_a_complete_night_is_compared_with_itself(home, lease, ledger):
    assert last_published(home, one_night(home, lease, ledger)) is None


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
    with pytest.raises(Exception, match="kpi_restatement"):
        restated(conn, home, Settings(home=home.root))
    found = read.published_manifest(home)
    assert isinstance(found, Manifest)
    assert (found.run_id, ledger.run("r1").state) == ("r1", "complete")
