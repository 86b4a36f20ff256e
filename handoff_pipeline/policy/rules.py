"""The kinds of rule that judge a checklist item, as models. Judging itself is governance's; docs/definitions.md says what each means.

A new kind is a model here and a branch in `governance.checklist`, which the type checker asks for. The one thing to know: `meanings` names
every mapped field that a rule reads, so that a rule without its field is refused here and nowhere later.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from handoff_pipeline.policy.fields import WON_DAY, MeaningName
from handoff_pipeline.policy.sections import Section

COPIED_WORDS: Final = 5
"""Shorter texts are alike by chance: "None known at present" is no copy."""
_Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")]
_Name = Annotated[str, Field(min_length=1)]
Place = Literal["deal", "quotation"]
Sign = Literal["date", "name", "document"]


class _Rule(Section):
    """What all rules share."""

    @property
    def meanings(self) -> tuple[str, ...]:
        """Meanings of `fields.opportunity` that the rule reads."""
        return ()


class AllFieldsRule(_Rule):
    """A link and a date, both of them filled: 1; one of them: 0.5."""

    kind: Literal["all_fields"] = Field(description="A web address and a date: both 1, one 0.5, none 0.")
    link: MeaningName = Field(description="Meaning of the field that holds the web address.")
    date: MeaningName = Field(description="Meaning of the field that holds the date.")

    @property
    def meanings(self) -> tuple[str, ...]:
        """The link's and the date's."""
        return (self.link, self.date)


class TextRule(_Rule):
    """Free text with at least so many words, no placeholder, and not copied from an earlier handoff where that is asked."""

    kind: Literal["text"] = Field(description="Free text: enough words 1, fewer 0.5, nothing or a placeholder 0.")
    field: MeaningName = Field(description="Meaning of the field that holds the text.")
    minimum_words: Annotated[int, Field(ge=1, le=500)] = Field(description="Words that are enough; signs alone are no words.")
    copied: Literal["allow", "half", "refuse"] = Field(
        default="allow", description="What the same words as in an earlier handoff are worth: allow does not look, half 0.5, refuse 0."
    )
    copied_minimum_words: Annotated[int, Field(ge=1, le=500)] = Field(
        default=COPIED_WORDS, description="Shorter texts are never compared with earlier handoffs."
    )

    @property
    def meanings(self) -> tuple[str, ...]:
        """The text's."""
        return (self.field,)


class MarginFloorRule(_Rule):
    """The sold margin reaches the floor of its deal type."""

    kind: Literal["margin_floor"] = Field(description="The sold margin reaches the floor of its deal type: 1; else, or unknown, 0.")
    half_within_pp: Annotated[Decimal, Field(gt=0, le=100)] | None = Field(
        default=None, description="Percentage points below the floor that are still worth 0.5."
    )


class PresentRule(_Rule):
    """A field that is filled, and not with a placeholder."""

    kind: Literal["present"] = Field(description="The field is filled and no placeholder.")
    field: MeaningName = Field(description="Meaning of the field.")
    half_when: list[Literal["placeholder"]] = Field(default_factory=list, description="What is worth 0.5 and not 0.")

    @property
    def meanings(self) -> tuple[str, ...]:
        """The field's."""
        return (self.field,)


class LinkRule(_Rule):
    """A web address, on a listed host where hosts are listed."""

    kind: Literal["link"] = Field(description="The field is an http(s) address with a host.")
    field: MeaningName = Field(description="Meaning of the field that holds the address.")
    hosts: list[_Host] = Field(default_factory=list, description="Hosts that count, with all below them; empty: any host.")
    half_when: list[Literal["other_host"]] = Field(default_factory=list, description="What is worth 0.5 and not 0.")

    @property
    def meanings(self) -> tuple[str, ...]:
        """The address's."""
        return (self.field,)


class AttachmentRule(_Rule):
    """Files on the deal or the signed copies on its accepted quotations."""

    kind: Literal["attachment"] = Field(description="Files on the deal, or signed copies on its accepted quotations.")
    names: list[_Name] = Field(default_factory=list, description='Names that count, such as "*.pdf" or "*scope*"; empty: any name.')
    minimum: Annotated[int, Field(ge=1, le=100)] = Field(default=1, description="Files that are enough.")
    on: Annotated[list[Place], Field(min_length=1)] = Field(
        default_factory=lambda: list[Place](("deal", "quotation")), description="Where to look."
    )
    half_when: list[Literal["too_few"]] = Field(default_factory=list, description="What is worth 0.5 and not 0.")


