"""What a sector changes of the policy, merged before anything is judged: items, cap, placeholders, floors and registers.

The one thing to know: given keys of an item replace its own, and an id that the checklist lacks is a whole new item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Policy = Mapping[str, Any]


def with_sector(policy: Policy) -> Policy:
    """The policy as its sector has it; itself where it names none."""
    if not policy.get("sector"):
        return policy
    overlay = policy["overlays"][policy["sector"]]
    checklist, floors = policy["checklist"], policy["margin_floors"]
    changed = overlay.get("margin_floors") or {}
    return {
        **policy,
        "checklist": {
            **checklist,
            "hard_cap": overlay.get("hard_cap", checklist["hard_cap"]),
            "placeholders": [*(checklist.get("placeholders") or ()), *(overlay.get("placeholders") or ())],
            "items": _by_id(checklist["items"], overlay.get("items") or ()),
        },
        "margin_floors": {
            "default_pct": changed.get("default_pct", floors["default_pct"]),
            "by_deal_type": {**(floors.get("by_deal_type") or {}), **(changed.get("by_deal_type") or {})},
        },
        "controls": _by_id(policy["controls"], overlay.get("controls") or ()),
        "risks": _by_id(policy["risks"], overlay.get("risks") or ()),
    }


def _by_id(own: Sequence[Policy], changes: Sequence[Policy]) -> list[Policy]:
    merged = {row["id"]: row for row in own}
    for change in changes:
        merged[change["id"]] = {**merged.get(change["id"], {}), **change}
    return list(merged.values())
