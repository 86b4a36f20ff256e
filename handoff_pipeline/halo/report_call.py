"""One SQL SELECT that may be sent to HaloPSA's report call, checked when it is made: nothing else fits into the type.

Which questions are asked is the report strategy's. The one thing to know: HaloPSA promises to run SELECTs only, but nobody has proved it,
so a statement that could change, wait or reach elsewhere is refused here, before it is sent (H: SQL Server; one SELECT, no CTE, no DECLARE,
no semicolon, no `--`; conduit).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from handoff_pipeline.halo.errors import ProtocolError

LONGEST = 20_000
_REFUSED = re.compile(
    r"add|alter|backup|begin|bulk|checkpoint|close|commit|create|dbcc|deallocate|declare|delete|deny|disable|drop|enable|exec|execute|go"
    r"|goto|grant|if|insert|into|kill|load|merge|move|open|opendatasource|openquery|openrowset|openxml|print|raiserror|readtext|receive"
    r"|reconfigure|restore|revert|revoke|rollback|save|send|set|shutdown|throw|truncate|update|updatetext|use|waitfor|while|with|writetext"
    r"|xp_.*|sp_.*|@.*|#.*"
)
"""Words that begin another statement, or that write, wait or read elsewhere. Quoted names and texts are not looked at."""

_QUOTED = re.compile(r"'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"(?:[^\"]|\"\")*\"")
_WORD = re.compile(r"[a-z_@#$][a-z0-9_@#$]*", re.IGNORECASE)
_JOINS = frozenset({"union", "all", "except", "intersect"})


@dataclass(frozen=True)
class Select:
    """A checked statement.

    Raises (when made):
        ProtocolError: it is not one plain SELECT; the message names what was found.
    """

    sql: str

    def __post_init__(self) -> None:
        bare = _QUOTED.sub(" q ", self.sql)
        for mark in (";", "--", "/*", "'", '"', "[", "]", "\0"):
            if mark in bare:
                raise _refusal(f"it has {mark!r}" + ("" if mark in ";--/*" else " without its end"))
        if len(self.sql) > LONGEST:
            raise _refusal(f"it is {len(self.sql)} characters long, {LONGEST} at most are sent")
        words = [word.lower() for word in _WORD.findall(bare)]
        if not words or words[0] != "select" or not bare.lstrip().lower().startswith("select"):
            raise _refusal("it does not begin with SELECT")
        for word in words:
            if _REFUSED.fullmatch(word):
                raise _refusal(f"it has {word.upper()}")
        if "next value" in " ".join(words):
            raise _refusal("it draws the NEXT VALUE of a sequence")
        if _statements(bare) > 1:
            raise _refusal("a second statement follows the first")

    @property
    def document(self) -> list[dict[str, Any]]:
        """The body of the report call: run it, and save nothing (H: `_loadreportonly`, conduit)."""
        return [{"id": -1, "_loadreportonly": True, "sql": self.sql}]


def _statements(bare: str) -> int:
    """How many SELECTs stand outside brackets and are not joined to the one before: SQL Server needs no semicolon between two."""
    depth, number, before = 0, 0, ""
    for token in re.findall(r"[()]|[a-z_$][a-z0-9_$]*", bare, re.IGNORECASE):
        word = token.lower()
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "select" and depth <= 0 and before not in _JOINS:
            number += 1
        before = word
    return number


def _refusal(why: str) -> ProtocolError:
    return ProtocolError(
        f"The report call takes one plain SELECT, and this statement is refused: {why}.",
        "Report it with the statement; a name that looks like a command goes into [brackets].",
    )
