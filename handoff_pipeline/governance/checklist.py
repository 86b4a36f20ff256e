"""Scoring: the closed-won checklist as Polars expressions compiled from the policy.

A pure function of frames: evidence in (one row per handoff and stretch of nights), one judgement per item out. Stages, gaps and KPIs are
made from these judgements in SQL. Quality is 0, 0.5 or 1; nothing that a customer wrote is ever part of a reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.checklist import AllFieldsRule, ChecklistItem, MarginFloorRule, TextRule

LINK = r"^https?://[^\s/?#]+\.[^\s/?#]+\S*$"
TAG = r"<[^>]*>"
ENTITY = r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);"
WORD = r"\S*[\p{L}\p{N}]\S*"

KEPT = ("handoff_id", "slice_batch", "slice_from_utc", "slice_to_utc", "is_won")
"""Columns of the evidence that a judgement carries on."""

CHECK_SCHEMA = pl.Schema(
    {
        "handoff_id": pl.Int64(),
        "slice_batch": pl.Int64(),
        "slice_from_utc": pl.Datetime("us"),
        "slice_to_utc": pl.Datetime("us"),
        "is_won": pl.Boolean(),
        "item": pl.String(),
        "position": pl.Int64(),
        "is_hard": pl.Boolean(),
        "weight": pl.Float64(),
        "result": pl.String(),
        "quality": pl.Float64(),
        "reason": pl.String(),
        "evidence_url": pl.String(),
        "evidence_text": pl.String(),
    }
)


@dataclass(frozen=True)
class Judgement:
    """What a rule says of every row: quality (0, 0.5, 1), why, and the evidence that it read (NULL where there is none)."""

    quality: pl.Expr
    reason: pl.Expr
    evidence_text: pl.Expr
    evidence_url: pl.Expr


def score(policy: Policy, evidence: pl.DataFrame) -> pl.DataFrame:
    """Judge every checklist item on every row of evidence.

    Args:
        policy: the policy whose checklist judges.
        evidence: columns handoff_id, slice_batch, slice_from_utc, slice_to_utc, is_won, source_url, sold_margin_pct (per cent),
            sold_margin_text, margin_floor_pct (per cent) and one column for each meaning that the checklist's rules read.

    Returns:
        One row per row of evidence and item, with the columns of `CHECK_SCHEMA`, in that order.
    """
    frames = [_judge(policy, item, position, evidence) for position, item in enumerate(policy.checklist.items)]
    return pl.concat(frames).sort("handoff_id", "slice_batch", "position")


def _judge(policy: Policy, item: ChecklistItem, position: int, evidence: pl.DataFrame) -> pl.DataFrame:
    """One item on all rows."""
    judgement = _compile(policy, item)
    quality = judgement.quality.cast(pl.Float64)
    return evidence.select(
        *(pl.col(name) for name in KEPT),
        pl.lit(item.id).alias("item"),
        pl.lit(position, pl.Int64).alias("position"),
        pl.lit(item.hard).alias("is_hard"),
        pl.lit(item.weight, pl.Float64).alias("weight"),
        pl.when(quality == 1).then(pl.lit("met")).when(quality > 0).then(pl.lit("partial")).otherwise(pl.lit("missing")).alias("result"),
        quality.alias("quality"),
        pl.when(quality == 1).then(judgement.reason).otherwise(pl.concat_str(judgement.reason, pl.lit(f". {item.fix}"))).alias("reason"),
        judgement.evidence_url.alias("evidence_url"),
        judgement.evidence_text.alias("evidence_text"),
    ).cast(CHECK_SCHEMA)


def _compile(policy: Policy, item: ChecklistItem) -> Judgement:
    """The item's rule as expressions."""
    match item.rule:
        case AllFieldsRule() as rule:
            return _all_fields(rule)
        case TextRule() as rule:
            return _text(rule, policy.checklist.placeholders)
        case MarginFloorRule():
            return _margin_floor()


def _all_fields(rule: AllFieldsRule) -> Judgement:
    """A link and a date: both 1, one 0.5, none 0."""
    link = pl.col(rule.link)
    has_link = link.str.strip_chars().str.contains(LINK).fill_null(value=False)
    has_date = pl.col(rule.date).is_not_null()
    has_text = link.str.strip_chars().str.len_chars().fill_null(0) > 0
    return Judgement(
        quality=(has_link.cast(pl.Float64) + has_date.cast(pl.Float64)) / 2,
        reason=pl.when(has_link & has_date)
        .then(pl.lit("link and date are there"))
        .when(has_link)
        .then(pl.lit("the date is missing"))
        .when(has_date & has_text)
        .then(pl.lit("the link is no web address"))
        .when(has_date)
        .then(pl.lit("the link is missing"))
        .when(has_text)
        .then(pl.lit("the link is no web address and the date is missing"))
        .otherwise(pl.lit("link and date are missing")),
        evidence_text=pl.when(has_text | has_date).then(
            pl.concat_str(link.fill_null(""), pl.lit("|"), pl.col(rule.date).cast(pl.Date).dt.to_string("%Y-%m-%d").fill_null(""))
        ),
        evidence_url=pl.when(has_link).then(link.str.strip_chars()).otherwise(pl.col("source_url")),
    )


def _text(rule: TextRule, placeholders: list[str]) -> Judgement:
    """Text that says something: empty or placeholder 0, too short 0.5, else 1. HTML tags are no words."""
    text = pl.col(rule.field)
    plain = text.str.replace_all(TAG, " ").str.replace_all(ENTITY, " ").str.strip_chars()
    is_empty = plain.str.len_chars().fill_null(0) == 0
    bare = plain.str.replace_all(r"\s+", " ").str.to_lowercase().str.strip_chars(" \t\r\n.!:;")
    known = [word.strip().casefold().strip(" .!:;") for word in placeholders]
    is_placeholder = (bare.is_in(known) | (bare.str.len_chars() == 0)).fill_null(value=False) & ~is_empty
    words = plain.str.count_matches(WORD)
    return Judgement(
        quality=pl.when(is_empty | is_placeholder).then(0.0).when(words < rule.minimum_words).then(0.5).otherwise(1.0),
        reason=pl.when(is_empty)
        .then(pl.lit("nothing is written"))
        .when(is_placeholder)
        .then(pl.lit("a placeholder is written"))
        .when(words < rule.minimum_words)
        .then(pl.format("{} words of at least {}", words, pl.lit(rule.minimum_words)))
        .otherwise(pl.format("{} words", words)),
        evidence_text=pl.when(~is_empty).then(text),
        evidence_url=pl.col("source_url"),
    )


def _margin_floor() -> Judgement:
    """The sold margin reaches its floor; an unknown margin is missing, not zero."""
    margin, floor = pl.col("sold_margin_pct"), pl.col("margin_floor_pct")
    shown = pl.format("{} % against a floor of {} %", margin.round(1), floor.round(1))
    return Judgement(
        quality=pl.when(margin.is_null()).then(0.0).when(margin >= floor).then(1.0).otherwise(0.0),
        reason=pl.when(margin.is_null())
        .then(pl.lit("no margin is known: no accepted quotation or sales order with revenue"))
        .when(margin >= floor)
        .then(pl.concat_str(pl.lit("margin "), shown))
        .otherwise(pl.concat_str(pl.lit("below the floor: margin "), shown)),
        evidence_text=pl.col("sold_margin_text"),
        evidence_url=pl.col("source_url"),
    )
