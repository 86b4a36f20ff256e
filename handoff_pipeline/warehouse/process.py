"""Who a process is, so that a lease can tell a live holder from a dead one whose pid somebody else has got.

Nothing about leases here.
The one thing to know: a pid alone proves nothing; a pid with the moment at which its process started does.
"""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: host name, the host's boot (empty where the system tells none), pid, and the mark of its start."""

    host: str
    boot_id: str
    pid: int
    started: str


def present() -> Identity:
    """This process."""
    return Identity(socket.gethostname(), boot_id(), os.getpid(), start_mark(os.getpid()) or "")


@lru_cache(maxsize=1)
def boot_id() -> str:
    """The id of this host's present boot; empty where the system tells none."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""


def start_mark(pid: int) -> str | None:
    """When the process of that pid started, as the system writes it; None when there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if _BOOT_ID.exists():
        try:
            # The second field is the command in brackets and may hold spaces: count from the last bracket. Field 22 is the start time.
            return stat.read_text().rpartition(")")[2].split()[19]
        except (FileNotFoundError, ProcessLookupError):
            return None
    found = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None
