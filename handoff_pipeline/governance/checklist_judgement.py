"""What a rule says of every row, in one form for all kinds of rule.

The rules are in `checklist_fields` and `checklist_deals`. The one thing to know: a quality of NULL says that nobody looked (documents that
were never read), which is neither met nor missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

HALF: Final = 0.5
PAGE: Final = pl.col("source_url")


@dataclass(frozen=True)
class Judgement:
    """Quality (0, 0.5, 1, NULL for not observed), why, and the evidence that was read (NULL: none) with its address."""

    quality: pl.Expr
    reason: pl.Expr
    evidence_text: pl.Expr
    evidence_url: pl.Expr = PAGE


def half_if(condition: str, half_when: list[str]) -> float:
    """What a shortfall is worth: 0.5 where the rule lists it, else 0."""
    return HALF if condition in half_when else 0.0
