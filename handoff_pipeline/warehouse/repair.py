"""Makes page bytes fit for every store where HaloPSA sent text that some cannot hold: escapes of lone surrogates and of NUL.

DuckDB takes no lone surrogate, and a NUL ends the text in PostgreSQL, in C and in most spreadsheets. Everything else stays as it came.
The one thing to know: the page in the inbox is evidence and is never changed; the repaired copy lies beside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

REPLACEMENT: Final = rb"\ufffd"

# A whole pair, a lone half or NUL, or any other escape (so that an escaped backslash before "ud800" is not taken for one).
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<broken>\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\u0000)|\\."
)
_SUSPECT: Final = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


def readable(page: Path) -> tuple[Path, int]:
    """The page, or its repaired copy, and how many characters were replaced by U+FFFD.

    Raises:
        OSError: the page cannot be read.
    """
    content = page.read_bytes()
    if not _SUSPECT.search(content):
        return page, 0
    replaced = 0

    def replace(match: re.Match[bytes]) -> bytes:
        nonlocal replaced
        if match["broken"] is None:
            return match[0]
        replaced += 1
        return REPLACEMENT

    repaired = _ESCAPE.sub(replace, content)
    if not replaced:
        return page, 0
    copy = page.with_name(f"{page.stem}.repaired{page.suffix}")
    copy.write_bytes(repaired)
    return copy, replaced
