"""What people decided and the product did, as a script tells it: the truth of the ledger, beside the tenant's own.

How each of them stood at a moment is here; what follows for gaps, scores and figures is in the modules of these. The one thing to know: a
script tells all of it at once, and a night knows only what had been said by then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

Span = tuple[datetime, datetime]
FINAL = frozenset({"accepted", "confirmed", "conflict", "failed", "expired", "refused"})
"""States that an intent never leaves."""


@dataclass(frozen=True, kw_only=True)
class Override:
    """An exception that somebody asked for; `item` is empty where it is from a control as a whole. Each of the moments may never come."""

    override_id: str
    deal_id: int
    item: str
    control_id: str
    reason: str
    instead: str
    asked_by: int
    asked_at: datetime
    ends_at: datetime
    amount: Decimal | None = None
    url: str | None = None
    approved_at: datetime | None = None
    approved_by: int = 0
    second: int = 0
    refused_at: datetime | None = None
    closed_at: datetime | None = None
    expired_at: datetime | None = None
    """When the ledger was told that it is over, which it is by its end anyway."""

    def is_approved(self, now: datetime) -> bool:
        """Whether it was approved by then."""
        return has_come(self.approved_at, now)

    def state(self, now: datetime) -> str:
        """Its state at a moment; what has run out is expired, whatever it was before, unless somebody had refused or closed it."""
        if has_come(self.refused_at, now):
            return "refused"
        if has_come(self.closed_at, now):
            return "closed"
        if self.ends_at <= now:
            return "expired"
        return "approved" if self.is_approved(now) else "requested"

    def span(self, now: datetime) -> Span | None:
        """From when to when it stands, as far as that is known at a moment."""
        if self.approved_at is None or not self.is_approved(now):
            return None
        closed = self.closed_at if self.closed_at is not None and self.closed_at <= now else self.ends_at
        return self.approved_at, min(self.ends_at, closed)


@dataclass(frozen=True, kw_only=True)
class Request:
    """An approval that the product asked of one person: `answer` is accepted, rejected or expired, `void_at` takes an acceptance back."""

    approval_id: str
    kind: str
    subject: str
    role: str
    asked: int
    content: str
    asked_at: datetime
    ends_at: datetime
    deal_id: int | None = None
    project_id: int | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    void_at: datetime | None = None
    channel: str = "halopsa"
    is_weak: bool = False
    url: str | None = None

    def result(self, now: datetime) -> str:
        """What came of it by then."""
        if has_come(self.void_at, now):
            return "void"
        return (self.answer or "pending") if has_come(self.answered_at, now) else "pending"

    def decided_at(self, now: datetime) -> datetime | None:
        """When somebody decided; None before that, and where nobody did."""
        result = self.result(now)
        return None if result in {"pending", "expired"} else self.answered_at or self.void_at


@dataclass(frozen=True)
class Escalation:
    """A gap's level that reached a person."""

    gap_id: str
    level: int
    to: int
    at: datetime


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody has seen a gap, or all that a deal lacks: `subject` is gap or handoff."""

    subject: str
    subject_id: str
    by: int
    at: datetime
    channel: str = "note"


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """Somebody holds a verdict wrong, and what came of it."""

    feedback_id: str
    deal_id: int
    item: str
    kind: str
    by: int
    at: datetime
    note: str
    disposition: str | None = None
    disposed_at: datetime | None = None


@dataclass(frozen=True)
class Move:
    """An intent comes to a state."""

    state: str
    at: datetime
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Intent:
    """Something that is to be written or sent, and its moves in their order."""

    intent_id: str
    target: str
    action: str
    action_class: str
    proposed_at: datetime
    deal_id: int | None = None
    project_id: int | None = None
    is_shadow: bool = False
    url: str | None = None
    moves: tuple[Move, ...] = ()

    def by(self, now: datetime) -> list[Move]:
        """Its moves up to a moment."""
        return [move for move in self.moves if move.at <= now]


@dataclass(frozen=True)
class Said:
    """A whole script."""

    overrides: tuple[Override, ...] = ()
    requests: tuple[Request, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    intents: tuple[Intent, ...] = ()


NOTHING = Said()


def has_come(moment: datetime | None, now: datetime) -> bool:
    """Whether a moment that may never come has come."""
    return moment is not None and moment <= now


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans of time that overlap or touch made one, in order; empty ones left out."""
    found: list[Span] = []
    for begun, ended in sorted(span for span in spans if span[0] < span[1]):
        if found and begun <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        else:
            found.append((begun, ended))
    return found
