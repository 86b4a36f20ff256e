"""One figure in plain English: what it is made of, how sure it is, what it is held against, and whether it may still change.

Where the lines stand on the screen is explain_kpi_show's.
The one thing to know: what the data cannot show is said in so many words, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from handoff_pipeline.commands.amounts import amount, number, said, shown
from handoff_pipeline.commands.explain_words import CAUSES, SIGNALS, STATUSES, counted, day_name, final_from, in_words

if TYPE_CHECKING:
    from handoff_pipeline.commands.explain_kpi import Explanation

DONE: Final = {
    "days_to_kickoff_median": ("kicked off", "not yet"), "kickoff_within_target": ("kicked off", "not yet"),
    "gap_resolution_hours": ("closed", "not closed"), "escalation_ack_hours": ("acknowledged", "not acknowledged"),
}  # fmt: skip
"""What happened at the end of a duration, and what is said of one that is still running or was cut off."""


def figure_of(metric: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """The value and what makes it: `25.0 %: 5 of 20, 2 left out`."""
    currency = metric["base_currency"] or ""
    value = said(row["value"], metric["unit"], currency) if row["value"] is not None else _why_none(metric, row)
    told = [made_of(metric, row, currency), f"n {row['n']:,}"]
    if row["n_excluded"]:
        told.append(f"{row['n_excluded']:,} left out")
    return f"{value}: {', '.join(each for each in told if each)}"


def made_of(metric: Mapping[str, Any], row: Mapping[str, Any], currency: str = "") -> str:
    """Numerator and denominator in words; empty where the metric has none."""
    above, below = row["numerator"], row["denominator"]
    if above is None:
        return ""
    if metric["aggregation"] == "ratio_difference":
        return (
            f"sold {number(above, 2)} of {number(below, 2)} = {_share(above, below)},"
            f" now {number(row['numerator_2'], 2)} of {number(row['denominator_2'], 2)} ="
            f" {_share(row['numerator_2'], row['denominator_2'])} (margin of revenue, {currency})"
        )
    if below is None:
        return ""
    if metric["unit"] == "per_100_hours":
        return f"{counted(round(above / 100), 'change')} in {number(below, 1)} hours"
    places = 0 if float(above).is_integer() else 1
    return (
        f"{number(above, places)} of {number(below, 0)}"
        if metric["unit"] == "fraction"
        else f"{number(above, places)} over {number(below, 0)}"
    )


def _share(above: float, below: float) -> str:
    return f"{number(above / below * 100, 2)} %" if below else "unknown"


def _why_none(metric: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    if metric["aggregation"] == "median" and row["n"]:
        return "Not reached: half of them are not there yet"
    return "No value: nothing was counted" if not row["n"] else "No value: it cannot be had from these records"


def interval_words(metric: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """The 95 % interval, and what a small n means."""
    unit = metric["unit"]
    small = "" if row["n"] >= metric["minimum_n"] else f" n {row['n']} is below the minimum of {metric['minimum_n']}: shown, not judged."
    if row["ci_low"] is None and row["ci_high"] is None:
        return f"None: these figures give no interval.{small}"
    if row["ci_high"] is None:
        return f"At least {said(row['ci_low'], unit)}; where it ends cannot be told yet (95 %).{small}"
    if row["ci_low"] is None:
        return f"At most {said(row['ci_high'], unit)} (95 %).{small}"
    ends = f"{amount(row['ci_low'], unit)} to {said(row['ci_high'], unit)}"
    return f"{ends}. With so few records, anything in there fits what was seen (95 %).{small}" if small else f"{ends} (95 %)."


def settled_words(metric: str, row: Mapping[str, Any]) -> str:
    """Whether the week's figure may still change, and until when."""
    final = day_name(final_from(metric, row["week_start"]))
    return f"no: it may still change; final from {final}" if row["is_partial_week"] else "yes: outcomes are all in"


def held_against(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Baseline, movement since, target, chart and restatements, each as a label and a sentence."""
    metric, row, compared = explanation.metric, explanation.figure, explanation.compared
    unit, currency = metric["unit"], metric["base_currency"] or ""
    baseline, target = compared["baseline"], compared["target"]
    if baseline:
        window = f"from {day_name(baseline['window_start'])} to {day_name(baseline['window_end'])}"
        by = f"frozen {day_name(baseline['frozen_at_utc'].date())} by {shown(baseline['frozen_by'])}: {baseline['reason']}"
        yield "Baseline", f"{said(baseline['value'], unit, currency)}, n {baseline['n']}, {window}; {by}"
        for each in compared["movements"]:
            yield "", f"{each['horizon_weeks']} weeks on: {each['words']}"
    else:
        yield "Baseline", "none is frozen (`handoff baseline capture` shows what it would be)"
    yield "Target", _target(explanation, target, unit, currency) if target else "none in force"
    yield "Chart", _chart(metric, row)
    for each in compared["restatements"]:
        link = f" {each['source_url']}" if each["source_url"] else ""
        became = f"{said(each['old_value'], unit, currency)} became {said(each['new_value'], unit, currency)}"
        yield "Restated", f"{each['restated_at_utc']:%Y-%m-%d}: {became}: {in_words(CAUSES, each['cause'])}{link}"


def _target(explanation: Explanation, target: Mapping[str, Any], unit: str, currency: str) -> str:
    row = explanation.figure
    high = "" if target["high"] is None else f", ahead at {said(target['high'], unit, currency)}"
    return (
        f"{in_words(STATUSES, row['status'])}: {said(target['low'], unit, currency)} by {day_name(target['due'])}{high};"
        f" on the path it is {said(row['target_value'], unit, currency)} this week ({target['kind']}: {target['source']})"
    )


def _chart(metric: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    if metric["chart"] == "none":
        return "none: weeks overlap or are too thin for one"
    if row["centre_line"] is None:
        return "no limits yet: fewer than 8 usable weeks"
    unit = metric["unit"]
    limits = f"centre {amount(row['centre_line'], unit)}, limits {amount(row['lower_limit'], unit)} to {said(row['upper_limit'], unit)}"
    return f"{limits}; {SIGNALS.get(row['signal'] or '', 'no signal')}"


def adds(metric: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """What one record adds to the figure: `1 / 1`, `82.5`, `12 days, kicked off`."""
    unit, above, below = metric["unit"], row["numerator"], row["denominator"]
    if row["duration"] is not None:
        done, waiting = DONE.get(metric["metric"], ("done", "not yet"))
        long = number(row["duration"], 0 if row["duration"] == int(row["duration"]) else 1)
        return f"{long} {'hours' if unit == 'hours' else 'days'}, {done if row['is_event'] else waiting}"
    if metric["aggregation"] == "ratio_difference":
        return f"{_share(above, below)} sold, {_share(row['numerator_2'], row['denominator_2'])} now"
    if unit == "per_100_hours":
        return "1 change" if below is None else f"{number(below, 1)} hours"
    if metric["aggregation"] == "ratio" and unit != "fraction":
        return "1 change" if below is None else "1 project"
    if unit == "fraction":
        return f"{number(above, 0)} of {number(below, 0)}"
    return said(above, unit, metric["base_currency"] or "")
