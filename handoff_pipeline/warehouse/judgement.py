"""Judges what was pulled against what was known: which entities are quarantined, why, and what a person has accepted.

Comparing is sweeps.py's and field_contract.py's; the acceptances are the ledger's.
The one thing to know: what an agent may no longer see looks exactly like a deletion (HaloPSA leaves such rows out without an error), so
more than a few missing records, or one that others refer to, is a question for a person and never a fact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from handoff_pipeline.ledger import AcceptedSet, Finding, FindingKind
from handoff_pipeline.warehouse import field_contract, references
from handoff_pipeline.warehouse.engine import Connection
from handoff_pipeline.warehouse.rules import Rules
from handoff_pipeline.warehouse.sweeps import Swept

EXAMPLES: Final = 5


@dataclass
class Judgement:
    """What is set aside tonight. `accepted` is what persons have allowed; `used` what of it was needed; `looked_at` what was judged."""

    accepted: Collection[AcceptedSet]
    findings: list[Finding] = field(default_factory=list)
    used: set[AcceptedSet] = field(default_factory=set)
    looked_at: set[tuple[str, FindingKind]] = field(default_factory=set)

    @property
    def held(self) -> frozenset[str]:
        """The quarantined entities."""
        return frozenset(finding.entity for finding in self.findings)

    @property
    def new_findings(self) -> list[Finding]:
        """What was found tonight, without what only still stands because nobody could look again."""
        return [finding for finding in self.findings if (finding.entity, finding.kind) in self.looked_at]

    def said_of(self, entity: str) -> list[str]:
        """Why the entity is quarantined, in words."""
        return [finding.said for finding in self.findings if finding.entity == entity]

    def weigh(self, finding: Finding) -> bool:
        """Set the finding aside, unless a person has accepted exactly this; whether it is set aside."""
        named: AcceptedSet = (finding.entity, finding.kind, finding.set_hash)
        if named in self.accepted:
            self.used.add(named)
            return False
        if finding not in self.findings:
            self.findings.append(finding)
        return True


def set_hash(subjects: Iterable[str]) -> str:
    """SHA-256 (hex) of a set of subjects, whatever their order."""
    return hashlib.sha256("\n".join(sorted(subjects)).encode()).hexdigest()


def judge_ambiguous(conn: Connection, entity: str, judgement: Judgement) -> None:
    """Set the entity aside where a row of `temp.pulled` says a field twice: which of the two HaloPSA means, nobody can know."""
    judgement.looked_at.add((entity, "ambiguous"))
    rows = conn.execute(
        "select row_key from temp.pulled where len(json_keys(payload)) <> len(list_distinct(json_keys(payload))) order by row_key"
    ).fetchall()
    keys = [key or "(no id)" for (key,) in rows]
    if keys:
        said = f"{len(keys)} rows name a field twice (ids {_some(keys)})"
        judgement.weigh(Finding(entity, "ambiguous", set_hash(keys), len(keys), said))


def judge_fields(conn: Connection, batch_no: int, rules: Rules, judgement: Judgement, complete: Collection[str]) -> None:
    """Set aside the entities on which a mapped custom field has changed, and bring the contract up to date for the next night."""
    broken = field_contract.changes(conn, rules.fields)
    allowed: list[field_contract.Change] = []
    for entity in sorted({each.entity for each in rules.fields} & set(complete)):
        judgement.looked_at.add((entity, "field"))
        mine = [change for change in broken if change.field.entity == entity]
        if not mine:
            continue
        said = "; ".join(change.said for change in mine)
        if not judgement.weigh(Finding(entity, "field", set_hash(change.subject for change in mine), len(mine), said)):
            allowed += mine
    field_contract.keep(conn, batch_no, rules.fields, broken, allowed)


def judge_drops(conn: Connection, swept: Mapping[str, Swept], rules: Rules, judgement: Judgement) -> frozenset[str]:
    """Set aside the entities that lack too much, or something that others refer to; returns those that are set aside for it."""
    held = set()
    for entity, found in swept.items():
        judgement.looked_at.add((entity, "drop"))
        finding = _drop(conn, entity, found, rules)
        if finding and judgement.weigh(finding):
            held.add(entity)
    return frozenset(held)


def _drop(conn: Connection, entity: str, swept: Swept, rules: Rules) -> Finding | None:
    if not swept.unproven:
        return None
    is_beyond = swept.unproven > rules.drop_limit_rows and swept.unproven * 100 > rules.drop_limit_pct * swept.known
    # However few they were: an empty list is how a lost permission or a parameter that is wanted looks.
    is_too_many = is_beyond or not swept.shown
    referred, sources = references.referred(conn, entity)
    if not is_too_many and not referred:
        return None
    rows = conn.execute(
        "select row_key from temp.missing where entity = $entity and not is_proven order by try_cast(row_key as bigint), row_key",
        {"entity": entity},
    ).fetchall()
    missing = [key for (key,) in rows]
    said = f"{len(missing)} of {swept.known} known records are no longer shown, and nothing proves that they were deleted"
    said += f" (ids {_some(missing)})"
    if referred:
        said += f"; {len(referred)} of them are still referred to by {', '.join(sources)} (ids {_some(referred)})"
    return Finding(entity, "drop", set_hash(missing), len(missing), said)


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:EXAMPLES]) + (", ..." if len(keys) > EXAMPLES else "")
