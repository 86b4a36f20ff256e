"""What moved a figure between two weeks: its change taken apart into parts that sum to it, from the records behind both figures.

Who is a member is decided in SQL, which weeks are compared and what is shown by the caller.
The one thing to know: a part says what a record does to the figure as it stood the week before, so a record that is just like that figure
moves nothing. A median has no share for each record: there the parts are steps, each the change of the same estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Final, Literal

import polars as pl

from handoff_pipeline.measures.errors import require_columns
from handoff_pipeline.measures.kaplan_meier import kaplan_meier, median_with_interval, survival_at
from handoff_pipeline.measures.survival import WITHIN_TARGET
from handoff_pipeline.tables import Metric

Kind = Literal["ratio", "difference", "total", "median", "within"]
How = Literal["entered", "left", "changed"]

KEY: Final = ("record", "record_key")
ADDS: Final = ("numerator", "denominator", "numerator_2", "denominator_2", "duration", "is_event")
USED: Final = (*KEY, "is_counted", *ADDS)
ENTERED, LEFT, CHANGED = "entered", "left", "changed"
PARTS: Final[dict[str, pl.DataType]] = {"record": pl.String(), "record_key": pl.Int64(), "how": pl.String(), "part": pl.Float64()}


@dataclass(frozen=True, slots=True)
class Rule:
    """How a figure is made of its members.

    `target` is the day by which `within` asks how many had it behind them. `of_nothing` is the figure where nothing is counted.
    """

    kind: Kind
    target: float | None = None
    of_nothing: float | None = None

    @property
    def is_stepwise(self) -> bool:
        """Whether the figure comes from a curve, so that its change has steps and no part for each record."""
        return self.kind in {"median", "within"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the earlier curve to the later: how (several where no estimate stands between them), how many records, what it does."""

    how: tuple[How, ...]
    records: int
    part: float


def rule_of(metric: Metric, target_days: float | None) -> Rule:
    """The rule of a metric; `target_days` are the policy's, for `kickoff_within_target`."""
    if metric.metric == WITHIN_TARGET:
        return Rule("within", target=target_days)
    if metric.aggregation == "median":
        return Rule("median")
    if metric.aggregation == "ratio_difference":
        return Rule("difference")
    if metric.aggregation in {"sum", "level"} and metric.unit != "fraction":
        return Rule("total", of_nothing=None if metric.minimum_n else 0.0)
    return Rule("ratio")


def figure(members: pl.DataFrame, rule: Rule) -> float | None:
    """The value that the members (columns USED) add up to, in the metric's unit; None where there is none.

    MeasureError where a column is missing or a duration cannot be.
    """
    counted = _counted(members)
    if rule.is_stepwise:
        return _of_curve(counted, rule)
    if rule.kind == "total":
        return _sum(counted, "numerator") if counted.height else rule.of_nothing
    first = _ratio(counted, "")
    if rule.kind == "ratio":
        return first
    second = _ratio(counted, "_2")
    return None if first is None or second is None else 100 * (first - second)


def parts(then: pl.DataFrame, now: pl.DataFrame, rule: Rule) -> pl.DataFrame | None:
    """What each record does to figure(now) - figure(then): columns PARTS, which sum to it. None where either figure is unknown.

    With N and D the sums over all members, v1 - v0 = sum over records of ((n1 - v0 d1) - (n0 - v0 d0)) / D1, because the earlier records'
    n0 - v0 d0 sum to 0. Records that did not change have no row. Where no record is in both weeks those that left have none either:
    together they are 0, and what pulls the figure away from the week before are the new ones. Not for rules that are stepwise.
    """
    if figure(then, rule) is None or figure(now, rule) is None:
        return None
    both = _paired(_counted(then), _counted(now))
    pulled = _pull(then, now, rule)
    apart = not both.filter(pl.col("how") == CHANGED).height
    told = both.with_columns(part=pulled)
    if apart and rule.kind != "total":
        told = told.filter(pl.col("how") != LEFT)
    is_same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_then")) for name in ADDS)
    return told.filter((pl.col("how") != CHANGED) | ~is_same).select(*PARTS)


