"""The forms in which a secret value may show up in a text, and their masking: the one list that every room uses.

Which values are secrets, and where texts are cleaned, is decided where they arise (the client, Dagster's logs).
The one thing to know: clean first and cut afterwards, or half a secret survives at the cut.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "***"
SHORTEST: Final = 4
"""A shorter value is no secret; masking it would only mangle ordinary words."""


def forms_of(secret: str) -> frozenset[str]:
    """The value as it is, in a URL, in a form body, in JSON, in base64 and as Python prints it; nothing for a value too short."""
    if len(secret) < SHORTEST:
        return frozenset()
    raw = secret.encode()
    return frozenset(
        {
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            repr(secret)[1:-1],
            base64.b64encode(raw).decode().rstrip("="),
            base64.urlsafe_b64encode(raw).decode().rstrip("="),
        }
    )


def longest_first(forms: Iterable[str]) -> tuple[str, ...]:
    """Forms in the order in which to mask them: a form that contains another goes before it."""
    return tuple(sorted(set(forms), key=lambda form: (-len(form), form)))


def mask(text: str, forms: Iterable[str]) -> str:
    """The text with every one of `forms` (longest first) masked."""
    for form in forms:
        text = text.replace(form, MASK)
    return text
