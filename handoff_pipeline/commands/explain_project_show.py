"""How a project is shown: its hours, its margin week by week, the bridge from sold to forecast, and its change requests.

What is read is explain_project_rows'.
The one thing to know: where the margin is not complete no percentage is shown, and the reason is said in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console

from handoff_pipeline.commands.amounts import number, shown
from handoff_pipeline.commands.explain_counts import show_bridge, show_counts, show_restatements
from handoff_pipeline.commands.explain_words import LINK, MARGINS, counted, heading, in_words, rows, say, week_name
from handoff_pipeline.commands.screen import plain

WEEKS: Final = 8
"""Weeks that are shown one by one; those before are counted."""


def show(explanation: Mapping[str, Any], console: Console) -> None:
    """Print an explanation for a person."""
    row, margins = explanation["project"], explanation["margins"]
    console.print(plain(f"project {row['project_id']}  {row['project_name']}", "bold"), soft_wrap=True)
    for label, value in (
        ("Client", row["client_name"]),
        ("Deal", _deal(row)),
        ("State", _state(row)),
        ("Hours", f"{number(row['logged_hours'], 1)} logged of {number(row['baseline_hours'], 1)} planned (base work, no change requests)"),
        ("Unbilled", _unbilled(explanation["unbilled"])),
        ("Margin", _margin(margins)),
        ("HaloPSA", row["source_url"]),
    ):
        say(console, label, value)
    if margins:
        show_bridge(margins[-1], row["base_currency"], console)
    _show_weeks(margins, console)
    _show_changes(explanation["changes"], row["base_currency"], console)
    show_counts(explanation["counts"], console)
    show_restatements(explanation["restatements"], console)


def _deal(row: Mapping[str, Any]) -> str:
    if row["handoff_id"] is None:
        return "none: it was made without an opportunity" if row["origin"] == "no_opportunity" else "none that was won"
    return f"{row['handoff_id']} {row['handoff']} ({row['deal_state']}{', its first project' if row['is_first'] else ''})"


def _state(row: Mapping[str, Any]) -> str:
    ends = ((" closed", row["closed_at_utc"]), (" cancelled", row["cancelled_at_utc"]))
    ended = "".join(f",{word} {when:%Y-%m-%d}" for word, when in ends if when)
    return f"{row['project_state']}, created {row['created_at_utc']:%Y-%m-%d}{ended}"


def _unbilled(row: Mapping[str, Any]) -> str:
    unknown = (
        f"; of {counted(row['entries_unknown'], 'time entry', 'time entries')} nobody knows (billing unknown)"
        if row["entries_unknown"]
        else ""
    )
    return f"{number(row['hours'], 1)} hours on change requests, older than the billing lag{unknown}"


def _margin(margins: Sequence[Mapping[str, Any]]) -> str:
    if not margins:
        return "none: only projects of a deal have one"
    row = margins[-1]
    if row["margin_state"] != "complete":
        uncosted = f" ({number(row['uncosted_hours'], 1)} logged hours without a cost)" if row["uncosted_hours"] else ""
        return f"{in_words(MARGINS, row['margin_state'])}{uncosted}"
    now = "delivered" if row["is_delivered"] else "forecast"
    rebased = (
        ""
        if row["erosion_rebased_pp"] is None
        else f"; erosion {number(row['erosion_rebased_pp'], 2)} pp against sold plus approved changes"
    )
    lost = f"{number(abs(row['erosion_pp']), 2)} pp {'gained' if row['erosion_pp'] < 0 else 'lost'}"
    margins_pct = f"{number(row['sold_margin_pct'], 2)} % sold, {number(row['forecast_margin_pct'], 2)} % {now}"
    return f"{margins_pct}: {lost}{rebased}"


def _show_weeks(margins: Sequence[Mapping[str, Any]], console: Console) -> None:
    if not margins:
        return
    heading(console, "Margin by week")
    if earlier := margins[:-WEEKS]:
        states = Counter(row["margin_state"] for row in earlier)
        said = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in states.most_common())
        say(console, "", f"{counted(len(earlier), 'earlier week')} from {week_name(earlier[0]['as_of_date'])}: {said}")
    cells = [
        (
            week_name(row["as_of_date"]),
            "delivered" if row["is_delivered"] else "open",
            row["margin_state"].replace("_", " "),
            number(row["logged_hours_week"], 1),
            number(row["forecast_cost_base"], 2),
            number(row["sold_margin_pct"], 1),
            number(row["forecast_margin_pct"], 1),
            number(row["erosion_pp"], 1),
        )
        for row in margins[-WEEKS:]
    ]
    columns = ("week", "state", "margin", "hours", "cost at completion", "sold %", "now %", "lost pp")
    rows(console, columns, cells, right=columns[3:])


def _show_changes(changes: Sequence[Mapping[str, Any]], currency: str | None, console: Console) -> None:
    if not changes:
        return
    heading(console, f"Change requests: {len(changes)}")
    cells = [
        (
            row["change_id"],
            row["state"],
            row["origin"].replace("_", " "),
            row["raised_at_utc"].date(),
            row["decided_at_utc"].date() if row["decided_at_utc"] else None,
            number(row["logged_hours"], 1),
            number(row["cost_base"], 2),
            number(row["price_base"], 2),
            {True: "yes", False: "no", None: "not known"}[row["is_billed"]],
            row["source_url"],
        )
        for row in changes
    ]
    name = shown(currency)
    columns = ("change", "state", "origin", "raised", "decided", "hours", f"cost {name}", f"price {name}", "billed", LINK)
    rows(console, columns, cells, right=columns[5:8], cut="origin")
