"""The kill switch: one file, or one setting, that stops every write of the product before the next one.

Who throws it, and why, is the callers' to say. The one thing to know: it fails safe; where the product cannot see whether the file is
there, the switch counts as thrown.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings

FILE: Final = "kill-switch"


def kill_switch_path(settings: Settings) -> Path:
    """Where the file lies; whatever it holds, its being there stops the writes."""
    return settings.home.absolute() / FILE


def kill_switch(settings: Settings) -> Callable[[], bool]:
    """Asks anew each time whether the switch is thrown."""

    def is_thrown() -> bool:
        if settings.kill_switch:
            return True
        try:
            os.lstat(kill_switch_path(settings))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return True

    return is_thrown


def throw(settings: Settings, by: str, reason: str, now: datetime) -> None:
    """Make the file; one that is there keeps its words.

    Raises:
        HandoffError: it cannot be made.
    """
    path = kill_switch_path(settings)
    words = {"thrown_at_utc": f"{now:%Y-%m-%dT%H:%M:%SZ}", "thrown_by": by, "reason": reason.strip()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise HandoffError(
            f"{path} cannot be made: {error.strerror}.",
            "Set HANDOFF_KILL_SWITCH=true where the daemon runs and start it anew, or stop the daemon.",
        ) from error
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(json.dumps(words, ensure_ascii=False) + "\n")
