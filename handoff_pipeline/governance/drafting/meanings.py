"""The meanings that the policy maps to custom fields: what each may be called, of which type it must be, and on what it sits.

Which of a tenant's fields is meant is decided in `fields`; creating a missing one is `handoff halo setup`. The one thing to know: the
numbers of field types are HaloPSA's (H: 0 text, 1 memo, 2 single select, 3 multi select, 4 date, 5 time, 6 checkbox, 10 rich; TopLeft).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.rules import AllFieldsRule, DateOrderRule, LinkRule, NumberRule, Rule, TextRule, simple_rules

TEXT, MEMO, SELECT, MULTI, DATE, TIME, CHECKBOX, RICH = 0, 1, 2, 3, 4, 5, 6, 10
TYPE_NAMES: Final = {
    TEXT: "text",
    MEMO: "memo",
    SELECT: "single select",
    MULTI: "multi select",
    DATE: "date",
    TIME: "time",
    CHECKBOX: "checkbox",
    RICH: "rich text",
}
_WORDS = frozenset({TEXT, MEMO, SELECT, MULTI, RICH})
_PROSE = frozenset({TEXT, MEMO, RICH})
_LABEL = frozenset({TEXT, SELECT})
_DATE = frozenset({DATE})

Kind = Literal["opportunity", "project", "change_request"]


@dataclass(frozen=True)
class Meaning:
    """One meaning. `key` is its place in the policy, `types` those that can hold it, the first of `stock` what setup would create."""

    kind: Kind
    name: str
    key: str
    types: frozenset[int]
    make: int
    label: str
    called: tuple[str, ...]
    why: str

    @property
    def wants(self) -> str:
        """The types in words."""
        return " or ".join(TYPE_NAMES[number] for number in sorted(self.types))


def _deal(name: str, types: frozenset[int], make: int, label: str, called: tuple[str, ...], why: str) -> Meaning:
    return Meaning("opportunity", name, f"fields.opportunity.{name}", types, make, label, called, why)


def _project(name: str, types: frozenset[int], make: int, label: str, called: tuple[str, ...], why: str) -> Meaning:
    return Meaning("project", name, f"fields.project.{name}", types, make, label, called, why)


def _change(name: str, types: frozenset[int], make: int, label: str, called: tuple[str, ...], why: str) -> Meaning:
    return Meaning("change_request", name, f"change_request.{name}_field", types, make, label, called, why)


MEANINGS: Final = (
    _deal(
        "deal_type",
        _LABEL,
        SELECT,
        "Deal type",
        ("deal type", "opportunity type", "type of deal", "sale type"),
        "margin floors and segments go by it",
    ),
    _deal(
        "service_template",
        _LABEL,
        SELECT,
        "Service template",
        ("service template", "project template", "service package"),
        "segments go by it",
    ),
    _deal(
        "signed_scope_link",
        _PROSE,
        TEXT,
        "Signed scope (link)",
        ("signed scope link", "scope link", "signed sow link", "sow link", "statement of work link"),
        "the checklist asks for the signed scope",
    ),
    _deal(
        "signed_scope_date",
        _DATE,
        DATE,
        "Signed scope (date)",
        ("signed scope date", "scope signed date", "sow signed date", "signature date", "date signed"),
        "the checklist asks when the scope was signed",
    ),
    _deal(
        "delivery_assumptions",
        _WORDS,
        MEMO,
        "Delivery assumptions",
        ("delivery assumptions", "assumptions", "project assumptions", "scope assumptions"),
        "the checklist asks what the price rests on",
    ),
    _deal(
        "dependencies",
        _WORDS,
        MEMO,
        "Dependencies",
        ("dependencies", "client dependencies", "project dependencies", "prerequisites"),
        "the checklist asks who has to deliver what first",
    ),
    _deal(
        "acceptance_criteria",
        _WORDS,
        MEMO,
        "Acceptance criteria",
        ("acceptance criteria", "success criteria", "definition done"),
        "the checklist asks what done means",
    ),
    _deal(
        "kickoff_committed",
        _DATE,
        DATE,
        "Kickoff committed",
        ("kickoff committed", "committed kickoff date", "kickoff promised", "agreed start date"),
        "kickoff delay is counted from it",
    ),
    _project(
        "kickoff_recorded",
        _DATE,
        DATE,
        "Kickoff held on",
        ("kickoff held", "kickoff date", "kickoff recorded", "kickoff completed", "actual kickoff date"),
        "it tells a kickoff that has no appointment",
    ),
    _project(
        "feasibility",
        _WORDS,
        MEMO,
        "Feasibility",
        ("feasibility", "feasibility review", "technical feasibility"),
        "the sign-off says that delivery can do it",
    ),
    _project(
        "resource_plan",
        _WORDS,
        MEMO,
        "Resource plan",
        ("resource plan", "resourcing", "resource planning", "staffing plan"),
        "the sign-off says who will do it",
    ),
    Meaning(
        "project",
        "billing_type",
        "billing.type_field",
        _LABEL,
        SELECT,
        "Billed",
        ("billed", "billing type", "project billing", "billing method", "contract type"),
        "it tells projects billed by the hour from those at a fixed price",
    ),
    _change(
        "decided",
        _DATE,
        DATE,
        "Change decided",
        ("change decided", "decision date", "change decision date", "change approved date", "approved date"),
        "cycle time ends at it; without it the first night that saw the decision counts",
    ),
    _change(
        "price",
        _PROSE,
        TEXT,
        "Change price",
        ("change price", "change value", "price client", "change request price", "additional charge"),
        "unbilled change is valued with it",
    ),
    _change(
        "hours",
        _PROSE,
        TEXT,
        "Change hours",
        ("change hours", "estimated hours", "hours estimate", "additional hours", "declared hours"),
        "the forecast of an open project counts them until they are worked",
    ),
    _change(
        "origin",
        _LABEL,
        SELECT,
        "Change origin",
        ("change origin", "origin change", "change source", "change reason", "reason change"),
        "it tells a gap left by sales from a client's wish",
    ),
)


def mapped(policy: Policy) -> list[tuple[Meaning, str]]:
    """Every meaning that the policy maps, its own ones included, with the name of its custom field."""
    names: dict[tuple[Kind, str], str | None] = {
        ("change_request", part): name for part, name in policy.change_request.custom_fields.items()
    }
    names["project", "billing_type"] = policy.billing.type_field
    names |= {("opportunity", meaning): name for meaning, name in policy.fields.opportunity.items()}
    names |= {("project", meaning): name for meaning, name in policy.fields.project.items()}
    return [(meaning, name) for meaning in (*MEANINGS, *_own(policy)) if (name := names.get((meaning.kind, meaning.name)))]


def _own(policy: Policy) -> Iterator[Meaning]:
    """The opportunity's meanings that this MSP has added, each of the type that the first rule to read it needs."""
    known = {meaning.name for meaning in MEANINGS if meaning.kind == "opportunity"}
    for name in policy.fields.opportunity:
        readers = [(item, rule) for item in policy.checklist.items for rule in simple_rules(item.rule) if name in rule.meanings]
        if name in known:
            continue
        types, make = _WORDS, MEMO
        if readers:
            types, make = _needed(readers[0][1], name)
        label = name.replace("_", " ").capitalize()
        why = f"the checklist item {readers[0][0].id} reads it" if readers else "an overlay of the policy reads it"
        yield _deal(name, types, make, label, (label.lower(),), why)


def _needed(rule: Rule, name: str) -> tuple[frozenset[int], int]:
    """The types that a rule can read, and which one to make."""
    if isinstance(rule, DateOrderRule) or (isinstance(rule, AllFieldsRule) and name == rule.date):
        return _DATE, DATE
    if isinstance(rule, AllFieldsRule | LinkRule | NumberRule):
        return _PROSE, TEXT
    return (_WORDS, MEMO) if isinstance(rule, TextRule) else (frozenset(TYPE_NAMES), TEXT)
