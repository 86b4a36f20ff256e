"""A tenant in which a script is played, asked over HTTP, and the script's quarter played once for all tests that only look."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import httpx

from handoff_pipeline.simulator import Journal, QuarterTruth, Quirks, Script, SimulatedHalo, play, quiet_world, truth_of
from handoff_pipeline.simulator.acting import Done
from handoff_pipeline.simulator.script import IDS_PER_CASE
from handoff_pipeline.simulator.script_acts import Act, ActKind
from tests.simulator.tenant import InProcess, Seconds, Tenant

HOUR = timedelta(hours=1)


class Quarter(Tenant):
    """The tenant of a script; `reach` plays it up to a moment."""

    # The demo's world, which every other tenant begins with, is never built here.
    def __init__(self, script: Script | None = None, quirks: Quirks | None = None) -> None:
        self.script, self.journal = script or Script(), Journal()
        self.seconds, self.scope, self.token = Seconds(), "all", ""
        self.sim = SimulatedHalo(quiet_world(), self.script.opens_at, quirks or Quirks(rate_limit=False), self.seconds)
        self.http = httpx.Client(transport=InProcess(self.sim, "127.0.0.1"), base_url="http://simulated.test")

    def reach(self, until: datetime) -> list[Done]:
        """Play up to a moment."""
        return play(self.sim, self.script, until, self.journal)

    def act(self, kind: ActKind, story: str | None = None) -> Act:
        """The first act of a kind in the script, or the first of a story's."""
        return next(act for act in self.script.acts if act.kind == kind and story in {None, self.story_of(act)})

    def story_of(self, act: Act) -> str:
        """The story that an act is part of."""
        return self.script.dealt[act.ticket_id - act.ticket_id % IDS_PER_CASE + 1]

    def after(self, kind: ActKind, story: str | None = None) -> Act:
        """The first such act, just done."""
        act = self.act(kind, story)
        self.reach(act.at)
        return act

    def send(self, path: str, body: Any) -> httpx.Response:
        """Write and give the response as it is."""
        self.ask("/Status")
        return self.http.post(f"/api{path}", json=body, headers={"Authorization": f"Bearer {self.token}"})

    def fields(self, ticket_id: int) -> dict[str, Any]:
        """The custom fields of a ticket as shown, by name."""
        return {element["name"]: element.get("display") for element in self.get(f"/Tickets/{ticket_id}")["customfields"]}

    def actions(self, ticket_id: int) -> list[dict[str, Any]]:
        """The actions of a ticket, latest first."""
        found: list[dict[str, Any]] = self.get("/Actions", ticket_id=ticket_id)["actions"]
        return found

    @property
    def truth(self) -> QuarterTruth:
        """What came of it so far."""
        return truth_of(self.journal)


@cache
def played(seed: int = 7) -> Quarter:
    """The whole quarter of a seed, hour by hour; only to be looked at."""
    quarter = Quarter(Script(seed=seed))
    moment = quarter.script.opens_at
    while moment < quarter.script.ends_at:
        moment += HOUR
        quarter.reach(moment)
    return quarter
