"""Scoring: every checklist item judged on every stretch of nights of every handoff, by the policy that was in force on it.

A pure function of frames: evidence in (one row per handoff and stretch of nights), one judgement per item out. The rules are
`checklist_rules`'; stages, gaps and KPIs are made in SQL. The one thing to know: quality is 0, 0.5, 1, or NULL where the item is not for
the deal or nobody looked; nothing that a customer wrote is ever part of a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from handoff_pipeline.governance.checklist_evidence import widened
from handoff_pipeline.governance.checklist_rules import compiled
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.checklist import ChecklistItem

KEPT: Final = ("handoff_id", "slice_batch", "slice_from_utc", "slice_to_utc", "is_won")
"""Columns of the evidence that a judgement carries on."""
NOT_APPLICABLE: Final = "the item is not for deals of this type or service template"

CHECK_SCHEMA: Final = pl.Schema(
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
        "cap": pl.Float64(),
        "policy_version": pl.String(),
        "result": pl.String(),
        "quality": pl.Float64(),
        "reason": pl.String(),
        "evidence_url": pl.String(),
        "evidence_text": pl.String(),
    }
)


def score(policies: Mapping[int, Policy], evidence: pl.DataFrame, fields: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """Judge every checklist item on every row of evidence.

    Args:
        policies: the number of a stretch of nights (`policy_no`) to the policy in force on it.
        evidence: `core.evidence`: handoff_id, slice_batch, slice_from_utc, slice_to_utc, policy_no, is_won, won_order, deal_type,
            service_template, won_day, sold_margin_pct (per cent), sold_margin_text, margin_floor_pct (per cent), has_accepted_quotation,
            has_accepted_day, has_accepted_by, has_signed_copy, accepted_text, is_documented, source_url.
        fields: `core.evidence_field`: handoff_id, slice_batch, meaning, stored, field_day, number.
        documents: `core.evidence_document`: handoff_id, slice_batch, place, file_name.

    Returns:
        One row per row of evidence and item of its policy, with the columns of `CHECK_SCHEMA`, in that order.
    """
    wide = widened(policies.values(), evidence, fields, documents)
    frames = [
        _judge(policy, item, position, wide.filter(pl.col("policy_no") == number))
        for number, policy in policies.items()
        for position, item in enumerate(policy.checklist.items)
    ]
    return pl.concat(frames).sort("handoff_id", "slice_batch", "position")


def _judge(policy: Policy, item: ChecklistItem, position: int, evidence: pl.DataFrame) -> pl.DataFrame:
    """One item on all rows of its policy."""
    judgement = compiled(item.rule, policy.checklist.placeholders)
    applies = _applies(item)
    quality = pl.when(applies).then(judgement.quality.cast(pl.Float64))
    cap = policy.checklist.hard_cap if item.cap is None else item.cap
    return evidence.select(
        *(pl.col(name) for name in KEPT),
        pl.lit(item.id).alias("item"),
        pl.lit(position, pl.Int64).alias("position"),
        pl.lit(item.hard).alias("is_hard"),
        pl.lit(item.weight, pl.Float64).alias("weight"),
        pl.lit(cap if item.hard else None, pl.Float64).alias("cap"),
        pl.lit(policy.version).alias("policy_version"),
        pl.when(quality.is_null())
        .then(pl.lit("not_applicable"))
        .when(quality == 1)
        .then(pl.lit("met"))
        .when(quality > 0)
        .then(pl.lit("partial"))
        .otherwise(pl.lit("missing"))
        .alias("result"),
        quality.alias("quality"),
        pl.when(~applies)
        .then(pl.lit(NOT_APPLICABLE))
        .when(quality < 1)
        .then(pl.concat_str(judgement.reason, pl.lit(f". {item.fix}")))
        .otherwise(judgement.reason)
        .alias("reason"),
        pl.when(applies).then(judgement.evidence_url).otherwise(pl.col("source_url")).alias("evidence_url"),
        pl.when(quality.is_not_null()).then(judgement.evidence_text).alias("evidence_text"),
    ).cast(CHECK_SCHEMA)


def _applies(item: ChecklistItem) -> pl.Expr:
    """Whether the item is for the deal: in every list of applies_to that names something, and in none of except_for."""
    wanted = [
        _among(column, names)
        for column, names in (("deal_type", item.applies_to.deal_types), ("service_template", item.applies_to.service_templates))
        if names
    ]
    refused = [
        ~_among(column, names)
        for column, names in (("deal_type", item.except_for.deal_types), ("service_template", item.except_for.service_templates))
        if names
    ]
    return pl.all_horizontal(pl.lit(value=True), *wanted, *refused)


def _among(column: str, names: list[str]) -> pl.Expr:
    """Whether the deal's own is one of the names, case and outer blanks aside; a deal without one is in no list."""
    folded = pl.col(column).str.strip_chars().str.to_lowercase()
    return folded.is_in([name.strip().lower() for name in names]).fill_null(value=False)
