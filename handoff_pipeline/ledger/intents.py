"""The outbox: every intent, each of its moves written down once more in intent_event and in the audit chain, in one commit.

What is proposed, who may approve it and what the far side said is decided elsewhere.
The one thing to know: `claim` has committed before it returns, so whoever sends after it leaves a trace even if he dies; and an intent is
known by its dedupe key for ever, so a wiped run history repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, insert, or_, select, update

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger.audit import AuditChain
from handoff_pipeline.ledger.fingerprints import entry, move_print
from handoff_pipeline.ledger.intent_checks import check_approval, check_proposal
from handoff_pipeline.ledger.intent_states import FINAL, State, check_transition
from handoff_pipeline.ledger.records_action import NOBODY, AuditEntry, Intent, IntentEvent
from handoff_pipeline.ledger.schema_action import INTENT_EVENT, OUTBOX

SETTLED: frozenset[State] = FINAL | {"uncertain"}
"""States that `settle` moves to; the others have methods of their own."""
UNCLAIMED: frozenset[State] = frozenset({"proposed", "approved"})
"""States in which nobody has begun to send."""
TurnedDown = Literal["refused", "expired", "conflict"]


@dataclass(frozen=True, slots=True)
class Intents:
    """The outbox of an open ledger; each call is one committed transaction."""

    engine: Engine
    audit: AuditChain

    def propose(self, intents: Iterable[Intent]) -> int:
        """Add those whose dedupe key (or id) is new, all or none of them; returns how many. One that is there is never changed.

        Raises:
            HandoffError: one is not as proposals are: another state, hashes that do not fit, `shown` without its hash, no time to run.
        """
        new = 0
        with self.audit.writing() as connection:
            for intent in intents:
                check_proposal(intent)
                known = or_(OUTBOX.c.intent_id == intent.intent_id, OUTBOX.c.dedupe_key == intent.dedupe_key)
                if connection.execute(select(OUTBOX.c.intent_id).where(known)).first() is None:
                    connection.execute(insert(OUTBOX), asdict(intent))
                    self._tell(connection, None, intent, intent.proposed_at)
                    new += 1
        return new

    def approve(self, intent_id: str, at: datetime) -> Intent:
        """It may be done.

        Raises:
            HandoffError: it is not waiting for that, has expired, is a shadow, or is of the class that is never done.
        """
        with self.audit.writing() as connection:
            return self._approve(connection, _one(connection, intent_id), at)

    def approve_automatic(self, at: datetime) -> int:
        """Approve what the policy lets the product do by itself and has not expired; returns how many. Shadows stay proposed."""
        waiting = (OUTBOX.c.state == "proposed") & (OUTBOX.c.action_class == "automatic") & ~OUTBOX.c.is_shadow & (OUTBOX.c.expires_at > at)
        with self.audit.writing() as connection:
            found = _intents(connection, _oldest_first(select(OUTBOX).where(waiting)))
            for intent in found:
                self._approve(connection, intent, at)
        return len(found)

    def claim(self, intent_id: str, run_id: str, at: datetime) -> bool:
        """Take an approved intent for this run and count the attempt; False if somebody else took it or it is approved no longer.

        Raises:
            HandoffError: there is no such intent.
        """
        with self.audit.writing() as connection:
            intent = _one(connection, intent_id)
            if intent.state != "approved" or at >= intent.expires_at:
                return False
            attempts = intent.attempts + 1
            self._move(connection, intent, "claimed", at, run_id=run_id, claimed_at=at, claimed_by=run_id, attempts=attempts)
        return True

    def sent(self, intent_id: str, at: datetime, *, far_ref: str | None = None, detail: str | None = None) -> Intent:
        """The far side took the request; what it made of it is not known yet.

        Raises:
            HandoffError: it was not claimed.
        """
        with self.audit.writing() as connection:
            return self._move(connection, _one(connection, intent_id), "sent", at, sent_at=at, **_given(detail=detail, far_ref=far_ref))

    def settle(self, intent_id: str, state: State, at: datetime, detail: str | None = None, far_ref: str | None = None) -> Intent:
        """How it ended, or that nobody knows (`uncertain`). `settled_at` is set by the last states only.

        Raises:
            HandoffError: the move is not allowed, or `state` is not one to settle in.
        """
        if state not in SETTLED:
            raise HandoffError(f"Intent {intent_id} cannot be settled as {state}.", f"Settle as one of {', '.join(sorted(SETTLED))}.")
        values: dict[str, Any] = _given(detail=detail, far_ref=far_ref)
        if state in FINAL:
            values["settled_at"] = at
        with self.audit.writing() as connection:
            return self._move(connection, _one(connection, intent_id), state, at, **values)

    def turn_down(self, intent_id: str, state: TurnedDown, at: datetime, detail: str) -> bool:
        """End what nobody has claimed yet; False if somebody has meanwhile: what may be under way is no longer anybody's to stop.

        Raises:
            HandoffError: there is no such intent.
        """
        with self.audit.writing() as connection:
            intent = _one(connection, intent_id)
            if intent.state not in UNCLAIMED:
                return False
            self._move(connection, intent, state, at, settled_at=at, detail=detail)
        return True

    def put_back(self, intent_id: str, at: datetime, next_try_at: datetime | None, detail: str | None = None) -> Intent:
        """Approved again, because nothing was sent, or a look at the far side showed that nothing arrived; due from `next_try_at`.

        Raises:
            HandoffError: it is neither claimed nor uncertain.
        """
        with self.audit.writing() as connection:
            intent = _one(connection, intent_id)
            if intent.state == "proposed":
                raise HandoffError(f"Intent {intent_id} is proposed and was never approved.", "Have it approved first.")
            cleared = {"claimed_at": None, "claimed_by": None, "sent_at": None}
            return self._move(connection, intent, "approved", at, next_try_at=next_try_at, **cleared, **_given(detail=detail))

    def expire(self, at: datetime) -> list[str]:
        """Let go of everything proposed or approved whose time is over; returns the ids. A shadow has nothing to let go of."""
        over = OUTBOX.c.state.in_(UNCLAIMED) & (OUTBOX.c.expires_at <= at) & ~OUTBOX.c.is_shadow
        with self.audit.writing() as connection:
            found = _intents(connection, _oldest_first(select(OUTBOX).where(over)))
            for intent in found:
                self._move(connection, intent, "expired", at, settled_at=at)
        return [intent.intent_id for intent in found]

    # Reading

    def get(self, intent_id: str) -> Intent | None:
        """The intent of that id."""
        with self.engine.begin() as connection:
            return next(iter(_intents(connection, select(OUTBOX).where(OUTBOX.c.intent_id == intent_id))), None)

    def due(self, at: datetime) -> list[Intent]:
        """What may be delivered now: approved, not expired, no later try agreed; oldest first, never a shadow."""
        is_due = (OUTBOX.c.state == "approved") & (OUTBOX.c.expires_at > at) & ~OUTBOX.c.is_shadow
        now = or_(OUTBOX.c.next_try_at.is_(None), OUTBOX.c.next_try_at <= at)
        with self.engine.begin() as connection:
            return _intents(connection, _oldest_first(select(OUTBOX).where(is_due & now)))

    def by_state(self, *states: State) -> list[Intent]:
        """Everything in one of the states, oldest first."""
        with self.engine.begin() as connection:
            return _intents(connection, _oldest_first(select(OUTBOX).where(OUTBOX.c.state.in_(states))))

    def all(self, until: datetime | None = None) -> list[Intent]:
        """Every intent as it is now, oldest first; `until` leaves out those proposed after that moment."""
        query = select(OUTBOX) if until is None else select(OUTBOX).where(OUTBOX.c.proposed_at <= until)
        with self.engine.begin() as connection:
            return _intents(connection, _oldest_first(query))

    def events(self, intent_id: str | None = None) -> list[IntentEvent]:
        """The moves of one intent, or of all, in the order in which they were made."""
        query = select(INTENT_EVENT).order_by(INTENT_EVENT.c.event_no)
        if intent_id is not None:
            query = query.where(INTENT_EVENT.c.intent_id == intent_id)
        with self.engine.begin() as connection:
            return [IntentEvent(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name

    # Moving

    def _approve(self, connection: Connection, intent: Intent, at: datetime) -> Intent:
        check_approval(intent, at)
        return self._move(connection, intent, "approved", at, approved_at=at)

    def _move(
        self, connection: Connection, intent: Intent, state: State, at: datetime, *, run_id: str | None = None, **values: Any
    ) -> Intent:
        check_transition(intent.intent_id, intent.state, state)
        moved = replace(intent, state=state, **values)
        here = (OUTBOX.c.intent_id == intent.intent_id) & (OUTBOX.c.state == intent.state)
        connection.execute(update(OUTBOX).where(here).values(state=state, **values))
        self._tell(connection, intent.state, moved, at, run_id or intent.claimed_by, values.get("detail"))
        return moved

    def _tell(
        self,
        connection: Connection,
        before: State | None,
        intent: Intent,
        at: datetime,
        run_id: str | None = None,
        detail: str | None = None,
    ) -> None:
        move = {"intent_id": intent.intent_id, "at": at, "from_state": before, "to_state": intent.state, "attempts": intent.attempts}
        move |= {"run_id": run_id, "detail": detail, "far_ref": intent.far_ref}
        connection.execute(insert(INTENT_EVENT), move)
        self.audit.append(connection, [_entry(intent, before, at, move_print(**move))])


def _entry(intent: Intent, before: State | None, at: datetime, move: str) -> AuditEntry:
    told = {"from": before, "to": intent.state, "target": intent.target, "action": intent.action, "class": intent.action_class}
    hashes = {"content_hash": intent.content_hash, "precondition_hash": intent.precondition_hash}
    # Only a proposal is somebody's; the moves are the product's, and approvals have rows of their own.
    actor = intent.requested_by if before is None else NOBODY
    return entry(intent, intent.state, actor, at, **told, **hashes, attempts=intent.attempts, is_shadow=intent.is_shadow, move=move)


def _given(**values: Any) -> dict[str, Any]:
    """Without those that are None: what was told before stays."""
    return {name: value for name, value in values.items() if value is not None}


def _one(connection: Connection, intent_id: str) -> Intent:
    found = _intents(connection, select(OUTBOX).where(OUTBOX.c.intent_id == intent_id))
    if not found:
        raise HandoffError(f"There is no intent {intent_id}.", "`handoff outbox list` shows them.")
    return found[0]


def _intents(connection: Connection, query: Select[Any]) -> list[Intent]:
    found = connection.execute(query)
    names = list(found.keys())
    # Decisions read the whole outbox: with the names looked up once it takes less than row by row.
    return [Intent(**dict(zip(names, row, strict=True))) for row in found]


def _oldest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(OUTBOX.c.proposed_at, OUTBOX.c.intent_id)
