"""The words of `handoff explain`: exclusions, causes, statuses, weeks and days in plain English, and the shape of a line on the screen.

No figure is read here.
The one thing to know: a word that this page does not know is shown as it stands in the table, so that a newer table is never hidden.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from handoff_pipeline.commands.amounts import shown
from handoff_pipeline.commands.screen import clean

WIDTH: Final = 100
LABEL: Final = 12
NARROW: Final = 24
LINK: Final = "HaloPSA"
_SUNDAY: Final = timedelta(days=6)

EXCLUSIONS: Final = {
    "no_score": "nothing on the checklist applied",
    "cancelled": "cancelled on or before the committed day",
    "kickoff_before_won": "kicked off before it was won",
    "deleted": "deleted in HaloPSA before the margin was judged",
    "no_rate": "no currency rate for the sale or a bill",
    "uncosted": "hours without a known cost",
    "no_baseline": "sold revenue or cost unknown",
    "undefined": "revenue not above 0, or not known",
    "billing_unknown": "not every invoice is known",
    "waived": "waived when it fell due",
    "moot": "the deal or item had gone when it fell due",
    "acknowledged_before": "acknowledged before it was escalated",
    "decided_before_request": "decided before it was asked for",
    "no_moment": "HaloPSA does not tell both moments",
}
MARGINS: Final = {
    "complete": "complete",
    "no_rate": "not complete: there is no currency rate for the sale, the order's third party or a bill",
    "uncosted": "not complete: hours, logged or to come, have no known cost",
    "no_baseline": "not complete: sold revenue or sold cost is not known",
    "undefined": "not complete: revenue is not above 0 or not known, so no percentage can be had",
}
CAUSES: Final = {
    "commit_moved": "a committed date moved to another week",
    "deal_state_changed": "a deal was lost, reopened, merged or won again",
    "deleted": "a record was deleted in HaloPSA",
    "late_record": "a record of that week came in later",
    "changed_record": "a record was changed in HaloPSA",
    "rate_changed": "what an agent's hour costs changed",
    "policy_changed": "the policy changed",
    "model_changed": "a new release counts differently",
    "source_changed": "HaloPSA's data changed",
}
SIGNALS: Final = {
    "point_outside": "SIGNAL: outside the limits",
    "run": "SIGNAL: the seventh or a later week in a row on one side of the centre",
    "trend": "SIGNAL: the seventh or a later week in a row that rises, or falls",
    "two_of_three": "SIGNAL: two of three weeks in the outer third on one side",
}
STATUSES: Final = {
    "ahead": "ahead of the target",
    "on_track": "on track",
    "behind": "behind the path to the target",
    "missed": "the target was missed",
    "no_target": "no target in force",
    "not_enough_data": "not enough data to judge",
}
HOW: Final = {"entered": "came in", "left": "went out", "changed": "changed"}


def in_words(words: dict[str, str], word: str | None) -> str:
    """The word's meaning, else the word itself without underscores."""
    return words.get(word or "", clean(shown(word)).replace("_", " "))


def week_name(monday: date) -> str:
    """An ISO week: `2026-W28`."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def day_name(day: date) -> str:
    """A day: `6 July 2026`."""
    return f"{day.day} {day:%B %Y}"


def week_days(monday: date) -> str:
    """The days of a week: `6 to 12 July 2026`."""
    sunday = monday + _SUNDAY
    first = f"{monday.day}" if monday.month == sunday.month else f"{monday.day} {monday:%B}"
    return f"{first} to {day_name(sunday)}"


def final_from(metric: str, monday: date) -> date:
    """The day from which a week's figure of a metric changes no more (docs/kpis.md, Partial weeks)."""
    from handoff_pipeline.tables import METRICS

    followed = next(each.follow_up_days for each in METRICS if each.metric == metric)
    return monday + _SUNDAY + timedelta(days=followed + 1)


def short(value: object, length: int) -> str:
    """Cleaned text of at most so many characters, an ellipsis at its end where it was longer."""
    text = clean(value)
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def heading(console: Console, text: str) -> None:
    """A title with an empty line above."""
    console.print()
    console.print(Text(clean(text), style="bold"), soft_wrap=True)


def say(console: Console, label: str, value: object) -> None:
    """A labelled line, wrapped at 100 characters under its own beginning; an address is never broken."""
    lead = f"  {label:<{LABEL}} " if label else "  "
    told = clean(shown(value))
    lines = textwrap.wrap(
        told, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_long_words=False, break_on_hyphens=False
    )
    console.print(Text("\n".join(lines) if lines else lead.rstrip()), soft_wrap=True)


def rows(
    console: Console, columns: Sequence[str], cells: Iterable[Sequence[object]], *, right: Collection[str] = (), cut: str = ""
) -> None:
    """Aligned rows of cleaned cells, 100 characters wide where that can be: the column `cut` gives way, all others stand whole.

    A last column `HaloPSA` holds addresses, which go to a line of their own where the row would get too narrow for its text.
    """
    lines = [[clean(shown(cell)) for cell in row] for row in cells]
    if not lines:
        return
    widths = [max(cell_len(row[at]) for row in [[*columns], *lines]) for at in range(len(columns))]
    below = columns[-1] == LINK and cut in columns and _room(widths, columns.index(cut)) < NARROW
    if below:
        widths[-1] = 0
    if cut in columns:
        at = columns.index(cut)
        widths[at] = min(widths[at], max(_room(widths, at), NARROW))
    for number, row in enumerate([[*columns], *lines]):
        kept = row[:-1] if below else row
        told = [_cell(text, width, to_right=name in right) for name, text, width in zip(columns, kept, widths, strict=False)]
        console.print(Text("  " + "  ".join(told).rstrip(), style="" if number else "bold"), soft_wrap=True)
        if below and number:
            console.print(Text(f"      {row[-1]}"), soft_wrap=True)


def _room(widths: Sequence[int], at: int) -> int:
    return WIDTH - sum(widths) - 2 * len(widths) + widths[at]


def _cell(text: str, width: int, *, to_right: bool) -> str:
    if cell_len(text) > width > 0:
        text = set_cell_size(text, width - 1).rstrip() + "…"
    space = " " * (width - cell_len(text))
    return space + text if to_right else text + space


def counted(number: int, one: str, many: str = "") -> str:
    """`1 record`, `2 records`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent_bar(value: float, largest: float, width: int = 24) -> tuple[str, str]:
    """A bar either side of a zero: what lies left of it and what lies right, padded to `width` each."""
    length = 0 if not largest else max(1 if value else 0, round(abs(value) / largest * width))
    bar = "█" * length
    return (f"{bar:>{width}}", " " * width) if value < 0 else (" " * width, f"{bar:<{width}}")


def known(row: dict[str, Any], *names: str) -> bool:
    """Whether every named value is there."""
    return all(row[name] is not None for name in names)
