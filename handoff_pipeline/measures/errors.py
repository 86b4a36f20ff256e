"""What a measure refuses: numbers from which no estimate can be made, and the one check that all of them share.

Small samples are no error: they give wide intervals or none.
The one thing to know: a message names the column and the value, never the record behind it.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from handoff_pipeline.errors import HandoffError


class MeasureError(HandoffError):
    """A number that cannot be what it claims to be, such as 7 successes of 5; the model that counted it is wrong."""


def require_columns(frame: pl.DataFrame, columns: tuple[str, ...], what: str) -> None:
    """Raise MeasureError unless the frame holds the columns; `what` says in the message which frame it is."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise MeasureError(
            f"{what} lacks {', '.join(missing)}; it has {', '.join(frame.columns) or 'no column'}.",
            fix="Select the missing columns in the model that feeds the measure.",
        )


def refuse(frame: pl.DataFrame, rules: Mapping[str, pl.Expr], what: str) -> None:
    """Raise MeasureError where an expression of `rules` (name of the column -> rows that are wrong) holds; names the first value."""
    for column, is_wrong in rules.items():
        wrong = frame.filter(is_wrong)
        if wrong.height:
            raise MeasureError(
                f"{what}: {column} is {wrong.get_column(column)[0]} in {wrong.height} of {frame.height} rows, which cannot be.",
                fix=f"Correct {column} in the model that feeds the measure.",
            )
