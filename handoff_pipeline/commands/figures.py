"""The last quarter in a line per KPI: its weeks pooled over the last 13 settled ones, with the interval of the pooled value.

What a week's numerator and denominator mean is decided in sql/kpi; pooling is governance's, as for baselines.
The one thing to know: a week whose outcomes are not all in (`is_partial_week`) is left out, so a KPI's window may end before the last week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from handoff_pipeline.commands.published import Published
from handoff_pipeline.tables import METRICS, Metric

if TYPE_CHECKING:
    from handoff_pipeline.governance.pooling import Pooled

WEEKS: Final = 13
SETTLED: Final = """
    select
        m.metric, k.week_start, k.numerator, k.denominator, k.numerator_2, k.denominator_2, k.n, k.n_excluded, k.value, k.ci_low, k.ci_high,
        k.status, k.target_value, k.target_due,
        case when m.aggregation = 'mean' then case when k.n = 0 then 0 else s.sum_of_squares end end as sum_of_squares
    from kpi_weekly as k
    inner join dim_metric as m on m.metric_key = k.metric_key
    left join (
        select x.metric_key, x.week_start, sum(x.numerator * x.numerator) as sum_of_squares
        from kpi_member as x
        where x.is_counted
        group by x.metric_key, x.week_start
    ) as s on s.metric_key = k.metric_key and s.week_start = k.week_start
    where k.segment_type = 'all' and not k.is_partial_week
    qualify k.week_start > max(k.week_start) over (partition by m.metric) - 7 * $weeks
    order by m.metric, k.week_start
"""


@dataclass(frozen=True)
class Figure:
    """One KPI over its window; `value` and the interval are in the metric's unit, None where they cannot be known.

    `status` and the target are those of the window's last week, by itself; target None where none is in force.
    """

    metric: str
    title: str
    unit: str
    first_week: date
    last_week: date
    value: float | None
    low: float | None
    high: float | None
    n: int
    status: str = "no_target"
    target_value: float | None = None
    target_due: date | None = None


def quarter(published: Published) -> list[Figure]:
    """One figure per metric that has counted something in a settled week of the quarter, in the contract's order."""
    rows = published.rows(SETTLED, weeks=WEEKS)
    of = ((metric, [row for row in rows if row["metric"] == metric.metric]) for metric in METRICS)
    return [found for metric, weeks in of if weeks and (found := pooled_figure(metric, weeks)).n]


def pooled_figure(metric: Metric, weeks: Sequence[dict[str, Any]]) -> Figure:
    """The figure of a metric from its settled weeks (rows of SETTLED, oldest first): rolling and as-of ones are their newest week's own."""
    from handoff_pipeline.governance.pooling import pooled

    newest = weeks[-1]
    found = pooled(metric, weeks, newest["week_start"], len(weeks))
    first = newest["week_start"] if metric.window == "as_of" else newest["week_start"] - timedelta(weeks=WEEKS - 1)
    return Figure(
        metric=metric.metric,
        title=metric.title,
        unit=metric.unit,
        first_week=first,
        last_week=newest["week_start"],
        value=_total(metric, found, len(weeks)),
        low=found.ci_low,
        high=found.ci_high,
        n=found.n,
        status=newest["status"],
        target_value=newest["target_value"],
        target_due=newest["target_due"],
    )


def _total(metric: Metric, found: Pooled, weeks: int) -> float | None:
    """A quarter's loss is the sum of its weeks; pooled for a baseline it is the mean week."""
    return found.value * weeks if metric.aggregation == "sum" and found.value is not None else found.value
