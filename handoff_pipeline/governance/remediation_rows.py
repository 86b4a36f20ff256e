"""The rows that remediation decides on: gaps, records of HaloPSA, agents, and what the ledger remembers.

No decision here, and no query. The one thing to know: moments are aware, people are HaloPSA agent ids (0: nobody known), and the order of
rows never means anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal

from handoff_pipeline.governance.rollout import Mode
from handoff_pipeline.ledger.records_action import Acknowledgement, Intent, Snooze
from handoff_pipeline.policy.people import folded

GapState = Literal["open", "resolved", "waived", "waiver_expired", "moot"]
NOBODY: Final = 0
_OPEN: Final = frozenset[GapState]({"open", "waiver_expired"})


def gap_id_of(handoff_id: int, item: str, detected_at: datetime) -> str:
    """The gap's name in the ledger; `sql/marts/fact_gap.sql` has the same for its key. The moment is in UTC."""
    return f"{handoff_id}|{item}|{detected_at:%Y-%m-%dT%H:%M:%S}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One gap ever opened: a row of fact_gap with what a card says of it.

    `gap_id` is "handoff|item|detected to the second in UTC", `reason` and `fix` are the policy's own words and hold no customer's text,
    `client_name` and `handoff_title` do. `mode` is the item's, `amount_base` the handoff's sold revenue in base currency.
    `is_by_day`: an hour found it closed; lists and digests count it with the night that finds the same, and so once.
    """

    gap_id: str
    handoff_id: int
    item: str
    title: str
    is_hard: bool
    mode: Mode
    state: GapState
    reason: str
    fix: str
    detected_at: datetime
    resolved_at: datetime | None = None
    seller_id: int = NOBODY
    delivery_id: int = NOBODY
    client_name: str = ""
    handoff_title: str = ""
    in_pilot: bool = False
    is_historic: bool = False
    source_url: str = ""
    amount_base: Decimal | None = None
    is_by_day: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.state in _OPEN and not self.is_historic


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """A handoff's opportunity as HaloPSA showed it at `seen_at`, with what the product would write on it.

    `fields_seen` holds the text of each custom field that the product fills ("" where it is empty). `blocking_status_id` is the number of
    the policy's blocking status at this tenant; None where the tenant has no such status.
    """

    handoff_id: int
    seen_at: datetime
    score: float | None
    open_gaps: int
    signoff_state: str
    status_id: int
    fields_seen: Mapping[str, str] = field(default_factory=dict)
    blocking_status_id: int | None = None
    in_pilot: bool = False
    is_historic: bool = False
    source_url: str = ""
    amount_base: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent of HaloPSA today. `is_active` false: has left or is disabled; `is_absent`: is away for now."""

    agent_id: int
    name: str
    team: str | None = None
    is_active: bool = True
    is_absent: bool = False

    @property
    def is_there(self) -> bool:
        """Whether this agent can be asked to do anything."""
        return self.agent_id != NOBODY and self.is_active and not self.is_absent


@dataclass(frozen=True)
class People:
    """Every agent, by id, and the search by name."""

    agents: Mapping[int, Agent]

    @classmethod
    def of(cls, agents: Sequence[Agent]) -> People:
        """The people of some rows."""
        return cls({agent.agent_id: agent for agent in agents})

    def is_there(self, agent_id: int) -> bool:
        """Whether the agent is known and can be asked."""
        agent = self.agents.get(agent_id)
        return agent is not None and agent.is_there

    def find(self, person: int | str) -> int:
        """The id of a person of the policy, away or not; NOBODY where no agent, or more than one, has that name."""
        if isinstance(person, int):
            return person if person in self.agents else NOBODY
        found = self._by_name.get(folded(person), [])
        return found[0] if len(found) == 1 else NOBODY

    @cached_property
    def _by_name(self) -> dict[int | str, list[int]]:
        """Folded name to ids. Somebody who has left does not make a name ambiguous."""
        named: dict[int | str, list[int]] = {}
        for agent in sorted(self.agents.values(), key=lambda each: each.agent_id):
            if agent.is_active and agent.agent_id != NOBODY:
                named.setdefault(folded(agent.name), []).append(agent.agent_id)
        return named


@dataclass(frozen=True, kw_only=True)
class RemediationState:
    """What the ledger remembers: every intent, what people answered, and when the next decision is expected (None: after a day).

    `reopened` says of gaps that were found open after their closure had been proposed how often that was.
    """

    intents: Sequence[Intent] = ()
    acknowledgements: Sequence[Acknowledgement] = ()
    snoozes: Sequence[Snooze] = ()
    next_decision_at: datetime | None = None
    reopened: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def by_key(self) -> Mapping[str, Intent]:
        """Dedupe key to the intent."""
        return {intent.dedupe_key: intent for intent in self.intents}

    @cached_property
    def by_handoff(self) -> Mapping[tuple[int, str], tuple[Intent, ...]]:
        """Handoff and action to its intents, the oldest first; a rollback is none of them."""
        found: dict[tuple[int, str], list[Intent]] = {}
        for intent in sorted(self.intents, key=lambda each: (each.proposed_at, each.dedupe_key)):
            if intent.handoff_id is not None and intent.rollback_of is None:
                found.setdefault((intent.handoff_id, intent.action), []).append(intent)
        return {key: tuple(intents) for key, intents in found.items()}

    def of(self, handoff_id: int, action: str, *, is_shadow: bool) -> tuple[Intent, ...]:
        """The intents of one action on one handoff, the oldest first: those that were meant, or those only recorded."""
        return tuple(one for one in self.by_handoff.get((handoff_id, action), ()) if one.is_shadow is is_shadow)
