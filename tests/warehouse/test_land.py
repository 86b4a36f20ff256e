"""Landing: one transaction, changed rows only, nothing lost and nothing counted twice, whatever HaloPSA sends and whenever it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger import Announced, Ledger
from handoff_pipeline.warehouse import Home, acquire, completeness_rows, cursors, land, open_build, open_land, reconcile
from tests.warehouse.conftest import NIGHT, Entity, Report, a_run, page, rows_of


def stored(home, lease, sql="select row_key, payload from raw.client order by batch_no, row_key"):
    with open_land(home, lease) as conn:
        return conn.execute(sql).fetchall()


def test_only_rows_whose_content_changed_are_landed_again(home, ledger, lease):
    first = land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]))
    second = land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1, "name": "a"}, {"id": 2, "name": "c"}]))
    assert (first.rows_changed, second.rows_changed) == (2, 1)
    assert stored(home, lease, "select batch_no, row_key, is_deleted from raw.client order by all") == [
        (1, "1", False),
        (1, "2", False),
        (2, "2", False),
    ]


def test_a_value_that_goes_back_is_a_new_version(home, ledger, lease):
    for name in ("a", "b", "a"):
        land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1, "name": name}]))
    assert [json.loads(payload)["name"] for _, payload in stored(home, lease)] == ["a", "b", "a"]


def test_all_three_shapes_and_every_kind_of_key_are_read(home, ledger, lease):
    report = Report(
        {
            "opportunity": Entity((page(home, "opportunity", {"record_count": 2, "tickets": [{"id": 1}, {"id": 2}]}, "tickets"),), 2),
            "sales_order": Entity(tuple(page(home, "sales_order", {"id": n, "lines": [{"id": 9}]}, "object", f"{n}") for n in (7, 8)), 2),
            "action": Entity((page(home, "action", [{"ticket_id": 5, "id": 1}, {"ticket_id": 6, "id": 1}]),), 2),
            "approval": Entity((page(home, "approval", [{"ticket_id": 5, "seq": 1}]),), 1),
            "client": Entity((page(home, "client", {"clients": []}, "clients"),), 0),
        }
    )
    result = land(home, ledger, lease, "r1", NIGHT, report)
    assert {name: row.rows_changed for name, row in result.entities.items()} == {
        "opportunity": 2, "sales_order": 2, "action": 2, "approval": 1, "client": 0,
    }  # fmt: skip
    assert stored(home, lease, "select row_key from raw.action order by 1") == [("5:1",), ("6:1",)]
    assert stored(home, lease, "select row_key from raw.approval") == [("5:1",)]


def test_a_lookup_row_gets_the_list_that_its_file_names(home, ledger, lease):
    files = (
        page(home, "lookup", [{"id": 1, "name": "x", "none": None}], name="17-00001"),
        page(home, "lookup", [{"id": 1, "name": "y", "lookupid": 39}], name="39-00001"),
    )
    land(home, ledger, lease, "r1", NIGHT, Report({"lookup": Entity(files, 2)}))
    rows = dict(stored(home, lease, "select row_key, payload from raw.lookup"))
    assert {key: json.loads(payload) for key, payload in rows.items()} == {
        "17:1": {"id": 1, "name": "x", "none": None, "lookupid": 17},
        "39:1": {"id": 1, "name": "y", "lookupid": 39},
    }


def test_of_duplicates_the_latest_change_is_kept_and_the_others_are_counted(home, ledger, lease):
    rows = [
        {"id": 1, "name": "old", "last_update": "2026-01-01T00:00:00"},
        {"id": 1, "name": "newest", "last_update": "2026-03-01T00:00:00"},
        {"id": 1, "name": "newer", "last_update": "2026-02-01T00:00:00"},
        {"id": 2, "name": "first"},
        {"id": 2, "name": "last"},
    ]
    landed = land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", rows)).entities["client"]
    assert (landed.rows_changed, landed.rows_duplicate) == (2, 3)
    assert [json.loads(payload)["name"] for _, payload in stored(home, lease)] == ["newest", "last"]


@pytest.mark.parametrize("name", ["last_update", "lastupdate", "last_update_time"])
def test_every_spelling_of_the_last_change_decides_between_duplicates(home, ledger, lease, name):
    rows = [{"id": 1, "name": "new", name: "2026-03-01T00:00:00"}, {"id": 1, "name": "old", name: "2026-02-01T00:00:00"}]
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", rows))
    assert [json.loads(payload)["name"] for _, payload in stored(home, lease)] == ["new"]


@pytest.mark.parametrize("spelling", ["12", '"12"', "12.0", '" 12 "', "12.00"])
def test_an_id_has_one_key_however_it_is_spelt(home, ledger, lease, spelling):
    land(home, ledger, lease, "r1", NIGHT, Report({"client": Entity((page(home, "client", f'[{{"id": {spelling}}}]'),), 1)}))
    assert stored(home, lease, "select row_key from raw.client") == [("12",)]


def test_a_row_that_names_a_field_twice_sets_its_entity_aside(home, ledger, lease):
    """Which of the two HaloPSA means, nobody can know; readers of JSON differ."""
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1, "name": "a"}]))
    file = page(home, "client", '[{"id": 1, "name": "b", "name": "c"}, {"id": 2, "name": "d"}]')
    landed = land(home, ledger, lease, "r1", NIGHT, Report({"client": Entity((file,), 2)})).entities["client"]
    assert (landed.state, landed.rows_changed, landed.detail) == ("quarantined", 0, "1 rows name a field twice (ids 1)")
    assert [json.loads(payload)["name"] for _, payload in stored(home, lease)] == ["a"]


def test_the_fewest_requests_are_carried_on(home, ledger, lease):
    report = rows_of(home, "client", [{"id": 1}], requests=5, requests_minimum=2)
    landed = land(home, ledger, lease, "r1", NIGHT, report)
    assert landed.entities["client"].requests_minimum == 2
    (row,) = completeness_rows(ledger, "r1", NIGHT, landed)
    assert (row.requests, row.requests_minimum) == (5, 2)


def test_an_optional_entity_that_was_never_permitted_makes_nothing_stale(home, ledger, lease):
    ledger.start_run(a_run())
    refused = Report({"invoice": Entity(state="not_permitted"), "quotation": Entity(state="not_permitted")})
    rows = completeness_rows(ledger, "r1", NIGHT, land(home, ledger, lease, "r1", NIGHT, refused), optional={"invoice"})
    assert {row.entity: row.is_stale for row in rows} == {"invoice": False, "quotation": True}
    ledger.record_completeness("r1", [replace(row, state="complete") for row in rows])
    later = completeness_rows(ledger, "r1", NIGHT, land(home, ledger, lease, "r1", NIGHT, refused), optional={"invoice"})
    assert {row.entity: row.is_stale for row in later} == {"invoice": True, "quotation": True}


def test_a_row_without_a_key_is_quarantined_and_counted(home, ledger, lease):
    rows = [{"id": 1}, {"name": "no id"}, {"id": None}, {"id": ""}]
    landed = land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", rows)).entities["client"]
    assert (landed.rows_changed, landed.rows_quarantined) == (1, 3)


@pytest.mark.fact("H032")
def test_null_empty_and_missing_stay_apart(home, ledger, lease):
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1, "a": None}, {"id": 2, "a": ""}, {"id": 3}]))
    states = "select row_key, json_exists(payload, '$.a'), json_type(payload, '$.a'), payload ->> '$.a' from raw.client order by 1"
    assert stored(home, lease, states) == [("1", True, "NULL", None), ("2", True, "VARCHAR", ""), ("3", False, None, None)]


def test_money_keeps_its_digits(home, ledger, lease):
    text = '{"quotes": [{"id": 1, "price": 99999999999.9999}, {"id": 2, "price": 0.1}]}'
    land(home, ledger, lease, "r1", NIGHT, Report({"quotation": Entity((page(home, "quotation", text, "quotes"),), 2)}))
    sql = "select cast(cast(payload ->> '$.price' as decimal(18, 4)) as varchar) from raw.quotation order by row_key"
    assert stored(home, lease, sql) == [("99999999999.9999",), ("0.1000",)]


@pytest.mark.fact("H101")
def test_lone_surrogates_and_nul_are_replaced_and_counted(home, ledger, lease):
    text = r'[{"id": 1, "name": "a\ud800b"}, {"id": 2, "name": "\ud83d\ude00"}, {"id": 3, "name": "x\u0000y\\ud800"}]'
    file = page(home, "client", text)
    landed = land(home, ledger, lease, "r1", NIGHT, Report({"client": Entity((file,), 3)})).entities["client"]
    names = stored(home, lease, "select payload ->> '$.name' from raw.client order by row_key")
    assert names == [("a\ufffdb",), ("\U0001f600",), ("x\ufffdy\\ud800",)]
    assert landed.detail == "2 characters that not every store can hold (NUL, halves of a surrogate pair) replaced"
    assert file.path.read_text() == text


def test_an_incomplete_entity_lands_nothing_but_its_count_row(home, ledger, lease):
    cursor = datetime(2026, 8, 1, tzinfo=UTC)
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1}], cursor_utc=cursor))
    report = rows_of(home, "client", [{"id": 1}, {"id": 2}], state="incomplete", detail="2 of 3 rows", cursor_utc=NIGHT)
    result = land(home, ledger, lease, "r1", NIGHT, report)
    assert result.rows_changed == 0
    assert stored(home, lease, "select state, rows_changed, detail from raw.load_batch where batch_no = 2") == [
        ("incomplete", 0, "2 of 3 rows")
    ]
    with open_build(home, lease) as conn:
        assert cursors(conn) == {"client": cursor}


@pytest.mark.fact("H111")
def test_a_short_read_never_deletes_rows(home, ledger, lease):
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1}, {"id": 2}]))
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1}]))
    assert stored(home, lease, "select count(*), count(*) filter (is_deleted) from raw.client") == [(2, 0)]


def test_a_page_that_was_lost_after_the_pull_is_noticed(home, ledger, lease):
    report = Report({"client": Entity((page(home, "client", [{"id": 1}]),), rows_seen=2)})
    with pytest.raises(WarehouseError, match="holds 1 rows of client; the pull saw 2"):
        land(home, ledger, lease, "r1", NIGHT, report)


@pytest.mark.parametrize(
    ("content", "shape", "says"),
    [
        ('{"tickets": [', "tickets", "cannot be read"),
        ('{"error": "no"}', "tickets", "no list under the key"),
        ("<html>login</html>", "array", "cannot be read"),
    ],
)
def test_a_page_that_is_not_what_it_should_be_lands_nothing(home, ledger, lease, content, shape, says):
    good = page(home, "client", [{"id": 1}])
    report = Report({"client": Entity((good,), 1), "opportunity": Entity((page(home, "opportunity", content, shape),), 0)})
    with pytest.raises(WarehouseError, match=says):
        land(home, ledger, lease, "r1", NIGHT, report)
    assert stored(home, lease, "select count(*) from raw.client") == [(0,)]
    assert stored(home, lease, "select count(*) from raw.load_batch") == [(0,)]


def test_a_missing_page_and_an_unknown_entity_are_refused(home, ledger, lease):
    file = page(home, "client", [])
    file.path.unlink()
    with pytest.raises(WarehouseError, match="Pull again"):
        land(home, ledger, lease, "r1", NIGHT, Report({"client": Entity((file,), 0)}))
    with pytest.raises(WarehouseError, match="unknown entity weather"):
        land(home, ledger, lease, "r1", NIGHT, Report({"weather": Entity()}))


CRASH = """
import sys, pathlib
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.warehouse import Home, acquire, land
from tests.warehouse.conftest import NIGHT, rows_of
home = Home(pathlib.Path(sys.argv[1]))
home.prepare()
with Ledger.open(home.ledger_file) as ledger:
    lease = acquire(home, "killed")
    land(home, ledger, lease, "killed", NIGHT, rows_of(home, "client", [{"id": 1}, {"id": 2}]))