class SignedQuoteRule(_Rule):
    """An accepted quotation that shows who accepted it, or when."""

    kind: Literal["signed_quote"] = Field(description="An accepted quotation (quotation.accepted_statuses) with a sign of acceptance.")
    signed_by: Annotated[list[Sign], Field(min_length=1)] = Field(
        default_factory=lambda: list[Sign](("date",)),
        description="Signs of which one is enough: the acceptance date, the name of who accepted, a signed copy attached.",
    )
    half_when: list[Literal["unsigned"]] = Field(default_factory=list, description="What is worth 0.5 and not 0.")


class DateOrderRule(_Rule):
    """One date on or before another, give or take some days."""

    kind: Literal["date_order"] = Field(description="One date on or before another.")
    earlier: MeaningName = Field(description=f"Meaning of the date that comes first, or {WON_DAY}.")
    later: MeaningName = Field(description=f"Meaning of the date that comes after it, or {WON_DAY}.")
    days: Annotated[int, Field(ge=-3650, le=3650)] = Field(default=0, description="Days by which the first may be after the second.")
    half_when: list[Literal["date_missing", "wrong_order"]] = Field(default_factory=list, description="What is worth 0.5 and not 0.")

    @property
    def meanings(self) -> tuple[str, ...]:
        """The two dates' that are custom fields."""
        return tuple(name for name in (self.earlier, self.later) if name != WON_DAY)

    @model_validator(mode="after")
    def _two_dates(self) -> Self:
        if self.earlier == self.later:
            raise ValueError(f"earlier and later are both {self.earlier}; name two dates")
        return self


class NumberRule(_Rule):
    """A number within limits."""

    kind: Literal["number"] = Field(description="The field is a number within limits.")
    field: MeaningName = Field(description="Meaning of the field that holds the number.")
    at_least: Decimal | None = Field(default=None, description="The lowest number that is enough.")
    at_most: Decimal | None = Field(default=None, description="The highest number that is allowed.")
    half_at_least: Decimal | None = Field(default=None, description="The lowest number that is still worth 0.5.")
    half_at_most: Decimal | None = Field(default=None, description="The highest number that is still worth 0.5.")

    @property
    def meanings(self) -> tuple[str, ...]:
        """The number's."""
        return (self.field,)

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both; for any number at all use kind present")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")
        if self.half_at_least is not None and (self.at_least is None or self.half_at_least >= self.at_least):
            raise ValueError("half_at_least must lie below at_least")
        if self.half_at_most is not None and (self.at_most is None or self.half_at_most <= self.at_most):
            raise ValueError("half_at_most must lie above at_most")
        return self


_SimpleRule = (
    AllFieldsRule | TextRule | MarginFloorRule | PresentRule | LinkRule | AttachmentRule | SignedQuoteRule | DateOrderRule | NumberRule
)
_Parts = Annotated[list[Annotated[_SimpleRule, Field(discriminator="kind")]], Field(min_length=2, max_length=10)]


class AnyOfRule(_Rule):
    """The best of several rules."""

    kind: Literal["any_of"] = Field(description="The best of several rules.")
    rules: _Parts = Field(description="The rules; one that is met is enough.")

    @property
    def meanings(self) -> tuple[str, ...]:
        """Those of all its rules."""
        return tuple(name for rule in self.rules for name in rule.meanings)


class AllOfRule(_Rule):
    """The worst of several rules."""

    kind: Literal["all_of"] = Field(description="The worst of several rules.")
    rules: _Parts = Field(description="The rules; all of them must be met.")

    @property
    def meanings(self) -> tuple[str, ...]:
        """Those of all its rules."""
        return tuple(name for rule in self.rules for name in rule.meanings)


Rule = Annotated[_SimpleRule | AnyOfRule | AllOfRule, Field(discriminator="kind")]


def simple_rules(rule: Rule) -> Sequence[Rule]:
    """The rule itself, or those that it is made of."""
    return rule.rules if isinstance(rule, AnyOfRule | AllOfRule) else [rule]


KINDS: Final = (
    "all_fields",
    "text",
    "margin_floor",
    "present",
    "link",
    "attachment",
    "signed_quote",
    "date_order",
    "number",
    "any_of",
    "all_of",
)
