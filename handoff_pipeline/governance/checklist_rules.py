"""From a rule of the policy to Polars expressions: the branch for each kind, and the kinds that are made of others.

The kinds themselves are in `checklist_fields` and `checklist_deals`. The one thing to know: a kind without a branch is an error of types.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from handoff_pipeline.governance import checklist_deals as deals
from handoff_pipeline.governance import checklist_fields as fields
from handoff_pipeline.governance.checklist_judgement import Judgement
from handoff_pipeline.policy.rules import (
    AllFieldsRule,
    AllOfRule,
    AnyOfRule,
    AttachmentRule,
    DateOrderRule,
    LinkRule,
    MarginFloorRule,
    NumberRule,
    PresentRule,
    Rule,
    SignedQuoteRule,
    TextRule,
)


def compiled(rule: Rule, placeholders: Sequence[str]) -> Judgement:  # noqa: C901, PLR0911 - one branch a kind
    """The rule as expressions over the wide evidence."""
    match rule:
        case AllFieldsRule():
            return fields.all_fields(rule)
        case TextRule():
            return fields.text(rule, placeholders)
        case MarginFloorRule():
            return deals.margin_floor(rule)
        case PresentRule():
            return fields.present(rule, placeholders)
        case LinkRule():
            return fields.link(rule)
        case AttachmentRule():
            return deals.attachment(rule)
        case SignedQuoteRule():
            return deals.signed_quote(rule)
        case DateOrderRule():
            return fields.date_order(rule)
        case NumberRule():
            return fields.number(rule)
        case AnyOfRule():
            return _combined([compiled(one, placeholders) for one in rule.rules], deciding=1.0)
        case AllOfRule():
            return _combined([compiled(one, placeholders) for one in rule.rules], deciding=0.0)


def _combined(parts: Sequence[Judgement], *, deciding: float) -> Judgement:
    """The best (deciding 1) or the worst (deciding 0) of the parts: not observed where one is not and none has the deciding quality."""
    qualities = [part.quality.cast(pl.Float64) for part in parts]
    extreme = pl.max_horizontal(*qualities) if deciding else pl.min_horizontal(*qualities)
    is_open = pl.any_horizontal(*(one.is_null() for one in qualities)) & (extreme != deciding)
    whole = pl.when(~is_open.fill_null(value=True)).then(extreme)
    reason, url = parts[-1].reason, parts[-1].evidence_url
    for part, quality in list(zip(parts, qualities, strict=True))[-2::-1]:
        same = quality.eq_missing(whole)
        reason = pl.when(same).then(part.reason).otherwise(reason)
        url = pl.when(same).then(part.evidence_url).otherwise(url)
    text = pl.concat_str(*(part.evidence_text for part in parts), separator="\n", ignore_nulls=True)
    return Judgement(whole, reason, pl.when(text.str.len_chars() > 0).then(text), url)
