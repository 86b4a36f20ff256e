"""The people of the policy against the agents of a tenant, for `handoff policy check --live`: does everybody exist, once, and not disabled?

Other names are `live_check`'s. The one thing to know: a person who is not there is a failure, because a card or an approval would go to
nobody; a disabled one is a warning where somebody stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from handoff_pipeline.commands.findings import Finding
from handoff_pipeline.commands.live_names import looked_up, names_of
from handoff_pipeline.governance.drafting.evidence import folded, number_of, text_of
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import Discovery
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.people import people_of
from handoff_pipeline.policy.remediation import DELIVERY, SELLER

FORMER: Final = frozenset({"rollout.pilot.agents", "rollout.moved_by"})
"""Here somebody who has left may well be named."""


def people_findings(policy: Policy, found: Discovery) -> Iterator[Finding]:
    """Everything about people and teams that deserves a look, in the order of the policy; nothing where no list was read."""
    agents = found.rows("agent")
    if agents:
        for key, people in _people(policy):
            yield from _missing(key, people, agents)
            yield from _shared(key, people, agents)
            yield from _disabled(key, people, agents)
    teams = sorted({*names_of(found.rows("team")), *(team for row in agents if (team := text_of(row, "team")))})
    if teams:
        for key, names in _teams(policy):
            yield from looked_up(key, "team", names, teams)


def _people(policy: Policy) -> Iterator[tuple[str, Sequence[int | str]]]:
    """Key to the people named there."""
    rollout, remediation = policy.rollout, policy.remediation
    yield "rollout.pilot.agents", rollout.pilot.agents
    yield "rollout.moved_by", _some(rollout.moved_by)
    yield from ((f"approvals.roles.{role}.agents", holders.agents) for role, holders in policy.approvals.roles.items())
    owners = {"remediation.owner": remediation.owner, **{f"remediation.owners.{item}": one for item, one in remediation.owners.items()}}
    yield from ((key, [owner]) for key, owner in owners.items() if owner not in {SELLER, DELIVERY})
    yield from ((f"remediation.managers.{team}", [person]) for team, person in remediation.managers.items())
    yield "remediation.fallback", remediation.fallback
    yield "remediation.absences", [absence.who for absence in remediation.absences]
    yield "remediation.last_resort", _some(remediation.last_resort)
    yield from ((f"escalation.levels.{place}.to", people_of(level.to)) for place, level in enumerate(policy.escalation.levels))
    yield "teams.people", list(policy.teams.people)


def _teams(policy: Policy) -> Iterator[tuple[str, Sequence[str]]]:
    yield "rollout.pilot.teams", policy.rollout.pilot.teams
    yield from ((f"approvals.roles.{role}.teams", holders.teams) for role, holders in policy.approvals.roles.items())
    yield "remediation.managers", list(policy.remediation.managers)


def _some(person: int | str | None) -> list[int | str]:
    return [] if person is None else [person]


def _missing(key: str, people: Sequence[int | str], agents: Sequence[Row]) -> Iterator[Finding]:
    yield from looked_up(key, "agent", [person for person in people if isinstance(person, str)], names_of(agents))
    numbers = {number_of(row, "id") for row in agents}
    for person in people:
        if isinstance(person, int) and person not in numbers:
            yield Finding(
                key, "failure", f"There is no agent {person} on this tenant.", "Write the agent's name, or the number at HaloPSA."
            )


def _shared(key: str, people: Iterable[int | str], agents: Sequence[Row]) -> Iterator[Finding]:
    """Names that more than one agent bears."""
    for person in people:
        numbers = sorted(str(number_of(row, "id")) for row in _rows_of(person, agents))
        if isinstance(person, str) and len(numbers) > 1:
            what = f'{len(numbers)} agents are called "{person}": {", ".join(numbers)}.'
            yield Finding(key, "failure", what, "Write the number of the one that is meant.")


def _disabled(key: str, people: Iterable[int | str], agents: Sequence[Row]) -> Iterator[Finding]:
    if key in FORMER:
        return
    for person in people:
        rows = _rows_of(person, agents)
        if rows and all(row.get("isdisabled") is True for row in rows):
            yield Finding(key, "warning", f"The agent {person} is disabled.", "Name somebody who is there.")


def _rows_of(person: int | str, agents: Sequence[Row]) -> list[Row]:
    if isinstance(person, int):
        return [row for row in agents if number_of(row, "id") == person]
    return [row for row in agents if folded(text_of(row, "name")) == folded(person)]
