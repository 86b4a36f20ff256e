"""Quoting for the few places where a name or a path must stand in SQL text.

Values never come here: they are parameters.
The one thing to know: a name of the tenant's (a custom field, an entity) is data; unquoted it once wrote a file through COPY.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def ident(name: str) -> str:
    """The name as a quoted identifier; dots separate schema and table and are quoted apart."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def literal(text: str | Path) -> str:
    """The text as a quoted literal, for statements that take no parameters (ATTACH, COPY, SET)."""
    return "'" + str(text).replace("'", "''") + "'"


def literals(texts: Iterable[str | Path]) -> str:
    """The texts as a list literal."""
    return "[" + ", ".join(literal(text) for text in texts) + "]"
