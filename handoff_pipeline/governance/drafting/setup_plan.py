"""Which custom fields a tenant lacks for its policy, and how each would be made. Pure; creating them is `handoff halo setup --apply`.

The one thing to know: a name that the tenant nearly has is more often misspelt than missing, so the plan shows what looks alike.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from handoff_pipeline.governance.drafting.evidence import folded, text_of
from handoff_pipeline.governance.drafting.meanings import SELECT, TYPE_NAMES, Meaning, mapped
from handoff_pipeline.governance.drafting.written import written
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.policy import Policy

TICKET_FIELDS: Final = 1
"""`usage` of a ticket's custom field; the same number as `typeid` of the list (a guess: nobody has published a POST of one)."""
NEAR: Final = 0.75


@dataclass(frozen=True)
class NewField:
    """One custom field to make. `options` are those of a single select; `looks_like` names what the tenant has already."""

    key: str
    name: str
    label: str
    type: int
    ticket_types: tuple[str, ...]
    why: str
    options: tuple[str, ...]
    looks_like: tuple[str, ...]

    @property
    def type_name(self) -> str:
        """The type in words."""
        return TYPE_NAMES[self.type]

    @property
    def record(self) -> dict[str, Any]:
        """What is posted. That HaloPSA takes a field in this form is a guess from its specification (FieldInfo)."""
        record: dict[str, Any] = {"name": self.name, "label": self.label, "type": self.type, "usage": TICKET_FIELDS, "custom": 1}
        return {**record, "values": [{"name": option} for option in self.options]} if self.options else record

    @property
    def by_hand(self) -> str:
        """Where to click instead."""
        listed = ", ".join(self.ticket_types)
        return (
            f"Configuration > Custom Objects > Custom Fields > Tickets > New: {self.name}, {self.type_name};"
            f" then Configuration > Tickets > Ticket Types > {listed} > Field List: add it"
        )


def fields_to_make(policy: Policy, tenant: Sequence[Row]) -> list[NewField]:
    """Every custom field that the policy maps or has the product write, and the tenant lacks, each once, in the order of the meanings."""
    present = {folded(text_of(row, "name")): text_of(row, "name") for row in tenant}
    made: dict[str, NewField] = {}
    for meaning, name in (*mapped(policy), *written(policy)):
        if folded(name) not in present and folded(name) not in made:
            near = difflib.get_close_matches(folded(name), sorted(present), n=3, cutoff=NEAR)
            alike = tuple(present[one] for one in near)
            made[folded(name)] = NewField(
                meaning.key, name, meaning.label, meaning.make, _types(policy, meaning), meaning.why, _options(policy, meaning), alike
            )
    return list(made.values())


def _types(policy: Policy, meaning: Meaning) -> tuple[str, ...]:
    """The ticket types on which the field must show."""
    types = policy.ticket_types
    return tuple({"opportunity": types.opportunity, "project": types.project, "change_request": types.change_request}[meaning.kind])


def _options(policy: Policy, meaning: Meaning) -> tuple[str, ...]:
    """Options of a single select that the policy already names."""
    if meaning.make != SELECT:
        return ()
    named = {"deal_type": tuple(policy.margin_floors.by_deal_type), "origin": tuple(policy.change_request.origins)}
    return named.get(meaning.name, ())
