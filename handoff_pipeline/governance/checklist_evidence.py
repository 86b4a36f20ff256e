"""The evidence as one wide frame: what rules read of each handoff on each stretch of nights, with the handoff that a text was copied from.

Judging is the rules'. The one thing to know: a copy is told once, on the night since which the words have stood, and is looked up among
handoffs that were won before; so that a text that somebody copies later never turns into a copy itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from handoff_pipeline.governance.checklist_text import letters
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.rules import TextRule, simple_rules

SLICE: Final = ("handoff_id", "slice_batch")
PLACES: Final = ("deal", "quotation")


def day_of(meaning: str) -> str:
    """The column that holds the field as a day."""
    return f"{meaning}.day"


def number_of(meaning: str) -> str:
    """The column that holds the field as a number."""
    return f"{meaning}.number"


def copied_from(meaning: str) -> str:
    """The column that holds the id of the earliest won handoff with the same words, NULL where there is none."""
    return f"{meaning}.copied_from"


def documents_of(place: str) -> str:
    """The column that holds the names of documents, sorted, none of them twice."""
    return f"documents.{place}"


def widened(policies: Iterable[Policy], evidence: pl.DataFrame, fields: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The evidence with a column for each form of each meaning that a rule of the policies reads, and the documents of each place.

    Args:
        policies: all that judge some of the evidence.
        evidence: one row per handoff and stretch of nights (`core.evidence`).
        fields: handoff_id, slice_batch, meaning, stored, field_day, number (`core.evidence_field`).
        documents: handoff_id, slice_batch, place, file_name (`core.evidence_document`).
    """
    rules = [item.rule for policy in policies for item in policy.checklist.items]
    wide = evidence
    for meaning in sorted({meaning for rule in rules for meaning in rule.meanings}):
        one = fields.filter(pl.col("meaning") == meaning).select(
            *SLICE,
            pl.col("stored").alias(meaning),
            pl.col("field_day").alias(day_of(meaning)),
            pl.col("number").alias(number_of(meaning)),
        )
        wide = wide.join(one, on=SLICE, how="left")
    for place in PLACES:
        names = pl.col("file_name").unique().sort().alias(documents_of(place))
        wide = wide.join(documents.filter(pl.col("place") == place).group_by(SLICE).agg(names), on=SLICE, how="left")
    texts = {one.field for rule in rules for one in simple_rules(rule) if isinstance(one, TextRule) and one.copied != "allow"}
    for meaning in sorted(texts):
        wide = _with_copies(wide, meaning)
    return wide


def _with_copies(wide: pl.DataFrame, meaning: str) -> pl.DataFrame:
    """The frame with `copied_from` of one text."""
    said = wide.sort(SLICE).select(*SLICE, "won_order", letters(pl.col(meaning)).alias("letters"))
    former = pl.col("letters").shift(1).over("handoff_id")
    stretch = pl.col("letters").ne_missing(former).cum_sum().over("handoff_id")
    said = said.with_columns(stretch.alias("stretch")).with_columns(
        pl.col("slice_batch").min().over("handoff_id", "stretch").alias("since_batch")
    )
    said = said.drop_nulls("letters")
    # Of all handoffs that had these words on or before a night, the one that was won first.
    first = (
        said.group_by("letters", "since_batch")
        .agg(pl.col("won_order").min())
        .sort("since_batch")
        .select("letters", "since_batch", pl.col("won_order").cum_min().over("letters").alias("first_won"))
    )
    found = said.sort("since_batch").join_asof(first, on="since_batch", by="letters", strategy="backward", check_sortedness=False)
    ids = wide.select("won_order", pl.col("handoff_id").alias(copied_from(meaning))).unique()
    copies = (
        found.filter(pl.col("first_won") < pl.col("won_order"))
        .select(*SLICE, pl.col("first_won").alias("won_order"))
        .join(ids, on="won_order", how="left")
        .drop("won_order")
    )
    return wide.join(copies, on=SLICE, how="left")
