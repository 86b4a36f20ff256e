"""One way to write a value as text, so that a hash of it means the same for ever: canonical JSON and SHA-256.

What is proposed, and who may approve it, is decided elsewhere.
The one thing to know: keys are sorted, nothing but ASCII is written, money is text, moments are UTC to the microsecond; changing any of it
would void every approval under way and break the audit chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypedDict


def canonical(value: Mapping[str, object]) -> str:
    """`value` as canonical JSON.

    Raises:
        ValueError: a number has no JSON form (NaN, Infinity), or a moment has no zone.
        TypeError: a value has no canonical form.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_plain)


def sha256_of(text: str) -> str:
    """SHA-256 of the text in UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def intent_id_of(tenant: str, dedupe_key: str) -> str:
    """The id of the intent that this tenant's proposal makes, 32 hexadecimal digits: the same proposal is the same intent for ever."""
    return sha256_of(f"{tenant}|{dedupe_key}")[:32]


class Bound(TypedDict):
    """What an intent would do, what was seen before and what its approver reads, tied together by hashes; fields of `Intent`."""

    content: str
    content_hash: str
    precondition: str
    precondition_hash: str
    shown: str


def bound(content: Mapping[str, object], precondition: Mapping[str, object], shown: str) -> Bound:
    """Content and precondition in their one form, with their hashes; the words end in the first 16 digits of the content's."""
    of_content, seen = canonical(content), canonical(precondition)
    content_hash = sha256_of(of_content)
    return Bound(
        content=of_content,
        content_hash=content_hash,
        precondition=seen,
        precondition_hash=sha256_of(seen),
        shown=f"{shown} [{content_hash[:16]}]",
    )


def moment_text(moment: datetime) -> str:
    """An aware moment as UTC to the microsecond, such as 2026-09-01T02:00:00.000000Z.

    Raises:
        ValueError: the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"only aware moments have a canonical form, not {moment.isoformat()}")
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} has no canonical form")
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no canonical form")
