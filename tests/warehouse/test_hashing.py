"""The canonical hash: equal for equal content, different for anything else, the same in every DuckDB."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.warehouse.hashing import combined, content_hash


@pytest.fixture(scope="module")
def conn():
    with duckdb.connect() as opened:
        yield opened


def hashed(conn, sql: str, without: tuple[str, ...] = ("run_id",)) -> str:
    return content_hash(conn, f"({sql})", without)[1]


CELL = st.tuples(
    st.none() | st.integers(-(2**62), 2**62), st.none() | st.text(max_size=5), st.none() | st.floats(allow_nan=False, allow_infinity=False)
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(CELL, max_size=12), data=st.data())
def test_the_order_of_rows_and_columns_does_not_matter(rows, data):
    schema = {"a": pl.Int64, "b": pl.String, "c": pl.Float64}
    mixed = data.draw(st.permutations(rows))
    with duckdb.connect() as conn:
        conn.register("one", pl.DataFrame(rows, schema=schema, orient="row").to_arrow())
        conn.register("two", pl.DataFrame(mixed, schema=schema, orient="row").select("c", "a", "b").to_arrow())
        assert content_hash(conn, "one") == content_hash(conn, "two")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("select null::varchar as a", "select '' as a"),
        ("select 'n' as a", "select null::varchar as a"),
        ("select 'a' as a, 'bc' as b", "select 'ab' as a, 'c' as b"),
        ("select '1:b' as a, null::varchar as b", "select '1' as a, 'b' as b"),
        ("select 1::bigint as a", "select 1::integer as a"),
        ("select 1 as a", "select 1 as b"),
        ("select 1 as a", "select 1 as a union all select 1 as a"),
        ("select 1 as a where false", "select 1 as a"),
        ("select 1.5::double as a", "select 1.50000001::double as a"),
        ("select timestamp '2026-01-01 00:00:00.000001' as a", "select timestamp '2026-01-01' as a"),
        ("select 1.0001::decimal(18, 4) as a", "select 1.0002::decimal(18, 4) as a"),
        ("select true as a", "select false as a"),
    ],
)
def test_different_content_has_another_hash(conn, one, two):
    assert hashed(conn, one) != hashed(conn, two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("select 1 as a, 'r1' as run_id", "select 1 as a, 'r2' as run_id"),
        ("select 0.1::double + 0.2::double as a", "select 0.3::double as a"),
        ("select -0.0::double as a", "select 0.0::double as a"),
    ],
)
def test_the_run_and_the_last_digits_of_a_sum_are_no_content(conn, one, two):
    assert hashed(conn, one) == hashed(conn, two)


def test_the_run_counts_where_it_is_content(conn):
    assert hashed(conn, "select 'r1' as run_id", ()) != hashed(conn, "select 'r2' as run_id", ())


def test_the_hash_of_every_type_is_the_same_in_every_duckdb(conn):
    sql = (
        "select 1::bigint as a, 1e300::double as b, 2.5::decimal(18, 4) as c, date '2026-09-01' as d,"
        " timestamp '2026-09-01 01:02:03.5' as e, true as f, 'é' as g, null::varchar as h, 1e-7::double as i,"
        " 123456789.125::double as j, timestamp 'infinity' as k"
    )
    assert hashed(conn, sql) == "b762eddf4b9543324d5f5f6595ccba41851e0d7377182a6438ffd09370ce9393"


def test_the_hash_of_many_tables_does_not_depend_on_their_order():
    assert combined({"a": "1", "b": "2"}) == combined({"b": "2", "a": "1"}) != combined({"a": "2", "b": "1"})
