"""What has moved since the baseline, 4 and 8 weeks after its freeze, and the words that the data allow for it.

Intervals are measures' (movement), figures are pooled in pooling, and docs/kpis.md has the table of words.
The one thing to know: words follow the interval alone; where it holds 0 nothing is claimed, however large the difference looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import polars as pl

from handoff_pipeline.governance.pooling import USED, Pooled, deviation, events_of, pooled, scale_of
from handoff_pipeline.measures import Interval
from handoff_pipeline.measures.movement import conditional_exact, newcombe, welch
from handoff_pipeline.tables import METRICS, TABLES, Metric, polars_schema
from handoff_pipeline.tables.metrics import MovementMethod
from handoff_pipeline.tables.movement import HORIZONS

SUBJECT: Final = ("metric_key", "segment_type", "segment_key")
NOT_OVER: Final = "not over yet"
TOO_FEW: Final = "not enough data"
NO_CHANGE: Final = "no change that the data can show"
WINDOW_WEEKS: Final = 4

_METRICS: Final = {each.metric: each for each in METRICS}
_WEEK: Final = timedelta(weeks=1)
# Unit -> what a number is called, its decimals, and what it is multiplied by first.
_SPOKEN: Final[dict[str, tuple[str, int, float]]] = {
    "fraction": ("percentage points", 1, 100.0),
    "percent": ("percentage points", 1, 1.0),
    "score": ("points", 1, 1.0),
    "pp": ("percentage points", 1, 1.0),
    "days": ("days", 1, 1.0),
    "hours": ("hours", 1, 1.0),
    "per_project_week": ("per project week", 3, 1.0),
    "per_100_hours": ("per 100 hours", 3, 1.0),
    "amount": ("in base currency", 1, 1.0),
    "count": ("in number", 1, 1.0),
}


def movements(baselines: pl.DataFrame, weeks: pl.DataFrame) -> pl.DataFrame:
    """kpi_movement without run_id.

    Args:
        baselines: the current ones, as kpi.current_baseline has them.
        weeks: rows of kpi_weekly with metric and sum_of_squares: the columns SUBJECT, metric, is_partial_week and pooling.USED.
    """
    settled = _settled(weeks)
    by_subject = {
        key: rows.select(USED).to_dicts() for key, rows in weeks.join(baselines.select(SUBJECT), on=SUBJECT, how="semi").group_by(SUBJECT)
    }
    rows = [
        movement(
            baseline,
            by_subject.get(tuple(baseline[name] for name in SUBJECT), []),
            settled.get(baseline["metric"], frozenset()),
            horizon,
        )
        for baseline in baselines.to_dicts()
        for horizon in HORIZONS
    ]
    table = TABLES["kpi_movement"]
    return pl.DataFrame(rows, schema=polars_schema(table, run_id=False)).sort(table.key)


def movement(baseline: Mapping[str, Any], weeks: list[dict[str, Any]], settled: frozenset[date], horizon: int) -> dict[str, Any]:
    """One row: the baseline against the 4 weeks that end `horizon` weeks after the week of its freeze.

    `settled` are the Mondays of the metric's weeks that change no more; the window is over when its last week is one of them.
    """
    metric = _METRICS[baseline["metric"]]
    first, last = window(_day(baseline["frozen_date_key"]), horizon)
    row = {name: baseline[name] for name in (*SUBJECT, "segment")} | {
        "horizon_weeks": horizon,
        "window_start": first,
        "window_end": last + timedelta(days=6),
        "n": 0,
        "value": None,
        "baseline_value": baseline["value"],
        "baseline_n": baseline["n"],
        "difference": None,
        "ci_low": None,
        "ci_high": None,
        "method": "none",
        "words": NOT_OVER,
    }
    if last not in settled:
        return row
    within = [week for week in weeks if first <= week["week_start"] <= last]
    now = pooled(metric, within, last, sum(first <= week <= last for week in settled))
    difference = None if now.value is None else now.value - baseline["value"]
    interval, method = _compared(metric, now, baseline)
    is_small = min(now.n, baseline["n"]) < metric.minimum_n
    return row | {
        "n": now.n,
        "value": now.value,
        "difference": difference,
        "ci_low": interval.low if interval else None,
        "ci_high": interval.high if interval else None,
        "method": method,
        "words": TOO_FEW if is_small or difference is None else words(metric, difference, interval),
    }


def window(frozen: date, horizon: int) -> tuple[date, date]:
    """The Mondays of the first and last of the 4 weeks that end `horizon` weeks after the week in which `frozen` lies."""
    monday = frozen - timedelta(days=frozen.weekday())
    last = monday + horizon * _WEEK
    return last - (WINDOW_WEEKS - 1) * _WEEK, last


def words(metric: Metric, difference: float, interval: Interval | None) -> str:
    """What may be said of a difference with this interval."""
    if interval is None:
        return f"no interval: a change of {_told(metric, difference)} {_unit(metric)} cannot be told from chance"
    if interval.low <= 0 <= interval.high:
        return NO_CHANGE
    better = "better" if (interval.low > 0) == (metric.direction == "up") else "worse"
    ends = f"{_told(metric, interval.low)} to {_told(metric, interval.high)}"
    return f"{better}: a change of {_told(metric, difference)} {_unit(metric)} (95 % interval {ends})"


def _compared(metric: Metric, now: Pooled, baseline: Mapping[str, Any]) -> tuple[Interval | None, MovementMethod]:
    """The interval of window less baseline, and how it was made; none where either lacks the sums that it needs."""
    sums = (now.numerator, now.denominator, baseline["numerator"], baseline["denominator"])
    if metric.movement == "none" or any(each is None for each in sums):
        return None, "none"
    x1, n1, x2, n2 = (float(each) for each in sums if each is not None)
    found: Interval | None
    if metric.movement == "newcombe":
        found = newcombe(round(x1), round(n1), round(x2), round(n2))
    elif metric.movement == "welch":
        sd1, sd2 = now.deviation, deviation(x2, n2, baseline["sum_of_squares"])
        found = None if sd1 is None or sd2 is None else welch(x1 / n1, sd1, round(n1), x2 / n2, sd2, round(n2))
    else:
        found = conditional_exact(events_of(metric, x1), n1, events_of(metric, x2), n2).interval
        found = Interval(found.low * scale_of(metric), found.high * scale_of(metric)) if found else None
    return found, metric.movement if found else "none"


def _settled(weeks: pl.DataFrame) -> dict[str, frozenset[date]]:
    """Metric -> Mondays of its weeks that change no more, from the whole tenant's rows: segments lack weeks without members."""
    over = weeks.filter((pl.col("segment_type") == "all") & ~pl.col("is_partial_week"))
    return {metric: frozenset(rows.get_column("week_start")) for (metric,), rows in over.group_by("metric")}


def _day(key: int) -> date:
    return datetime.strptime(f"{key}+0000", "%Y%m%d%z").date()


def _told(metric: Metric, number: float) -> str:
    _, decimals, factor = _SPOKEN[metric.unit]
    # Adding 0.0 turns a minus that rounding has emptied into a plus.
    return f"{round(number * factor, decimals) + 0.0:+.{decimals}f}"


def _unit(metric: Metric) -> str:
    return _SPOKEN[metric.unit][0]
