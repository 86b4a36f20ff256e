"""The KPI tables of weeks: every metric for every week and segment, and the survival curves behind the median.

Members come out of `kpis`, cut by `segments`; here are the columns and which weeks may still change. How a figure stands
against a baseline is in `standing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from tests.oracle.baselines import Baseline
from tests.oracle.charts import Lines, Week, lines_of
from tests.oracle.days import ONE_WEEK, monday
from tests.oracle.figures import figure_of
from tests.oracle.keys import date_key
from tests.oracle.kpi_facts import SIX_DAYS
from tests.oracle.members import Member
from tests.oracle.metrics import METRICS
from tests.oracle.observation import Seen
from tests.oracle.segments import Cut, Segment
from tests.oracle.standing import Standing, standing_of
from tests.oracle.statistics import Step, kaplan_meier
from tests.oracle.targets import targets_of

REPORTED_WEEKS = 260
Row = dict[str, Any]
Points = dict[tuple[str, Segment], list[Week]]


def points_of(seen: Seen, series: Cut) -> Points:
    """The figure of every week of every series."""
    return {
        (metric, segment): [_week(seen, metric, week, by_week[week]) for week in sorted(by_week)]
        for (metric, segment), by_week in series.items()
    }


def oldest_week(seen: Seen, baselines: Iterable[Baseline]) -> date:
    """The oldest week that may be reported: of the last 260, or of the window of a baseline in force where that begins earlier."""
    first = monday(seen.today) - (REPORTED_WEEKS - 1) * ONE_WEEK
    return min([first, *(monday(each.window[0]) for each in baselines)])


def reported(series: Cut, points: Points, oldest: date) -> tuple[Cut, Points]:
    """Both without what lies before the oldest week."""
    kept = {key: {week: members for week, members in by_week.items() if week >= oldest} for key, by_week in series.items()}
    return kept, {key: [each for each in weeks if each.week >= oldest] for key, weeks in points.items()}


def kpi_weekly(seen: Seen, series: Cut, points: Points, baselines: Mapping[tuple[str, Segment], Baseline]) -> Iterator[Row]:
    """The table's rows of these points; `series` are all there ever were, `baselines` are those in force."""
    for (metric, segment), weeks in points.items():
        baseline = baselines.get((metric, segment))
        lines = lines_of(metric, weeks, events_of(series[metric, segment]), baseline.window if baseline else None)
        targets = targets_of(seen, metric, segment, baseline)
        for each in weeks:
            standing = standing_of(metric, each.figure, each.week + SIX_DAYS, baseline, targets)
            yield _row(seen, metric, segment, each, lines.get(each.week, Lines()), standing)


def kpi_kickoff_survival(series: Cut) -> Iterator[Row]:
    """The table's rows: the curve behind the median."""
    for (metric, segment), by_week in series.items():
        if metric == "days_to_kickoff_median":
            for week, members in by_week.items():
                observed = [(each.duration, bool(each.is_event)) for each in members if each.is_counted and each.duration is not None]
                for step in kaplan_meier(observed):
                    yield {"week_start": week, "week_date_key": date_key(week), **segment.columns, **_step_columns(step)}


def events_of(by_week: Mapping[date, list[Member]]) -> list[tuple[date, bool]]:
    """Week of each counted member in the order in which they happened, and whether it is an event."""
    counted = [member for members in by_week.values() for member in members if member.is_counted]
    in_order = sorted(counted, key=lambda member: (member.happened_on, member.record_key))
    return [(member.week, bool(member.is_event)) for member in in_order]


def is_partial(seen: Seen, metric: str, week: date) -> bool:
    """Whether the week, or the follow-up of its cohort, is not over."""
    return seen.as_of < seen.days.end(week + SIX_DAYS + METRICS[metric].follow_up)


def _week(seen: Seen, metric: str, week: date, members: list[Member]) -> Week:
    return Week(week, figure_of(metric, members, seen.rules.kickoff_target_days), is_partial(seen, metric, week))


def _row(seen: Seen, metric: str, segment: Segment, each: Week, lines: Lines, standing: Standing) -> Row:
    figure = each.figure
    return {
        "metric_key": seen.key("metric", metric),
        "week_start": each.week,
        "week_date_key": date_key(each.week),
        **segment.columns,
        "is_partial_week": each.is_partial,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "numerator_2": figure.numerator_2,
        "denominator_2": figure.denominator_2,
        "n": figure.n,
        "n_excluded": figure.n_excluded,
        "value": figure.value,
        "value_amount": figure.amount,
        "ci_low": figure.interval[0],
        "ci_high": figure.interval[1],
        "baseline_value": standing.baseline,
        "target_value": standing.target,
        "target_due": standing.due,
        "status": standing.status,
        "centre_line": lines.centre,
        "lower_limit": lines.low,
        "upper_limit": lines.high,
        "signal": lines.signal,
    }


def _step_columns(step: Step) -> Row:
    return {
        "day": int(step.day),
        "at_risk": step.at_risk,
        "events": step.events,
        "censored": step.censored,
        "survival": float(step.survival),
        "ci_low": step.low,
        "ci_high": step.high,
    }
