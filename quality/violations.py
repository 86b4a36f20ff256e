"""What a check reports: Violation, and the keys of the first rows at fault.

No rule is decided here.
The one thing to know: keys are hashes, days and words of the contract, so that a violation may stand in an event log for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

KEYS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of one table: how many rows break it, and the keys of the first few ("handoff_key=12 stage=won").

    `column` is None where the rule is about whole rows or the table; `keys` is empty where rows cannot be named.
    """

    table: str
    column: str | None
    check: str
    count: int
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The violation as a sentence for a log."""
        where = f"{self.table}.{self.column}" if self.column else self.table
        rows = f"{self.count} row{'' if self.count == 1 else 's'}"
        return f"{where}: {self.check} ({rows}{', first ' if self.keys else ''}{'; '.join(self.keys)})"


def keys_of(rows: pl.DataFrame, key: Sequence[str]) -> tuple[str, ...]:
    """The keys of the first KEYS_SHOWN rows as text; key columns that the frame lacks are left out."""
    present = [name for name in key if name in rows.columns]
    shown = rows.select(present).head(KEYS_SHOWN).rows() if present else []
    return tuple(" ".join(f"{name}={value}" for name, value in zip(present, row, strict=True)) for row in shown)
