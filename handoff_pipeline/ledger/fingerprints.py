"""What the audit chain says of a record: which one it is and the SHA-256 of the whole of it, so that a later edit of the record shows.

The chain itself is in audit. No name and no free text passes from here into the chain.
The one thing to know: `identity` of an approval stays out of the fingerprint too, because a hash of a short name can be guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Final

from handoff_pipeline.ledger.canonical import canonical, moment_text, sha256_of
from handoff_pipeline.ledger.records_action import (
    NOBODY,
    Acknowledgement,
    ApprovalRequest,
    AuditEntry,
    Escalation,
    Feedback,
    Intent,
    Override,
    RoleHeld,
    Snooze,
)

Audited = Intent | ApprovalRequest | Acknowledgement | Snooze | Override | Feedback | RoleHeld | Escalation

KEYS: Final[Mapping[type[Audited], tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        Intent: ("intent", ("intent_id",)),
        ApprovalRequest: ("approval", ("approval_id",)),
        Acknowledgement: ("acknowledgement", ("subject", "subject_id", "agent_id", "at", "channel")),
        Snooze: ("snooze", ("gap_id", "at")),
        Override: ("override", ("override_id",)),
        Feedback: ("feedback", ("feedback_id",)),
        RoleHeld: ("role", ("agent_id", "role", "from_at")),
        Escalation: ("escalation", ("gap_id", "level", "to_agent_id")),
    }
)
"""The word by which the chain knows each kind of record, and what tells one from another."""
NEVER_CHAINED: Final = frozenset({"identity"})
CAME_LATER: Final = frozenset({"seller_id"})
"""Fields that rows of an older release do not have: where they name nobody, the fingerprint is the one that such a row was chained with."""


def area_of(record: Audited) -> str:
    """The word by which the chain knows this kind of record."""
    return KEYS[type(record)][0]


def subject_of(record: Audited) -> str:
    """Which one it is."""
    values = (getattr(record, name) for name in KEYS[type(record)][1])
    return "|".join(moment_text(value) if isinstance(value, datetime) else str(value) for value in values)


def fingerprint(record: Audited) -> str:
    """SHA-256 of every field but those that may hold a name, and those of a later release that say nothing."""
    fields = {name: value for name, value in asdict(record).items() if name not in NEVER_CHAINED}
    return sha256_of(canonical({name: value for name, value in fields.items() if not (name in CAME_LATER and value == NOBODY)}))


def move_print(**move: object) -> str:
    """SHA-256 of a move of an intent: everything of its row of intent_event but its number."""
    return sha256_of(canonical(move))


def entry(record: Audited, verb: str, actor: int, at: datetime, **told: object) -> AuditEntry:
    """What the chain is told when `record` has become what it is: `told` holds keys, hashes and states only."""
    return AuditEntry(at, f"{area_of(record)}.{verb}", subject_of(record), actor, {"record": fingerprint(record), **told})
