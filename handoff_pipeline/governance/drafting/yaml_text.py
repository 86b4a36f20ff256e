"""A tenant's names as YAML: scalars that come back as they were, comments that stay on their line. Pure text.

The one thing to know: a name is hostile until it is quoted. A line break in a comment would end it, and what follows would be read as
policy; so comments lose every character that a YAML reader may take for a break.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata

import yaml

WIDTH = 136
LONGEST_COMMENT_NAME = 100
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ /()&+.-]*\Z")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def scalar(value: str | int) -> str:
    """`value` as a YAML scalar: plain where that reads back as the same text, else in double quotes with escapes."""
    if isinstance(value, int):
        return str(value)
    if _PLAIN.match(value) and value == value.strip() and yaml.safe_load(value) == value:
        return value
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character == " " or (character.isprintable() and unicodedata.category(character) not in _HIDDEN):
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number <= 0xFF else f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def flow(values: list[str]) -> str:
    """A list on one line; its items are quoted wherever a comma or bracket could end them."""
    return "[" + ", ".join(scalar(value) for value in values) + "]"


def one_line(text: str) -> str:
    """Text for a comment: every break and every character that does not show becomes a blank."""
    shown = "".join(" " if unicodedata.category(character) in _HIDDEN else character for character in text)
    return " ".join(shown.split())


def comment(text: str, indent: int = 0) -> list[str]:
    """`text` as comment lines, wrapped."""
    start = " " * indent + "# "
    wrapped = textwrap.wrap(
        one_line(text), WIDTH, initial_indent=start, subsequent_indent=start + "  ", break_long_words=False, break_on_hyphens=False
    )
    return wrapped or [start.rstrip()]