"""


@pytest.mark.parametrize(
    ("point", "state", "changed"),
    [("land.announced", "absent", 2), ("land.inserted", "absent", 2), ("land.committed", "settled", 0)],
)
def test_a_kill_while_landing_leaves_all_or_nothing_and_a_rerun_heals_it(tmp_path, checkout, point, state, changed):
    home = Home(tmp_path / "home")
    killed = subprocess.run(
        [sys.executable, "-c", CRASH, str(home.root)], cwd=checkout, env={**os.environ, "HANDOFF_CRASH_AT": point}, check=False
    )
    assert killed.returncode == 137
    with Ledger.open(home.ledger_file) as ledger, acquire(home, "rerun") as lease:
        assert [batch.state for batch in ledger.batches()] == ["announced"]
        result = land(home, ledger, lease, "rerun", NIGHT, rows_of(home, "client", [{"id": 1}, {"id": 2}]))
        assert [batch.state for batch in ledger.batches()] == [state, "settled"]
        assert result.rows_changed == changed
        assert stored(home, lease, "select count(*), count(distinct row_key) from raw.client") == [(2, 2)]


def test_a_settled_batch_that_the_file_lacks_stops_the_pipeline(home, ledger, lease):
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1}]))
    with open_land(home, lease) as conn:
        conn.execute("delete from raw.load_batch")
        with pytest.raises(WarehouseError, match=r"batch 1 of client is settled, and the warehouse file lacks it.*Fix: Put"):
            reconcile(ledger, conn)


def test_lost_rows_of_the_newest_batch_stop_the_pipeline(home, ledger, lease):
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1}, {"id": 2}]))
    with open_land(home, lease) as conn:
        conn.execute("delete from raw.client where row_key = '2'")
        with pytest.raises(WarehouseError, match="fewer or more rows of batch 1"):
            reconcile(ledger, conn)


def test_a_file_that_the_ledger_does_not_know_stops_the_pipeline(home, ledger, lease, tmp_path):
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1}]))
    with (
        Ledger.open(tmp_path / "other.sqlite") as other,
        open_land(home, lease) as conn,
        pytest.raises(WarehouseError, match="knows nothing"),
    ):
        reconcile(other, conn)


def test_a_batch_that_is_partly_there_stops_the_pipeline(home, ledger, lease):
    land(home, ledger, lease, "r1", NIGHT, rows_of(home, "client", [{"id": 1}]))
    ledger.announce(2, "r1", {"client": Announced(1, 1, 1), "agent": Announced(1, 1, 1)})
    with open_land(home, lease) as conn:
        conn.execute("insert into raw.load_batch select 2, * exclude (batch_no) from raw.load_batch")
        with pytest.raises(WarehouseError, match="only partly"):
            reconcile(ledger, conn)


# NUL and halves of a surrogate pair are replaced, which has tests of its own.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), TEXTS, st.floats(allow_nan=False, allow_infinity=False))
ROWS = st.dictionaries(st.integers(1, 6), st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=6)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ROWS, second=ROWS)
def test_landing_twice_changes_nothing_and_the_newest_versions_are_the_source(home, ledger, lease, first, second):
    pulls = [[{"id": key, **values} for key, values in content.items()] for content in (first, second, second)]
    results = [land(home, ledger, lease, "r1", NIGHT + timedelta(days=1), rows_of(home, "status", rows)) for rows in pulls]
    assert results[-1].rows_changed == 0
    newest = "select cast(row_key as integer), max_by(payload, batch_no) from raw.status group by row_key"
    held = {key: json.loads(payload) for key, payload in stored(home, lease, newest)}
    assert {key: {"id": key, **values} for key, values in second.items()}.items() <= held.items()
