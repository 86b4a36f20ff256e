"""What a text is worth, as Polars expressions: plain text, words, placeholders, web addresses and their hosts, the letters of a copy.

Which quality follows is the rules'. The one thing to know: customers' text is hostile, so nothing here puts a part of it into a reason, and
an address whose host could be read in two ways is on no listed host.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

LINK: Final = r"(?i)^https?://[^\s/?#]+\.[^\s/?#]+\S*$"
_AUTHORITY: Final = r"(?i)^https?://([^/?#]*)"
_TAG: Final = r"<[^>]*>"
_ENTITY: Final = r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);"
_WORD: Final = r"\S*[\p{L}\p{N}]\S*"
_NO_LETTER: Final = r"[^\p{L}\p{M}\p{N}]+"
_ENDS: Final = " \t\r\n.!:;"


def plain(text: pl.Expr) -> pl.Expr:
    """The text without HTML tags and entities, without blanks at its ends; NULL stays NULL."""
    return text.str.replace_all(_TAG, " ").str.replace_all(_ENTITY, " ").str.strip_chars()


def is_empty(text: pl.Expr) -> pl.Expr:
    """Whether nothing is left of the plain text."""
    return plain(text).str.len_chars().fill_null(0) == 0


def is_placeholder(text: pl.Expr, placeholders: Iterable[str]) -> pl.Expr:
    """Whether there is text, and it is a placeholder or nothing but signs that end one."""
    bare = plain(text).str.replace_all(r"\s+", " ").str.to_lowercase().str.strip_chars(_ENDS)
    known = [word.strip().casefold().strip(_ENDS) for word in placeholders]
    return (bare.is_in(known) | (bare.str.len_chars() == 0)).fill_null(value=False) & ~is_empty(text)


def words(text: pl.Expr) -> pl.Expr:
    """How many words the plain text has; signs that stand alone are none."""
    return plain(text).str.count_matches(_WORD)


def letters(text: pl.Expr) -> pl.Expr:
    """What two copies of a text have in common: letters, marks and digits, in lower case; NULL where there are none."""
    kept = plain(text).str.to_lowercase().str.replace_all(_NO_LETTER, "")
    return pl.when(kept.str.len_chars() > 0).then(kept)


def is_link(text: pl.Expr) -> pl.Expr:
    """Whether the text is an http(s) address with a host."""
    return text.str.strip_chars().str.contains(LINK).fill_null(value=False)


def is_on(text: pl.Expr, hosts: Iterable[str]) -> pl.Expr:
    """Whether the address is on one of the hosts, or below one. One with a user name or a backslash before its path is on none."""
    authority = text.str.strip_chars().str.extract(_AUTHORITY, 1)
    host = authority.str.to_lowercase().str.replace(r":\d*$", "").str.strip_chars_end(".")
    listed = [name.strip().lower() for name in hosts]
    found = reduce(or_, [host.is_in(listed), *(host.str.ends_with(f".{name}") for name in listed)])
    return (found & ~authority.str.contains(r"[@\\]")).fill_null(value=False)
