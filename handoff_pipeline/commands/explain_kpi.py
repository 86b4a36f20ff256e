"""`handoff explain kpi METRIC`: one figure down to the records that make it, and what moved it since the week before.

Rows come from explain_kpi_rows, the screen is explain_kpi_show's.
The one thing to know: the figure is made again from its records, and where that is not what was published nothing is explained at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from handoff_pipeline.commands.explain_words import week_name
from handoff_pipeline.commands.screen import Json, emit, out
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    import polars as pl

    from handoff_pipeline.commands.published import Published
    from handoff_pipeline.governance.baselines import Subject
    from handoff_pipeline.measures.movers import Rule, Step

EXAMPLES = """Examples:\n
handoff explain kpi kickoff_delay_rate\n
handoff explain kpi kickoff_delay_rate --week 2026-W36 --segment sales_team=North\n
handoff explain kpi margin_erosion_pp --week 2026-07-13 --limit 0\n
handoff explain kpi days_to_kickoff_median --json"""

TOLERANCE: Final = 1e-8
"""Members hold nine decimals of what they add; more than this is another figure."""
_WEEK: Final = timedelta(weeks=1)
_ISO_WEEK: Final = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE)


@dataclass(frozen=True)
class Explanation:
    """A figure and everything behind it. `parts` or `steps` sum to the change since `before`; both are None where that is not known."""

    subject: Subject
    metric: dict[str, Any]
    figure: dict[str, Any]
    before: dict[str, Any] | None
    members: pl.DataFrame
    earlier: pl.DataFrame
    parts: pl.DataFrame | None
    steps: list[Step] | None
    compared: dict[str, Any]

    @property
    def week(self) -> date:
        """Monday of the figure's week."""
        found: date = self.figure["week_start"]
        return found

    @property
    def change(self) -> float | None:
        """The figure less that of the week before; None where either is not known."""
        then = self.before["value"] if self.before else None
        return None if then is None or self.figure["value"] is None else self.figure["value"] - then

    @property
    def why_no_change(self) -> str:
        """Which side of the change is not known; empty where both are."""
        week, before = week_name(self.week), week_name(self.week - _WEEK)
        lacking = [name for name, row in ((before, self.before), (week, self.figure)) if row is None or row["value"] is None]
        return f"{' and '.join(lacking)} {'has' if len(lacking) == 1 else 'have'} no value" if lacking else ""

    def payload(self) -> dict[str, Any]:
        """All of it, for scripts: every record, whatever the limit of the screen."""
        counted = self.members.filter("is_counted")
        moved: dict[str, Any] = {"since": self.week - _WEEK, "before": self.before, "change": self.change, "not_known": self.why_no_change}
        moved["parts"] = None if self.parts is None else self.parts.to_dicts()
        moved["steps"] = (
            None if self.steps is None else [{"how": [*each.how], "records": each.records, "part": each.part} for each in self.steps]
        )
        return {
            "metric": self.metric,
            "segment": {"segment_type": self.subject.segment_type, "segment": self.subject.segment},
            "figure": self.figure,
            "moved": moved,
            **self.compared,
            "counted": counted.to_dicts(),
            "left_out": self.members.filter(~self.members["is_counted"]).to_dicts(),
        }


def kpi(
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="The metric's name, for example kickoff_delay_rate.")],
    week: Annotated[
        str | None, typer.Option("--week", help="ISO week (2026-W28) or a day in it (2026-07-08); the newest settled one by default.")
    ] = None,
    segment: Annotated[str, typer.Option("--segment", metavar="TYPE=NAME", help="A segment, for example sales_team=North.")] = "all",
    limit: Annotated[int, typer.Option("--limit", min=0, help="Records to list on the screen; 0 lists all.")] = 20,
    as_json: Json = False,
) -> None:
    """Explain a figure: what it is, the records that make it, what it is held against, and what moved it since the week before."""
    from handoff_pipeline.commands.explain_kpi_show import show
    from handoff_pipeline.commands.published import Published

    explanation = explained(Published.of(load_settings()), metric, week, segment)
    if as_json:
        emit(explanation.payload())
    else:
        show(explanation, limit, out())


