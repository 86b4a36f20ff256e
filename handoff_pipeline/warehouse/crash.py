"""Named crash points: places where the process can be made to die at once, to prove that a rerun heals it.

No behaviour depends on this module, and it does nothing unless HANDOFF_CRASH_AT is set.
The one thing to know: it dies by `os._exit`, like a kill: no `finally`, no flush, no rollback.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Final

VARIABLE: Final = "HANDOFF_CRASH_AT"
EXIT_CODE: Final = 137

_passed: Counter[str] = Counter()


def point(name: str) -> None:
    """Die here when HANDOFF_CRASH_AT is `name`, or `name:n` and this is the n-th time that the process comes by."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    wanted_name, _, nth = wanted.partition(":")
    if wanted_name != name:
        return
    _passed[name] += 1
    if _passed[name] == int(nth or 1):
        os._exit(EXIT_CODE)
