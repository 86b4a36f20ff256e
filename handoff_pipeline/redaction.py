"""The forms in which a secret value may show up in a text, and their masking: the one list that every room uses.

Which values are secrets, and where texts are cleaned, is decided where they arise (the client, Dagster's logs).
The one thing to know: clean first and cut afterwards, or half a secret survives at the cut.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "***"
SHORTEST: Final = 4
"""A shorter value is no secret; masking it would only mangle ordinary words."""
SHORTEST_PART: Final = 8
"""A shorter piece of base64 stands in too many texts by chance."""


def forms_of(secret: str) -> frozenset[str]:
    """The value as it is, in a URL, a form body, JSON, HTML, base64, hexadecimal and as Python prints it; nothing for a value too short."""
    if len(secret) < SHORTEST:
        return frozenset()
    raw = secret.encode("utf-8", "surrogatepass")
    in_url = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return frozenset(
        {
            secret,
            *in_url,
            *(_lower_escapes(form) for form in in_url),
            quote(quote(secret, safe=""), safe=""),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            json.dumps(secret)[1:-1].replace("/", "\\/"),
            _dotnet(secret, "04X"),
            _dotnet(secret, "04x"),
            html.escape(secret),
            html.escape(secret).replace("&#x27;", "&#39;"),
            repr(secret)[1:-1],
            repr(raw)[2:-1],
            raw.hex(),
            raw.hex().upper(),
            base64.b64encode(raw).decode().rstrip("="),
            base64.urlsafe_b64encode(raw).decode().rstrip("="),
            *_inside_base64(raw),
        }
    )


def _lower_escapes(form: str) -> str:
    """`%2b` for `%2B`: both are right in a URL."""
    parts = form.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def _dotnet(secret: str, digits: str) -> str:
    r"""As .NET writes it in JSON: `+`, `&`, `<`, `>`, quotes and all beyond plain ASCII as `\u002B`; HaloPSA is a .NET server."""
    written = []
    for letter in secret:
        if letter == "\\":
            written.append("\\\\")
        elif letter in "+&<>'\"`" or not " " <= letter <= "~":
            units = letter.encode("utf-16-be", "surrogatepass")
            written += [f"\\u{int.from_bytes(units[start : start + 2]):{digits}}" for start in range(0, len(units), 2)]
        else:
            written.append(letter)
    return "".join(written)


def _inside_base64(raw: bytes) -> frozenset[str]:
    """What every base64 text shows of the value that holds it in its middle (`id:secret` of a Basic header), wherever it begins there."""
    parts: set[str] = set()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode()
        # The first and the last group share their letters with what stands around the value.
        begin = (0, 2, 3)[before]
        end = (before + len(raw)) * 8 // 6
        part = text[begin:end]
        if len(part) >= SHORTEST_PART:
            parts |= {part, part.translate(str.maketrans("+/", "-_"))}
    return frozenset(parts)


def longest_first(forms: Iterable[str]) -> tuple[str, ...]:
    """Forms in the order in which to mask them: a form that contains another goes before it."""
    return tuple(sorted(set(forms), key=lambda form: (-len(form), form)))


def mask(text: str, forms: Iterable[str]) -> str:
    """The text with every one of `forms` (longest first) masked."""
    for form in forms:
        text = text.replace(form, MASK)
    return text