def steps(then: pl.DataFrame, now: pl.DataFrame, rule: Rule) -> list[Step] | None:
    """The steps from figure(then) to figure(now) of a stepwise rule: those that left, those that entered, what happened since.

    Each step's part is the change of the estimate; they sum to the whole. Where the estimate between two steps is not known (too few are
    left to reach a median) the two are one step. A step without a record is left out. None where either figure is unknown.
    """
    earlier, later = _counted(then), _counted(now)
    before = _of_curve(earlier, rule)
    if before is None or _of_curve(later, rule) is None:
        return None
    stayed = earlier.join(later, on=KEY, how="semi")
    entered = later.join(earlier, on=KEY, how="anti")
    same = stayed.join(later, on=(*KEY, "duration", "is_event"), how="semi", nulls_equal=True)
    stages: list[tuple[How, pl.DataFrame, int]] = [
        ("left", stayed, earlier.height - stayed.height),
        ("entered", pl.concat([stayed, entered]), entered.height),
        ("changed", later, stayed.height - same.height),
    ]
    found: list[Step] = []
    waiting: tuple[How, ...] = ()
    number = 0
    for how, members, records in stages:
        if not records:
            continue
        waiting, number = (*waiting, how), number + records
        estimate = _of_curve(members, rule)
        if estimate is not None:
            found.append(Step(waiting, number, estimate - before))
            before, waiting, number = estimate, (), 0
    return found


def _counted(members: pl.DataFrame) -> pl.DataFrame:
    require_columns(members, USED, "The table of members")
    return members.filter("is_counted").select(*KEY, *ADDS)


def _sum(members: pl.DataFrame, column: str) -> float:
    # Exact whatever the order of the rows.
    return fsum(members.get_column(column).drop_nulls())


def _ratio(members: pl.DataFrame, which: str) -> float | None:
    below = _sum(members, f"denominator{which}")
    return _sum(members, f"numerator{which}") / below if below else None


def _of_curve(members: pl.DataFrame, rule: Rule) -> float | None:
    counts = members.select(day=pl.col("duration"), events=pl.col("is_event").cast(pl.Int64), censored=(~pl.col("is_event")).cast(pl.Int64))
    curve = kaplan_meier(counts)
    if rule.kind == "median":
        return median_with_interval(curve).value
    left = survival_at(curve, rule.target).value if rule.target is not None else None
    return None if left is None else 1 - left


def _paired(earlier: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """Every record of either week once: what it adds now, what it added then (`_then`), and `how`."""
    now = later.with_columns(is_now=pl.lit(value=True))
    then = earlier.with_columns(was=pl.lit(value=True))
    how = (
        pl.when(pl.col("was").is_null())
        .then(pl.lit(ENTERED))
        .when(pl.col("is_now").is_null())
        .then(pl.lit(LEFT))
        .otherwise(pl.lit(CHANGED))
    )
    return now.join(then, on=KEY, how="full", coalesce=True, suffix="_then").with_columns(how=how)


def _pull(then: pl.DataFrame, now: pl.DataFrame, rule: Rule) -> pl.Expr:
    """Each record's part, as an expression over `_paired`'s columns."""
    if rule.kind == "total":
        return _added("numerator")
    first = _pull_of(then, now, "")
    return first if rule.kind == "ratio" else 100 * (first - _pull_of(then, now, "_2"))


def _pull_of(then: pl.DataFrame, now: pl.DataFrame, which: str) -> pl.Expr:
    before = _ratio(_counted(then), which) or 0.0
    return (_added(f"numerator{which}") - before * _added(f"denominator{which}")) / _sum(_counted(now), f"denominator{which}")


def _added(column: str) -> pl.Expr:
    return pl.col(column).fill_null(0.0) - pl.col(f"{column}_then").fill_null(0.0)
