"""SQL models: what is read from a file, what is refused in one, and what running one does."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

import polars as pl
import pytest

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse import frames, models, open_build

AS_OF = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
HEADER = "-- One thing.\n-- Said in two lines.\n-- grain: thing\n-- key: thing_id, part\n-- owner: platform\n"


@pytest.fixture
def write(tmp_path):
    def write_model(name: str, sql: str, header: str = HEADER):
        layer, table = name.split(".")
        path = tmp_path / layer / f"{table}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(header + sql)
        return path

    return write_model


def test_a_model_is_its_header_its_sql_and_what_it_reads(write, tmp_path):
    write(
        "core.thing",
        "with seen as (select t.id from staging.thing as t cross join range(3) as r(n)), other as (select id from seen)\n"
        "select o.id as thing_id, $as_of as at from other as o left join policy.rate as p on o.id = p.id -- $tenant\n",
    )
    model = models.discover(tmp_path)["core.thing"]
    assert (model.name, model.table, model.layer) == ("core.thing", "thing", "core")
    assert (model.description, model.grain, model.key, model.owner) == (
        "One thing. Said in two lines.",
        "thing",
        ("thing_id", "part"),
        "platform",
    )
    assert model.depends_on == {"staging.thing", "policy.rate"}
    assert model.parameters == {"as_of"}


def test_models_come_after_what_they_read(write, tmp_path):
    write("kpi.a", "select b.x as x from marts.b as b")
    write("marts.b", "select c.x as x from core.c as c")
    write("core.c", "select 1 as x")
    assert list(models.discover(tmp_path)) == ["core.c", "marts.b", "kpi.a"]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select t.x as x from thing as t", "'thing', which is no CTE and has no layer"),
        ("select t.x as x from nowhere.thing as t", "there is no layer 'nowhere'"),
        ("select * from staging.thing", r"selects \* from staging.thing"),
        ("select t.*, 1 as y from staging.thing as t", r"selects \* from staging.thing"),
        ("select 1 as x; select 2 as x", "not one select"),
        ("drop table core.x", "not one select"),
        ("select from where", "cannot be parsed"),
    ],
)
def test_sql_that_hides_what_it_reads_is_refused(write, tmp_path, sql, says):
    write("core.x", sql)
    with pytest.raises(WarehouseError, match=says):
        models.discover(tmp_path)


def test_a_star_over_named_columns_and_a_count_are_no_stars(write, tmp_path):
    write("core.x", "with a as (select t.y from staging.t as t) select a.*, count(*) over () as n from a")
    write("staging.t", "select * from raw.t")
    assert set(models.discover(tmp_path)) == {"core.x", "staging.t"}


@pytest.mark.parametrize(
    "line", ["-- grain: thing\n", "-- key: thing_id, part\n", "-- owner: platform\n", "-- One thing.\n-- Said in two lines.\n"]
)
def test_a_header_without_one_of_its_parts_is_refused(write, tmp_path, line):
    write("core.x", "select 1 as x", HEADER.replace(line, ""))
    with pytest.raises(WarehouseError, match="in its header"):
        models.discover(tmp_path)


def test_models_in_a_circle_are_refused(write, tmp_path):
    write("core.a", "select b.x as x from core.b as b")
    write("core.b", "select a.x as x from core.a as a")
    with pytest.raises(WarehouseError, match="in a circle"):
        models.discover(tmp_path)


def test_the_products_own_models_can_all_be_read():
    assert models.discover()


def test_running_a_model_binds_only_what_it_names(home, lease, write, tmp_path):
    write("core.x", "select cast($as_of as timestamp) as at, cast($tenant as varchar) as tenant")
    write("core.y", "select 1 as a union all select 2 as a -- the end")
    built = models.discover(tmp_path)
    with open_build(home, lease) as conn:
        assert [models.run(conn, model, AS_OF, "acme") for model in built.values()] == [1, 2]
        assert conn.execute("select * from core.x").fetchall() == [(AS_OF.replace(tzinfo=None), "acme")]


def test_a_failing_model_leaves_the_former_table_and_names_itself_but_no_value(home, lease, write, tmp_path):
    with open_build(home, lease) as conn:
        write("core.x", "select 1 as a")
        models.run(conn, models.discover(tmp_path)["core.x"], AS_OF, "acme")
        write("core.x", "select cast(v.a as integer) as a from (values ('Private O''Name\nLtd')) as v(a)")
        with pytest.raises(WarehouseError, match=r"Model core.x failed.*Fix: Correct") as failure:
            models.run(conn, models.discover(tmp_path)["core.x"], AS_OF, "acme")
        assert "Private" not in "".join(traceback.format_exception(failure.value))
        assert "Name" not in str(failure.value)
        assert conn.execute("select a from core.x").fetchall() == [(1,)]


def test_a_frame_becomes_a_table_with_the_types_that_were_named(home, lease):
    frame = pl.DataFrame({"b": ["1.5", None], "a": [1, 2], "at": [AS_OF.replace(tzinfo=None)] * 2, "extra": [0, 0]})
    with open_build(home, lease) as conn:
        assert frames.write(conn, "governance.x", frame, {"a": "bigint", "b": "decimal(18, 4)", "at": "timestamp"}) == 2
        back = frames.read(conn, "select * from governance.x where a >= $least order by a", {"least": 1})
        assert back.schema == {"a": pl.Int64, "b": pl.Decimal(18, 4), "at": pl.Datetime("us")}
        assert [str(value) for value in back["b"]] == ["1.5000", "None"]
        assert frames.write(conn, "governance.x", frame.clear(), {"a": "bigint"}) == 0


def test_a_half_read_result_does_not_stand_in_a_frames_way(home, lease):
    with open_build(home, lease) as conn:
        conn.execute("select n from range(5) as r(n)").fetchone()
        frames.write(conn, "governance.x", pl.DataFrame({"a": [1]}), {"a": "bigint"})
        conn.execute("select n from range(5) as r(n)").fetchone()
        assert frames.read(conn, "select a from governance.x").rows() == [(1,)]


def test_a_frame_that_does_not_fit_leaves_the_table_as_it_was(home, lease):
    with open_build(home, lease) as conn:
        frames.write(conn, "governance.x", pl.DataFrame({"a": [1]}), {"a": "bigint"})
        with pytest.raises(WarehouseError, match="cannot be written"):
            frames.write(conn, "governance.x", pl.DataFrame({"a": ["Private"]}), {"a": "bigint"})
        with pytest.raises(WarehouseError, match="lacks b"):
            frames.write(conn, "governance.x", pl.DataFrame({"a": [1]}), {"b": "bigint"})
        with pytest.raises(WarehouseError, match="query on the warehouse failed"):
            frames.read(conn, "select nothing from governance.x")
        assert frames.read(conn, "select a from governance.x").rows() == [(1,)]
