"""Drains the outbox: every approved intent that is due is checked anew, claimed, sent once, and settled as what came of it.

What is to be done is decided in governance; what a dead run left behind is `recover`'s, which goes first. The one thing to know: the claim
is committed before the call, so a run that dies at any moment leaves an intent that says so, and nothing is ever sent again without a look.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

import orjson

from handoff_pipeline.channels.caps import Allowance, pause
from handoff_pipeline.channels.consent import Consent, Rules, consent
from handoff_pipeline.channels.delivered import Delivered
from handoff_pipeline.channels.gateway import Found, Gateway, Sent, Unfit
from handoff_pipeline.channels.lanes import AT_EASE, READ, Lanes
from handoff_pipeline.channels.points import AFTER_CLAIM, AFTER_SEND, AFTER_SENT, AFTER_SETTLE, AFTER_USE, BEFORE_CLAIM, Point, passing
from handoff_pipeline.channels.recover import recover
from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.canonical import canonical, sha256_of
from handoff_pipeline.ledger.intent_states import State
from handoff_pipeline.ledger.intents import TurnedDown
from handoff_pipeline.ledger.records_action import Intent

KILLED = "the kill switch is thrown"
MOVED = "somebody has moved it meanwhile"


async def deliver(
    ledger: Ledger,
    gateways: Mapping[str, Gateway],
    rules: Rules,
    clock: Clock,
    run_id: str,
    kill_switch: Callable[[], bool],
    point: Point = passing,
    *,
    still_held: Callable[[], None] = lambda: None,
    only: Collection[str] | None = None,
) -> Delivered:
    """Deliver what is due, oldest first, one at a time. Call it inside `sole.one_at_a_time`.

    Args:
        ledger: The outbox, its approvals and the roles that people hold.
        gateways: Target -> its gateway; an intent whose target has none waits.
        rules: What today's policy says.
        clock: What time it is; asked anew for every intent.
        run_id: This run's own id, written on every claim.
        kill_switch: Asked before each write.
        point: Called at every named point; see `points`.
        still_held: What `one_at_a_time` gave; asked before each claim and each write, and raises where another host may deliver.
        only: Ids of the intents to deliver, for a person who sends one thing by hand; None delivers all that is due.

    Raises:
        HandoffError: the ledger refuses a move, or the lock is lost. What was claimed by then is put right by the next run.
    """
    report = Delivered(run_id)
    await recover(ledger, gateways, clock, report, point)
    report.settled |= dict.fromkeys(ledger.intents.expire(clock.now()), "expired")
    # Who sends one thing by hand wants it now, whatever rests.
    lanes = Lanes.of(ledger.intents.by_state(*READ), clock.now()) if only is None else AT_EASE
    delivery = _Delivery(ledger, gateways, rules, clock, kill_switch, point, report, lanes, still_held)
    for intent in ledger.intents.due(clock.now()):
        if only is not None and intent.intent_id not in only:
            continue
        if kill_switch():
            report.stopped = KILLED
            break
        await delivery.one(intent)
    return report


class _Delivery:
    """One run. Each step either lets the intent pass or says in the ledger why not."""

    def __init__(
        self,
        ledger: Ledger,
        gateways: Mapping[str, Gateway],
        rules: Rules,
        clock: Clock,
        kill_switch: Callable[[], bool],
        point: Point,
        report: Delivered,
        lanes: Lanes,
        still_held: Callable[[], None],
    ) -> None:
        self._ledger, self._gateways, self._rules, self._clock = ledger, gateways, rules, clock
        self._kill_switch, self._point, self._report, self._still_held = kill_switch, point, report, still_held
        self._allowance = Allowance(rules.caps, lanes)

    async def one(self, intent: Intent) -> None:
        """Take one intent as far as it goes."""
        now = self._clock.now()
        agreed = self._agreed(intent, now)
        if now >= intent.expires_at:
            self._turn_down(intent, "expired", "nobody could deliver it in time")
        elif agreed.objection is not None:
            self._turn_down(intent, "refused", agreed.objection)
        elif (gateway := self._open(intent)) is not None:
            await self._look_and_send(gateway, intent, agreed)

    def _open(self, intent: Intent) -> Gateway | None:
        """The gateway that may be asked in this run; None where it is held back, and the report says why."""
        gateway = self._gateways.get(intent.target)
        missing = None if gateway is not None else f"no gateway to {intent.target} is set up"
        why = missing or self._rules.held_back(intent, self._clock.now()) or self._allowance.objection(intent)
        if why is not None:
            self._report.held[intent.intent_id] = why
            return None
        return gateway

    async def _look_and_send(self, gateway: Gateway, intent: Intent, agreed: Consent) -> None:
        try:
            found = await self._there_already(gateway, intent)
        except Unfit as unfit:
            self._turn_down(intent, "refused", unfit.message)
            return
        except HandoffError as trouble:
            # Nothing was sent, and nothing is known: it stays approved, and its lane is left alone if that goes on.
            self._report.held[intent.intent_id] = trouble.message
            self._allowance.came_to_nothing(intent, trouble.message)
            return
        if found is not None and found.state == "different":
            self._turn_down(intent, "conflict", found.detail or "the far side is neither as it was seen nor as wanted")
        elif self._claimed(intent):
            if found is None:
                await self._send(gateway, intent, agreed)
            else:
                self._done(intent, Sent("confirmed", found.far_ref, "it was there already; nothing was sent"))

    def _claimed(self, intent: Intent) -> bool:
        """The claim is committed when this returns true."""
        self._point(BEFORE_CLAIM)
        self._still_held()
        if not self._ledger.intents.claim(intent.intent_id, self._report.run_id, self._clock.now()):
            self._report.held[intent.intent_id] = MOVED
            return False
        self._point(AFTER_CLAIM)
        return True

    def _agreed(self, intent: Intent, now: datetime) -> Consent:
        approvals = self._ledger.approvals.of(intent.intent_id)
        return consent(intent, approvals, self._rules, self._ledger.people.role_held, now)

    async def _there_already(self, gateway: Gateway, intent: Intent) -> Found | None:
        """What the far side shows where nothing is to be sent: the effect itself, or a conflict. None where the write may go out."""
        if not gateway.is_readable:
            return None
        found = await gateway.look(intent)
        if found.state != "absent":
            return found
        seen = found.precondition
        if seen is None and intent.precondition != "{}":
            seen = await gateway.precondition(intent)
            if seen is None:
                return Found("different", detail="the record is gone, or hidden from the writer")
        if seen is not None and sha256_of(canonical(seen)) != intent.precondition_hash:
            return Found("different", detail=f"changed since it was decided: {_changed(intent, seen)}")
        return None

    async def _send(self, gateway: Gateway, intent: Intent, agreed: Consent) -> None:
        """Use up the approvals, ask the kill switch a last time, call, and write down what came of it."""
        for approval in (one for one in agreed.using if one.used_at is None):
            if not self._ledger.approvals.use(approval.approval_id, self._clock.now()):
                why = f"approval {approval.approval_id} can no longer be used: its time is over, or something else used it"
                self._settle(intent, "refused", Sent("failed", None, why))
                self._ledger.approvals.void(intent.intent_id, self._clock.now())
                return
            self._point(AFTER_USE)
        if self._kill_switch():
            self._put_back(intent, KILLED, self._clock.now())
            return
        self._still_held()
        self._allowance.spend(intent)
        sent = await gateway.send(intent)
        self._point(AFTER_SEND)
        if sent.outcome in {"confirmed", "accepted"}:
            self._allowance.went_well(intent)
            self._done(intent, sent)
        elif sent.outcome == "retry":
            now = self._clock.now()
            self._put_back(intent, sent.detail or "", now, now + pause(intent.attempts + 1, sent.retry_after))
            # A channel that took one card for none takes no other now; HaloPSA may mean this one record.
            at_once = sent.retry_after is not None or not gateway.is_readable
            self._allowance.came_to_nothing(intent, sent.detail or "it asked to be tried later", at_once=at_once)
        elif sent.outcome == "uncertain":
            await self._in_doubt(gateway, intent, sent)
        else:
            self._settle(intent, "failed", sent)

    async def _in_doubt(self, gateway: Gateway, intent: Intent, sent: Sent) -> None:
        """Nobody knows. If a look shows it, it is there; if not, it may still arrive, so only `recover` concludes, later."""
        self._settle(intent, "uncertain", sent)
        # A card that cannot be looked up is lost to a person for each call into the dark: one is enough.
        self._allowance.came_to_nothing(intent, sent.detail or "no answer", at_once=not gateway.is_readable)
        if not gateway.is_readable:
            return
        try:
            found = await gateway.look(replace(intent, state="uncertain"))
        except HandoffError as trouble:
            self._report.troubles.append(f"{intent.intent_id}: {trouble.message}")
            return
        if found.state == "present":
            self._settle(intent, "confirmed", Sent("confirmed", found.far_ref, "found by a look after no clear answer"))

    def _done(self, intent: Intent, sent: Sent) -> None:
        """Down as sent, then as what the far side made of it."""
        self._ledger.intents.sent(intent.intent_id, self._clock.now(), far_ref=sent.far_ref)
        self._point(AFTER_SENT)
        told = sent.detail or (f"at attempt {intent.attempts + 1}" if intent.attempts else None)
        self._settle(intent, "confirmed" if sent.outcome == "confirmed" else "accepted", Sent(sent.outcome, sent.far_ref, told))

    def _settle(self, intent: Intent, state: State, sent: Sent) -> None:
        self._ledger.intents.settle(intent.intent_id, state, self._clock.now(), sent.detail, sent.far_ref)
        self._report.settled[intent.intent_id] = state
        self._point(AFTER_SETTLE)

    def _turn_down(self, intent: Intent, state: TurnedDown, why: str) -> None:
        """End it before it is claimed; approvals of what will not be done must not stand open."""
        now = self._clock.now()
        if not self._ledger.intents.turn_down(intent.intent_id, state, now, why):
            self._report.held[intent.intent_id] = MOVED
            return
        self._ledger.approvals.void(intent.intent_id, now)
        self._report.settled[intent.intent_id] = state

    def _put_back(self, intent: Intent, why: str, now: datetime, next_try_at: datetime | None = None) -> None:
        self._ledger.intents.put_back(intent.intent_id, now, next_try_at, why)
        self._report.put_back[intent.intent_id] = why


def _changed(intent: Intent, seen: Mapping[str, object]) -> str:
    """Names of the fields that are not as they were seen; never their values, which may be a customer's words."""
    before = orjson.loads(intent.precondition)
    return ", ".join(sorted(name for name in {*before, *seen} if before.get(name) != seen.get(name))) or "its form"
