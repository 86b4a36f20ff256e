"""What a person or a script sees: results on standard output, progress and errors on standard error.

Customers' text is shown as text: control characters and reversals of direction are taken out, and nothing in it is read as markup.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

LONGEST_TEXT = 500

Json = Annotated[bool, typer.Option("--json", help="Machine output on standard output; progress stays on standard error.")]


def clean(value: object) -> str:
    """`value` as one line of plain text, without control, format, surrogate and private characters, at most 500 characters long."""
    text = "" if value is None else str(value)
    kept = "".join(" " if character in "\r\n\t" else character for character in text if _is_shown(character))
    return kept if len(kept) <= LONGEST_TEXT else f"{kept[: LONGEST_TEXT - 1]}…"


def _is_shown(character: str) -> bool:
    return character in "\r\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def plain(value: object, style: str = "") -> Text:
    """`value` cleaned, as rich text in which no markup is ever read."""
    return Text(clean(value), style=style)


def out() -> Console:
    """The console of results."""
    return Console(file=sys.stdout, highlight=False)


def err() -> Console:
    """The console of progress and errors."""
    return Console(file=sys.stderr, highlight=False)


def table(
    title: str, columns: Iterable[str], rows: Iterable[Iterable[object]], *, right: Iterable[str] = (), whole: Iterable[str] = ()
) -> Table:
    """A table of cleaned cells; a cell that is `Text` keeps its style.

    Columns named in `right` are numbers and stand to the right; no cell of these, or of those in `whole`, is broken into lines.
    """
    to_right, unbroken = set(right), {*right, *whole}
    made = Table(
        title=plain(title), title_justify="left", title_style="bold", header_style="bold", pad_edge=False, box=None, padding=(0, 2, 0, 0)
    )
    for column in columns:
        made.add_column(column, justify="right" if column in to_right else "left", no_wrap=column in unbroken)
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else plain(cell) for cell in row))
    return made


def emit(payload: Mapping[str, object]) -> None:
    """Write `payload` as JSON to standard output: keys in order of writing, money as text, times as ISO 8601."""
    sys.stdout.write(json.dumps(payload, default=_for_json, ensure_ascii=False, indent=2) + "\n")


def _for_json(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def show_error(message: str, fix: str | None, *, as_json: bool) -> None:
    """An error as a person reads it on standard error, and for scripts as JSON on standard output."""
    if as_json:
        emit({"error": {"message": message, "fix": fix}})
    err().print(Text.assemble(("Error: ", "bold red"), plain(message)), soft_wrap=True)
    if fix:
        err().print(Text.assemble(("Fix: ", "bold"), plain(fix)), soft_wrap=True)
