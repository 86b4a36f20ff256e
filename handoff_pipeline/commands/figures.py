"""The last quarter in a line per KPI: its weeks pooled over the last 13 complete ones, with the interval of the pooled value.

What a week's numerator and denominator mean is decided in sql/kpi; the intervals are those of `measures`.
The one thing to know: a week whose outcomes are not all in (`is_partial_week`) is left out, so a KPI's window may end before the last week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from handoff_pipeline.commands.published import Published
from handoff_pipeline.measures.weekly import with_intervals
from handoff_pipeline.tables import METRICS

# A mean's interval needs the handoffs themselves: their squares are taken only where they are exactly the metric's cohort.
POOLED = """
    with complete as (
        select
            m.metric, m.title, m.unit, m.aggregation, k.week_start, k.numerator, k.denominator, k.numerator_2, k.denominator_2,
            k.n, k.value, k.ci_low, k.ci_high, max(k.week_start) over (partition by m.metric) as last_week
        from kpi_weekly as k
        inner join dim_metric as m on m.metric_key = k.metric_key
        where k.segment_type = 'all' and not k.is_partial_week
    ),
    pooled as (
        select
            metric, title, unit, aggregation, last_week, (last_week - interval 84 day)::date as first_week,
            sum(numerator) as numerator, sum(denominator) as denominator, sum(numerator_2) as numerator_2,
            sum(denominator_2) as denominator_2,
            sum(n)::bigint as n, first(value order by week_start desc) as newest, first(n order by week_start desc) as newest_n,
            first(ci_low order by week_start desc) as newest_low, first(ci_high order by week_start desc) as newest_high
        from complete
        where week_start >= last_week - interval 84 day
        group by all
    ),
    squares as (
        select p.metric, count(*) as scores, sum(f.score_at_won * f.score_at_won) as sum_of_squares
        from pooled as p
        inner join dim_date as d on d.week_start between p.first_week and p.last_week
        inner join fact_handoff as f on f.won_date_key = d.date_key
        inner join dim_handoff as h on h.handoff_key = f.handoff_key
        where p.metric = 'handoff_completeness' and h.deal_state = 'won' and f.score_at_won is not null
        group by all
    )
    select p.*, case when s.scores = p.denominator then s.sum_of_squares end as sum_of_squares
    from pooled as p
    left join squares as s on s.metric = p.metric
    order by p.metric
"""

# The cohort of one week's row is already the 13 weeks up to it (or the as-of moment), so its newest row says it all.
ROLLING = ("median", "level")


@dataclass(frozen=True)
class Figure:
    """One KPI over its window; `value` and the interval are in the metric's unit, None where they cannot be known."""

    metric: str
    title: str
    unit: str
    first_week: date
    last_week: date
    value: float | None
    low: float | None
    high: float | None
    n: int


def quarter(published: Published) -> list[Figure]:
    """One figure per metric that has a complete week, in the contract's order."""
    order = {metric.metric: position for position, metric in enumerate(METRICS)}
    return sorted(pooled_figures(published.frame(POOLED)), key=lambda figure: order.get(figure.metric, len(order)))


def pooled_figures(rows: pl.DataFrame) -> list[Figure]:
    """Figures of the rows of POOLED."""
    is_rolling = pl.col("aggregation").is_in(ROLLING)
    ratio = pl.col("numerator") / pl.col("denominator")
    second = pl.col("numerator_2") / pl.col("denominator_2")
    value = (
        pl.when(is_rolling)
        .then(pl.col("newest"))
        .when(pl.col("aggregation") == "sum")
        .then(pl.col("numerator"))
        .when(pl.col("aggregation") == "ratio_difference")
        .then(pl.when(pl.col("unit") == "pp").then(100.0).otherwise(1.0) * (ratio - second))
        .otherwise(ratio)
    )
    kinds = {metric.metric: metric.interval for metric in METRICS}
    kind = pl.col("metric").replace_strict(kinds, default="none", return_dtype=pl.String)
    cannot = is_rolling | ((kind == "student_t") & pl.col("sum_of_squares").is_null()) | ~kind.is_in(("wilson", "student_t", "poisson"))
    points = with_intervals(
        rows.with_columns(
            value=pl.when(value.is_finite()).then(value),
            n=pl.when(is_rolling).then(pl.col("newest_n")).otherwise(pl.col("n")),
            interval=pl.when(cannot).then(pl.lit("none")).otherwise(kind),
        )
    ).with_columns(
        low=pl.when(is_rolling).then(pl.col("newest_low")).otherwise(pl.col("ci_low")),
        high=pl.when(is_rolling).then(pl.col("newest_high")).otherwise(pl.col("ci_high")),
    )
    columns = ("metric", "title", "unit", "first_week", "last_week", "value", "low", "high", "n")
    return [Figure(**row) for row in points.select(columns).iter_rows(named=True)]
