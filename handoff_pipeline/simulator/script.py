"""A seeded script of a quarter: which deals are won when, and which story each of them lives through.

The stories are in `script_stories`; `acting` plays the script, `truth_acting` says what came of it. The one thing to know: equal scripts
give equal acts, and a mix is dealt like cards, so every story comes once before the deck is shuffled again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random
from typing import Final

from handoff_pipeline.simulator import roster
from handoff_pipeline.simulator.deck import Deck, office_moment
from handoff_pipeline.simulator.script_acts import Act, Item, Words
from handoff_pipeline.simulator.script_case import Case
from handoff_pipeline.simulator.script_stories import STORIES
from handoff_pipeline.simulator.truth import Truth

# Above every id of a built world and below those that HaloPSA gives to what is made by hand.
FIRST_DEAL: Final = 8_000_001
IDS_PER_CASE: Final = 10
FIRST_WIN_DAY, SETTLING_DAYS = 5, 30
TWICE: Final = frozenset({"clean", "fix_field", "ignore"})
MIX: Final[Mapping[str, int]] = {name: 2 if name in TWICE else 1 for name in STORIES}
"""Story -> copies in the deck."""
HABITS: Final[Mapping[str, int]] = {
    "accept_soon": 3, "accept_at_once": 1, "accept_late": 1, "accept_for_another": 1, "reject": 1, "ignore": 1,
}  # fmt: skip
"""What people do with an approval that somebody asked of them through the API -> copies in the deck."""
SURE: Final[Mapping[str, str]] = {"override": "accept_soon", "refused_override": "reject"}
"""Story -> what people do with approvals on its deal, whatever the deck holds."""
ITEMS: Final[Mapping[Item, int]] = {"signed_scope": 2, "delivery_assumptions": 1, "dependencies": 1, "acceptance_criteria": 1}


@dataclass(frozen=True)
class Script:
    """A script of `cases` deals over `days` days from `start` on. `mix` is dealt to deals, `habits` to approvals asked over HTTP."""

    seed: int = 7
    start: date = date(2026, 7, 6)
    days: int = 91
    cases: int = sum(MIX.values())
    mix: Mapping[str, int] = field(default_factory=lambda: dict(MIX))
    habits: Mapping[str, int] = field(default_factory=lambda: dict(HABITS))
    words: Words = field(default_factory=Words)

    def __post_init__(self) -> None:
        """Refuse a mix of unknown stories, and a time too short for any. Raises ValueError."""
        unknown = sorted({*self.mix} - {*MIX}) + sorted({*self.habits} - {*HABITS})
        if unknown:
            known = f"stories are {', '.join(MIX)}; habits are {', '.join(HABITS)}"
            raise ValueError(f"no story or habit is called {', '.join(unknown)}: {known}")
        if self.days <= FIRST_WIN_DAY + SETTLING_DAYS:
            raise ValueError(f"{self.days} days are too short for a story: give more than {FIRST_WIN_DAY + SETTLING_DAYS}")

    @property
    def opens_at(self) -> datetime:
        """When the script begins; nothing happens before."""
        return datetime.combine(self.start, time(), tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        """When it is over; nothing happens after."""
        return self.opens_at + timedelta(days=self.days)

    @cached_property
    def dealt(self) -> Mapping[int, str]:
        """Deal -> its story; of `unsold_project` the number is that of no deal, and the project's is the next."""
        return {deal_id: story for deal_id, (story, _) in self._told.items()}

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """Every act of the script, in the order of time."""
        acts = [act for _, told in self._told.values() for act in told]
        return tuple(sorted(acts, key=lambda act: (act.at, act.ticket_id, act.kind)))

    @cached_property
    def _told(self) -> dict[int, tuple[str, list[Act]]]:
        rng = Random(self.seed)
        people, clients = roster.agents(), [client for client in roster.clients(0) if not client.is_deleted]
        *sellers, leaver = [agent.agent_id for agent in people if agent.team.startswith("Sales") and agent.is_active]
        leads = [agent.agent_id for agent in people if agent.team == "Projects" and agent.cost_price is not None]
        stories, items = Deck(rng, self.mix), Deck(rng, dict(ITEMS.items()))
        span, told = self.days - FIRST_WIN_DAY - SETTLING_DAYS, {}
        for at in range(self.cases):
            story, (lead, other_lead) = stories.draw(), rng.sample(leads, 2)
            won_at = office_moment(rng, self.start + timedelta(days=FIRST_WIN_DAY + at * span // self.cases))
            deal_id, client_id = FIRST_DEAL + IDS_PER_CASE * at, rng.choice(clients).client_id
            seller = leaver if story == "absent_owner" else rng.choice(sellers)
            case = Case(rng, self.words, deal_id, client_id, seller, lead, other_lead, won_at, _item(items.draw()))
            STORIES[story](case)
            told[deal_id] = (story, case.acts)
        return told

    def habit_for(self, ticket_id: int) -> str | None:
        """Give what people surely do with an approval on a ticket of this script; None where the deck decides."""
        return SURE.get(self.dealt.get((ticket_id - FIRST_DEAL) // IDS_PER_CASE * IDS_PER_CASE + FIRST_DEAL, ""))


def _item(card: str) -> Item:
    return next(item for item in ITEMS if item == card)


def quiet_world() -> Truth:
    """Give the truth of a tenant with people and clients in which nothing happens but what a script says."""
    return Truth("demo", "GBP", "Europe/London", roster.agents(), roster.clients(0), (), (), (), (), (), (), (), ())
