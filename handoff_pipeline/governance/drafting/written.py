"""Custom fields that the product fills, and those in which people answer: what each may be, for the live check and for `halo setup`.

Fields that hold the handoff's facts are in `meanings`. The one thing to know: these are never guessed when a policy is drafted, because a
field that is guessed wrong would be overwritten.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.governance.drafting.meanings import SELECT, TEXT, TYPE_NAMES, Meaning
from handoff_pipeline.policy import Policy

_ANY: Final = frozenset(TYPE_NAMES)


def _field(key: str, types: frozenset[int], label: str, why: str) -> Meaning:
    return Meaning("opportunity", key.rpartition(".")[2], key, types, TEXT, label, (), why)


WRITTEN: Final = (
    _field("write_back.fields.score", frozenset({TEXT}), "Handoff score", "people see the score on the opportunity"),
    _field("write_back.fields.gap_count", frozenset({TEXT}), "Handoff gaps", "people see the number of open gaps on the opportunity"),
    _field("write_back.fields.signoff_state", frozenset({TEXT, SELECT}), "Handoff sign-off", "people see delivery's sign-off there"),
    _field("remediation.acknowledge.field", _ANY, "Handoff acknowledged", "the owner acknowledges the gaps in it"),
    _field("remediation.appeal.field", _ANY, "Handoff appeal", "the seller says in it that a gap is none"),
)


def written(policy: Policy) -> list[tuple[Meaning, str]]:
    """Every such field that the policy names, with its meaning, in the order above."""
    named = {f"write_back.fields.{meaning}": name for meaning, name in policy.write_back.fields.named.items()}
    answers = {"acknowledge": policy.remediation.acknowledge.field, "appeal": policy.remediation.appeal.field}
    named |= {f"remediation.{key}.field": name for key, name in answers.items() if name is not None}
    return [(meaning, named[meaning.key]) for meaning in WRITTEN if meaning.key in named]
