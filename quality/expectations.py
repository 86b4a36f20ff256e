"""Whether the weekly KPIs make sense: a Great Expectations suite over kpi_weekly.

Types, nullability, values and keys as such are the contract's business (contracts); what is expected here needs the metric's meaning.
The one thing to know: Great Expectations costs two seconds and 280 MB to import, so that it is imported only when the suite runs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from handoff_pipeline.tables import METRICS, TABLES
from handoff_pipeline.tables.kpi import SEGMENT_TYPES, STATUSES
from handoff_pipeline.tables.metrics import value_range

if TYPE_CHECKING:
    import pandas as pd

SUITE: Final = "kpi_weekly"
# A mean may differ from the middle of its interval by a rounding error.
_SLACK: Final = 1e-9
_PER_100: Final = "per_100_hours"
_FROM_CURVE: Final = tuple(each.metric for each in METRICS if each.interval == "log_log")
_UNITS: Final = tuple(sorted({each.unit for each in METRICS}))


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that does not hold, in words, with the number of rows at fault; no value of any row."""

    expectation: str
    rows: int


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """Outcome of the suite: how many expectations were tried on how many rows, and which failed."""

    rows: int
    expectations: int
    failures: tuple[Failure, ...]

    @property
    def success(self) -> bool:
        """True where every expectation holds."""
        return not self.failures


def check_kpi_weekly(points: pl.DataFrame, metrics: pl.DataFrame) -> SuiteResult:
    """Run the suite over kpi_weekly (`points`), with dim_metric (`metrics`) for units, minimum n and aggregation; run_id may be absent.

    Works in memory (ephemeral context), writes nothing and tells nobody: analytics are switched off before the import.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas(SUITE).add_dataframe_asset(SUITE)
    batch = asset.add_batch_definition_whole_dataframe(SUITE).get_batch({"dataframe": _with_meaning(points, metrics)})
    outcome = batch.validate(gx.ExpectationSuite(SUITE, expectations=_expectations(gx.expectations)), result_format="SUMMARY")
    failures = (_failure(each, points.height) for each in outcome.results if not each.success)
    return SuiteResult(points.height, len(outcome.results), tuple(sorted(failures, key=lambda failure: failure.expectation)))


def _with_meaning(points: pl.DataFrame, metrics: pl.DataFrame) -> pd.DataFrame:
    """The points with their metric's range and rules as columns, because an expectation compares columns of one row."""
    ranges = pl.DataFrame(
        [(unit, *value_range(unit)) for unit in _UNITS],
        schema={"unit": pl.String, "range_low": pl.Float64, "range_high": pl.Float64},
        orient="row",
    )
    meaning = metrics.select("metric_key", "metric", "unit", "aggregation", "minimum_n").join(ranges, on="unit", how="left")
    slack = _SLACK * pl.max_horizontal(pl.lit(1.0), pl.col("value").abs())
    size = pl.when(pl.col("unit") == _PER_100).then(pl.col("denominator").fill_null(0.0)).otherwise(pl.col("n"))
    is_too_few = size < pl.col("minimum_n")
    is_plain_ratio = (pl.col("aggregation") == "ratio") & ~pl.col("metric").is_in(_FROM_CURVE) & (pl.col("denominator") > 0)
    frame = points.join(meaning, on="metric_key", how="left", maintain_order="left").select(
        "metric_key",
        "week_start",
        "segment_type",
        "segment_key",
        "status",
        "n",
        "n_excluded",
        "denominator",
        "denominator_2",
        "value",
        "range_low",
        "range_high",
        "unit",
        weekday=pl.col("week_start").dt.weekday(),
        interval_low=pl.col("ci_low") - slack,
        interval_high=pl.col("ci_high") + slack,
        limit_low=pl.col("lower_limit"),
        limit_high=pl.col("upper_limit"),
        ratio_error=pl.when(is_plain_ratio).then((pl.col("value") - pl.col("numerator") / pl.col("denominator")).abs() - slack),
        signal_of_too_few=pl.when(is_too_few).then(pl.col("signal")),
        judged_of_too_few=pl.when(is_too_few & (pl.col("status") != "not_enough_data")).then(pl.col("status")),
    )
    return frame.to_pandas()


def _expectations(expect: Any) -> list[Any]:
    def said(words: str) -> dict[str, str]:
        return {"words": words}

    def at_least(high: str, low: str, words: str) -> Any:
        return expect.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=high, column_B=low, or_equal=True, ignore_row_if="either_value_is_missing", meta=said(words)
        )

    def between(column: str, low: float | None, high: float | None, words: str) -> Any:
        return expect.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high, meta=said(words))

    def among(column: str, allowed: tuple[str, ...], words: str) -> Any:
        return expect.ExpectColumnValuesToBeInSet(column=column, value_set=list(allowed), meta=said(words))

    def empty(column: str, words: str) -> Any:
        return expect.ExpectColumnValuesToBeNull(column=column, meta=said(words))

    key = list(TABLES[SUITE].key)
    return [
        expect.ExpectCompoundColumnsToBeUnique(column_list=key, meta=said("a metric has one point per week and segment")),
        expect.ExpectColumnValuesToNotBeNull(column="unit", meta=said("every point belongs to a metric whose unit is known")),
        between("weekday", 1, 1, "weeks start on a Monday"),
        among("segment_type", SEGMENT_TYPES, "segments are cut by an accepted type"),
        among("status", STATUSES, "a status is an accepted word"),
        between("n", 0, None, "cohorts are not negative"),
        between("n_excluded", 0, None, "exclusions are not negative"),
        between("denominator", 0, None, "denominators are not negative"),
        between("denominator_2", 0, None, "second denominators are not negative"),
        at_least("value", "range_low", "a value is not below its unit's range"),
        at_least("range_high", "value", "a value is not above its unit's range"),
        at_least("value", "interval_low", "a value is not below its interval"),
        at_least("interval_high", "value", "a value is not above its interval"),
        at_least("limit_high", "limit_low", "control limits do not cross"),
        between("ratio_error", None, 0, "a ratio is its numerator over its denominator"),
        empty("signal_of_too_few", "no signal is called below the metric's minimum n"),
        empty("judged_of_too_few", "below the metric's minimum n the status is not_enough_data"),
    ]


def _failure(result: Any, rows: int) -> Failure:
    # Without `unexpected_count` the expectation could not be computed at all: every row is in doubt.
    return Failure(result.expectation_config.meta["words"], int(result.result.get("unexpected_count", rows)))
