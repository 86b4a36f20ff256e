"""What delivery asks of a far side: the protocol that every channel implements, and the results in which it answers.

No channel and no ledger work here. The one thing to know: a gateway never raises for what the far side says or fails to say about a write;
it answers `uncertain`, `failed` or `retry`. `retry` is a promise that nothing was done; where that is not certain, say `uncertain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo.written import PlannedRequest
from handoff_pipeline.ledger.records_action import Intent

__all__ = ["Found", "FoundState", "Gateway", "Outcome", "PlannedRequest", "Planner", "Sent", "Unfit"]

Outcome = Literal["confirmed", "accepted", "uncertain", "failed", "retry"]
FoundState = Literal["absent", "present", "different"]


class Unfit(HandoffError):
    """The intent can never be sent as it is, whatever the far side's state: it ends, and holds nothing else up."""


@dataclass(frozen=True)
class Sent:
    """What came of one call.

    Attributes:
        outcome: `confirmed`: read at the far side. `accepted`: taken by one that cannot be read. `uncertain`: nobody knows.
            `failed`: it did not come about and will not by trying again. `retry`: nothing was done; try later.
        far_ref: The far side's own name for it ("ticket/action" at HaloPSA, a request id at Teams); None where there is none.
        detail: In words and without secrets or customers' text: what the far side said. None where all went as it should.
        retry_after: Seconds that the far side asks to wait; None where it names none.
    """

    outcome: Outcome
    far_ref: str | None = None
    detail: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Found:
    """What a look at the far side shows of an intent's effect.

    Attributes:
        state: `absent`: as before the write. `present`: as wanted. `different`: neither, so it is for a person.
        far_ref: The far side's name for what was found; None where nothing was.
        detail: In words, where the state needs any.
        precondition: What `precondition` would answer, where the same reading showed it, so that nothing is read twice.
    """

    state: FoundState
    far_ref: str | None = None
    detail: str | None = None
    precondition: Mapping[str, Any] | None = field(default=None, repr=False)


class Planner(Protocol):
    """Says what would be sent. Needs neither a connection nor a credential."""

    def plan(self, intent: Intent) -> PlannedRequest:
        """The exact request of the intent, secrets masked. Nothing is sent.

        Raises:
            HandoffError: the intent's content cannot be sent so.
        """
        ...


class Gateway(Planner, Protocol):
    """One far side. Its methods are called one at a time."""

    @property
    def name(self) -> str:
        """The target, as the intents name it: halopsa, teams."""
        ...

    @property
    def is_readable(self) -> bool:
        """Whether the effect of a write can be looked up. Where it cannot, a write is sent once and `uncertain` goes to a person."""
        ...

    async def look(self, intent: Intent) -> Found:
        """Whether the intent's effect is there. Only asked of a far side that is readable.

        Raises:
            Unfit: it can never be sent. HandoffError: it cannot be seen now; nothing may be concluded.
        """
        ...

    async def precondition(self, intent: Intent) -> Mapping[str, Any] | None:
        """The present values of the fields that the intent's precondition names; None where the record is gone.

        In the precondition's own forms: a value that means the same is given back as the precondition has it, since hashes are compared.

        Only asked of a far side that is readable, and not for an empty precondition.

        Raises:
            HandoffError: it cannot be read now; nothing may be concluded.
        """
        ...

    async def send(self, intent: Intent) -> Sent:
        """Sends it, once, and verifies it where the far side is readable. Raises nothing of what the far side does."""
        ...
