"""Intents that a dead run left behind: claimed, sent, or in doubt. Each is looked up where that is possible, and never sent from here.

The delivery itself is `deliver`'s. The one thing to know: a request may arrive after its run has died, so what a look does not find is free
to be sent again only once LATE has passed since the claim; what cannot be looked up goes to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from handoff_pipeline.channels.delivered import Delivered
from handoff_pipeline.channels.gateway import Found, Gateway
from handoff_pipeline.channels.points import RECOVER_AFTER_DOUBT, RECOVER_AFTER_LOOK, RECOVER_AFTER_SETTLE, RECOVER_BEFORE_LOOK, Point
from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.records_action import Intent

LATE: Final = timedelta(minutes=15)
"""Longer than a request can be under way: every time-out of the writer, and HaloPSA's own work after a connection is lost (a guess)."""
LEFT_BEHIND: Final[tuple[State, ...]] = ("claimed", "sent", "uncertain")


async def recover(ledger: Ledger, gateways: Mapping[str, Gateway], clock: Clock, report: Delivered, point: Point) -> None:
    """Put right what dead runs left behind. Call it while no other run delivers, before anything is claimed.

    Raises:
        HandoffError: the ledger refuses a move.
    """
    recovery = _Recovery(ledger, clock, report, point)
    for intent in ledger.intents.by_state(*LEFT_BEHIND):
        gateway = gateways.get(intent.target)
        if gateway is None:
            report.troubles.append(f"{intent.intent_id} is {intent.state}, and no gateway to {intent.target} is set up to look it up")
        elif gateway.is_readable:
            await recovery.by_a_look(gateway, intent)
        else:
            recovery.without_a_look(intent)


class _Recovery:
    """One run's recovery."""

    def __init__(self, ledger: Ledger, clock: Clock, report: Delivered, point: Point) -> None:
        self._ledger, self._clock, self._report, self._point = ledger, clock, report, point

    def without_a_look(self, intent: Intent) -> None:
        """What the far side had taken is accepted; what nobody saw taken is for a person, and so is what already was."""
        if intent.state == "sent":
            self._move(intent, "accepted", "the far side had taken it; its run died before it said so", intent.far_ref)
        elif intent.state == "claimed":
            self._move(intent, "uncertain", f"run {intent.claimed_by} died while it was sending; the far side cannot be read")

    async def by_a_look(self, gateway: Gateway, intent: Intent) -> None:
        """There: confirmed. Not there, and too late to come: free to be sent again. Anything else: a person's."""
        self._point(RECOVER_BEFORE_LOOK)
        try:
            found = await gateway.look(intent)
        except HandoffError as trouble:
            self._report.troubles.append(f"{intent.intent_id} is {intent.state} and could not be looked up: {trouble.message}")
            return
        self._point(RECOVER_AFTER_LOOK)
        # A list may lag behind what was written, so nothing is concluded from what it does not show yet.
        if found.state == "absent" and not self._is_late(intent):
            return
        if intent.state == "sent":
            self._verified(intent, found)
            return
        if intent.state == "claimed":
            self._ledger.intents.settle(intent.intent_id, "uncertain", self._clock.now(), f"run {intent.claimed_by} died under way", None)
            self._point(RECOVER_AFTER_DOUBT)
        if found.state == "present":
            self._move(intent, "confirmed", "found by a look", found.far_ref)
        elif found.state == "different":
            self._move(intent, "conflict", found.detail or "the far side is neither as it was seen nor as wanted", found.far_ref)
        elif self._clock.now() >= intent.expires_at:
            self._move(intent, "expired", "it did not arrive, and its time is over")
        else:
            self._ledger.intents.put_back(intent.intent_id, self._clock.now(), None, "looked up: it did not arrive")
            self._said(intent, "approved")

    def _verified(self, intent: Intent, found: Found) -> None:
        """It had been taken and read back once; if it is not there now, somebody has taken it away."""
        if found.state == "present":
            self._move(intent, "confirmed", "found by a look", found.far_ref)
        else:
            self._move(intent, "conflict", found.detail or "it had been taken, and it is not there any more", found.far_ref)

    def _is_late(self, intent: Intent) -> bool:
        return intent.claimed_at is None or self._clock.now() - intent.claimed_at >= LATE

    def _move(self, intent: Intent, state: State, why: str, far_ref: str | None = None) -> None:
        self._ledger.intents.settle(intent.intent_id, state, self._clock.now(), why, far_ref)
        self._said(intent, state)

    def _said(self, intent: Intent, state: State) -> None:
        self._report.recovered[intent.intent_id] = state
        self._point(RECOVER_AFTER_SETTLE)
