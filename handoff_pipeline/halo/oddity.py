"""What decodes as JSON and cannot be trusted all the same: one name twice in an object with two values, and nesting beyond sense.

Whether the text is JSON at all is `bodies`' question. The one thing to know: orjson keeps the last of two equal names without a word and
DuckDB, which reads the same bytes when they are landed, the first; so a name that comes twice is refused, unless both values are the same.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

DEEPEST = 64
"""Levels of nesting; HaloPSA's own objects have fewer than ten."""

_COLON = b'":'
_AMBIGUOUS = re.compile(rb'"[ \t\r\n]+:|\\u0022')
"""A colon after a blank, or a quotation mark written as a code: with these the count of `":` proves nothing."""


class _Twice(Exception):
    """An object has a name twice, with two values."""


def oddity(document: Any, body: bytes) -> str | None:
    """What is wrong with a decoded document, in words; None for nothing. `body` is the text that it was decoded from."""
    if _is_deeper(document, DEEPEST):
        return f"objects are nested more than {DEEPEST} deep"
    if _is_surely_single(document, body):
        return None
    try:
        json.loads(body, object_pairs_hook=_single)
    except _Twice as twice:
        return f"an object has the name {str(twice)!r} twice, with two values"
    return None


def _is_deeper(document: Any, levels: int) -> bool:
    """Whether anything lies deeper than that; asked level by level, so no nesting is too deep for the question."""
    level = [document]
    for _ in range(levels):
        level = [
            below
            for one in level
            for below in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(below, dict | list)
        ]
        if not level:
            return False
    return True


def _is_surely_single(document: Any, body: bytes) -> bool:
    """Whether no name can have come twice: written anew, the document has as many names as the text. Exact, and 20 times as fast."""
    return _AMBIGUOUS.search(body) is None and orjson.dumps(document).count(_COLON) == body.count(_COLON)


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, if no name has two values."""
    found = dict(pairs)
    if len(found) < len(pairs):
        for name, value in pairs:
            if found[name] != value:
                raise _Twice(name)
    return found
