"""Sector overlays: what a sector changes of the checklist, the margin floors and the registers, off until `sector` names it.

Reading the file is `load.py`'s. The one thing to know: an overlay is merged into the file's own values before anything is judged, so the
merged whole is a policy like any other, and every overlay of a file is tried when it is read, the chosen one or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field

from handoff_pipeline.policy.checklist import ITEM_ID, Deals
from handoff_pipeline.policy.register import Control, Risk
from handoff_pipeline.policy.rules import Rule
from handoff_pipeline.policy.sections import Section

if TYPE_CHECKING:
    from handoff_pipeline.policy.models import Policy

NAME: Final = r"^[a-z][a-z0-9_]*$"


class ChangedItem(Section):
    """An item of the checklist, by its id: given keys replace the item's own; an id that the checklist lacks is a whole new item."""

    id: Annotated[str, Field(pattern=ITEM_ID)] = Field(description="Id of the item that is changed or added.")
    title: str | None = Field(default=None, description="The item's name for people.")
    weight: Annotated[float, Field(gt=0, le=1000)] | None = Field(default=None, description="Its weight in the score.")
    hard: bool | None = Field(default=None, description="Whether quality below 1 caps the whole score.")
    cap: Annotated[float, Field(ge=0, le=100)] | None = Field(default=None, description="The cap of this hard item.")
    mode: Literal["shadow", "warn", "enforce"] | None = Field(
        default=None, description="Kept for a rollout's phases. Today all three only measure: nothing acts on an item without write-back."
    )
    control_ids: list[str] | None = Field(default=None, description="Controls of the register that the item serves.")
    applies_to: Deals | None = Field(default=None, description="Deals that the item is for.")
    except_for: Deals | None = Field(default=None, description="Deals that the item is not for.")
    rule: Rule | None = Field(default=None, description="What judges the item.")
    fix: str | None = Field(default=None, description="What the person should do.")


class ChangedFloors(Section):
    """Margin floors that the sector has instead."""

    default_pct: Annotated[Decimal, Field(ge=-100, le=100)] | None = Field(default=None, description="The floor where no other is named.")
    by_deal_type: dict[str, Annotated[Decimal, Field(ge=-100, le=100)]] = Field(default={}, description="Deal type to its floor.")


class Overlay(Section):
    """What one sector changes."""

    hard_cap: Annotated[float, Field(ge=0, le=100)] | None = Field(default=None, description="The checklist's cap in this sector.")
    placeholders: list[str] = Field(default_factory=list, description="Further texts that say nothing.")
    items: list[ChangedItem] = Field(default_factory=list, description="Items that are changed or added, by id.")
    margin_floors: ChangedFloors = Field(default=ChangedFloors(), description="Margin floors that are changed or added.")
    controls: list[Control] = Field(default_factory=list, description="Controls that are replaced or added, by id.")
    risks: list[Risk] = Field(default_factory=list, description="Risks that are replaced or added, by id.")


@dataclass(frozen=True)
class Difference:
    """One value that an overlay changes; `before` is empty where it is new."""

    key: str
    before: str
    after: str


def merged(data: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """The file's data with one overlay's, both as read; neither is changed. Only for data that the models have taken."""
    whole = deepcopy(dict(data))
    checklist = whole["checklist"]
    if "hard_cap" in overlay:
        checklist["hard_cap"] = overlay["hard_cap"]
    checklist["placeholders"] = [*(checklist.get("placeholders") or []), *(overlay.get("placeholders") or [])]
    checklist["items"] = _by_id(checklist["items"], overlay.get("items"), keep=True)
    for name in ("controls", "risks"):
        whole[name] = _by_id(whole.get(name), overlay.get(name), keep=False)
    floors, changed = whole["margin_floors"], overlay.get("margin_floors") or {}
    own = {**(floors.get("by_deal_type") or {}), **(changed.get("by_deal_type") or {})}
    whole["margin_floors"] = {**floors, **changed, "by_deal_type": own}
    return whole


def _by_id(rows: Iterable[Mapping[str, Any]] | None, changed: Iterable[Mapping[str, Any]] | None, *, keep: bool) -> list[dict[str, Any]]:
    """The rows with those of the same id replaced (`keep`: key by key) and new ones at the end."""
    found = {row["id"]: dict(row) for row in rows or ()}
    for row in changed or ():
        found[row["id"]] = {**(found.get(row["id"], {}) if keep else {}), **row}
    return list(found.values())


def differences(base: Policy, changed: Policy) -> list[Difference]:
    """Every value of the checklist, the margin floors and the registers that differs, in the order of the changed policy."""
    before, after = _values(base), _values(changed)
    return [Difference(key, before.get(key, ""), value) for key, value in after.items() if before.get(key) != value]


def _values(policy: Policy) -> dict[str, str]:
    """Key to value, one line each; items and records by their id."""
    parts = policy.model_dump(mode="json", include={"checklist", "margin_floors", "controls", "risks"}, exclude_defaults=True)
    return dict(_flat("", parts))


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            if name != "id":
                yield from _flat(f"{key}.{name}" if key else name, one)
    elif isinstance(value, list) and value and isinstance(value[0], dict) and "id" in value[0]:
        for one in value:
            yield from _flat(f"{key}[{one['id']}]", one)
    elif isinstance(value, list):
        yield key, ", ".join(map(str, value))
    else:
        yield key, str(value)
