"""How `handoff explain kpi` looks: the figure in plain words first, what it is held against, what moved it, then its records.

Nothing is read or computed here but sums of what is shown.
The one thing to know: rounded parts are fitted so that the lines on the screen add up to the change on the screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from rich.console import Console
from rich.text import Text

from handoff_pipeline.commands.amounts import fitted, said, step_name, stepped
from handoff_pipeline.commands.explain_kpi_words import adds, figure_of, held_against, interval_words, settled_words
from handoff_pipeline.commands.explain_words import (
    EXCLUSIONS,
    HOW,
    LINK,
    counted,
    heading,
    in_words,
    rows,
    say,
    short,
    week_days,
    week_name,
)
from handoff_pipeline.commands.screen import clean

if TYPE_CHECKING:
    from handoff_pipeline.commands.explain_kpi import Explanation

NAMED: Final = 5
"""Records that are named in each group of parts."""
NAME: Final = 60
_WEEK: Final = timedelta(weeks=1)


def show(explanation: Explanation, limit: int, console: Console) -> None:
    """Print the explanation; `limit` records are listed, all where it is 0."""
    metric, row, subject = explanation.metric, explanation.figure, explanation.subject
    of = "the whole tenant" if subject.segment_type == "all" else f"{subject.segment_type.replace('_', ' ')} {subject.segment}"
    console.print(
        Text(clean(f"{metric['title']} · {of} · {week_name(explanation.week)} ({week_days(explanation.week)})"), style="bold"),
        soft_wrap=True,
    )
    say(console, "Counts", metric["definition"])
    up = "up" if metric["direction"] == "up" else "down"
    say(console, "", f"Better is {up}. Week: {metric['cohort']}. Owner: {metric['owner']}. Minimum n: {metric['minimum_n']}.")
    console.print()
    say(console, "Figure", figure_of(metric, row))
    say(console, "Interval", interval_words(metric, row))
    for label, words in held_against(explanation):
        say(console, label, words)
    say(console, "Settled", settled_words(metric["metric"], row))
    _show_change(explanation, console)
    _show_counted(explanation, limit, console)
    _show_left_out(explanation, limit, console)
    if metric["as_of_utc"]:
        console.print()
        console.print(Text(f"As of {metric['as_of_utc']:%Y-%m-%d %H:%M} UTC. How each figure is decided: docs/kpis.md."), soft_wrap=True)


def _show_change(explanation: Explanation, console: Console) -> None:
    metric, change = explanation.metric, explanation.change
    since = week_name(explanation.week - _WEEK)
    if change is None or explanation.before is None:
        heading(console, f"What moved it since {since}")
        say(console, "", f"Not known: {explanation.why_no_change}.")
        return
    unit, currency = metric["unit"], clean(metric["base_currency"] or "")
    ends = (explanation.before["value"], explanation.figure["value"])
    then, now = (said(end, unit, currency) for end in ends)
    heading(console, f"What moved it since {since}: from {then} to {now}")
    lines = _steps(explanation, unit, *ends) if explanation.parts is None else _parts(explanation, explanation.parts, unit, *ends)
    if not lines:
        say(console, "", "Nothing: no record came in, went out or changed what it adds.")
        return
    name = step_name(unit, currency)
    rows(console, ("", name), [*lines, ("together", _signed(fitted([change], unit, *ends)[0], unit))], right=(name,), cut="")
    if explanation.parts is not None and metric["aggregation"] not in {"sum", "level"}:
        say(console, "", f"A part is how far the record pulls the figure away from {then}: one just like that moves nothing.")


def _parts(explanation: Explanation, parts: pl.DataFrame, unit: str, then: float, now: float) -> list[tuple[str, str]]:
    """Each group with its largest records by name and the rest in a line; the shown numbers sum to the change."""
    names = _names(explanation)
    told: list[tuple[str, list[tuple[str, float]]]] = []
    for how, words in HOW.items():
        found = parts.filter(pl.col("how") == how).sort(pl.col("part").abs(), "record_key", descending=[True, False]).to_dicts()
        moving = [row for row in found if stepped(row["part"], unit).strip("+-0.,")]
        named = moving if len(moving) <= NAMED + 1 else moving[:NAMED]
        leaves = [(names[row["record"], row["record_key"]], row["part"]) for row in named]
        if len(named) < len(found):
            # The largest come first, so the named ones are the head of what was found.
            rest = found[len(named) :]
            leaves.append((f"{len(rest):,} {'more' if named else 'that move nothing'}", sum(row["part"] for row in rest)))
        if found:
            told.append((f"{words}: {counted(len(found), 'record')}", leaves))
    shown = iter(fitted([part for _, leaves in told for _, part in leaves], unit, then, now))
    lines: list[tuple[str, str]] = []
    for group, leaves in told:
        own = [(name, next(shown)) for name, _ in leaves]
        lines += [(group, _signed(sum(part for _, part in own), unit)), *((f"    {name}", _signed(part, unit)) for name, part in own)]
    return lines


def _steps(explanation: Explanation, unit: str, then: float, now: float) -> list[tuple[str, str]]:
    """Each step, and by name those that were done since."""
    steps = explanation.steps or []
    words = {"left": "went out of the window", "entered": "came into it", "changed": "moved on since"}
    shown = fitted([step.part for step in steps], unit, then, now)
    lines = [
        (f"{counted(step.records, 'record')} {' or '.join(words[how] for how in step.how)}", _signed(part, unit))
        for step, part in zip(steps, shown, strict=True)
    ]
    waiting = explanation.earlier.filter("is_counted", ~pl.col("is_event")).select("record", "record_key")
    done = explanation.members.filter("is_counted", "is_event").join(waiting, on=["record", "record_key"], how="semi").to_dicts()
    lines += [(f"    {title(row, 40)}: {adds(explanation.metric, row)}", " ") for row in done[:NAMED]]
    return [*lines, (f"    and {len(done) - NAMED:,} more", " ")] if len(done) > NAMED else lines


def _signed(value: float, unit: str) -> str:
    """A number that is in the unit's shown scale already."""
    return stepped(value / 100 if unit == "fraction" else value, unit)


