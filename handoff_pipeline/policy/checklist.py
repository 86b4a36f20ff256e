"""The closed-won checklist of handoff.yaml: its items and the kinds of rule that judge them. Judging itself is governance's.

A new kind of rule is a model here and a branch in `governance.checklist`; the type checker names the branch that is missing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from handoff_pipeline.policy.sections import Section


class AllFieldsRule(Section):
    """A link and a date, both of them filled."""

    kind: Literal["all_fields"]
    link: str
    date: str


class TextRule(Section):
    """Free text with at least so many words, no placeholder."""

    kind: Literal["text"]
    field: str
    minimum_words: Annotated[int, Field(ge=1, le=500)]


class MarginFloorRule(Section):
    """The sold margin reaches the floor of its deal type."""

    kind: Literal["margin_floor"]


Rule = Annotated[AllFieldsRule | TextRule | MarginFloorRule, Field(discriminator="kind")]


class ChecklistItem(Section):
    """One thing that a won deal must bring with it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    weight: Annotated[float, Field(gt=0, le=1000)]
    hard: bool
    mode: Literal["shadow", "warn", "enforce"] = "shadow"
    control_ids: list[str] = Field(default_factory=list)
    rule: Rule
    fix: str


class Checklist(Section):
    """The closed-won checklist."""

    hard_cap: Annotated[float, Field(ge=0, le=100)]
    placeholders: list[str] = Field(default_factory=list)
    items: Annotated[list[ChecklistItem], Field(min_length=1)]
