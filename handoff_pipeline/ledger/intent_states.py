"""The states of an intent and the moves between them: one table, and the only judge of a move.

Who may approve and what the far side answered is decided elsewhere; the outbox only moves along this table.
The one thing to know: nothing leads back from `sent`, so nothing that may have arrived is sent again without having been looked for
(`uncertain`), and the last states lead nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from handoff_pipeline.errors import HandoffError

State = Literal["proposed", "approved", "claimed", "sent", "accepted", "confirmed", "uncertain", "conflict", "failed", "expired", "refused"]
STATES: Final[tuple[State, ...]] = get_args(State)

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        "proposed": frozenset({"approved", "refused", "expired", "conflict"}),
        "approved": frozenset({"claimed", "expired", "refused", "conflict"}),
        # Back to approved only where nothing was sent.
        "claimed": frozenset({"sent", "approved", "uncertain", "failed", "conflict", "expired", "refused"}),
        "sent": frozenset({"confirmed", "accepted", "uncertain", "failed", "conflict"}),
        # Back to approved only after a look: it is not at the far side.
        "uncertain": frozenset({"confirmed", "accepted", "approved", "conflict", "failed", "expired"}),
        "accepted": frozenset(),
        "confirmed": frozenset(),
        "conflict": frozenset(),
        "failed": frozenset(),
        "expired": frozenset(),
        "refused": frozenset(),
    }
)
FINAL: Final[frozenset[State]] = frozenset(state for state, following in TRANSITIONS.items() if not following)
"""States that no intent ever leaves."""


def check_transition(intent_id: str, old: State, new: State) -> None:
    """Let an allowed move pass.

    Raises:
        HandoffError: the table has no such move.
    """
    if new not in TRANSITIONS[old]:
        allowed = ", ".join(state for state in STATES if state in TRANSITIONS[old]) or "nothing: that state is the last"
        raise HandoffError(
            f"Intent {intent_id} is {old} and cannot become {new}.",
            f"From {old} it may become {allowed}. Look at `handoff outbox show {intent_id}`; somebody may have moved it meanwhile.",
        )
