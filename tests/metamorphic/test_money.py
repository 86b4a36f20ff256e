"""Ten times the money, another currency, a currency without a rate: amounts move by their factor, and no share, score or count does."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl
import pytest

from handoff_pipeline.tables import TABLES
from tests.metamorphic.building import FROZEN, Tables, build
from tests.metamorphic.comparing import BY_METRIC, differences, key_of, of_metrics, rows_that_differ
from tests.metamorphic.retelling import Nights, dearer, in_currency, without

IN_BASE = ("margin_erosion_amount",)
OF_MARGIN = ("margin_erosion_pp", "margin_erosion_amount", "open_margin_erosion_pp")
"""Metrics whose parts are amounts."""
OF_SCORE = ("handoff_completeness", "gap_resolution_hours")
"""Metrics that rest on the checklist, which asks for the margin."""
PARTS = ("numerator", "denominator", "numerator_2", "denominator_2")
RATES = 'EUR: {2025-01-01: "0.8400", 2026-04-01: "0.8550"}'
CHARGES = 'charge_rates: {1: "95.00", 2: "140.00"}'
PLACE = 1e-4
"""The last place of an amount. A product is rounded once; what is made of several products may be off by several."""
PER_CENT = 1e-4
"""What a rounded amount is of a margin, in points."""
BASE_AMOUNTS = frozenset(
    column.name
    for table in TABLES.values()
    for column in table.columns
    if column.type == "money" and (column.name.endswith("_base") or column.name.startswith("bridge_"))
)
AMOUNTS = BASE_AMOUNTS | {"sold_revenue", "sold_cost", "sold_recurring_annual", "price"}
SLACK = {
    **dict.fromkeys(AMOUNTS, 20 * PLACE),
    **dict.fromkeys(PARTS, 200 * PLACE),
    **dict.fromkeys(
        ("value", "sold_margin_pct", "forecast_margin_pct", "rebased_margin_pct", "erosion_pp", "erosion_rebased_pp"), PER_CENT
    ),
}
DOLLARS = 3
"""Every so many deals is in a currency without a rate."""


def test_ten_times_the_money_is_ten_times_every_amount_and_nothing_else(nights: Nights, policy_text: str, base: Tables):
    ten = _changed(policy_text, CHARGES, 'charge_rates: {1: "950.00", 2: "1400.00"}')

    after = build(dearer(nights, 10), ten, FROZEN)

    _assert_scaled(base, after, 10, AMOUNTS)


def test_another_currency_at_a_constant_rate_is_the_rate_on_base_amounts_and_nothing_else(nights: Nights, policy_text: str):
    """What the tenant's own people cost, and charge by the hour, is told in base currency; all else in euros with the same numbers."""
    before = build(in_currency(nights, "GBP"), policy_text, FROZEN)
    twice = _changed(_changed(policy_text, RATES, 'EUR: {2020-01-01: "2"}'), CHARGES, 'charge_rates: {1: "190.00", 2: "280.00"}')

    after = build(dearer(in_currency(nights, "EUR"), 1, own=2), twice, FROZEN)

    assert set(after["fact_handoff"].filter(pl.col("sold_revenue").is_not_null()).get_column("currency_state")) == {"converted"}
    # A price on a project that nobody sold, or whose sale has no paper, is in base currency: nothing tells another.
    euros = rows_that_differ(before, after, "fact_change_request", "currency").get_column("change_key").to_list()
    for is_euro, factor in ((True, 2), (False, 1)):
        wanted = pl.col("change_key").is_in(euros) == is_euro
        one, other = (tables["fact_change_request"].filter(wanted).sort("change_key") for tables in (before, after))
        assert (one.get_column("price_base") * factor).equals(other.get_column("price_base"))
        assert one.height > 1
    _assert_scaled(_but_currency(before), _but_currency(after), 2, BASE_AMOUNTS)


@pytest.fixture(scope="module")
def sold_in(nights: Nights, policy_text: str) -> tuple[set[int], Tables, Tables, Tables]:
    """Deals; the tenant with all in base currency, with these in dollars, and without them."""
    pounds = in_currency(nights, "GBP")
    won = sorted({row["id"] for row in nights[-1].rows["opportunity"] if row["status_id"] == 22})
    deals = set(won[::DOLLARS])
    told = pounds, in_currency(pounds, "USD", deals=deals), without(pounds, deals)
    before, after, absent = (build(each, policy_text, FROZEN) for each in told)
    return deals, before, after, absent


