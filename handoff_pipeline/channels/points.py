"""The named points of delivery: places where the process can be made to die, to prove that the next run puts it right.

No behaviour depends on this module; dying itself is `warehouse.crash`. The one thing to know: between any two neighbouring points there is
at most one commit of the ledger or one call of a far side, so the points are all the ways in which a run can be cut short.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Point = Callable[[str], None]

BEFORE_CLAIM: Final = "deliver.before_claim"
AFTER_CLAIM: Final = "deliver.after_claim"
AFTER_USE: Final = "deliver.after_use"
"""Only where an approval was used up."""
AFTER_SEND: Final = "deliver.after_send"
"""The call came back, and the ledger does not know of it yet."""
AFTER_SENT: Final = "deliver.after_sent"
AFTER_SETTLE: Final = "deliver.after_settle"
RECOVER_BEFORE_LOOK: Final = "recover.before_look"
RECOVER_AFTER_LOOK: Final = "recover.after_look"
RECOVER_AFTER_DOUBT: Final = "recover.after_doubt"
"""A dead run's intent is down as uncertain, and not yet as what the look showed."""
RECOVER_AFTER_SETTLE: Final = "recover.after_settle"

DELIVERY_POINTS: Final = (BEFORE_CLAIM, AFTER_CLAIM, AFTER_USE, AFTER_SEND, AFTER_SENT, AFTER_SETTLE)
RECOVERY_POINTS: Final = (RECOVER_BEFORE_LOOK, RECOVER_AFTER_LOOK, RECOVER_AFTER_DOUBT, RECOVER_AFTER_SETTLE)
POINTS: Final = DELIVERY_POINTS + RECOVERY_POINTS


def passing(_name: str) -> None:
    """Nothing happens at any point."""
