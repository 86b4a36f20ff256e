"""Data as text in a card: nothing in it formats, links, mentions, computes, breaks a line or turns the reading direction.

What is said is the card's. H: TextBlock and FactSet render a subset of markdown in Teams, other clients render more of it, and
`{{DATE(...)}}` is computed by the client. The one thing to know: customers' text is hostile, so it enters a card through `escaped` (where
markdown is read) or `plain` (titles of buttons, where it is not), never directly.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
MOST_MARKS: Final = 4
"""Combining marks on one letter: no script needs more, and a pile of them covers the lines above."""

# Joiners that scripts and emoji need; every other invisible format character goes (direction, tags, zero width).
_KEPT_FORMATS: Final = frozenset("\u200c\u200d")
_ADDRESS = re.compile(r"(?i)/(?=/)|\bwww\.(?=\w)|\b(?:javascript|data|vbscript|mailto|tel|msteams):(?=\S)")
_MARKS = re.compile(r"[\\`*_\[\]()~]")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_LIST = re.compile(r"^(?:([-+#])(?=\1|\s|$)|(\d+)(?=\.))")
_TEMPLATE = re.compile(r"([{$@])(?=\{)")


def plain(text: str, most: int) -> str:
    """One line without control, direction and half characters, at most `most` characters. For places that read no markdown."""
    letters: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", text):
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MOST_MARKS or category in ("Cs", "Co", "Cn") or (category == "Cf" and letter not in _KEPT_FORMATS):
            continue
        letters.append(" " if category in ("Cc", "Zl", "Zp", "Zs") else letter)
    line = " ".join("".join(letters).split())
    line = _TEMPLATE.sub(r"\1 ", line.replace("<", "‹").replace(">", "›"))
    return line if len(line) <= most else line[: most - 1].rstrip() + ELLIPSIS


def escaped(text: str, most: int) -> str:
    """As `plain`, and with everything escaped that markdown would read; addresses are broken so that no client links them.

    `most` counts before escaping, so that no escape is cut in half.
    """
    line = _ADDRESS.sub(lambda found: found.group(0) + " ", plain(text, most))
    line = _ENTITY.sub(r"\\&", _MARKS.sub(r"\\\g<0>", line))
    return _LIST.sub(_literal, line)


def _literal(found: re.Match[str]) -> str:
    """A list's or heading's mark at the line's begin, as a letter; a number's full stop follows it and takes the backslash."""
    return f"{found.group(2)}\\" if found.group(2) else f"\\{found.group(1)}"
