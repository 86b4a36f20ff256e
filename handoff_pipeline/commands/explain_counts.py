"""What explanations of a handoff, a gap and a project share: where a record counts in the KPIs, the bridge of a margin, restatements.

Figures themselves are explain_kpi's.
The one thing to know: a metric of 13 weeks counts a record in each of them, so weeks are told as first, last and how many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from handoff_pipeline.commands.amounts import NONE, number, said
from handoff_pipeline.commands.explain_kpi_words import adds
from handoff_pipeline.commands.explain_words import (
    CAUSES,
    EXCLUSIONS,
    counted,
    day_name,
    heading,
    in_words,
    percent_bar,
    rows,
    say,
    short,
    week_name,
)  # fmt: skip

if TYPE_CHECKING:
    from handoff_pipeline.commands.published import Published

BRIDGE: Final = {
    "bridge_hours": "hours",
    "bridge_rate": "rate",
    "bridge_third_party": "third party",
    "bridge_discount": "discount, credits",
    "bridge_unapproved_change": "changes not approved",
    "bridge_approved_change": "approved changes",
    "bridge_unexplained": "unexplained",
}

_COUNTS: Final = """
    select
        k.metric, k.title, k.unit, k.aggregation, m.record,
        (select t.base_currency from dim_tenant as t where t.tenant_key <> 0 limit 1) as base_currency,
        min(m.week_start) as first_week, max(m.week_start) as last_week, count(distinct m.week_start)::bigint as weeks,
        count(distinct m.record_key)::bigint as records,
        arg_max(m.numerator, m.week_start) as numerator, arg_max(m.denominator, m.week_start) as denominator,
        arg_max(m.numerator_2, m.week_start) as numerator_2, arg_max(m.denominator_2, m.week_start) as denominator_2,
        arg_max(m.duration, m.week_start) as duration, arg_max(m.is_event, m.week_start) as is_event,
        arg_max(m.is_counted, m.week_start) as is_counted, max_by(m.exclusion, m.week_start) as exclusion
    from kpi_member as m
    inner join dim_metric as k on k.metric_key = m.metric_key
    {joined}
    where {chosen}
    group by k.metric, k.title, k.unit, k.aggregation, m.record
    order by min(m.week_start), k.metric, m.record
"""
OF_HANDOFF: Final = _COUNTS.format(
    joined="inner join dim_handoff as h on h.handoff_key = m.handoff_key and h.handoff_key <> 0", chosen="h.handoff_id = $handoff_id"
)
OF_PROJECT: Final = _COUNTS.format(
    joined="inner join dim_project as p on p.project_key = m.project_key and p.project_key <> 0",
    chosen="p.project_id = $project_id and m.record in ('project', 'change', 'time')",
)
OF_GAP: Final = _COUNTS.format(joined="", chosen="m.record_key = $gap_key and m.record in ('gap', 'escalation')")

_RESTATED: Final = """
    select m.metric, m.title, m.unit, r.week_start, r.segment_type, r.old_value, r.new_value, r.restated_at_utc, r.cause, r.source_url
    from kpi_restatement as r
    inner join dim_metric as m on m.metric_key = r.metric_key
    where r.source_url = $page and r.segment_type = 'all'
    order by r.restated_at_utc, m.metric, r.week_start
"""


def restated(published: Published, pages: Sequence[str]) -> list[dict[str, Any]]:
    """Restatements of the whole tenant's figures that a record with one of these pages caused alone."""
    return [row for page in sorted(set(pages) - {""}) for row in published.rows(_RESTATED, page=page)]


def show_counts(counts: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print in which KPI weeks something counts, what it adds there, or why it is left out."""
    heading(console, "Where it counts" if counts else "Where it counts: in no KPI")
    cells = [(row["title"], _what(row), _weeks(row), _how(row)) for row in counts]
    rows(console, ("KPI", "record", "weeks", "adds (newest week)"), cells, cut="KPI")


def _what(row: Mapping[str, Any]) -> str:
    return row["record"] if row["records"] == 1 else f"{row['records']} × {row['record']}"


def _weeks(row: Mapping[str, Any]) -> str:
    first, last = week_name(row["first_week"]), week_name(row["last_week"])
    if first == last:
        return first
    # The year is said once where it is the same.
    return f"{first} to {last[5:] if first[:4] == last[:4] else last} ({row['weeks']})"


def _how(row: Mapping[str, Any]) -> str:
    if row["records"] > 1:
        return "each by itself"
    return adds(row, row) if row["is_counted"] else f"left out: {in_words(EXCLUSIONS, row['exclusion'])}"


def show_restatements(found: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the published figures that were restated because of a record."""
    if not found:
        return
    heading(console, f"Restated because of it: {counted(len(found), 'figure')}")
    for row in found:
        change = f"{said(row['old_value'], row['unit'])} became {said(row['new_value'], row['unit'])}: {in_words(CAUSES, row['cause'])}"
        say(console, "", f"{row['restated_at_utc']:%Y-%m-%d}: {row['title']}, {week_name(row['week_start'])}: {change}")


def show_bridge(row: Mapping[str, Any], currency: str | None, console: Console) -> None:
    """Print what lies between sold and forecast margin as bars either side of nothing; causes that are 0 are left out."""
    if row["margin_state"] != "complete":
        return
    what = "delivered" if row["is_delivered"] else "forecast"
    title = f"From sold to {what} margin: project {row['project_id']} {short(row['project_name'], 40)}, {day_name(row['as_of_date'])}"
    heading(console, f"{title} ({currency or 'base currency'}, + is loss)")
    parts = [(words, row[column]) for column, words in BRIDGE.items() if row[column]]
    largest = max((abs(float(value)) for _, value in parts), default=0.0)
    for words, value in parts:
        left, right = percent_bar(float(value), largest)
        console.print(Text(f"  {words:<20}  {value:>+14,.2f}  {left}│{right}".rstrip()), soft_wrap=True)
    margins = f"{number(row['sold_margin_pct'], 2)} % sold, {number(row['forecast_margin_pct'], 2)} % {what}"
    erosion = NONE if row["erosion_amount_base"] is None else f"{row['erosion_amount_base']:+,.2f}"
    console.print(Text(f"  {'together':<20}  {erosion:>14}  {margins}, {number(row['erosion_pp'], 2)} pp"), soft_wrap=True)
