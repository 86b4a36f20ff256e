"""Rules about what a field of the deal holds: text, links, dates, numbers. One function per kind, from the rule to expressions.

What a text is worth is `checklist_text`'s. The one thing to know: every reason is made of our own words and counts, never of the field's.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from handoff_pipeline.governance.checklist_evidence import copied_from, day_of, number_of
from handoff_pipeline.governance.checklist_judgement import HALF, PAGE, Judgement, half_if
from handoff_pipeline.governance.checklist_text import is_empty, is_link, is_on, is_placeholder, words
from handoff_pipeline.policy.fields import WON_DAY
from handoff_pipeline.policy.rules import AllFieldsRule, DateOrderRule, LinkRule, NumberRule, PresentRule, TextRule


def all_fields(rule: AllFieldsRule) -> Judgement:
    """A link and a date: both 1, one 0.5, none 0."""
    link, day = pl.col(rule.link), pl.col(day_of(rule.date))
    has_link, has_date = is_link(link), day.is_not_null()
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
        evidence_text=pl.when(has_text | has_date).then(pl.concat_str(link.fill_null(""), pl.lit("|"), _iso(day).fill_null(""))),
        evidence_url=pl.when(has_link).then(link.str.strip_chars()).otherwise(PAGE),
    )


def text(rule: TextRule, placeholders: Sequence[str]) -> Judgement:
    """Words that say something, and were not said before."""
    text = pl.col(rule.field)
    empty, holder, count = is_empty(text), is_placeholder(text, placeholders), words(text)
    short = count < rule.minimum_words
    earlier = pl.lit(None, pl.Int64) if rule.copied == "allow" else pl.col(copied_from(rule.field))
    copied = earlier.is_not_null() & (count >= rule.copied_minimum_words)
    worth = HALF if rule.copied == "half" else 0.0
    quality = pl.when(empty | holder).then(0.0).when(copied).then(worth).when(short).then(HALF).otherwise(1.0)
    return Judgement(
        quality=quality,
        reason=pl.when(empty)
        .then(pl.lit("nothing is written"))
        .when(holder)
        .then(pl.lit("a placeholder is written"))
        .when(copied)
        .then(pl.format("the same words as in the earlier handoff {}", earlier))
        .when(short)
        .then(pl.format("{} words of at least {}", count, pl.lit(rule.minimum_words)))
        .otherwise(pl.format("{} words", count)),
        evidence_text=pl.when(~empty).then(text),
    )


def present(rule: PresentRule, placeholders: Sequence[str]) -> Judgement:
    """Anything but a placeholder."""
    text = pl.col(rule.field)
    empty, holder = is_empty(text), is_placeholder(text, placeholders)
    return Judgement(
        quality=pl.when(empty).then(0.0).when(holder).then(half_if("placeholder", [*rule.half_when])).otherwise(1.0),
        reason=pl.when(empty)
        .then(pl.lit("nothing is written"))
        .when(holder)
        .then(pl.lit("a placeholder is written"))
        .otherwise(pl.lit("it is filled")),
        evidence_text=pl.when(~empty).then(text),
    )


def link(rule: LinkRule) -> Judgement:
    """A web address, on a listed host where hosts are listed."""
    text = pl.col(rule.field)
    empty, link = is_empty(text), is_link(text)
    listed = link & is_on(text, rule.hosts) if rule.hosts else link
    return Judgement(
        quality=pl.when(listed).then(1.0).when(link).then(half_if("other_host", [*rule.half_when])).otherwise(0.0),
        reason=pl.when(listed)
        .then(pl.lit("the link is there"))
        .when(link)
        .then(pl.lit("the link leads to a host that the policy does not list"))
        .when(empty)
        .then(pl.lit("the link is missing"))
        .otherwise(pl.lit("the link is no web address")),
        evidence_text=pl.when(~empty).then(text),
        evidence_url=pl.when(listed).then(text.str.strip_chars()).otherwise(PAGE),
    )


def date_order(rule: DateOrderRule) -> Judgement:
    """One day on or before another."""
    earlier, later = _day(rule.earlier), _day(rule.later)
    lacking = earlier.is_null() | later.is_null()
    kept = earlier <= later.dt.offset_by(f"{rule.days}d")
    return Judgement(
        quality=pl.when(lacking)
        .then(half_if("date_missing", [*rule.half_when]))
        .when(kept)
        .then(1.0)
        .otherwise(half_if("wrong_order", [*rule.half_when])),
        reason=pl.when(lacking)
        .then(pl.lit("a date is missing"))
        .when(kept)
        .then(pl.lit("the dates are in order"))
        .otherwise(pl.lit("the dates are in the wrong order")),
        evidence_text=pl.when(earlier.is_not_null() | later.is_not_null()).then(
            pl.concat_str(_iso(earlier).fill_null(""), pl.lit("|"), _iso(later).fill_null(""))
        ),
    )


def number(rule: NumberRule) -> Judgement:
    """A number within its limits."""
    text, number = pl.col(rule.field), pl.col(number_of(rule.field))
    kept = _within(number, rule.at_least, rule.at_most)
    has_half = rule.half_at_least is not None or rule.half_at_most is not None
    lowest = rule.at_least if rule.half_at_least is None else rule.half_at_least
    highest = rule.at_most if rule.half_at_most is None else rule.half_at_most
    near = _within(number, lowest, highest) if has_half else pl.lit(value=False)
    return Judgement(
        quality=pl.when(number.is_null()).then(0.0).when(kept).then(1.0).when(near).then(HALF).otherwise(0.0),
        reason=pl.when(is_empty(text))
        .then(pl.lit("no number is written"))
        .when(number.is_null())
        .then(pl.lit("what is written is no number"))
        .when(kept)
        .then(pl.lit("the number is within its limits"))
        .otherwise(pl.lit("the number is beyond its limits")),
        evidence_text=pl.when(~is_empty(text)).then(text),
    )


def _within(number: pl.Expr, lowest: Decimal | None, highest: Decimal | None) -> pl.Expr:
    """Both limits inclusive. A decimal and the field's own number become the same double where they are equal."""
    limits = [number >= float(lowest)] if lowest is not None else []
    limits += [number <= float(highest)] if highest is not None else []
    return pl.all_horizontal(*limits)


def _day(meaning: str) -> pl.Expr:
    return pl.col(WON_DAY if meaning == WON_DAY else day_of(meaning)).cast(pl.Date)


def _iso(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Date).dt.to_string("%Y-%m-%d")