def _names(explanation: Explanation) -> dict[tuple[str, int], str]:
    both = [*explanation.earlier.to_dicts(), *explanation.members.to_dicts()]
    return {(row["record"], row["record_key"]): title(row, 60) for row in both}


def title(row: Mapping[str, Any], length: int = NAME) -> str:
    """A record's kind, number and name in a line."""
    numbered = "" if row["record_id"] is None else f" {row['record_id']}"
    return f"{row['record']}{numbered}  {short(row['name'], length)}".rstrip()


def _show_counted(explanation: Explanation, limit: int, console: Console) -> None:
    found = explanation.members.filter("is_counted")
    heading(console, f"Counted: {counted(found.height, 'record')}")
    listed = _first(found, limit)
    cells = [(title(row), row["happened_on"], adds(explanation.metric, row), row["source_url"]) for row in listed]
    rows(console, ("record", "day", "adds", LINK), cells, right=("adds",), cut="record")
    _say_rest(found.height - len(listed), console)


def _show_left_out(explanation: Explanation, limit: int, console: Console) -> None:
    found = explanation.members.filter(~explanation.members["is_counted"])
    if not found.height:
        return
    heading(console, f"Left out: {counted(found.height, 'record')}")
    listed = _first(found, limit)
    cells = [(title(row), row["happened_on"], in_words(EXCLUSIONS, row["exclusion"]), row["source_url"]) for row in listed]
    rows(console, ("record", "day", "why", LINK), cells, cut="record")
    _say_rest(found.height - len(listed), console)


def _first(found: pl.DataFrame, limit: int) -> list[dict[str, Any]]:
    return (found.head(limit) if limit else found).to_dicts()


def _say_rest(rest: int, console: Console) -> None:
    if rest > 0:
        say(console, "", f"and {rest:,} more: --limit 0 lists them all, --json has them for scripts.")
