"""One delivery at a time: a lock file beside the ledger, and with the ledger on PostgreSQL a lock in the database, where two hosts meet.

The lease of the warehouse file is another one. The one thing to know: recovery takes every claim that it finds for a dead run's, so it is
right only while nobody else delivers; hold this lock around `deliver`, and ask before each write whether it is still held.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.database_lock import held

FILE: Final = "delivery.lock"
KEY: Final = 0x64656C69766572
"""Key of the lock in the database: "deliver" in ASCII."""
StillHeld = Callable[[], None]
"""Passes while the lock is held."""
WAIT: Final = "Wait until it is done; one process at a time drains the outbox."


class DeliveryUnderWay(HandoffError):
    """Another process delivers at present, or may: the lock is not held."""


@contextmanager
def one_at_a_time(home: Path, ledger: Ledger) -> Iterator[StillHeld]:
    """Hold the lock of this home, and that of the ledger's database where that is PostgreSQL; gives what to ask before each write.

    Raises:
        DeliveryUnderWay: another process holds one of them; nothing was done. What is given raises it once the connection that holds the
            database's lock is lost: from then on another host may deliver.
    """
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DeliveryUnderWay(f"Another process delivers from {home} at present.", WAIT) from None
        with held(ledger.engine, KEY) as is_held:
            if not is_held():
                raise DeliveryUnderWay("Another host delivers from the ledger's database at present.", WAIT)

            def still_held() -> None:
                if not is_held():
                    raise DeliveryUnderWay(
                        "The lock of the ledger's database was lost, so another host may deliver: nothing more is sent.",
                        "The next delivery goes on. Behind a pooler, let each connection keep its server for as long as it is open.",
                    )

            yield still_held
    finally:
        os.close(handle)
