"""Kaplan-Meier: the share not yet done by time, from counts of events and censorings per day, for one curve or many.

Which handoffs are in the cohort and when they are censored is decided in SQL; survival.py shapes the result for the KPI tables.
The one thing to know: leaving the unstarted out makes kickoffs look twice as fast as they are, so the censored always count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from handoff_pipeline.measures.errors import refuse, require_columns
from handoff_pipeline.measures.intervals import Z

COUNTS: Final = ("day", "events", "censored")
STEPS: Final = ("day", "at_risk", "events", "censored", "survival", "ci_low", "ci_high")
# A product of fractions that is exactly one half may come out a rounding error above it.
HALF: Final = 0.5 + 1e-12


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the ends of its 95 % interval. None: the value (or that end) is not reached, or cannot be had."""

    value: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One Kaplan-Meier curve: its steps (columns STEPS, a row per day with an event), its cohort size, and how far anybody was followed."""

    steps: pl.DataFrame
    n: int
    followed_to: float | None


def kaplan_meier(counts: pl.DataFrame) -> Curve:
    """The curve of one cohort from its counts per day (columns day, events, censored; days may repeat and need no order).

    `day` is any time since the start that is not negative: whole days, or hours as fractions. See `steps_by` for the columns and errors.
    """
    steps = steps_by(counts, ())
    size = counts.select(pl.col("events").sum() + pl.col("censored").sum()).item()
    followed = counts.filter(pl.col("events") + pl.col("censored") > 0).get_column("day").cast(pl.Float64).to_list()
    return Curve(steps, int(size), max(followed, default=None))


def survival_at(curve: Curve, day: float) -> Estimate:
    """The share not done after `day`, in 0-1, with its log-log interval.

    No interval while nothing has happened (1) or when nothing is left (0). No value past the last day on which anybody was followed,
    unless nothing is left: there the curve says nothing.
    """
    passed = curve.steps.filter(pl.col("day") <= day).tail(1)
    is_finished = passed.height == 1 and passed.item(0, "survival") == 0
    if curve.followed_to is None or (day > curve.followed_to and not is_finished):
        return Estimate(None, None, None)
    if passed.is_empty():
        return Estimate(1.0, None, None)
    return Estimate(*passed.select("survival", "ci_low", "ci_high").row(0))


def median_with_interval(curve: Curve) -> Estimate:
    """The first day with survival at most one half, and its Brookmeyer-Crowley interval; None where not reached. See `medians_by`."""
    row = curve.steps.select(*_median(curve.steps.schema["day"])).row(0)
    return Estimate(*row)


def steps_by(counts: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """The steps of one curve per group of `by`: columns `by` and STEPS, ordered by group and day; a group without an event has no row.

    at_risk counts those neither done nor censored before the day (who is censored on a day is at risk on it); censored counts from the
    previous step's day on, before this one, so at_risk = previous at_risk - previous events - censored. survival is in 0-1; ci_low and
    ci_high are the 95 % log-log interval with Greenwood's variance, NULL where survival is 0.

    MeasureError where a column is missing, a count or a day is NULL or negative, or a day is not finite.
    """
    _validate(counts, by)
    ordered = (
        counts.lazy()
        .group_by(*by, "day")
        .agg(pl.col("events").sum().cast(pl.Int64), pl.col("censored").sum().cast(pl.Int64))
        .with_columns(group=pl.struct(*by) if by else pl.lit(0))
        .sort(*by, "day")
    )
    within = "group"
    left = (pl.col("events") + pl.col("censored")).cum_sum().over(within)
    total = (pl.col("events") + pl.col("censored")).sum().over(within)
    share_left = 1 - pl.col("events") / pl.col("at_risk")
    variance_term = pl.col("events") / (pl.col("at_risk") * (pl.col("at_risk") - pl.col("events")))
    spread = (Z * pl.col("greenwood").sqrt() / pl.col("survival").log().abs()).exp()
    return (
        ordered.with_columns(
            at_risk=total - left + pl.col("events") + pl.col("censored"),
            censored_before=pl.col("censored").cum_sum().over(within) - pl.col("censored"),
        )
        .filter(pl.col("events") > 0)
        .with_columns(
            censored=pl.col("censored_before") - pl.col("censored_before").shift(1, fill_value=0).over(within),
            survival=share_left.cum_prod().over(within),
            greenwood=variance_term.cum_sum().over(within),
        )
        .with_columns(
            ci_low=pl.when(pl.col("survival") > 0).then(pl.col("survival") ** spread),
            ci_high=pl.when(pl.col("survival") > 0).then(pl.col("survival") ** (1 / spread)),
        )
        .select(*by, *STEPS)
        .collect()
    )


def medians_by(steps: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """Median with interval per group of `by` from its steps: columns `by`, value, ci_low, ci_high in the unit of `day`.

    NULL is not reached. Brookmeyer and Crowley (1982) on the log-log scale: the interval runs from the first step whose pointwise interval
    reaches down to one half, to the first step after the last whose interval reaches above it. A step to 0 has no interval of its own: its
    lower end is surely at most one half, its upper end says nothing, so that a single kickoff does not claim to know the median exactly.
    """
    return steps.group_by(*by, maintain_order=True).agg(*_median(steps.schema["day"]))


def survival_by(counts: pl.DataFrame, by: tuple[str, ...], day: float) -> pl.DataFrame:
    """Survival after `day` per group of `by`: columns `by`, survival, ci_low, ci_high, ordered by group. The rules are `survival_at`'s."""
    steps = steps_by(counts, by).filter(pl.col("day") <= day).group_by(*by, maintain_order=True).last()
    is_followed = pl.col("followed_to") >= day
    return (
        counts.filter(pl.col("events") + pl.col("censored") > 0)
        .group_by(*by)
        .agg(followed_to=pl.col("day").max())
        .join(steps.select(*by, "survival", "ci_low", "ci_high"), on=by, how="left", nulls_equal=True)
        .with_columns(pl.col("survival").fill_null(1.0))
        .with_columns(pl.when(is_followed | (pl.col("survival") == 0)).then(pl.col(name)) for name in ("survival", "ci_low", "ci_high"))
        .sort(*by)
        .select(*by, "survival", "ci_low", "ci_high")
    )


def _median(day_type: pl.DataType) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    day = pl.col("day")
    last_above = day.filter(pl.col("ci_high") > 0.5).max().fill_null(pl.lit(-1).cast(day_type))
    return (
        day.filter(pl.col("survival") <= HALF).min().cast(pl.Float64).alias("value"),
        day.filter((pl.col("ci_low") <= 0.5) | (pl.col("survival") == 0)).min().cast(pl.Float64).alias("ci_low"),
        day.filter(pl.col("ci_high").is_not_null() & (day > last_above)).min().cast(pl.Float64).alias("ci_high"),
    )


def _validate(counts: pl.DataFrame, by: tuple[str, ...]) -> None:
    require_columns(counts, (*by, *COUNTS), "The table of durations")
    rules = {name: pl.col(name).is_null() | (pl.col(name) < 0) for name in COUNTS}
    rules["day"] = rules["day"] | ~pl.col("day").cast(pl.Float64).is_finite()
    refuse(counts, rules, "The table of durations")