def explained(published: Published, metric: str, week: str | None = None, segment: str = "all") -> Explanation:
    """The explanation of one figure, made again from its records.

    Raises:
        HandoffError: there is no such metric, segment or week; or the figure is not what its records add up to.
    """
    from handoff_pipeline.commands.baseline_figures import subjects
    from handoff_pipeline.commands.explain_kpi_rows import compared, members, metric_row, weeks
    from handoff_pipeline.measures import movers
    from handoff_pipeline.tables import METRICS

    (subject,) = subjects(published, [metric], [segment])
    figures = weeks(published, subject)
    row = chosen(figures, subject, week)
    told = metric_row(published, metric)
    now, then = members(published, subject, row["week_start"])
    before = next((each for each in figures if each["week_start"] == row["week_start"] - _WEEK), None)
    rule = movers.rule_of(next(each for each in METRICS if each.metric == metric), told["target_days"])
    prove(row, now, rule, metric)
    if before is not None:
        prove(before, then, rule, metric)
    is_known = before is not None and before["value"] is not None
    return Explanation(
        subject=subject,
        metric=told,
        figure=row,
        before=before,
        members=now,
        earlier=then,
        parts=movers.parts(then, now, rule) if is_known and not rule.is_stepwise else None,
        steps=movers.steps(then, now, rule) if is_known and rule.is_stepwise else None,
        compared=compared(published, subject, row),
    )


def chosen(figures: Sequence[dict[str, Any]], subject: Subject, week: str | None) -> dict[str, Any]:
    """The figure of the week asked for; else of the newest week that is settled and has members, else the newest that has any.

    Raises:
        HandoffError: no such week has a figure.
    """
    where = "" if subject.segment_type == "all" else f" in {subject.segment_type}={subject.segment}"
    if not figures:
        raise HandoffError(
            f"{subject.metric} has no figure{where} yet.",
            "A figure comes with the first record: `handoff status`; try it without --segment.",
        )
    if week is None:
        with_members = [row for row in figures if row["n"] or row["n_excluded"]]
        settled = [row for row in with_members if not row["is_partial_week"]]
        return (settled or with_members or figures)[-1]
    monday = monday_of(week)
    by_week = {row["week_start"]: row for row in figures}
    if monday not in by_week:
        near = sorted(sorted(by_week, key=lambda known: (abs(known - monday), known))[:3])
        raise HandoffError(
            f"{subject.metric} has no figure{where} for {week_name(monday)}.",
            f"There are {len(figures)} weeks from {week_name(figures[0]['week_start'])} to {week_name(figures[-1]['week_start'])};"
            f" nearest: {', '.join(week_name(each) for each in near)}.",
        )
    return by_week[monday]


def monday_of(week: str) -> date:
    """Monday of an ISO week (2026-W28) or of the week that a day (2026-07-08) lies in.

    Raises:
        HandoffError: it is neither.
    """
    text = week.strip()
    try:
        if found := _ISO_WEEK.fullmatch(text):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        day = date.fromisoformat(text)
    except ValueError:
        raise HandoffError(
            f"--week {week!r} is no week.", "Write an ISO week as 2026-W28 (up to W52 or W53), or a day in it as 2026-07-08."
        ) from None
    return day - timedelta(days=day.weekday())


def prove(row: Mapping[str, Any], members: pl.DataFrame, rule: Rule, metric: str) -> None:
    """Make the figure again from its records.

    Raises:
        HandoffError: they do not add up to what was published; an explanation of another figure would be a lie.
    """
    from handoff_pipeline.measures import movers

    value, again = row["value"], movers.figure(members, rule)
    if value is None and again is None:
        return
    if value is None or again is None or abs(again - value) > TOLERANCE * max(1.0, abs(value)):
        apart = "" if value is None or again is None else f", {again - value:+.6g} apart"
        raise HandoffError(
            f"Internal error: {metric} of {week_name(row['week_start'])} is published as {value}, but its records make {again}{apart}.",
            "Do not use the figure. Run `handoff run` again, and report this with the output of `handoff status --json` if it stays.",
        )
