"""Rules about the deal and not about one field of it: its margin, its documents, its accepted quotations.

What is known of these on a night is core.evidence's. The one thing to know: an unknown margin is missing, an unread document is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from handoff_pipeline.governance.checklist_evidence import documents_of
from handoff_pipeline.governance.checklist_judgement import HALF, Judgement, half_if
from handoff_pipeline.policy.rules import AttachmentRule, MarginFloorRule, SignedQuoteRule

_SIGNS: Final = {"date": "has_accepted_day", "name": "has_accepted_by", "document": "has_signed_copy"}


def margin_floor(rule: MarginFloorRule) -> Judgement:
    """The sold margin reaches its floor; an unknown margin is missing, not zero."""
    margin, floor = pl.col("sold_margin_pct"), pl.col("margin_floor_pct")
    shown = pl.format("{} % against a floor of {} %", margin.round(1), floor.round(1))
    near = pl.lit(value=False) if rule.half_within_pp is None else margin >= floor - float(rule.half_within_pp)
    return Judgement(
        quality=pl.when(margin.is_null()).then(0.0).when(margin >= floor).then(1.0).when(near).then(HALF).otherwise(0.0),
        reason=pl.when(margin.is_null())
        .then(pl.lit("no margin is known: no accepted quotation or sales order with revenue"))
        .when(margin >= floor)
        .then(pl.concat_str(pl.lit("margin "), shown))
        .otherwise(pl.concat_str(pl.lit("below the floor: margin "), shown)),
        evidence_text=pl.col("sold_margin_text"),
    )


def attachment(rule: AttachmentRule) -> Judgement:
    """Files whose names fit, where anybody looked."""
    none = pl.lit([], pl.List(pl.String))
    names = pl.concat_list([pl.col(documents_of(place)).fill_null(none) for place in dict.fromkeys(rule.on)])
    if rule.names:
        names = names.list.filter(pl.element().str.contains(_pattern(rule.names)))
    count = names.list.len()
    seen = pl.col("is_documented")
    enough = count >= rule.minimum
    few = pl.when(count > 0).then(half_if("too_few", [*rule.half_when])).otherwise(0.0)
    return Judgement(
        quality=pl.when(seen).then(pl.when(enough).then(1.0).otherwise(few)),
        reason=pl.when(~seen)
        .then(pl.lit("not observed: the documents of this deal had not been read"))
        .when(enough)
        .then(pl.format("{} files", count))
        .otherwise(pl.format("{} files of at least {}", count, pl.lit(rule.minimum))),
        evidence_text=pl.when(seen & (count > 0)).then(names.list.sort().list.join("\n")),
    )


def _pattern(names: Sequence[str]) -> str:
    """Name patterns (`*` any run, `?` one character) as one regular expression for whole names, case aside."""
    parts = ("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in name) for name in names)
    return rf"(?is)^(?:{'|'.join(parts)})$"


def signed_quote(rule: SignedQuoteRule) -> Judgement:
    """An accepted quotation with a sign of acceptance."""
    accepted = pl.col("has_accepted_quotation")
    signed = accepted & pl.any_horizontal(*(pl.col(_SIGNS[sign]) for sign in dict.fromkeys(rule.signed_by)))
    return Judgement(
        quality=pl.when(signed).then(1.0).when(accepted).then(half_if("unsigned", [*rule.half_when])).otherwise(0.0),
        reason=pl.when(signed)
        .then(pl.lit("a quotation is accepted and signed"))
        .when(accepted)
        .then(pl.lit("a quotation is accepted, and nothing shows who signed it or when"))
        .otherwise(pl.lit("no quotation is accepted")),
        evidence_text=pl.col("accepted_text"),
    )
