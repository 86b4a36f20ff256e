"""Targets: the dated values that this MSP has set itself, and the playbook's own, which count from a baseline.

Whether a target is met is judged in governance; baselines lie in the ledger.
The one thing to know: `low` is what must be reached and `high` what is better still; where less is better `high` is the smaller number.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date
from math import isfinite
from typing import Annotated, Final, Literal, Self

import polars as pl
from pydantic import AfterValidator, Field, field_validator, model_validator

from handoff_pipeline.policy.sections import Section
from handoff_pipeline.tables import METRICS, Metric

SegmentType = Literal["all", "sales_team", "delivery_team", "sales_agent", "client", "deal_type", "service_template", "change_origin"]

_METRICS: Final = {each.metric: each for each in METRICS}
_COMPLETENESS: Final = "handoff_completeness"
_DELAY: Final = "kickoff_delay_rate"
_CHANGES: Final = "scope_change_frequency"
WEEK_8: Final = 8 * 7
QUARTER: Final = 13 * 7

PLAYBOOK: Final[tuple[tuple[str, int, float, float | None, str], ...]] = (
    (_COMPLETENESS, WEEK_8, 1.10, 1.25, "Playbook: 10-25 % improvement by week 8 with weekly QA reviews."),
    (_COMPLETENESS, QUARTER, 1.10, None, "Playbook: define the baseline in week one and improve by 10 % in quarter one."),
    (_DELAY, WEEK_8, 0.90, 0.75, "Playbook: 10-25 % improvement by week 8 with weekly QA reviews."),
    (_DELAY, 60, 0.90, 0.75, "Playbook: 10-25 % uplift in 60 days."),
    (_CHANGES, QUARTER, 0.90, 0.85, "Playbook: establish the week-1 baseline and target 10-15 % quarter-one improvement."),
)
"""Metric, days from the freeze to the due date, and by what the baseline is multiplied to give low and high."""


class Target(Section):
    """One target: by `due`, the metric of the segment is to reach `low`, and better still `high`; absolute values in the metric's unit."""

    metric: str = Field(description="The metric, such as handoff_completeness.")
    segment_type: SegmentType = Field(default="all", description="Kind of segment; all is the whole tenant.")
    segment: Annotated[str, Field(min_length=1)] = Field(default="all", description="The segment's name, as the tables have it.")
    low: float = Field(description="What must be reached, in the metric's unit; shares are 0 to 1.")
    high: float | None = Field(default=None, description="What is better still.")
    due: date = Field(description="The day by which it must be reached.")
    source: str = Field(default="", description="Who set it, or where it stands.")

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in _METRICS:
            near = difflib.get_close_matches(value, _METRICS, n=3, cutoff=0.4)
            raise ValueError(f"no such metric; {'those that look alike: ' if near else 'known are '}{', '.join(near or _METRICS)}")
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        metric = _METRICS[self.metric]
        if (self.segment_type == "all") != (self.segment == "all"):
            raise ValueError(f'segment_type {self.segment_type} with segment "{self.segment}": give both, or neither for the whole tenant')
        problems = [_out_of_range(metric, name, value) for name, value in (("low", self.low), ("high", self.high)) if value is not None]
        if self.high is not None and (self.high < self.low if metric.direction == "up" else self.high > self.low):
            better = "above" if metric.direction == "up" else "below"
            problems.append(f"high {self.high:g} must lie {better} low {self.low:g}: that is the better side of {self.metric}")
        if any(problems):
            raise ValueError("; ".join(filter(None, problems)))
        return self


def _out_of_range(metric: Metric, name: str, value: float) -> str:
    """What is wrong with a number that the metric cannot have; empty when it can."""
    lowest, highest = metric.value_range
    if isfinite(value) and (lowest is None or value >= lowest) and (highest is None or value <= highest):
        return ""
    hint = f"; {value:g} % is {value / 100:g}" if metric.unit == "fraction" and 1 < value <= 100 else ""
    bounds = "a number" if lowest is None else f"at least {lowest:g}" if highest is None else f"from {lowest:g} to {highest:g}"
    return f"{name} {value:g} cannot be: {metric.metric} is {bounds} ({metric.unit}){hint}"


def _distinct(targets: list[Target]) -> list[Target]:
    seen: set[tuple[str, str, str, date]] = set()
    for target in targets:
        which = (target.metric, target.segment_type, target.segment, target.due)
        if which in seen:
            raise ValueError(f"{target.metric} of {target.segment} has two targets due on {target.due}; keep one")
        seen.add(which)
    return targets


Targets = Annotated[list[Target], AfterValidator(_distinct)]


def target_frame(targets: Iterable[Target]) -> pl.DataFrame:
    """The policy's own targets, one row each; without a source of its own, a target's source is its place in the list, from 1."""
    rows = [{**target.model_dump(), "source": target.source or f"targets[{place}]"} for place, target in enumerate(targets, start=1)]
    schema = {
        "metric": pl.String,
        "segment_type": pl.String,
        "segment": pl.String,
        "low": pl.Float64,
        "high": pl.Float64,
        "due": pl.Date,
        "source": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)


def playbook_frame(*, is_on: bool) -> pl.DataFrame:
    """The playbook's targets as factors of a baseline, and days after its freeze; no row where they are switched off."""
    schema = {"metric": pl.String, "days": pl.Int64, "low_factor": pl.Float64, "high_factor": pl.Float64, "source": pl.String}
    return pl.DataFrame(list(PLAYBOOK) if is_on else [], schema=schema, orient="row")
