"""Keeps secrets out of every text that leaves the client: known values in the forms in which they travel, and anything behind `Bearer`.

It does not decide what to say; it cleans what others say. The one thing to know: clean first, cut afterwards, never the other way round,
or half a secret survives at the cut.
"""

from __future__ import annotations

import re

from handoff_pipeline.redaction import MASK, forms_of, longest_first, mask

_BEARER = re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]+")
_SIGNED_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}")
"""A token of this shape is masked also where nobody has learnt it."""


class Redactor:
    """Knows the secrets of one run and masks them in any text."""

    def __init__(self, *secrets: str) -> None:
        self._known: tuple[str, ...] = ()
        for secret in secrets:
            self.learn(secret)

    def __repr__(self) -> str:
        """How many forms are masked; never what they are."""
        return f"Redactor({len(self._known)} forms)"

    def learn(self, secret: str) -> None:
        """Mask this value from now on, in all its forms."""
        self._known = longest_first({*self._known, *forms_of(secret)})

    def mask(self, text: str) -> str:
        """`text` without secrets and else as it is."""
        return _SIGNED_TOKEN.sub(MASK, _BEARER.sub(f"Bearer {MASK}", mask(text, self._known)))

    def clean(self, text: str, limit: int = 200) -> str:
        """`text` without secrets, control characters and line breaks, at most `limit` characters."""
        plain = " ".join("".join(character if character.isprintable() else " " for character in self.mask(text)).split())
        return plain if len(plain) <= limit else plain[:limit] + "…"
