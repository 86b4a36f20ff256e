"""What a baseline would be: the figure of each metric and segment over its newest settled weeks, or why there is none to be had.

Rows are kept by the ledger and asked for by the commands; docs/kpis.md, "Baselines and targets", says which weeks count.
The one thing to know: only weeks that change no more are pooled, so a metric with 8 weeks of follow-up has a window that ends 8 weeks ago.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

import polars as pl

from handoff_pipeline.governance.pooling import USED, Pooled, pooled
from handoff_pipeline.ledger import Baseline
from handoff_pipeline.ledger.records import BaselineKind
from handoff_pipeline.tables import METRICS, Metric

WINDOW_WEEKS: Final = 13
WEEKLY: Final = ("metric", "segment_type", "segment_key", "is_partial_week", *USED)

_METRICS: Final = {each.metric: each for each in METRICS}
_SUNDAY: Final = timedelta(days=6)

Lack = Literal["", "window", "value", "small"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A metric in a segment."""

    metric: str
    segment_type: str = "all"
    segment_key: int = 0
    segment: str = "all"

    @property
    def key(self) -> tuple[str, str, int]:
        """What has one current baseline in the ledger."""
        return (self.metric, self.segment_type, self.segment_key)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What would be frozen. `lack` is empty where it can be: window (weeks not settled), value (there is none), small (below minimum n)."""

    subject: Subject
    minimum_n: int
    window_start: date
    window_end: date
    figure: Pooled
    lack: Lack

    @property
    def why(self) -> str:
        """Why it cannot be frozen as it is; empty where it can."""
        return {
            "": "",
            "window": f"the week that ends on {self.window_end} is not settled",
            "value": "no value in these weeks",
            "small": f"n {self.figure.n} is below {self.minimum_n}",
        }[self.lack]

    def frozen(self, at: datetime, by_key: int, reason: str, kind: BaselineKind) -> Baseline:
        """The ledger's row; ValueError where there is no value to freeze."""
        figure = self.figure
        if figure.value is None:
            raise ValueError(f"{self.subject.metric} has no value to freeze")
        return Baseline(
            metric=self.subject.metric,
            segment_type=self.subject.segment_type,
            segment_key=self.subject.segment_key,
            segment=self.subject.segment,
            value=figure.value,
            numerator=figure.numerator,
            denominator=figure.denominator,
            sum_of_squares=figure.sum_of_squares,
            n=figure.n,
            ci_low=figure.ci_low,
            ci_high=figure.ci_high,
            window_start=self.window_start,
            window_end=self.window_end,
            frozen_at=at,
            frozen_by_key=by_key,
            reason=reason.strip(),
            kind=kind,
        )


def candidates(weekly: pl.DataFrame, subjects: Iterable[Subject], last_sunday: date, until: date | None = None) -> list[Candidate]:
    """What the baseline of each subject would be.

    Args:
        weekly: kpi_weekly with metric and sum_of_squares (columns WEEKLY): of the subjects, and of the whole tenant.
        subjects: what is asked for.
        last_sunday: the end of the newest week that is over; shown where a metric has no settled week at all.
        until: the Sunday with which the window must end; the newest settled one by default.
    """
    whole = weekly.filter((pl.col("segment_type") == "all") & ~pl.col("is_partial_week"))
    return [_candidate(weekly, whole, subject, last_sunday, until) for subject in subjects]


def _candidate(weekly: pl.DataFrame, whole: pl.DataFrame, subject: Subject, last_sunday: date, until: date | None) -> Candidate:
    metric = _METRICS[subject.metric]
    settled = sorted(whole.filter(pl.col("metric") == subject.metric).get_column("week_start"))
    last = until - _SUNDAY if until else settled[-1] if settled else last_sunday - _SUNDAY
    first = last - timedelta(weeks=WINDOW_WEEKS - 1)
    start, end = (last + _SUNDAY if metric.window == "as_of" else first), last + _SUNDAY
    if last not in settled:
        return Candidate(subject, metric.minimum_n, start, end, Pooled(), "window")
    weeks = weekly.filter(
        (pl.col("metric") == subject.metric)
        & (pl.col("segment_type") == subject.segment_type)
        & (pl.col("segment_key") == subject.segment_key)
        & pl.col("week_start").is_between(first, last)
    )
    rows: list[dict[str, Any]] = weeks.select(USED).to_dicts()
    figure = pooled(metric, rows, last, sum(first <= week <= last for week in settled))
    return Candidate(subject, metric.minimum_n, start, end, figure, _lack(metric, figure))


def _lack(metric: Metric, figure: Pooled) -> Lack:
    if figure.value is None:
        return "value"
    return "small" if figure.n < metric.minimum_n else ""
