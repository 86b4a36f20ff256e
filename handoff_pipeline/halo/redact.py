"""Keeps secrets out of every text that leaves the client: known values in the forms in which they travel, and anything behind `Bearer`.

It does not decide what to say; it cleans what others say. The one thing to know: clean first, cut afterwards, never the other way round,
or half a secret survives at the cut.
"""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

MASK = "***"
_BEARER = re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]+")
_SHORTEST = 4  # masking a shorter value would only mangle ordinary words


def _forms(secret: str) -> set[str]:
    """The secret as it may turn up in a query, a form body, a JSON text or a basic header."""
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }


class Redactor:
    """Knows the secrets of one run and masks them in any text."""

    def __init__(self, *secrets: str) -> None:
        self._known: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    def __repr__(self) -> str:
        """How many forms are masked; never what they are."""
        return f"Redactor({len(self._known)} forms)"

    def learn(self, secret: str) -> None:
        """Mask this value from now on, in all its forms."""
        if len(secret) >= _SHORTEST:
            self._known |= _forms(secret)

    def clean(self, text: str, limit: int = 200) -> str:
        """`text` without secrets, control characters and line breaks, at most `limit` characters."""
        for form in sorted(self._known, key=len, reverse=True):
            text = text.replace(form, MASK)
        text = _BEARER.sub(f"Bearer {MASK}", text)
        plain = " ".join("".join(character if character.isprintable() else " " for character in text).split())
        return plain if len(plain) <= limit else plain[:limit] + "…"
