"""What a column of a SELECT is made of."""

from __future__ import annotations

import pytest

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.lineage.columns import Columns, Reader, Ref

KNOWN = {"core.deal": ("deal_id", "net", "cost"), "core.rate": ("currency", "rate")}


def read(sql: str) -> Columns:
    return Reader(known=KNOWN.get, keys=lambda table: KNOWN.get(table, ())[:1]).columns(sql, "core.x")


def made_of(sql: str, column: str = "x") -> set[str]:
    return {f"{ref.table}.{ref.column}{f'[{ref.detail}]' if ref.detail else ''}" for ref in read(sql)[column]}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select d.net as x from core.deal as d", {"core.deal.net"}),
        ("select d.net * r.rate as x from core.deal as d cross join core.rate as r", {"core.deal.net", "core.rate.rate"}),
        ("select net as x from core.deal", {"core.deal.net"}),
        ("select case when d.cost > 0 then d.net end as x from core.deal as d", {"core.deal.net", "core.deal.cost"}),
        ("select sum(d.net) filter (where d.cost > 0) as x from core.deal as d", {"core.deal.net", "core.deal.cost"}),
        ("select count(*) as x from core.deal as d", {"core.deal.deal_id"}),
        ("select 'all' as x from core.deal as d", set()),
        ("with a as (select d.net from core.deal as d) select a.net as x from a", {"core.deal.net"}),
        ("with a as (select d.* from core.deal as d) select a.cost as x from a", {"core.deal.cost"}),
        ("with a as (select * exclude (net), net + cost as x from core.deal) select * from a", {"core.deal.net", "core.deal.cost"}),
        ("select s.x from (select d.net as x from core.deal as d) as s", {"core.deal.net"}),
        ("select d.net as x from core.deal as d union all select d.cost from core.deal as d", {"core.deal.net", "core.deal.cost"}),
        ("select (select max(r.rate) from core.rate as r where r.currency = 'EUR') as x from core.deal as d", {"core.rate.rate"}),
        ("select d.net in (select r.rate from core.rate as r) as x from core.deal as d", {"core.deal.net", "core.rate.rate"}),
        ("select rank() over (partition by d.cost order by d.net) as x from core.deal as d", {"core.deal.net", "core.deal.cost"}),
        ("select d.cost as y, y + 1 as x from core.deal as d", {"core.deal.cost"}),
        (
            "with recursive a as (select d.net as x from core.deal as d union all select a.x + 1 from a where a.x < 9) select a.x from a",
            {"core.deal.net"},
        ),
    ],
)
def test_a_column_is_made_of_what_its_expression_reads(sql: str, expected: set[str]):
    assert made_of(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select r.payload ->> '$.id' as x from raw.deal as r", {"raw.deal.payload[id]"}),
        ("select from_json(r.payload, '{}').lines as x from raw.deal as r", {"raw.deal.payload[lines]"}),
        ("with a as (select from_json(r.payload, '{}') as f from raw.deal as r) select a.f.net as x from a", {"raw.deal.payload[net]"}),
        (
            "with a as (select unnest(from_json(r.payload, '{}').lines) as f from raw.deal as r) select halo_int(a.f.net) as x from a",
            {"raw.deal.payload[lines.net]"},
        ),
    ],
)
def test_a_json_field_is_told_by_its_path(sql: str, expected: set[str]):
    assert made_of(sql) == expected


def test_a_meaning_of_the_policy_stays_with_the_column_that_it_picks():
    sql = """
        select max(case when f.meaning = 'deal_type' then lower(f.shown || p.zone) end) as x
        from staging.ticket_field as f cross join policy.setting as p
    """

    assert read(sql)["x"] == {
        Ref("staging.ticket_field", "meaning"),
        Ref("staging.ticket_field", "shown", "deal_type"),
        Ref("policy.setting", "zone"),
    }


def test_a_statement_that_is_no_query_is_refused():
    with pytest.raises(WarehouseError, match=r"core\.x is not a select"):
        read("delete from core.deal")
