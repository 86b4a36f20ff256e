"""By which rules landing judges a pull: how many records may vanish at once, and which custom fields the policy's figures rest on.

The judging is judgement.py's and field_contract.py's.
The one thing to know: the KPIs and checklist items that a field carries are named here, so that a broken field says what it breaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.rules import MarginFloorRule
from handoff_pipeline.settings import Settings

_SCORE: Final = "handoff_completeness"

KPIS: Final[dict[str, tuple[str, ...]]] = {
    "kickoff_committed": ("kickoff_delay_rate", "no_commit_rate"),
    "kickoff_recorded": ("kickoff_delay_rate", "days_to_kickoff_median", "kickoff_within_target", "kickoff_without_signoff"),
    # Both are part of what a sign-off covers: changed afterwards, it has to be given again.
    "feasibility": ("kickoff_without_signoff",),
    "resource_plan": ("kickoff_without_signoff",),
    "signed_scope_link": ("kickoff_without_signoff",),
    "delivery_assumptions": ("kickoff_without_signoff",),
    "decided_field": ("scope_change_frequency", "scope_changes_per_100h", "projects_with_change_rate"),
    "price_field": ("margin_erosion_pp", "margin_erosion_amount", "open_margin_erosion_pp"),
    "hours_field": ("open_margin_erosion_pp",),
    "billing_type": ("margin_erosion_pp", "margin_erosion_amount", "open_margin_erosion_pp"),
}
"""Meaning of a custom field to the metrics that read it, apart from the checklist's score."""


@dataclass(frozen=True, slots=True)
class MappedField:
    """A custom field to which the policy gives a meaning: the entity that carries it, and what rests on it."""

    entity: str
    meaning: str
    name: str
    metrics: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """`drop_limit_rows` and `drop_limit_pct` (0 to 100, of the known records) must both be passed before a drop is set aside.

    That nothing at all is left of an entity always is.
    """

    drop_limit_rows: int = 5
    drop_limit_pct: float = 5.0
    fields: tuple[MappedField, ...] = ()

    @classmethod
    def of(cls, settings: Settings, policy: Policy) -> Rules:
        """The rules of one installation."""
        return cls(settings.drop_limit_rows, settings.drop_limit_pct, tuple(mapped_fields(policy)))


def mapped_fields(policy: Policy) -> Iterator[MappedField]:
    """Every custom field of the policy, with the metrics and checklist items that rest on it."""
    change, billing_type = policy.change_request, policy.billing.type_field
    named = {
        "opportunity": policy.fields.opportunity,
        "project": {**policy.fields.project, **({"billing_type": billing_type} if billing_type else {})},
        "change_request": {
            meaning: name for meaning, name in ((f"{part}_field", name) for part, name in change.custom_fields.items()) if name
        },
    }
    for entity, fields in named.items():
        for meaning, name in fields.items():
            items = tuple(_items(policy, meaning)) if entity == "opportunity" else ()
            metrics = (*((_SCORE,) if items else ()), *KPIS.get(meaning, ()))
            yield MappedField(entity, meaning, name, metrics, items)


def _items(policy: Policy, meaning: str) -> Iterator[str]:
    """Ids of the checklist items that rest on the field: by their rule, or because it says to which deals they apply."""
    for item in policy.checklist.items:
        # The margin floor is looked up by deal type.
        floor = ("deal_type",) if isinstance(item.rule, MarginFloorRule) else ()
        if meaning in (*item.rule.meanings, *item.goes_by, *floor):
            yield item.id
