"""The history: every published night can be taken out of it again, and it grows with what changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from handoff_pipeline.errors import PolicyError, PublishError, WarehouseError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.records import PolicyDocument
from handoff_pipeline.warehouse import Home, acquire, history, history_restore, models, open_build
from handoff_pipeline.warehouse.database import STORAGE_VERSION
from handoff_pipeline.warehouse.history import is_held
from tests.warehouse.conftest import NIGHT
from tests.warehouse.test_publish import CURVE, build, night


def landed(home: Home, lease, *nights: tuple[str, datetime]) -> None:
    """raw.batch as these runs left it."""
    rows = ", ".join(f"({number}, '{run}', timestamp '{at:%Y-%m-%d %H:%M}')" for number, (run, at) in enumerate(nights, 1))
    build(home, lease, raw__batch=f"select * from (values {rows}) as b(batch_no, run_id, as_of_utc)")  # noqa: S608


def one_night(home: Home, lease, ledger, number: int = 1, state: str = "complete", **built: str):
    """Night `number`, that is the runs r1 to rN have landed, with these tables of the work file."""
    landed(home, lease, *((f"r{each}", NIGHT + timedelta(days=each)) for each in range(1, number + 1)))
    ledger.policies.keep(PolicyDocument("hash", "2026-09", "version: '2026-09'", NIGHT))
    return night(home, lease, ledger, f"r{number}", state, days=number, **built)


def taken_out(home: Home, tmp_path: Path, day: date, table: str, name: str = "past") -> list[tuple]:
    """The rows of a table on the newest night up to `day`, restored into a home of its own."""
    past = Home(tmp_path / name)
    past.prepare()
    past.history_file.write_bytes(home.history_file.read_bytes())
    with history.reading(past.history_file) as conn:
        found = history.night_at(history.nights(conn), day)
    with acquire(past, "rebuild") as lease:
        history_restore.restore(past, lease, found)
        with open_build(past, lease) as conn:
            return sorted(conn.execute(f"select * from {table}").fetchall(), key=str)  # noqa: S608


def day(number: int) -> date:
    return (NIGHT + timedelta(days=number)).date()


def kept(home: Home, query: str) -> list[tuple]:
    with history.reading(home.history_file) as conn:
        return conn.execute(query).fetchall()


def test_what_models_past_staging_read_is_in_the_history_or_is_built_again(checkout):
    """A model that reads another raw table, or a table that Python makes of raw, could not be rebuilt."""
    found = models.discover(checkout / "sql")
    given = {
        table: model.name
        for model in found.values()
        if model.layer != "staging"
        for table in model.depends_on
        if table.partition(".")[0] in {"raw", "staging", "ledger"} and not is_held(table)
    }
    assert given == {}


def test_no_model_past_staging_reads_halopsas_own_json(checkout):
    found = models.discover(checkout / "sql")
    assert [model.name for model in found.values() if model.layer != "staging" and "payload" in model.sql] == []


def test_each_night_is_taken_out_as_it_was(home, lease, ledger, tmp_path):
    tables = {
        1: "select * from (values (1, 'a', null), (2, null, 1.5)) as t(id, note, amount)",
        2: "select * from (values (1, 'b', null), (2, null, 1.5), (3, 'new', 0.0)) as t(id, note, amount)",
        3: "select * from (values (1, 'a', null), (3, 'new', 0.0)) as t(id, note, amount)",
    }
    before = {}
    for number, sql in tables.items():
        one_night(home, lease, ledger, number, staging__thing=sql)
        with open_build(home, lease) as conn:
            before[number] = sorted(conn.execute("select * from staging.thing").fetchall(), key=str)
    for number in tables:
        assert taken_out(home, tmp_path, day(number), "staging.thing", f"past-{number}") == before[number]
    assert kept(home, "select valid_from_night, valid_to_night from staging.thing where id = 2") == [(1, 3)]


def test_a_row_that_does_not_change_is_written_once(home, lease, ledger):
    for number in (1, 2, 3):
        one_night(home, lease, ledger, number, staging__thing="select * from range(1000) as t(id)")
    assert kept(home, "select count(*), max(valid_from_night), max(valid_to_night) from staging.thing") == [(1000, 1, None)]


def test_equal_rows_are_counted(home, lease, ledger, tmp_path):
    one_night(home, lease, ledger, 1, staging__thing="select 1 as id from range(2)")
    one_night(home, lease, ledger, 2, staging__thing="select 1 as id from range(3)")
    assert taken_out(home, tmp_path, day(1), "staging.thing", "one") == [(1,)] * 2
    assert taken_out(home, tmp_path, day(2), "staging.thing", "two") == [(1,)] * 3


def test_a_column_that_a_release_adds_is_unknown_for_earlier_nights(home, lease, ledger, tmp_path):
    one_night(home, lease, ledger, 1, staging__thing="select 1 as id")
    one_night(home, lease, ledger, 2, staging__thing="select 1 as id, 'x' as added")
    assert taken_out(home, tmp_path, day(1), "staging.thing", "one") == [(1, None)]
    assert taken_out(home, tmp_path, day(2), "staging.thing", "two") == [(1, "x")]


def test_a_column_whose_type_changes_keeps_what_it_was(home, lease, ledger, tmp_path):
    one_night(home, lease, ledger, 1, staging__thing="select 7 as id")
    one_night(home, lease, ledger, 2, staging__thing="select 'seven' as id")
    assert taken_out(home, tmp_path, day(2), "staging.thing") == [(None, "seven")]
    assert kept(home, "select id_until_night_2 from staging.thing where valid_to_night = 2") == [(7,)]


def test_a_table_that_is_no_more_ends_with_the_night_that_lacks_it(home, lease, ledger):
    one_night(home, lease, ledger, 1, staging__thing="select 1 as id")
    with open_build(home, lease) as conn:
        conn.execute("drop table staging.thing")
    one_night(home, lease, ledger, 2)
    assert kept(home, "select valid_to_night from staging.thing") == [(2,)]
    assert kept(home, "select table_name from held where night_no = 2 and table_name like 'staging%'") == []


def test_halopsas_own_json_is_left_out(home, lease, ledger):
    one_night(home, lease, ledger, 1, staging__thing="select 1 as id, '{\"secret\": 1}' as payload")
    assert b"secret" not in home.history_file.read_bytes()
    assert kept(home, "select id from staging.thing") == [(1,)]


def test_a_night_published_again_takes_its_own_place(home, lease, ledger):
    one_night(home, lease, ledger, 1, staging__thing="select 1 as id")
    one_night(home, lease, ledger, 2, staging__thing="select 2 as id")
    landed(home, lease, ("r1", NIGHT + timedelta(days=1)), ("r2", NIGHT + timedelta(days=2)))
    night(home, lease, ledger, "by-hand", days=2, staging__thing="select 3 as id")
    assert kept(home, "select night_no, run_id, landed_by from night order by 1") == [(1, "r1", "r1"), (2, "by-hand", "r2")]
    assert kept(home, "select id, valid_from_night, valid_to_night from staging.thing order by 2") == [(1, 1, 2), (3, 2, None)]


def test_a_night_published_again_without_a_change_keeps_the_file(home, lease, ledger):
    one = one_night(home, lease, ledger, 1, staging__thing="select 1 as id")
    before = home.history_file.read_bytes()
    ledger.start_run(ledger.run("r1"))
    two = one_night(home, lease, ledger, 1)
    assert (two.history, home.history_file.read_bytes()) == (one.history, before)


def test_a_stale_night_leaves_no_trace(home, lease, ledger):
    one = one_night(home, lease, ledger, 1, staging__thing="select 1 as id")
    before = home.history_file.read_bytes()
    two = one_night(home, lease, ledger, 2, "incomplete", staging__thing="select 2 as id")
    assert (two.state, two.history, home.history_file.read_bytes()) == ("stale", one.history, before)


def test_a_publication_without_figures_keeps_none(home, lease, ledger):
    """Those that are kept are tried with whole nights, in tests/end_to_end/test_past_nights.py."""
    one_night(home, lease, ledger, 1, kpi__kpi_kickoff_survival=CURVE.format(survival=0.9))
    assert kept(home, "select table_name from duckdb_tables() where schema_name = 'kept' order by 1") == [
        ("completeness",), ("policy",), ("run",),
    ]  # fmt: skip


def test_a_history_of_an_earlier_release_is_begun_anew(home, lease, ledger):
    with duckdb.connect(str(home.history_file), config={"storage_compatibility_version": STORAGE_VERSION}) as conn:
        conn.execute("create table deal_history as select 1 as id")
    with pytest.raises(WarehouseError, match="earlier release"), history.reading(home.history_file):
        pass
    one_night(home, lease, ledger, 1, staging__thing="select 1 as id")
    assert kept(home, "select table_name from duckdb_tables() where schema_name = 'main' order by 1") == [
        ("held",), ("night",), ("published",),
    ]  # fmt: skip


def test_a_damaged_history_stops_the_night_before_anything_is_put_in_place(home, lease, ledger):
    one = one_night(home, lease, ledger, 1, staging__thing="select 1 as id")
    home.history_file.write_bytes(b"damaged")
    with pytest.raises(PublishError, match=r"cannot be continued.*Fix"):
        one_night(home, lease, ledger, 2, staging__thing="select 2 as id")
    assert (home.manifest_file.read_text("utf-8").find(one.run_id)) > 0


def test_a_day_asks_for_the_newest_night_up_to_its_end_in_the_tenants_own_zone(home, lease, ledger):
    build(home, lease, policy__setting="select 'acme' as tenant, 'https://halo' as links_base, 'Pacific/Auckland' as time_zone")
    for number in (1, 2):
        one_night(home, lease, ledger, number, staging__thing=f"select {number} as id")
    with history.reading(home.history_file) as conn:
        held = history.nights(conn)
    # 02:00 UTC is the afternoon of the same day in Auckland; 14:00 UTC would be the next one's morning.
    assert [each.local_day for each in held] == [day(1), day(2)]
    assert history.night_at(held, day(5)).night_no == 2
    assert history.night_at(held, day(1)).night_no == 1
    with pytest.raises(WarehouseError, match=f"begins on {day(1)}"):
        history.night_at(held, day(0))
    late = history.KeptNight(
        **{**{name: getattr(held[0], name) for name in held[0].__slots__}, "as_of": datetime(2026, 9, 9, 14, tzinfo=UTC)}
    )
    assert late.local_day == date(2026, 9, 10)


def test_the_ledger_of_the_night_is_taken_out_too(home, lease, ledger, tmp_path):
    one_night(home, lease, ledger, 1)
    one_night(home, lease, ledger, 2)
    with history.reading(home.history_file) as conn, Ledger.open(tmp_path / "past.sqlite") as past:
        first = history.nights(conn)[0]
        history_restore.restore_ledger(conn, past, first)
        assert [(run.run_id, run.state) for run in past.runs()] == [("r1", "complete")]
        assert past.completeness() == ledger.completeness("r1")
        assert past.policies.all() == ledger.policies.all()
        assert history_restore.policy_text(conn, first) == "version: '2026-09'"


def test_a_night_whose_policy_is_not_there_says_so(home, lease, ledger):
    landed(home, lease, ("r1", NIGHT))
    night(home, lease, ledger, "r1")
    with history.reading(home.history_file) as conn, pytest.raises(PolicyError, match=r"does not hold the policy document.*Fix"):
        history_restore.policy_text(conn, history.nights(conn)[0])


def test_a_table_that_lost_rows_is_not_restored(home, lease, ledger, tmp_path):
    one_night(home, lease, ledger, 1, staging__thing="select * from range(3) as t(id)")
    with duckdb.connect(str(home.history_file)) as conn:
        conn.execute("delete from staging.thing where id = 1")
    with pytest.raises(WarehouseError, match=r"2 rows of staging\.thing.*which had 3"):
        taken_out(home, tmp_path, day(1), "staging.thing")


def test_the_history_is_the_owners_alone(home, lease, ledger):
    one_night(home, lease, ledger, 1)
    one_night(home, lease, ledger, 2)
    assert home.history_file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in home.history_file.parent.iterdir()) == ["history.duckdb"]
