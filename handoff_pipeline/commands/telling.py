"""How findings are told on a terminal: level, what was looked at, what was found, and the fix on a line of its own.

What is found stands in `findings`, `machine`, `standing` and `live_check`.
"""

from __future__ import annotations

from rich.text import Text

from handoff_pipeline.commands.findings import Finding
from handoff_pipeline.commands.screen import out, plain

MARKS = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "failure": ("failure", "red")}


def show_finding(finding: Finding) -> None:
    """Print one finding."""
    mark, style = MARKS[finding.level]
    out().print(Text.assemble((mark, style), "  ", plain(f"{finding.check}: {finding.message}")), soft_wrap=True)
    if finding.fix:
        out().print(plain(f"         Fix: {finding.fix}"), soft_wrap=True)
