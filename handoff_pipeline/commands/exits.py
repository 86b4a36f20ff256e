"""Exit codes: what a script may rely on. Documented in docs/operations.md."""

from __future__ import annotations

from enum import IntEnum

from handoff_pipeline.errors import HandoffError, LeaseHeld

CODES = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something is stale or incomplete, 4 busy (another run holds the warehouse)."
)


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    STALE = 3
    BUSY = 4
    INTERRUPTED = 130


def exit_for(error: HandoffError) -> Exit:
    """The exit code of an error: busy when another run holds the warehouse, else failed."""
    return Exit.BUSY if isinstance(error, LeaseHeld) else Exit.FAILED
