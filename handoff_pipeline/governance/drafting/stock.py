"""What no tenant can tell and every draft begins with: checklist, controls, risks and owners of the example policy.

The one thing to know: an item of the checklist whose custom field was not found is commented out, or the draft would not be a sound policy.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import yaml

from handoff_pipeline.governance.drafting.page import Gap, Section
from handoff_pipeline.governance.drafting.yaml_text import comment, flow
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.checklist import ChecklistItem

WIDTH = 1000


def checklist(example: Policy, mapped: AbstractSet[str]) -> Section:
    """The example's checklist; `mapped` are the opportunity's meanings that the draft maps."""
    section = Section(
        "checklist", "The closed-won checklist of the example policy; weights and rules are yours to decide. Begin with mode shadow."
    )
    section.value("hard_cap", f"{example.checklist.hard_cap:g}", "GUESS: the example's; a hard item below 1 caps the score here")
    section.value("placeholders", flow(example.checklist.placeholders), "")
    items = [(item, sorted(set(_needed(item)) - mapped)) for item in example.checklist.items]
    stands = any(not missing for _, missing in items)
    section.lines.append("  items:" if stands else "#   items:")
    if not stands:
        section.gaps.append(Gap("checklist.items", "no custom field was found that an item could read"))
    for item, missing in items:
        lines = _yaml([_plain(item)], 4)
        if missing:
            section.note(f"{item.id}: waits for fields.opportunity.{' and '.join(missing)}; `handoff halo setup` can create the field.", 4)
        section.lines += [f"# {line}" for line in lines] if missing else lines
    return section


def registers(example: Policy) -> list[str]:
    """Controls, risks and the owners of metrics, as lines."""
    lines = [
        "",
        *comment(
            "The registers that checklist items point to, and who answers for which metric: the example's, with roles for you to name."
        ),
    ]
    lines += ["controls:", *_yaml([_plain(control) for control in example.controls], 2)]
    lines += ["risks:", *_yaml([_plain(risk) for risk in example.risks], 2)]
    return [*lines, "metric_owners:", *_yaml(dict(example.metric_owners), 2)]


def _needed(item: ChecklistItem) -> list[str]:
    """The opportunity's meanings without which the item cannot be judged: those that its rule reads, and those that it goes by."""
    return [*item.rule.meanings, *item.goes_by]


def _plain(model: Any) -> dict[str, Any]:
    """The model as plain values; whole weights without a point."""
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in model.model_dump(mode="json", exclude_unset=True).items()
    }


def _yaml(value: Any, indent: int) -> list[str]:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None, width=WIDTH)
    return [" " * indent + line for line in text.splitlines()]
