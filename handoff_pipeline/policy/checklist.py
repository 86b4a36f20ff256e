"""The closed-won checklist of handoff.yaml: its items, to which deals they apply, and what they cost. The rules' kinds are in `rules.py`.

The one thing to know: a cap belongs to a hard item, so an item that is not hard and has one is refused and not silently ignored.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from handoff_pipeline.policy.rules import Rule
from handoff_pipeline.policy.sections import Section

ITEM_ID = r"^[a-z][a-z0-9_]*$"
_Names = list[Annotated[str, Field(min_length=1)]]


class Deals(Section):
    """Some deals: by their deal type, their service template, or both. Names as HaloPSA shows them, case aside."""

    deal_types: _Names = Field(default_factory=list, description="Deal types; empty: says nothing of the deal type.")
    service_templates: _Names = Field(default_factory=list, description="Service templates; empty: says nothing of the template.")


class ChecklistItem(Section):
    """One thing that a won deal must bring with it."""

    id: Annotated[str, Field(pattern=ITEM_ID)] = Field(description="The item's name in tables: small letters, digits and underscores.")
    title: str = Field(description="The item's name for people.")
    weight: Annotated[float, Field(gt=0, le=1000)] = Field(description="Its weight in the score, against the other items' weights.")
    hard: bool = Field(description="Whether quality below 1 caps the whole score.")
    cap: Annotated[float, Field(ge=0, le=100)] | None = Field(
        default=None, description="The cap of this hard item; without it the checklist's hard_cap."
    )
    mode: Literal["shadow", "warn", "enforce"] = Field(
        default="shadow",
        description="Kept for a rollout's phases. Today all three only measure: nothing acts on an item without write-back.",
    )
    control_ids: list[str] = Field(default_factory=list, description="Controls of the register that the item serves.")
    applies_to: Deals = Field(default=Deals(), description="Deals that the item is for; without it, all.")
    except_for: Deals = Field(default=Deals(), description="Deals that the item is not for.")
    rule: Rule = Field(description="What judges the item.")
    fix: str = Field(description="What the person should do; it stands behind the reason of every judgement below 1.")

    @property
    def goes_by(self) -> tuple[str, ...]:
        """Meanings that say to which deals the item applies."""
        both = (self.applies_to, self.except_for)
        named = {"deal_type": any(one.deal_types for one in both), "service_template": any(one.service_templates for one in both)}
        return tuple(meaning for meaning, is_named in named.items() if is_named)

    @model_validator(mode="after")
    def _cap_of_a_hard_item(self) -> Self:
        if self.cap is not None and not self.hard:
            raise ValueError(f'item "{self.id}": cap is for hard items; set hard: true or leave cap out')
        return self


class Checklist(Section):
    """The closed-won checklist."""

    hard_cap: Annotated[float, Field(ge=0, le=100)] = Field(description="A hard item below 1 caps the score here.")
    placeholders: list[str] = Field(default_factory=list, description="Texts that say nothing, such as TBC; case aside.")
    items: Annotated[list[ChecklistItem], Field(min_length=1)] = Field(description="The items, in the order in which people read them.")
