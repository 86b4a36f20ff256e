"""The audit chain's arithmetic: the hash of a row over the row before it, and the keys under which rows are written.

No SQL here; the chain is written in audit and judged in audit_verify.
The one thing to know: a row's hash is HMAC-SHA256(key, previous hash, new line, canonical row); without a key it is plain SHA-256 of the
same, which anybody who can write to the database can compute anew.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final, Self

from pydantic import SecretStr

from handoff_pipeline.ledger.canonical import canonical
from handoff_pipeline.ledger.records_action import AuditRow
from handoff_pipeline.settings import Settings

GENESIS: Final = "0" * 64
"""What stands in the first row as the hash before it."""


@dataclass(frozen=True, slots=True)
class AuditKeys:
    """The key in use and the one before it. A chain begins without a key, or with one; later keys replace earlier ones, never back."""

    current: SecretStr | None = None
    former: SecretStr | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The keys of HANDOFF_AUDIT_KEY and HANDOFF_AUDIT_KEY_FORMER."""
        return cls(settings.audit_key, settings.audit_key_former)

    def in_order(self) -> list[SecretStr | None]:
        """Every key under which rows may stand, oldest first; None is no key."""
        return [None, *(key for key in (self.former, self.current) if key is not None)]


def row_hash(row: AuditRow, key: SecretStr | None) -> str:
    """The hash that the row must have under `key`, whatever it says of itself.

    Raises:
        TypeError, ValueError: a column holds something that has no canonical form, so the row was not written by the product.
    """
    columns = {"seq": row.seq, "at": row.at, "kind": row.kind, "subject": row.subject, "actor": row.actor, "content": row.content}
    message = f"{row.previous_hash}\n{canonical(columns)}".encode()
    if key is None:
        return hashlib.sha256(message).hexdigest()
    return hmac.new(key.get_secret_value().encode(), message, hashlib.sha256).hexdigest()


def holds_under(row: AuditRow, key: SecretStr | None) -> bool:
    """Whether the row's hash is what it must be under `key`."""
    try:
        return hmac.compare_digest(row_hash(row, key).encode(), row.row_hash.encode())
    except (TypeError, ValueError, AttributeError):
        # A column holds bytes or the like: the product never wrote that.
        return False
