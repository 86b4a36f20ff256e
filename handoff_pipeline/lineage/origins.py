"""Where lineage ends: a field of HaloPSA, a key of handoff.yaml, a record of the ledger, or the night itself.

How one gets there is `graph`'s. The one thing to know: a custom field is told by the name that the policy gives it, so two tenants see
two names for the same column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from handoff_pipeline.halo import ENTITIES
from handoff_pipeline.lineage.columns import PAYLOAD, Ref

Kind = Literal["halopsa", "policy", "ledger", "night"]
KINDS: Final[tuple[Kind, ...]] = ("halopsa", "policy", "ledger", "night")
FIELDS: Final = "staging.ticket_field"
"""The table of custom fields by the policy's meanings; a `Ref.detail` into it is a meaning."""
_ENDS: Final = ("raw", "policy", "ledger")


class Origin(NamedTuple):
    """An end of lineage. `source` is HaloPSA's endpoint, the policy's table or the ledger's; `field` the field in it."""

    kind: Kind
    source: str
    field: str

    def __str__(self) -> str:
        if self.kind == "halopsa":
            return f"HaloPSA {self.source}: {self.field}"
        if self.kind == "policy":
            return f"handoff.yaml ({self.source}): {self.field}"
        return f"ledger {self.source}: {self.field}" if self.kind == "ledger" else f"the night ({self.source}.{self.field})"


CustomFields = Mapping[str, tuple[tuple[str, str], ...]]
"""Meaning to (entity, name of the custom field), as the policy maps them."""


def is_end(ref: Ref, custom: CustomFields) -> bool:
    """Whether lineage ends at the column."""
    return ref.table.partition(".")[0] in _ENDS or (ref.table == FIELDS and ref.detail in custom)


def origin_of(ref: Ref, custom: CustomFields) -> frozenset[Origin]:
    """What the column at which lineage ends stands for."""
    layer, _, name = ref.table.partition(".")
    if ref.table == FIELDS:
        return frozenset(Origin("halopsa", endpoint(entity), f"custom field {field}") for entity, field in custom[ref.detail])
    if layer == "raw" and ref.column == PAYLOAD:
        return frozenset({Origin("halopsa", endpoint(name), ref.detail or "the whole record")})
    if layer == "raw":
        return frozenset({Origin("night", name, ref.column)})
    detail = f"{ref.column} of {ref.detail}" if ref.detail else ref.column
    return frozenset({Origin("policy" if layer == "policy" else "ledger", name, detail)})


def endpoint(entity: str) -> str:
    """The endpoint that the entity is pulled from, as people find it in HaloPSA's documentation."""
    known = ENTITIES.get(entity)
    return f"GET {known.path}" if known else entity
