"""The two KPI tables: every metric for every week and segment, and the survival curves behind the medians.

What a metric says of a week is in `kpis`; here are the weeks, the segments and the columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from tests.oracle.days import ONE_WEEK, weeks
from tests.oracle.keys import UNKNOWN, date_key
from tests.oracle.kpis import MARGIN_WEEKS, RELEASED, SIX_DAYS, Facts, waits
from tests.oracle.observation import Seen
from tests.oracle.projects import closed_day
from tests.oracle.statistics import Step, kaplan_meier


def all_weeks(facts: Facts) -> list[date]:
    """Every week from the first event of any metric to the as-of week."""
    days = [each.win.day for each in facts.handoffs]
    days += [each.commitment.day for each in facts.handoffs if each.commitment.day < facts.seen.today]
    days += [each.kickoff_day for each in facts.handoffs if each.kickoff_day is not None]
    days += [each.decided_day for each in facts.changes if each.state == "approved" and each.decided_day is not None]
    days += [day for each in facts.handoffs for project in each.projects if (day := closed_day(facts.seen, project)) is not None]
    return list(weeks(min(days), facts.seen.today)) if days else []


def segments(facts: Facts, teams: set[str]) -> Iterator[tuple[dict[str, Any], Facts]]:
    """The segment columns, and the facts that belong to the segment."""
    yield {"segment_type": "all", "segment_key": UNKNOWN, "segment": "all"}, facts
    for team in sorted(teams):
        yield {"segment_type": "sales_team", "segment_key": facts.seen.key("sales_team", team), "segment": team}, facts.of_team(team)


def kpi_weekly(facts: Facts, teams: set[str]) -> Iterator[dict[str, Any]]:
    """The table's rows; baselines, targets and control limits come with a later release."""
    later = ("value_amount", "baseline_value", "target_value", "target_due", "centre_line", "lower_limit", "upper_limit", "signal")
    for segment, chosen in segments(facts, teams):
        for week in all_weeks(facts):
            for metric, (compute, minimum) in RELEASED.items():
                figure = compute(chosen, week)
                yield {
                    "metric_key": facts.seen.key("metric", metric),
                    "week_start": week,
                    "week_date_key": date_key(week),
                    **segment,
                    "is_partial_week": _is_partial(facts.seen, metric, week),
                    "numerator": figure.numerator,
                    "denominator": figure.denominator,
                    "numerator_2": figure.numerator_2,
                    "denominator_2": figure.denominator_2,
                    "n": figure.n,
                    "n_excluded": figure.n_excluded,
                    "value": figure.value,
                    "ci_low": figure.low,
                    "ci_high": figure.high,
                    "status": "no_target" if figure.n >= minimum else "not_enough_data",
                    **dict.fromkeys(later),
                }


def kpi_kickoff_survival(facts: Facts, teams: set[str]) -> Iterator[dict[str, Any]]:
    """The table's rows: the curve behind the median."""
    for segment, chosen in segments(facts, teams):
        for week in all_weeks(facts):
            for step in kaplan_meier(waits(chosen, week)[0]):
                yield {"week_start": week, "week_date_key": date_key(week), **segment, **_step_columns(step)}


def _step_columns(step: Step) -> dict[str, Any]:
    return {
        "day": step.day,
        "at_risk": step.at_risk,
        "events": step.events,
        "censored": step.censored,
        "survival": float(step.survival),
        "ci_low": step.low,
        "ci_high": step.high,
    }


def _is_partial(seen: Seen, metric: str, week: date) -> bool:
    last = week + SIX_DAYS + (MARGIN_WEEKS * ONE_WEEK if metric == "margin_erosion_pp" else timedelta())
    return seen.as_of < seen.days.end(last)