def test_deals_without_a_rate_say_so_and_the_others_stay(sold_in: tuple[set[int], Tables, Tables, Tables]):
    deals, before, after, _ = sold_in
    keys = [key_of("handoff", deal) for deal in deals]
    sold = after["fact_handoff"].filter(pl.col("handoff_key").is_in(keys), pl.col("sold_basis") != "none")

    assert sold.height > 5
    assert set(sold.get_column("currency_state")) == {"no_rate"}
    assert sold.get_column("sold_revenue").null_count() == 0
    assert sold.get_column("sold_revenue_base").null_count() == sold.get_column("sold_cost_base").null_count() == sold.height
    of_deals = {name: frame for name, frame in before.items() if "handoff_key" in frame.columns}
    parts = after["fact_project_margin"].filter(
        pl.col("handoff_key").is_in(sold.get_column("handoff_key").to_list()), pl.col("project_key") != 0
    )
    assert parts.filter(is_delivered=True).height > 5
    assert set(parts.get_column("margin_state")) == {"no_rate"}
    is_other = ~pl.col("handoff_key").is_in(keys)
    one, other = ({name: tables[name].filter(is_other) for name in of_deals} for tables in (before, after))
    assert differences(one, other) == {}


def test_no_figure_but_those_of_margin_and_checklist_moves_with_a_rate_that_lacks(sold_in: tuple[set[int], Tables, Tables, Tables]):
    _, before, after, _ = sold_in
    moving = [*OF_MARGIN, *OF_SCORE]
    assert differences(of_metrics(before, moving, others=True), of_metrics(after, moving, others=True)) == {}


def test_margin_is_what_it_were_without_the_deals_that_lack_a_rate_and_they_are_counted(sold_in: tuple[set[int], Tables, Tables, Tables]):
    _, before, after, absent = sold_in
    key = ("metric_key", "week_start", "segment_type", "segment_key")
    with_deals, alone = (of_metrics(tables, OF_MARGIN)["kpi_weekly"] for tables in (after, absent))
    both = with_deals.join(alone, on=key, how="inner", suffix="_alone")
    assert both.height > 500
    for column in (*PARTS, "n", "value", "value_amount", "ci_low", "ci_high", "centre_line", "upper_limit", "signal", "status"):
        assert both.filter(pl.col(column).ne_missing(pl.col(f"{column}_alone"))).select(*key, column, f"{column}_alone").is_empty(), column
    # What is there beside: segments in which all deals lack a rate.
    more = with_deals.join(alone, on=key, how="anti")
    assert (more.get_column("n") == 0).all()

    def counted(tables: Tables) -> tuple[int, int]:
        weekly = of_metrics(tables, OF_MARGIN)["kpi_weekly"].filter(pl.col("segment_type") == "all")
        return int(weekly.get_column("n").sum()), int(weekly.get_column("n_excluded").sum())

    (n_before, out_before), (n_after, out_after) = counted(before), counted(after)
    assert n_before + out_before == n_after + out_after
    assert n_before > n_after


def _assert_scaled(before: Tables, after: Tables, factor: int, amounts: Collection[str]) -> None:
    """These columns are `factor` times what they were, and everything else is what it was."""
    facts = {name: _times(frame, amounts, factor) for name, frame in before.items() if name not in BY_METRIC}
    assert differences(facts, after, SLACK) == {}
    assert differences(of_metrics(before, OF_MARGIN, others=True), of_metrics(after, OF_MARGIN, others=True)) == {}
    margin = {name: _times(frame, (*PARTS, "value_amount"), factor) for name, frame in of_metrics(before, OF_MARGIN).items()}
    is_sum = pl.col("metric_key").is_in([key_of("metric", metric) for metric in IN_BASE])
    margin["kpi_weekly"] = margin["kpi_weekly"].with_columns(value=pl.when(is_sum).then(pl.col("value") * factor).otherwise("value"))
    assert differences(margin, of_metrics(after, OF_MARGIN), SLACK) == {}


def _but_currency(tables: Tables) -> Tables:
    told = {"fact_handoff": ["currency", "currency_state"], "fact_change_request": ["currency", "price_base"]}
    return {name: frame.drop(told.get(name, [])) for name, frame in tables.items()}


def _times(frame: pl.DataFrame, columns: Collection[str], factor: int) -> pl.DataFrame:
    return frame.with_columns((pl.col(name) * factor).cast(frame.schema[name]) for name in frame.columns if name in columns)


def _changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"the example policy has no {old}: this test has to follow it"
    return text.replace(old, new)
