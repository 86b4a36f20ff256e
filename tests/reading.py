"""Tables that a piece of SQL reads, found without a parser: a second opinion on what the parser says."""

from __future__ import annotations

import re

LAYERS = "raw|policy|ledger|staging|core|governance|marts|kpi"


def tables_read(sql: str) -> set[str]:
    """Tables after `from`, `join` or a comma of a from-list."""
    code = re.sub(r"--[^\n]*", "", sql)
    code = re.sub(r"'[^']*'", "''", code)
    return {match.lower() for match in re.findall(rf"\b(?:from|join)\s+((?:{LAYERS})\.\w+)", code, re.IGNORECASE)}
